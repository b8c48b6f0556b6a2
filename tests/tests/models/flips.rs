//! Every single bit of one of each document is turned: nothing wrong is accepted, and nothing panics.
//!
//! A bit without meaning is named where it is: no signed or sealed byte has one.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::Ordering;

use bisik_formats::acknowledgement::Acknowledgement;
use bisik_formats::bundle::write_frames;
use bisik_formats::card::VerifiedCard;
use bisik_formats::edition::{EditionError, VerifiedHeader};
use bisik_formats::ids::{DeskId, Digest, ReportId};
use bisik_formats::json::to_json;
use bisik_formats::padding::header_len;
use bisik_formats::succession::Roots;
use bisik_sealing::letter::{LETTER_TEXT_LEN, LetterPlace, open_letter};
use bisik_sealing::receipt::{Receipt, ReceiptError};
use bisik_sealing::report::{Expected, NoEvidence, ReportError, open_report};
use bisik_sealing::writer::AgeWriter;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::documents::{Agency, DESKS, day, seal};
use super::letterbox::{Letterbox, Side};
use super::sized;
use super::wire::Request;

/// Turns each bit once, or every `stride`th, and counts how the judge answers. `judge` gets the bit's number.
fn flip(
    what: &str,
    bytes: &[u8],
    bits: impl Iterator<Item = usize>,
    mut judge: impl FnMut(&[u8], usize) -> String,
) -> BTreeMap<String, usize> {
    let mut changed = bytes.to_vec();
    let mut answers = BTreeMap::new();
    for bit in bits {
        changed[bit / 8] ^= 1 << (bit % 8);
        *answers.entry(judge(&changed, bit)).or_default() += 1;
        changed[bit / 8] ^= 1 << (bit % 8);
    }
    eprintln!("flips of {what}: {answers:?}");
    answers
}

/// Returns all bits of so many bytes, or every `stride`th.
fn bits(bytes: &[u8], stride: usize) -> impl Iterator<Item = usize> + use<> {
    (0..bytes.len() * 8).step_by(stride)
}

/// Demands that every flip was refused, and for more than one reason: a judge that always says the same judges
/// nothing.
fn all_refused(answers: &BTreeMap<String, usize>) {
    assert!(!answers.contains_key("accepted"), "{answers:?}");
    assert!(answers.values().sum::<usize>() > 100, "{answers:?}");
}

/// Names an answer by the variant of its error, without what is in it.
fn name<T, E: std::fmt::Debug>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(error) => format!("{error:?}").split([' ', '{']).next().unwrap().to_owned(),
    }
}

#[test]
fn no_bit_of_a_card_or_succession_can_be_turned() {
    let agency = Agency::new(0);
    let bundle = agency.bundle(2, false);
    assert!(VerifiedCard::verify(&bundle, &agency.id).is_ok());
    let answers = flip("a card bundle", &bundle, bits(&bundle, sized(3, 1)), |changed, _| {
        name(VerifiedCard::verify(changed, &agency.id))
    });
    all_refused(&answers);
    assert!(answers.len() > 4, "{answers:?}");

    let notes = [agency.succession(1), agency.succession(2)];
    let follow = |first: &[u8], second: &[u8]| Roots::follow(&agency.id, &[first, second], &[]);
    assert!(follow(&notes[0], &notes[1]).is_ok());
    all_refused(&flip("the first succession", &notes[0], bits(&notes[0], 1), |changed, _| {
        name(follow(changed, &notes[1]))
    }));
    all_refused(&flip("the second succession", &notes[1], bits(&notes[1], 1), |changed, _| {
        name(follow(&notes[0], changed))
    }));
}

#[test]
fn no_bit_of_an_edition_can_be_turned() {
    let agency = Agency::new(0);
    let card = agency.verified(1);
    let edition = agency.edition(0, 3, &card, &mut StdRng::seed_from_u64(1));
    let header = VerifiedHeader::verify(&edition.header, &card).unwrap();
    let answers = flip("an edition header", &edition.header, bits(&edition.header, 1), |changed, _| {
        name(VerifiedHeader::verify(changed, &card))
    });
    all_refused(&answers);
    assert!(answers.len() > 2, "{answers:?}");

    header.check_body(&edition.body).unwrap();
    let mut changed = edition.body.clone();
    let stride = sized(17, 1);
    for bit in bits(&edition.body, stride) {
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(header.check_body(&changed).unwrap_err(), EditionError::BodyHash, "bit {bit}");
        changed[bit / 8] ^= 1 << (bit % 8);
    }
    eprintln!("flips of an edition body: {} refused", bits(&edition.body, stride).count());
}

