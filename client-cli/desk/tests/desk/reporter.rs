//! A reporter, and what one can do wrong or with malice.

use std::collections::BTreeMap;

use bisik_desk::cases::Case;
use bisik_formats::answers::{Answer, Value};
use bisik_formats::ids::DeskId;
use bisik_formats::json::Count;
use bisik_sealing::hybrid::Identity;
use bisik_sealing::letter::{Letter, LetterPlace, open_letter};
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    EvidenceEntry, EvidenceNote, EvidenceSource, Holders, Kind, Language, ReportContent, ReportFormat,
    ReportNonce, Slot, ThreadPublic, seal_report,
};
use bisik_sealing::schedule::ThreadKeys;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::agency::Agency;

pub(crate) struct Reporter {
    pub(crate) keys: ThreadKeys,
    rng: StdRng,
}

impl Reporter {
    pub(crate) fn new(agency: &Agency, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let keys = Receipt::generate(&agency.agency, &mut rng).keys().unwrap();
        Self { keys, rng }
    }

    pub(crate) fn content(&mut self, agency: &Agency, to: &[&str], message: &str) -> ReportContent {
        let to: Vec<DeskId> = {
            let mut to: Vec<DeskId> = to.iter().map(|desk| desk.parse().unwrap()).collect();
            to.sort();
            to
        };
        ReportContent {
            format: ReportFormat::V1,
            agency: agency.agency,
            card: Count::from(1),
            to,
            kind: Kind::Report,
            nonce: ReportNonce::generate(&mut self.rng),
            seen: BTreeMap::new(),
            language: Language::Id,
            form: "kpk_1".to_owned(),
            answers: vec![Answer {
                field: "kategori".to_owned(),
                entry: None,
                part: None,
                value: Value::Choice(vec!["suap".to_owned()]),
            }],
            message: message.to_owned(),
            evidence: Vec::new(),
            thread: ThreadPublic::of(&self.keys).unwrap(),
        }
    }

    /// Seals to the desks of the content; the others get a throw-away stanza.
    pub(crate) fn seal(&mut self, agency: &Agency, content: &ReportContent) -> Vec<u8> {
        self.seal_with(agency, content, &[])
    }

    pub(crate) fn seal_with(
        &mut self,
        agency: &Agency,
        content: &ReportContent,
        evidence: &[(&str, &[u8])],
    ) -> Vec<u8> {
        let slots = ["pusat", "daerah"].map(|desk| {
            if content.to.iter().any(|to| to.as_str() == desk) {
                Slot::For(Box::new(agency.recipient(desk)))
            } else {
                Slot::LeftOut
            }
        });
        let mut readers: Vec<&[u8]> = evidence.iter().map(|(_, bytes)| *bytes).collect();
        let mut sources: Vec<EvidenceSource<'_>> = readers
            .iter_mut()
            .zip(evidence)
            .map(|(reader, (extension, bytes))| EvidenceSource {
                extension: extension.parse().unwrap(),
                len: bytes.len() as u64,
                reader,
            })
            .collect();
        let mut sealed = Vec::new();
        seal_report(content, &mut sources, &self.keys, &slots, &mut sealed, &mut self.rng).unwrap();
        sealed
    }

    pub(crate) fn report(&mut self, agency: &Agency, to: &[&str], message: &str) -> Vec<u8> {
        let content = self.content(agency, to, message);
        self.seal(agency, &content)
    }

    pub(crate) fn report_with_evidence(
        &mut self,
        agency: &Agency,
        name: &str,
        extension: &str,
        evidence: &[u8],
    ) -> Vec<u8> {
        let mut content = self.content(agency, &["daerah", "pusat"], "Terlampir bukti.");
        content.evidence = vec![EvidenceNote {
            entry: EvidenceEntry { number: 1, extension: extension.parse().unwrap() },
            kind: "foto".to_owned(),
            name: Some(name.to_owned()),
            holders: Holders::One,
            note: String::new(),
            cleaned: false,
        }];
        self.seal_with(agency, &content, &[(extension, evidence)])
    }

    /// Finds and opens the letter in the edition on the stick.
    pub(crate) fn letter(&self, agency: &Agency, desk: &str) -> Option<Letter> {
        let header = agency.header(desk);
        let bytes = agency.body(desk);
        let body = header.check_body(&bytes).unwrap();
        let desk: DeskId = desk.parse().unwrap();
        let (number, salt) = (header.header().number, header.header().salt);
        let thread = self.keys.signing.verify_key();
        let address = self.keys.letter_key.address(&agency.agency, &desk, number, &salt, &thread);
        let place = LetterPlace { agency: &agency.agency, desk: &desk, edition: number, thread: &thread };
        body.find(&address).map(|sealed| open_letter(sealed, &self.keys.identity, &place).unwrap())
    }

    pub(crate) fn case_in(&self, cases: Vec<Case>) -> Case {
        let thread = self.keys.signing.verify_key();
        cases.into_iter().find(|case| case.thread == thread).unwrap()
    }

    pub(crate) fn other_identity(&mut self) -> Identity {
        Identity::generate(&mut self.rng)
    }
}
