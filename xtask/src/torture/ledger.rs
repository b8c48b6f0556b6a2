//! What senders, courier and desks sent, and what they were told about it. The reader compares it with the data folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bisik_formats::ids::{Digest, ReportId};
use bisik_formats::upload::UploadId;
use serde::Serialize;

use super::agency::{Agency, DESKS, Edition};
use super::other;
use crate::shell::Outcome;

/// What is known of a report.
#[derive(Serialize, Default)]
pub(super) struct Report {
    length: u64,
    state: State,
    /// Desks whose acknowledgement was sent.
    asked: BTreeSet<&'static str>,
    /// Desks whose acknowledgement was taken.
    acknowledged: BTreeSet<&'static str>,
}

/// What a sender knows of a report.
#[derive(Serialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It was sent without an answer: it may be there, whole, or not.
    #[default]
    Sent,
    /// It was acknowledged.
    Held,
}

/// Whether an upload has become a report.
#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Finished {
    No,
    /// The last piece was sent without an answer.
    Asked,
    Yes,
    /// Its time may be over.
    MaybeEnded,
}

/// What is known of an upload in pieces.
#[derive(Serialize, Clone)]
pub(super) struct Upload {
    pub(super) length: u64,
    /// Bytes that are acknowledged.
    pub(super) offset: u64,
    /// The byte after the last that was ever sent.
    pub(super) sent: u64,
    /// What is being sent.
    pub(super) file: PathBuf,
    pub(super) finished: Finished,
    pub(super) report: String,
}

/// Everything that is known.
#[derive(Serialize, Default)]
pub(super) struct Book {
    agency: String,
    desks: [&'static str; DESKS.len()],
    pub(super) reports: BTreeMap<String, Report>,
    pub(super) uploads: BTreeMap<String, Upload>,
    /// Uploads that were asked for without an answer.
    unanswered_uploads: u64,
    /// For each desk the hashes of the headers that may be current.
    editions: BTreeMap<&'static str, Vec<String>>,
    /// The hashes of the bundles that may be current.
    cards: Vec<String>,
    /// What was sent in one piece and not answered.
    #[serde(skip)]
    pub(super) unanswered: BTreeMap<String, Vec<u8>>,
    /// Whether answers count no more: the power is gone.
    #[serde(skip)]
    frozen: bool,
    #[serde(skip)]
    acknowledged: u64,
}

/// The book, for all who write in it at the same time.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Book>);

impl Ledger {
    pub(super) fn new(agency: &Agency) -> Self {
        let hex = agency.id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Self(Mutex::new(Book { agency: hex, desks: DESKS, ..Book::default() }))
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the book for the reader.
    pub(super) fn write(&self, file: &Path) -> Outcome {
        Ok(fs::write(file, serde_json::to_vec(&*self.book()).map_err(other)?)?)
    }
}

impl Book {
    /// Returns how many answers said that something is durable now.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// From now on no answer counts: nobody knows whether it came before the power went.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Answers count again.
    pub(super) fn thaw(&mut self) {
        self.frozen = false;
    }

    /// Notes that something was acknowledged; false when that does not count.
    fn counts(&mut self) -> bool {
        self.acknowledged = self.acknowledged.saturating_add(u64::from(!self.frozen));
        !self.frozen
    }

    pub(super) fn send(&mut self, id: ReportId, sealed: Vec<u8>) {
        let length = sealed.len() as u64;
        self.reports.entry(id.to_string()).or_default().length = length;
        self.unanswered.insert(id.to_string(), sealed);
    }

    pub(super) fn hold(&mut self, id: &str) {
        if self.counts()
            && let Some(report) = self.reports.get_mut(id)
        {
            report.state = State::Held;
            self.unanswered.remove(id);
        }
    }

    /// Returns the reports without an answer that no desk has been told to hold.
    pub(super) fn open_reports(&self) -> Vec<(String, Vec<u8>)> {
        let open = |id: &String| self.reports.get(id).is_some_and(|report| report.asked.is_empty());
        let open = self.unanswered.iter().filter(|(id, _)| open(id));
        open.map(|(id, sealed)| (id.clone(), sealed.clone())).collect()
    }

    /// Forgets a report that was never answered and is not there: nobody may hear of it again.
    pub(super) fn drop_report(&mut self, id: &str) {
        self.reports.remove(id);
        self.unanswered.remove(id);
    }

    /// Returns whether a report was acknowledged to its sender.
    pub(super) fn is_held(&self, id: &str) -> bool {
        self.reports.get(id).is_some_and(|report| report.state == State::Held)
    }