#[test]
fn no_bit_of_a_letter_can_be_turned() {
    let agency = Agency::new(0);
    let thread = &agency.threads[0];
    let desk: DeskId = DESKS[0].parse().unwrap();
    let mut rng = StdRng::seed_from_u64(2);
    let letter = agency.letter(0, 3, thread);
    let verify = thread.signing.verify_key();
    let place = LetterPlace { agency: &agency.id, desk: &desk, edition: letter.edition, thread: &verify };
    let sealed = bisik_sealing::letter::seal_letter(&letter, &thread.identity.recipient(), &mut rng).unwrap();
    assert!(open_letter(&sealed, &thread.identity, &place).unwrap() == letter);
    let answers = flip("a sealed letter", &sealed, bits(&sealed, sized(37, 1)), |changed, _| {
        name(open_letter(changed, &thread.identity, &place))
    });
    all_refused(&answers);

    // Inside the seal, where only a desk could turn one: what a letter says may be another thing then, but never
    // where it belongs, and never in a second spelling.
    let mut text = to_json(&letter).unwrap();
    let json = text.len();
    text.resize(LETTER_TEXT_LEN, b' ');
    let recipient = thread.identity.recipient();
    let answers = flip("the text of a letter", &text, bits(&text[..json], sized(11, 1)), |changed, bit| {
        let mut writer = AgeWriter::new(std::slice::from_ref(&recipient), Vec::new(), &mut rng).unwrap();
        writer.write_all(changed).unwrap();
        let sealed = writer.finish().unwrap();
        let opened = open_letter(&sealed, &thread.identity, &place);
        if let Ok(other) = &opened {
            let bound = (other.agency, &other.desk, other.edition, other.thread);
            assert_eq!(bound, (agency.id, &desk, letter.edition, verify), "bit {bit}");
            assert!(*other != letter && to_json(other).unwrap() == changed[..json], "bit {bit}");
        }
        name(opened)
    });
    assert!(answers.len() > 3 && answers.contains_key("accepted"), "{answers:?}");
}

#[test]
fn no_bit_of_an_acknowledgement_can_be_turned() {
    let agency = Agency::new(0);
    let card = agency.verified(1);
    let ids: Vec<ReportId> = (0u8..5).map(|n| ReportId::of(&[n])).collect();
    let note = agency.acknowledgement(1, false, &ids);
    assert_eq!(Acknowledgement::verify(&note, card.card(), day(3)).unwrap().ids().len(), 5);
    let answers = flip("an acknowledgement", &note, bits(&note, 1), |changed, _| {
        name(Acknowledgement::verify(changed, card.card(), day(3)))
    });
    all_refused(&answers);
    assert!(answers.len() > 2, "{answers:?}");
}

#[test]
fn no_bit_of_a_sealed_report_can_be_turned() {
    let agency = Agency::new(0);
    let mut rng = StdRng::seed_from_u64(3);
    let thread = &agency.threads[0];
    let content = agency.content(thread, &[0, 1], "Uang diminta di loket.", &mut rng);
    let identities = [agency.identity(0, 0), agency.identity(1, 0)];
    let recipients = identities.each_ref().map(|identity| identity.recipient());
    let sealed = seal(&content, thread, recipients.each_ref().map(Some), &mut rng);
    // The second desk: its stanza comes after another one.
    let desk: DeskId = DESKS[1].parse().unwrap();
    let expected =
        Expected { identities: &[&identities[1]], agency: &agency.id, desk: &desk, desk_counts: &[2] };
    let open = |bytes: &[u8]| -> Result<(), ReportError> {
        open_report(bytes, bytes.len() as u64, &expected, &mut NoEvidence).map(|_| ())
    };
    open(&sealed).unwrap();
    let header = usize::try_from(header_len(2)).unwrap() * 8;
    // In the header a flip either breaks the shape, which is cheap to see, or is found by unwrapping.
    let in_header = (0..header).step_by(sized(11, 1));
    let answers = flip("the header of a report", &sealed, in_header, |changed, _| name(open(changed)));
    all_refused(&answers);
    let in_payload = (header..sealed.len() * 8).step_by(sized(399, 1));
    let answers = flip("the payload of a report", &sealed, in_payload, |changed, _| name(open(changed)));
    all_refused(&answers);
}

