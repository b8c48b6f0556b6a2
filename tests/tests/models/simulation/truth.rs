//! What must be true of a world: after every step, whenever somebody reads, and in the end.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use bisik_formats::ids::ReportId;

use super::reporter::{Look, MARKER};
use super::weather::with;
use super::world::World;

impl World {
    /// Demands that what a reporter reads is what the desks wrote, and never older than what anybody saw before.
    pub(super) fn check_look(&mut self, number: usize, look: &Look) {
        let thread = self.reporters[number].keys.signing.verify_key();
        for (desk, edition, letter) in look {
            let newest = self.newest.entry(desk.clone()).or_insert(*edition);
            assert!(*edition >= *newest, "an old edition of {desk} is served as current");
            *newest = *edition;
            let office = self.offices.iter().find(|office| office.id == *desk).unwrap();
            office.check_letter(*edition, &thread, letter.as_ref());
        }
    }

    /// What must hold after every step.
    pub(super) fn check(&mut self) {
        let holds: BTreeSet<ReportId> = with(&self.server, |server| server.holds()).into_iter().collect();
        let gone: Vec<ReportId> = self.arrived.keys().filter(|id| !holds.contains(id)).copied().collect();
        for id in gone {
            self.arrived.remove(&id);
            if self.expired.contains(&id) {
                continue;
            }
            for office in &self.offices {
                assert!(office.acknowledged.contains(&id), "{id} went before {} had it", office.id);
                let Some(report) = self.sealed.get(&id).filter(|report| report.to.contains(&office.id))
                else {
                    continue;
                };
                let thread = &office.threads[&report.thread];
                let held = thread.received.iter().filter(|message| **message == report.message).count();
                assert_eq!(held, 1, "{id} is {held} times at {}", office.id);
            }
        }
    }

    /// Demands that everything has reached everybody; returns the steps.
    pub(super) fn finish(mut self) -> Vec<String> {
        self.today += 1;
        with(&self.server, |server| server.today.store(self.today, Ordering::Relaxed));
        for number in 0..self.reporters.len() {
            let visited = self.visit(number, None, 0);
            assert_eq!(visited.error, None);
            let look = visited.looks.last().unwrap();
            assert_eq!(look.len(), 2, "a desk has no edition");
            self.check_received(number, look);
        }
        self.search(with(&self.server, |server| server.folder().to_owned()).as_path());
        self.search(&self.stick());
        self.note("all is well".to_owned());
        std::mem::take(&mut self.steps.lines)
    }

    /// Everything a reporter has sent is confirmed by every desk that it was sealed for, as long as letters come.
    fn check_received(&self, number: usize, look: &Look) {
        let reporter = &self.reporters[number];
        for id in &reporter.sent {
            let report = &self.sealed[id];
            for (desk, _, letter) in look.iter().filter(|(desk, ..)| report.to.contains(desk)) {
                let confirmed = letter.as_ref().map(|letter| {
                    letter.received.iter().filter(|received| received.id == report.message).count()
                });
                let over = self.expired.contains(id) || (letter.is_none() && reporter.closed);
                assert!(
                    confirmed == Some(1) || over,
                    "{id} of reporter {number} is confirmed {confirmed:?} times by {desk}"
                );
            }
        }
    }

    /// Looks for words, receipts and letter keys in every byte below a folder.
    fn search(&self, folder: &Path) {
        let mut needles: Vec<Vec<u8>> = vec![MARKER.as_bytes().to_vec()];
        for reporter in &self.reporters {
            needles.push(reporter.receipt.as_bytes().to_vec());
            needles.push(reporter.keys.letter_key.expose_bytes().to_vec());
            needles.push(reporter.keys.signing.verify_key().as_bytes().to_vec());
            needles.push(reporter.keys.signing.verify_key().to_string().into_bytes());
        }
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let Ok(bytes) = fs::read(&path) else { continue };
                assert!(!holds_any(&bytes, &needles), "{} holds what nobody may read there", path.display());
            }
        }
    }
}

/// Tells whether bytes hold one of some needles, fast also without optimisation.
fn holds_any(bytes: &[u8], needles: &[Vec<u8>]) -> bool {
    let mut by_first: Vec<Vec<&[u8]>> = vec![Vec::new(); 256];
    for needle in needles {
        by_first[usize::from(needle[0])].push(needle);
    }
    bytes.iter().enumerate().any(|(at, byte)| {
        let candidates = &by_first[usize::from(*byte)];
        !candidates.is_empty() && candidates.iter().any(|needle| bytes[at..].starts_with(needle))
    })
}
