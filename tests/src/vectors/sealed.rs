//! Sealed reports and letters.

use std::io::Read;

use bisik_formats::ids::{Digest, ReportId};
use bisik_formats::json::to_json;
use bisik_formats::padding::{TEXT_SIZE, sealed_len};
use bisik_sealing::letter::{Letter, LetterFormat, LetterMessage, Received, decoy_letter, seal_letter};
use bisik_sealing::reader::open;
use bisik_sealing::report::{
    EvidenceEntry, EvidenceNote, EvidenceSource, Holders, ReportContent, Slot, seal_decoy, seal_report,
};
use serde_json::{Value, json};

use super::hex;
use super::random::Recorded;
use super::world::{World, day};

pub(super) fn report(world: &World) -> Value {
    let small = [b"first".as_slice(), b"second, not the last"];
    let large = vec![b'b'; 100_000];
    let large = [large.as_slice()];
    let mut others = world.content();
    others.to = world.desks.iter().map(|desk| desk.id.clone()).collect();
    let text = Case::new(world, "text", world.content(), &[]);
    let evidence = Case::new(world, "evidence", with_evidence(world, 2), &small);
    let larger = Case::new(world, "larger evidence", with_evidence(world, 1), &large);
    let both = Case::new(world, "both desks", others, &[]);
    let desk = |desk: &super::world::VectorDesk| json!({ "desk": desk.id, "identity": *desk.identity.expose_text() });
    json!({
        "agency": world.agency,
        "receipt": *world.receipt.expose_text(),
        "desks": world.desks.each_ref().map(desk),
        "cases": [text.value(true), evidence.value(false), larger.value(false), both.value(false)],
        "decoy": decoy(),
        "opened_by": "inspektorat",
        "refused": refused(&evidence),
    })
}

/// A report and everything about it.
struct Case<'a> {
    world: &'a World,
    name: &'static str,
    content: ReportContent,
    evidence: &'a [&'a [u8]],
    random: Recorded,
    sealed: Vec<u8>,
    plain: Vec<u8>,
}

impl<'a> Case<'a> {
    fn new(world: &'a World, name: &'static str, content: ReportContent, evidence: &'a [&'a [u8]]) -> Self {
        let mut random = Recorded::new(name);
        let mut sealed = Vec::new();
        let mut readers = evidence.to_vec();
        let mut sources: Vec<EvidenceSource<'_>> = readers
            .iter_mut()
            .zip(&content.evidence)
            .map(|(reader, note)| EvidenceSource {
                extension: note.entry.extension,
                len: reader.len() as u64,
                reader,
            })
            .collect();
        let slots = slots(world, &content);
        seal_report(&content, &mut sources, &world.keys, &slots, &mut sealed, &mut random).unwrap();
        let mut plain = Vec::new();
        open(sealed.as_slice(), &[&world.desks[0].identity]).unwrap().read_to_end(&mut plain).unwrap();
        Self { world, name, content, evidence, random, sealed, plain }
    }

    fn json(&self) -> Vec<u8> {
        to_json(&self.content).unwrap()
    }

    /// Where the header of the first piece of evidence stands.
    fn evidence_at(&self) -> usize {
        512 + self.json().len().next_multiple_of(512)
    }

    /// Where `SHA256SUMS` stands, then its signature: each is one block after its header.
    fn sums_at(&self) -> usize {
        self.evidence_at()
            + self.evidence.iter().map(|piece| 512 + piece.len().next_multiple_of(512)).sum::<usize>()
    }

    fn value(&self, whole: bool) -> Value {
        let sums = &self.plain[self.sums_at() + 512..];
        let sums = &sums[..sums.iter().position(|byte| *byte == 0).unwrap()];
        let signature = &self.plain[self.sums_at() + 512 + sums.len().next_multiple_of(512) + 512..][..64];
        let digest = Digest::of(sums);
        let open = |desk: &super::world::VectorDesk| self.content.to.contains(&desk.id);
        let piece = |piece: &&[u8]| match piece.len() {
            0..1000 => json!({ "hex": hex(piece) }),
            len => json!({ "repeat": "b", "len": len }),
        };
        let mut value = json!({
            "name": self.name,
            "randomness": self.random.hex(),
            "slots": self.world.desks.each_ref().map(open),
            "report_json": String::from_utf8(self.json()).unwrap(),
            "evidence": self.evidence.iter().map(piece).collect::<Vec<_>>(),
            "sums": std::str::from_utf8(sums).unwrap(),
            "signature": hex(signature),
            "message": bisik_formats::ids::MessageId::from(digest),
            "padded": self.plain.len(),
            "plaintext_sha256": Digest::of(&self.plain),
            "id": ReportId::of(&self.sealed),
        });
        if whole {
            value["sealed"] = hex(&self.sealed).into();
        }
        value
    }
}

fn slots(world: &World, content: &ReportContent) -> Vec<Slot> {
    let slot = |desk: &super::world::VectorDesk| match content.to.contains(&desk.id) {
        true => Slot::For(Box::new(desk.identity.recipient())),
        false => Slot::LeftOut,
    };
    world.desks.iter().map(slot).collect()
}

