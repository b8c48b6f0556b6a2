//! Reports made by hand, for what the reporter's program would never send.

use std::fs;

use bisik_formats::ids::{AgencyId, DeskId, RecipientText, ReportId};
use bisik_sealing::hybrid::Recipient;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    EvidenceSource, Kind, Language, ReportContent, ReportFormat, ReportNonce, Slot, ThreadPublic, seal_report,
};
use bisik_sealing::schedule::ThreadKeys;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::world::World;

/// A hand that makes reports for one agency.
pub struct Craft<'a> {
    world: &'a World,
    /// Randomness, the same in every run.
    pub rng: StdRng,
}

impl<'a> Craft<'a> {
    /// Begins with a seed.
    pub fn new(world: &'a World, seed: u64) -> Self {
        Self { world, rng: StdRng::seed_from_u64(seed) }
    }

    /// Returns the agency.
    pub fn agency(&self) -> AgencyId {
        AgencyId::parse_fingerprint(&self.world.fingerprint).unwrap()
    }

    /// Returns the keys of a new thread.
    pub fn thread(&mut self) -> ThreadKeys {
        let agency = self.agency();
        Receipt::generate(&agency, &mut self.rng).keys().unwrap()
    }

    /// Returns the recipient that a desk has published last on the stick.
    pub fn recipient(&self, desk: &str) -> Recipient {
        let note = self.world.home.path("stick/outbox").join(desk).join("header.note");
        let note = fs::read_to_string(note).unwrap();
        let header: serde_json::Value = serde_json::from_str(note.lines().nth(3).unwrap()).unwrap();
        let text: RecipientText = header["recipient"].as_str().unwrap().parse().unwrap();
        Recipient::parse(&text).unwrap()
    }

    /// Returns a sound content of a thread for one desk.
    pub fn content(&mut self, keys: &ThreadKeys, desk: &str) -> ReportContent {
        ReportContent {
            format: ReportFormat::V1,
            agency: self.agency(),
            card: 1.into(),
            to: vec![desk.parse().unwrap()],
            kind: Kind::Report,
            nonce: ReportNonce::generate(&mut self.rng),
            seen: Default::default(),
            language: Language::Id,
            form: "kpk_1".to_owned(),
            answers: Vec::new(),
            message: "Laporan buatan tangan.".to_owned(),
            evidence: Vec::new(),
            thread: ThreadPublic::of(keys).unwrap(),
        }
    }

    /// Seals a content for the desks it names, with these bytes as evidence.
    pub fn seal(&mut self, content: &ReportContent, keys: &ThreadKeys, evidence: &[&[u8]]) -> Vec<u8> {
        let slots: Vec<Slot> = self
            .world
            .desks
            .iter()
            .map(|desk| match content.to.contains(&desk.parse::<DeskId>().unwrap()) {
                true => Slot::For(Box::new(self.recipient(desk))),
                false => Slot::LeftOut,
            })
            .collect();
        let mut readers: Vec<&[u8]> = evidence.to_vec();
        let mut sources: Vec<EvidenceSource<'_>> = readers
            .iter_mut()
            .zip(&content.evidence)
            .map(|(reader, note)| EvidenceSource {
                extension: note.entry.extension,
                len: reader.len() as u64,
                reader,
            })
            .collect();
        let mut sealed = Vec::new();
        seal_report(content, &mut sources, keys, &slots, &mut sealed, &mut self.rng).unwrap();
        sealed
    }

    /// Puts sealed bytes onto the stick, as if a courier had fetched them; returns the id.
    pub fn put(&self, sealed: &[u8]) -> ReportId {
        let id = ReportId::of(sealed);
        let folder = self.world.home.path("stick/reports");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{id}.age")), sealed).unwrap();
        id
    }
}
