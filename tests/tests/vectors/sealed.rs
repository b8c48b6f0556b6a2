//! Reports and letters.

use std::io::{Read, Write};

use bisik_formats::ids::{AgencyId, DeskId, Digest, ReportId};
use bisik_formats::json::from_json;
use bisik_sealing::hybrid::Identity;
use bisik_sealing::letter::{
    LETTER_TEXT_LEN, Letter, LetterError, LetterPlace, decoy_letter, open_letter, seal_letter,
};
use bisik_sealing::reader::open;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    EvidenceSource, Expected, MAX_REPORT_JSON, NoEvidence, OpenedReport, ReportContent, ReportError, Slot,
    open_report, seal_decoy, seal_report,
};
use bisik_sealing::writer::AgeWriter;
use bisik_tests::vectors::random::{Recorded, Tape};
use serde_json::Value;

use super::{bytes, cases, parsed, read, refused, text};

/// Desks of the file with their identities.
fn desks(file: &Value) -> Vec<(DeskId, Identity)> {
    let desk = |desk: &Value| (parsed(desk, "desk"), Identity::parse(text(desk, "identity")).unwrap());
    cases(file, "desks").iter().map(desk).collect()
}

fn open_as_desk(file: &Value, sealed: &[u8]) -> Result<OpenedReport, ReportError> {
    let opened_by: DeskId = parsed(file, "opened_by");
    let (desk, identity) = desks(file).into_iter().find(|(desk, _)| *desk == opened_by).unwrap();
    let expected = Expected {
        identities: &[&identity],
        agency: &parsed(file, "agency"),
        desk: &desk,
        desk_counts: &[2],
    };
    open_report(sealed, sealed.len() as u64, &expected, &mut NoEvidence)
}

/// Seals a case again with its randomness.
fn seal(file: &Value, case: &Value) -> Vec<u8> {
    let agency: AgencyId = parsed(file, "agency");
    let keys = Receipt::parse(text(file, "receipt"), &agency).unwrap().keys().unwrap();
    let content: ReportContent = from_json(text(case, "report_json").as_bytes(), MAX_REPORT_JSON).unwrap();
    let pieces: Vec<Vec<u8>> = case["evidence"].as_array().unwrap().iter().map(piece).collect();
    let mut readers: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    let mut sources: Vec<EvidenceSource<'_>> = readers
        .iter_mut()
        .zip(&content.evidence)
        .map(|(reader, note)| EvidenceSource {
            extension: note.entry.extension,
            len: reader.len() as u64,
            reader,
        })
        .collect();
    let slot = |((_, identity), open): (&(DeskId, Identity), &Value)| match open.as_bool().unwrap() {
        true => Slot::For(Box::new(identity.recipient())),
        false => Slot::LeftOut,
    };
    let slots: Vec<Slot> = desks(file).iter().zip(cases(case, "slots")).map(slot).collect();
    let mut random = Tape::new(text(case, "randomness"));
    let mut sealed = Vec::new();
    let done = seal_report(&content, &mut sources, &keys, &slots, &mut sealed, &mut random).unwrap();
    assert!(random.is_used_up());
    assert_eq!(done.message, parsed(case, "message"));
    sealed
}

fn piece(piece: &Value) -> Vec<u8> {
    match piece["len"].as_u64() {
        Some(len) => text(piece, "repeat").repeat(usize::try_from(len).unwrap()).into_bytes(),
        None => bytes(piece, "hex"),
    }
}