    /// Returns the ids that must be listed, and those that may be.
    pub(super) fn expected(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let all_asked = |report: &Report| report.asked.len() == DESKS.len();
        let all_hold = |report: &Report| report.acknowledged.len() == DESKS.len();
        let held = |report: &Report| report.state == State::Held && !all_asked(report);
        let of = |wanted: &dyn Fn(&Report) -> bool| {
            let found = self.reports.iter().filter(|(_, report)| wanted(report));
            found.map(|(id, _)| id.clone()).collect()
        };
        (of(&held), of(&|report| !all_hold(report)))
    }

    /// Notes that a desk's word about these reports is on its way, and later that it was taken.
    pub(super) fn acknowledge(&mut self, desk: usize, ids: &[ReportId], taken: bool) {
        let Some(desk) = DESKS.get(desk).copied() else { return };
        if taken && !self.counts() {
            return;
        }
        for id in ids {
            if let Some(report) = self.reports.get_mut(&id.to_string()) {
                if taken { &mut report.acknowledged } else { &mut report.asked }.insert(desk);
            }
        }
    }

    /// From now on everything that was acknowledged so far may be gone: its time is over.
    pub(super) fn retention_ends(&mut self) {
        self.reports.values_mut().for_each(|report| report.state = State::Sent);
        self.uploads.values_mut().for_each(|upload| upload.finished = Finished::MaybeEnded);
    }

    /// From now on unfinished uploads may be gone: their time is over.
    pub(super) fn uploads_end(&mut self) {
        self.uploads.values_mut().for_each(|upload| upload.finished = Finished::MaybeEnded);
    }

    pub(super) fn ask_upload(&mut self) {
        self.unanswered_uploads = self.unanswered_uploads.saturating_add(1);
    }

    pub(super) fn begin_upload(&mut self, id: UploadId, upload: Upload) {
        if self.counts() {
            self.refuse_upload();
            self.uploads.insert(id.to_string(), upload);
        }
    }

    pub(super) fn refuse_upload(&mut self) {
        self.unanswered_uploads = self.unanswered_uploads.saturating_sub(1);
    }

    /// Notes that bytes up to `end` are on their way.
    pub(super) fn send_piece(&mut self, id: &str, end: u64) {
        let Some(upload) = self.uploads.get_mut(id) else { return };
        upload.sent = upload.sent.max(end);
        if end == upload.length {
            upload.finished = Finished::Asked;
            let report = Report { length: end, ..Report::default() };
            self.reports.entry(upload.report.clone()).or_insert(report);
        }
    }

    /// Notes how far the server says that an upload has come.
    pub(super) fn keep_piece(&mut self, id: &str, offset: u64) {
        if self.frozen {
            return;
        }
        let Some(upload) = self.uploads.get_mut(id) else { return };
        upload.offset = offset;
        upload.sent = offset;
        if offset == upload.length {
            upload.finished = Finished::Yes;
            fs::remove_file(&upload.file).ok();
            let report = upload.report.clone();
            self.hold(&report);
        } else {
            upload.finished = Finished::No;
            self.acknowledged = self.acknowledged.saturating_add(1);
        }
    }

    /// Notes that an edition is on its way, was taken, or was refused.
    pub(super) fn edition(&mut self, desk: usize, edition: &Edition, status: Option<u16>) {
        let Some(desk) = DESKS.get(desk).copied() else { return };
        let hash = Digest::of(&edition.header).to_string();
        let taken = status == Some(204) && self.counts();
        let may = self.editions.entry(desk).or_default();
        settle(may, hash, status, taken);
    }

    /// Notes that a card is on its way, was taken, or was refused.
    pub(super) fn card(&mut self, bundle: &[u8], status: Option<u16>) {
        let taken = status == Some(204) && self.counts();
        settle(&mut self.cards, Digest::of(bundle).to_string(), status, taken);
    }

    /// Returns what may be current: hashes of bundles, and of each desk's headers.
    pub(super) fn papers(&self) -> (&[String], &BTreeMap<&'static str, Vec<String>>) {
        (&self.cards, &self.editions)
    }

    /// From now on only this card is current.
    pub(super) fn found_card(&mut self, hash: String) {
        self.cards = vec![hash];
    }

    /// From now on only this edition of a desk is current.
    pub(super) fn found_edition(&mut self, desk: &str, hash: String) {
        if let Some(editions) = self.editions.get_mut(desk) {
            *editions = vec![hash];
        }
    }
}

/// Adds what is on its way; what was taken is the only one, what was refused is none.
fn settle(may: &mut Vec<String>, hash: String, status: Option<u16>, taken: bool) {
    match status {
        _ if taken => *may = vec![hash],
        Some(409 | 422) => may.retain(|found| *found != hash),
        Some(_) => {}
        None if may.contains(&hash) => {}
        None => may.push(hash),
    }
}
