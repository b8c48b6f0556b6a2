//! What the unit tests share: a deterministic generator and a small agency.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};
use std::io::Write;

use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bisik_formats::answers::{Answer, Value};
use bisik_formats::crockford;
use bisik_formats::ids::{AgencyId, DeskId};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::hybrid::{Identity, Recipient};
use crate::receipt::Receipt;
use crate::report::{
    EvidenceEntry, EvidenceNote, EvidenceSource, Expected, Holders, Kind, Language, ReportContent,
    ReportFormat, ReportNonce, SealedReport, Slot, ThreadPublic, seal_report, sealed_report_len,
};
use crate::schedule::ThreadKeys;
use crate::writer::AgeWriter;

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn agency() -> AgencyId {
    crockford::encode(&[7; 20]).parse().unwrap()
}

pub(crate) fn desk(name: &str) -> DeskId {
    name.parse().unwrap()
}

/// Two desks, a thread, and a report to the first desk.
pub(crate) struct Story {
    pub(crate) identities: [Identity; 2],
    pub(crate) keys: ThreadKeys,
    pub(crate) content: ReportContent,
}

impl Story {
    pub(crate) fn new() -> Self {
        let rng = &mut rng(1);
        let keys = Receipt::generate(&agency(), rng).keys().unwrap();
        let content = ReportContent {
            format: ReportFormat::V1,
            agency: agency(),
            card: 3.into(),
            to: vec![desk("inspektorat")],
            kind: Kind::Report,
            nonce: ReportNonce::generate(rng),
            seen: BTreeMap::new(),
            language: Language::Id,
            form: "kpk".into(),
            answers: vec![Answer {
                field: "apa".into(),
                entry: None,
                part: None,
                value: Value::Text("Uang diminta di loket.".into()),
            }],
            message: "Mohon diperiksa.".into(),
            evidence: Vec::new(),
            thread: ThreadPublic::of(&keys).unwrap(),
        };
        Self { identities: [Identity::generate(rng), Identity::generate(rng)], keys, content }
    }

    /// The first desk can read, the second is left out.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        vec![Slot::For(Box::new(self.identities[0].recipient())), Slot::LeftOut]
    }

    pub(crate) fn add_evidence(&mut self, extension: &str) {
        let number = u16::try_from(self.content.evidence.len() + 1).unwrap();
        self.content.evidence.push(EvidenceNote {
            entry: EvidenceEntry { number, extension: extension.parse().unwrap() },
            kind: "foto".into(),
            name: None,
            holders: Holders::Few,
            note: String::new(),
            cleaned: true,
        });
    }

    /// Seals the report with these pieces of evidence.
    pub(crate) fn seal(&self, evidence: &[&[u8]]) -> (Vec<u8>, SealedReport) {
        let mut readers = evidence.to_vec();
        let mut sources: Vec<EvidenceSource<'_>> = readers
            .iter_mut()
            .zip(&self.content.evidence)
            .map(|(reader, note)| EvidenceSource {
                extension: note.entry.extension,
                len: reader.len() as u64,
                reader,
            })
            .collect();
        let announced = sealed_report_len(&self.content, &sources, &self.slots()).unwrap();
        let mut sealed = Vec::new();
        let done =
            seal_report(&self.content, &mut sources, &self.keys, &self.slots(), &mut sealed, &mut rng(2));
        let done = done.unwrap();
        assert_eq!((done.len, sealed.len() as u64), (announced, announced));
        (sealed, done)
    }

    /// Calls `test` with what the first desk expects.
    pub(crate) fn expected<T>(&self, test: impl FnOnce(&Expected<'_>) -> T) -> T {
        test(&Expected {
            identities: &[&self.identities[0]],
            agency: &agency(),
            desk: &desk("inspektorat"),
            desk_counts: &[2],
        })
    }
}

/// Our recipient as a plug-in of the `age` crate, so that the crate can write files for us.
pub(crate) struct AgeRecipient(pub(crate) Recipient);

impl age::Recipient for AgeRecipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        let (enc, body) = self.0.wrap(file_key.expose_secret(), &mut rng(11)).unwrap();
        let args = vec![BASE64_STANDARD_NO_PAD.encode(enc)];
        let stanza = Stanza { tag: "mlkem768x25519".into(), args, body };
        Ok((vec![stanza], HashSet::from(["postquantum".to_owned()])))
    }
}

/// Seals any bytes for these recipients.
pub(crate) fn seal_bytes(recipients: &[Recipient], plain: &[u8]) -> Vec<u8> {
    let mut writer = AgeWriter::new(recipients, Vec::new(), &mut rng(4)).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}