fn plain(file: &Value, sealed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    open(sealed, &[&desks(file)[0].1]).unwrap().read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn reports() {
    let file = read("report.json");
    for case in cases(&file, "cases") {
        let sealed = seal(&file, case);
        assert_eq!(ReportId::of(&sealed), parsed(case, "id"));
        if !case["sealed"].is_null() {
            assert!(bytes(case, "sealed") == sealed);
        }
        let plain = plain(&file, &sealed);
        assert_eq!(plain.len() as u64, case["padded"].as_u64().unwrap());
        assert_eq!(Digest::of(&plain), parsed(case, "plaintext_sha256"));
        let opened = open_as_desk(&file, &sealed).unwrap();
        assert_eq!(opened.proof.report_json.as_slice(), text(case, "report_json").as_bytes());
        assert_eq!(opened.proof.sums, text(case, "sums").as_bytes());
        assert_eq!(opened.proof.signature, parsed(case, "signature"));
        assert_eq!(opened.message(), parsed(case, "message"));
    }
    let decoy = &file["decoy"];
    let mut random = Tape::new(text(decoy, "randomness"));
    let mut sealed = Vec::new();
    let desks = usize::try_from(decoy["desks"].as_u64().unwrap()).unwrap();
    seal_decoy(desks, &mut sealed, &mut random).unwrap();
    assert!(random.is_used_up());
    assert_eq!(ReportId::of(&sealed), parsed(decoy, "id"));
    refused(open_as_desk(&file, &sealed), decoy);
}

#[test]
fn refused_reports() {
    let file = read("report.json");
    for case in cases(&file, "refused") {
        let base = cases(&file, "cases").iter().find(|base| base["name"] == case["base"]).unwrap();
        let mut changed = plain(&file, &seal(&file, base));
        let (at, patch) = (usize::try_from(case["at"].as_u64().unwrap()).unwrap(), bytes(case, "bytes"));
        changed[at..at + patch.len()].copy_from_slice(&patch);
        let recipients: Vec<_> = desks(&file).iter().map(|(_, identity)| identity.recipient()).collect();
        let mut writer = AgeWriter::new(&recipients, Vec::new(), &mut Recorded::new("again")).unwrap();
        writer.write_all(&changed).unwrap();
        refused(open_as_desk(&file, &writer.finish().unwrap()), case);
    }
}

fn open_at(place: &Value, sealed: &[u8], identity: &Identity) -> Result<Letter, LetterError> {
    let (agency, desk, thread) = (parsed(place, "agency"), parsed(place, "desk"), parsed(place, "thread"));
    let place =
        LetterPlace { agency: &agency, desk: &desk, edition: parsed(place, "edition"), thread: &thread };
    open_letter(sealed, identity, &place)
}

#[test]
fn letters() {
    let file = read("letter.json");
    let identity = Identity::parse(text(&file, "identity")).unwrap();
    let letter: Letter = from_json(text(&file, "letter").as_bytes(), LETTER_TEXT_LEN).unwrap();
    let mut random = Tape::new(text(&file, "randomness"));
    let sealed = seal_letter(&letter, &identity.recipient(), &mut random).unwrap();
    assert!(random.is_used_up());
    assert!(sealed == bytes(&file, "sealed"));
    assert!(open_at(&file["place"], &sealed, &identity).unwrap() == letter);
    let decoy = &file["decoy"];
    let made = decoy_letter(&mut Tape::new(text(decoy, "randomness"))).unwrap();
    assert_eq!(Digest::of(&made), parsed(decoy, "sealed_sha256"));
    refused(open_at(&file["place"], &made, &identity), decoy);
    for case in cases(&file, "refused_places") {
        let mut place = file["place"].clone();
        place.as_object_mut().unwrap().extend(case["change"].as_object().unwrap().clone());
        refused(open_at(&place, &sealed, &identity), case);
    }
    for case in cases(&file, "refused_texts") {
        let mut padded = text(case, "text").as_bytes().to_vec();
        padded.resize(LETTER_TEXT_LEN, b' ');
        let mut writer =
            AgeWriter::new(&[identity.recipient()], Vec::new(), &mut Recorded::new("again")).unwrap();
        writer.write_all(&padded).unwrap();
        refused(open_at(&file["place"], &writer.finish().unwrap(), &identity), case);
    }
}