fn with_evidence(world: &World, count: u16) -> ReportContent {
    let mut content = world.content();
    let note = |number: u16| EvidenceNote {
        entry: EvidenceEntry { number, extension: if number == 1 { "jpg" } else { "pdf" }.parse().unwrap() },
        kind: "foto".into(),
        name: (number == 2).then(|| "../kuitansi \u{202e}fdp.exe".into()),
        holders: Holders::Few,
        note: "Ruang arsip".into(),
        cleaned: number == 1,
    };
    content.evidence = (1..=count).map(note).collect();
    content
}

fn decoy() -> Value {
    let mut random = Recorded::new("decoy");
    let mut sealed = Vec::new();
    seal_decoy(2, &mut sealed, &mut random).unwrap();
    assert_eq!(sealed.len() as u64, sealed_len(2, TEXT_SIZE));
    json!({ "desks": 2, "randomness": random.hex(), "id": ReportId::of(&sealed), "error": "open.no_match" })
}

/// Changes to the plaintext of a case, sealed again to both desks.
fn refused(base: &Case<'_>) -> Vec<Value> {
    let patch = |name: &str, at: usize, bytes: &[u8], error: &str| json!({ "name": name, "base": base.name, "at": at, "bytes": hex(bytes), "error": error });
    let (first, sums, end) = (base.evidence_at(), base.sums_at(), base.plain.len());
    let second_header = &base.plain[first + 1024..first + 1536];
    let json = base.json();
    let place = |text: &str| 512 + String::from_utf8(json.clone()).unwrap().find(text).unwrap() + text.len();
    vec![
        patch("agency", place("\"agency\":\""), b"0", "other_agency"),
        patch("reader", place("\"to\":[\""), b"j", "other_desk"),
        patch("form of the document", place("bisik/report/"), b"2", "json.schema"),
        patch("white space", place("\"card\":") - 1, b" ", "json.schema"),
        patch("card serial", place("\"card\":"), b"4", "sums"),
        patch("reply key", place("\"recipient\":\"age1pq1"), b"b", "json.schema"),
        patch("name that climbs", first, b"../", "tar.name"),
        patch("executable", first + 101, b"0000755", "tar.not_canonical"),
        patch("entry of another number", first, second_header, "order"),
        patch("end of the archive too early", first, &[0; 1024], "order"),
        patch("evidence", first + 512, b"F", "sums"),
        patch("padding of an entry", first + 512 + 6, b"x", "padding"),
        patch("sums", sums + 512, b"z", "sums"),
        patch("signature", sums + 2 * 512 + 512, &[0; 64], "signature"),
        patch("padding", end - 1, b"x", "padding"),
    ]
}

pub(super) fn letter(world: &World) -> Value {
    let desk = &world.desks[0];
    let letter = letter_content(world);
    let recipient = world.keys.identity.recipient();
    let mut random = Recorded::new("letter");
    let sealed = seal_letter(&letter, &recipient, &mut random).unwrap();
    let mut decoy_random = Recorded::new("decoy letter");
    let decoy = decoy_letter(&mut decoy_random).unwrap();
    let text = String::from_utf8(to_json(&letter).unwrap()).unwrap();
    let place = |what: &str, value: Value, error: &str| json!({ "change": { what: value }, "error": error });
    let refused = |text: String, error: &str| json!({ "text": text, "error": error });
    json!({
        "identity": *world.keys.identity.expose_text(),
        "place": {
            "agency": world.agency,
            "desk": desk.id,
            "edition": world.edition(),
            "thread": world.keys.signing.verify_key(),
        },
        "letter": text,
        "randomness": random.hex(),
        "sealed": hex(&sealed),
        "decoy": {
            "randomness": decoy_random.hex(),
            "sealed_sha256": Digest::of(&decoy),
            "error": "open.no_match",
        },
        "refused_places": [
            place("agency", json!("00000000000000000000000000000000"), "binding.agency"),
            place("desk", json!("walikota"), "binding.desk"),
            place("edition", json!("202603042"), "binding.edition"),
            place("thread", json!(super::world::signing_key(9).verify_key()), "binding.thread"),
        ],
        "refused_texts": [
            refused(text.replace("letter/1", "letter/2"), "json.schema"),
            refused(text.replace("\"status\"", "\"state\""), "json.schema"),
            refused(text.replace(":0,", ": 0,"), "json.not_canonical"),
            refused(format!("{text}\n"), "json.not_canonical"),
            refused(text.replace("\"closes\":\"2026-05-01\"", "\"closes\":null"), "json.not_canonical"),
            refused(text.replace("\"inspektorat\",\"walikota\"", "\"walikota\",\"inspektorat\""), "content"),
            refused(String::new(), "json.schema"),
        ],
    })
}

pub(super) fn letter_content(world: &World) -> Letter {
    let message = |date: &str, text: &str| LetterMessage { date: day(date), text: text.into() };
    Letter {
        format: LetterFormat::V1,
        agency: world.agency,
        desk: world.desks[0].id.clone(),
        edition: world.edition(),
        thread: world.keys.signing.verify_key(),
        to: world.desks.iter().map(|desk| desk.id.clone()).collect(),
        received: vec![Received { date: day("2026-03-02"), id: Digest::of(b"sums").into() }],
        earlier_received: 0.into(),
        status: "diterima".into(),
        messages: vec![
            message("2026-03-04", "Mohon tambahkan waktu atau tempat."),
            message("2026-03-02", "Kami sudah menerima laporan Anda.\nTerima kasih."),
        ],
        earlier: 3.into(),
        questions: vec!["Kapan terjadinya?".into()],
        closes: Some(day("2026-05-01")),
    }
}