#[test]
fn a_receipt_has_no_bit_to_spare_but_those_of_its_spelling() {
    let agency = Agency::new(0);
    let receipt = Receipt::generate(&agency.id, &mut StdRng::seed_from_u64(4));
    let text = receipt.expose_text();
    let secret = |receipt: &Receipt| receipt.keys().unwrap().signing.verify_key();
    let mut harmless = 0;
    let answers = flip("a receipt", text.as_bytes(), bits(text.as_bytes(), 1), |changed, bit| {
        let Ok(typed) = std::str::from_utf8(changed) else { return "no text".to_owned() };
        let read: Result<Receipt, ReceiptError> = Receipt::parse(typed, &agency.id);
        if let Ok(read) = &read {
            // People may write letters small, and what parts the groups is only for the eye: this bit turns a
            // letter into its other case, and a dash into a white space.
            let turned = text.as_bytes()[bit / 8];
            assert!(bit % 8 == 5 && (turned.is_ascii_alphabetic() || turned == b'-'), "bit {bit}");
            assert!(secret(read) == secret(&receipt));
            harmless += 1;
        }
        name(read)
    });
    let letters = text.bytes().filter(|byte| byte.is_ascii_alphabetic() || *byte == b'-').count();
    assert_eq!(harmless, letters, "{answers:?}");
    assert!(answers.len() > 3, "{answers:?}");
}

#[test]
fn no_bit_of_what_a_courier_or_reporter_brings_can_be_turned() {
    let agency = Agency::new(0);
    let card = agency.verified(1);
    let edition = agency.edition(0, 3, &card, &mut StdRng::seed_from_u64(5));
    let framed = write_frames(&[&edition.header, &edition.body]).unwrap();
    let note = agency.acknowledgement(0, false, &[ReportId::of(b"1"), ReportId::of(b"2")]);
    let server = Letterbox::open(agency.id, "off");
    server.today.store(3, Ordering::Relaxed);
    let refused = |status: u16| {
        assert!((400..500).contains(&status), "{status}");
        status.to_string()
    };
    let card = agency.bundle(1, false);
    flip("a pushed card", &card, bits(&card, sized(53, 1)), |changed, _| {
        refused(server.bring("PUT", "card", changed))
    });
    assert_eq!(server.get("card").status, 503);
    assert_eq!(server.bring("PUT", "card", &card), 204);
    let route = format!("editions/{}", DESKS[0]);
    flip("a pushed edition", &framed, bits(&framed, sized(501, 1)), |changed, _| {
        refused(server.bring("POST", &route, changed))
    });
    assert!(server.get("headers").body.is_empty());
    assert_eq!(server.bring("POST", &route, &framed), 204);
    flip("a pushed acknowledgement", &note, bits(&note, sized(7, 1)), |changed, _| {
        refused(server.bring("POST", "acknowledgements", changed))
    });
    assert_eq!(server.bring("POST", "acknowledgements", &note), 204);
    // Nothing of all that has left a trace in what everybody gets.
    assert!(server.get("card").body == card);
    assert!(server.get("headers").body == write_frames(&[&edition.header]).unwrap());
}

#[test]
fn a_turned_bit_in_a_report_on_its_way_reaches_no_desk() {
    let agency = Agency::new(0);
    let mut rng = StdRng::seed_from_u64(6);
    let thread = &agency.threads[0];
    let content = agency.content(thread, &[0], "Uang diminta di loket.", &mut rng);
    let recipient = agency.identity(0, 0).recipient();
    let sealed = seal(&content, thread, [Some(&recipient), None], &mut rng);
    let server = Letterbox::open(agency.id, "off");
    assert_eq!(server.bring("PUT", "card", &agency.bundle(1, false)), 204);
    let header = usize::try_from(header_len(2)).unwrap();
    let digest = Digest::of(&sealed[..header]);
    let post = |body: &[u8]| {
        let headers = vec![
            ("content-type".to_owned(), "application/octet-stream".to_owned()),
            ("content-length".to_owned(), body.len().to_string()),
            ("bisik-pow".to_owned(), "0000000000000000".to_owned()),
            ("bisik-header-sha256".to_owned(), digest.to_string()),
        ];
        let (method, target) = ("POST".to_owned(), "/contoh/reports".to_owned());
        server.answer(Side::Public, &Request { method, target, headers, body: body.to_vec() }).status
    };
    // The header is promised by its digest: no bit of it can be turned on the way.
    let in_header = (0..header * 8).step_by(sized(61, 1));
    let answers = flip("a posted header", &sealed, in_header, |changed, _| post(changed).to_string());
    assert_eq!(answers.keys().collect::<Vec<_>>(), ["422"]);
    assert!(server.holds().is_empty());
    // A payload is opaque to the server: it keeps what came under the hash of just that, and no desk opens it.
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!((post(&changed), post(&sealed)), (201, 201));
    let mut kept = [ReportId::of(&changed), ReportId::of(&sealed)];
    kept.sort_unstable();
    assert_eq!(server.holds(), kept);
}
