//! Cards, editions, acknowledgements.

use bisik_formats::acknowledgement::Acknowledgement;
use bisik_formats::card::{VerifiedCard, write_bundle};
use bisik_formats::edition::VerifiedHeader;
use bisik_formats::ids::{AgencyId, Digest};
use bisik_formats::json::from_json;
use serde_json::Value;

use super::{bytes, cases, judged, parsed, read, refused, text};

/// The bundle of the notes of a case; the last is the card.
fn bundle(case: &Value) -> Vec<u8> {
    let notes: Vec<Vec<u8>> =
        cases(case, "notes").iter().map(|note| note.as_str().unwrap().as_bytes().to_vec()).collect();
    let (card, successions) = notes.split_last().unwrap();
    write_bundle(successions, card).unwrap()
}

/// The card that other files are checked against.
fn card(file: &Value) -> VerifiedCard {
    let agency: AgencyId = parsed(&read("card.json"), "agency");
    VerifiedCard::verify(&bytes(file, "bundle"), &agency).unwrap()
}

#[test]
fn cards() {
    let file = read("card.json");
    let agency: AgencyId = parsed(&file, "agency");
    for case in cases(&file, "accepted") {
        let bundle = bundle(case);
        assert_eq!(Digest::of(&bundle), parsed(case, "bundle_sha256"));
        let verified = VerifiedCard::verify(&bundle, &agency).unwrap();
        assert_eq!(verified.hash(), parsed(case, "hash"));
        assert_eq!(serde_json::json!(verified.card().serial), case["serial"]);
        assert_eq!(serde_json::json!(verified.roots().current()), case["roots"]);
    }
    for case in cases(&file, "days") {
        judged(card(&file).check_day(parsed(case, "day")), case);
    }
    for case in cases(&file, "refused") {
        refused(VerifiedCard::verify(&bundle(case), &parsed(case, "agency")), case);
    }
    for case in cases(&file, "refused_frames") {
        refused(VerifiedCard::verify(&bytes(case, "bundle"), &agency), case);
    }
}

#[test]
fn editions() {
    let file = read("edition.json");
    let card = card(&file);
    let header = VerifiedHeader::verify(text(&file, "note").as_bytes(), &card).unwrap();
    assert_eq!(header.hash(), parsed(&file, "hash"));
    let body = bytes(&file, "body");
    let checked = header.check_body(&body).unwrap();
    let letter = checked.find(&parsed(&file, "address")).unwrap();
    assert_eq!(Digest::of(letter), parsed(&file, "letter_sha256"));
    assert!(checked.find(&parsed(&file, "missing_address")).is_none());
    for case in cases(&file, "days") {
        judged(header.check_day(parsed(case, "day")), case);
    }
    for case in cases(&file, "refused") {
        refused(VerifiedHeader::verify(text(case, "note").as_bytes(), &card), case);
    }
    for case in cases(&file, "refused_bodies") {
        let mut changed = body.clone();
        changed[usize::try_from(case["flip_at"].as_u64().unwrap()).unwrap()] ^= 1;
        refused(header.check_body(&changed), case);
    }
}

#[test]
fn acknowledgements() {
    let file = read("acknowledgement.json");
    let card = card(&file);
    let verify = |note: &str, day| Acknowledgement::verify(note.as_bytes(), card.card(), day);
    for case in cases(&file, "days") {
        let verified = verify(text(&file, "note"), parsed(case, "day"));
        if let Ok(verified) = &verified {
            let ids: Vec<String> = verified.ids().iter().map(ToString::to_string).collect();
            assert_eq!(serde_json::json!(ids), file["ids"]);
            assert_eq!(verified.desk().as_str(), text(&file, "desk"));
        }
        judged(verified, case);
    }
    for case in cases(&file, "refused") {
        refused(verify(text(case, "note"), parsed(case, "day")), case);
    }
}

/// The letter in the edition opens with the receipt of the file.
#[test]
fn a_receipt_finds_its_letter() {
    use bisik_sealing::letter::{LetterPlace, open_letter};
    use bisik_sealing::receipt::Receipt;
    let file = read("edition.json");
    let card = card(&file);
    let header = VerifiedHeader::verify(text(&file, "note").as_bytes(), &card).unwrap();
    let agency = card.card().agency;
    let keys = Receipt::parse(text(&file, "receipt"), &agency).unwrap().keys().unwrap();
    let thread = keys.signing.verify_key();
    let (desk, number, salt) = (header.desk(), header.header().number, header.header().salt);
    let address = keys.letter_key.address(&agency, desk, number, &salt, &thread);
    assert_eq!(address, parsed(&file, "address"));
    let body = bytes(&file, "body");
    let letter = header.check_body(&body).unwrap().find(&address).unwrap();
    let place = LetterPlace { agency: &agency, desk, edition: number, thread: &thread };
    let letter = open_letter(letter, &keys.identity, &place).unwrap();
    let expected = read("letter.json");
    assert!(letter == from_json(text(&expected, "letter").as_bytes(), 6533).unwrap());
}
