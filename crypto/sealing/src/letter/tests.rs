#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::hybrid::Identity;
use crate::schedule::ThreadKeys;
use crate::testing::{Story, agency, desk, rng};

fn letter(keys: &ThreadKeys) -> Letter {
    Letter {
        format: LetterFormat::V1,
        agency: agency(),
        desk: desk("inspektorat"),
        edition: "202611221".parse().unwrap(),
        thread: keys.signing.verify_key(),
        to: vec![desk("inspektorat")],
        received: vec![Received { date: day(), id: "0123456Z".parse().unwrap() }],
        earlier_received: 0.into(),
        status: "diterima".into(),
        messages: vec![message("Kami membutuhkan tempat kejadian.")],
        earlier: 0.into(),
        questions: vec!["Di mana?".into()],
        closes: None,
    }
}

fn day() -> Day {
    "2026-11-20".parse().unwrap()
}

fn message(text: &str) -> LetterMessage {
    LetterMessage { date: day(), text: text.into() }
}

fn open_at_its_place(sealed: &[u8], keys: &ThreadKeys) -> Result<Letter, LetterError> {
    let place = LetterPlace {
        agency: &agency(),
        desk: &desk("inspektorat"),
        edition: "202611221".parse().unwrap(),
        thread: &keys.signing.verify_key(),
    };
    open_letter(sealed, &keys.identity, &place)
}

#[test]
fn a_letter_comes_back_as_it_was() {
    let keys = Story::new().keys;
    let letter = letter(&keys);
    let sealed = seal_letter(&letter, &keys.identity.recipient(), &mut rng(5)).unwrap();
    assert_eq!(sealed.len(), LETTER_LEN);
    assert!(open_at_its_place(&sealed, &keys).unwrap() == letter);
}

#[test]
fn a_decoy_has_the_length_and_shape_of_a_letter_and_opens_for_nobody() {
    let decoy = decoy_letter(&mut rng(5)).unwrap();
    assert_eq!(decoy.len(), LETTER_LEN);
    assert_eq!(header_desks(&decoy), Ok(1));
    let error = open_at_its_place(&decoy, &Story::new().keys).err().unwrap();
    assert!(matches!(error, LetterError::Open(OpenError::NoMatch)));
}

#[test]
fn each_binding_is_checked() {
    let keys = Story::new().keys;
    let other = Identity::generate(&mut rng(9));
    type Change = fn(&mut Letter);
    let changes: [(Binding, Change); 4] = [
        (Binding::Agency, |letter| {
            letter.agency = bisik_formats::crockford::encode(&[8; 20]).parse().unwrap()
        }),
        (Binding::Desk, |letter| letter.desk = desk("walikota")),
        (Binding::Edition, |letter| letter.edition = "202611222".parse().unwrap()),
        (Binding::Thread, |letter| {
            letter.thread = crate::receipt::Receipt::generate(&agency(), &mut rng(77))
                .keys()
                .unwrap()
                .signing
                .verify_key();
        }),
    ];
    for (binding, change) in changes {
        let mut letter = letter(&keys);
        change(&mut letter);
        let sealed = seal_letter(&letter, &keys.identity.recipient(), &mut rng(5)).unwrap();
        match open_at_its_place(&sealed, &keys) {
            Err(LetterError::Binding(found)) => assert_eq!(found, binding),
            _ => panic!("{binding}"),
        }
    }
    let sealed = seal_letter(&letter(&keys), &other.recipient(), &mut rng(5)).unwrap();
    assert!(matches!(open_at_its_place(&sealed, &keys), Err(LetterError::Open(OpenError::NoMatch))));
}

#[test]
fn another_format_length_or_text_is_refused() {
    let keys = Story::new().keys;
    let recipient = keys.identity.recipient();
    let seal = |text: &[u8]| {
        let mut padded = text.to_vec();
        padded.resize(LETTER_TEXT_LEN, b' ');
        seal_text(&padded, &recipient, &mut rng(5)).unwrap()
    };
    let json = String::from_utf8(to_json(&letter(&keys)).unwrap()).unwrap();
    assert!(open_at_its_place(&seal(json.as_bytes()), &keys).is_ok());
    for text in [
        json.replace("letter/1", "letter/2"),
        json.replace("\"questions\"", "\"question\""),
        json.replace(":0,", ": 0,"),
        format!(" {json}"),
        format!("{json}\n"),
        json.replacen('{', "{\"format\":\"bisik/letter/1\",", 1),
        String::new(),
    ] {
        let error = open_at_its_place(&seal(text.as_bytes()), &keys).err();
        assert!(text != json && matches!(error, Some(LetterError::Json(_))), "{text}");
    }
    let sealed = seal(json.as_bytes());
    let shorter = open_at_its_place(&sealed[..LETTER_LEN - 1], &keys);
    assert!(matches!(shorter, Err(LetterError::Length)));
    let mut longer = sealed;
    longer.push(0);
    assert!(matches!(open_at_its_place(&longer, &keys), Err(LetterError::Length)));
}

#[test]
fn fit_keeps_the_newest_and_counts_the_rest() {
    let keys = Story::new().keys;
    let mut long = letter(&keys);
    long.messages = (0..20).map(|number| message(&format!("{number} {}", "a".repeat(700)))).collect();
    long.received = (0..40)
        .map(|number| Received { date: day().plus(number), id: bisik_formats::ids::Digest::of(&[0]).into() })
        .collect();
    let fitted = long.clone().fit().unwrap();
    assert_eq!(fitted.messages[..], long.messages[..fitted.messages.len()]);
    assert_eq!(fitted.earlier.get(), 20 - fitted.messages.len() as u64);
    assert_eq!(fitted.received[..], long.received[8..]);
    assert_eq!(fitted.earlier_received.get(), 8);
    // One more would not have fitted.
    let mut one_more = fitted.clone();
    one_more.messages.push(long.messages[fitted.messages.len()].clone());
    assert!(matches!(one_more.text_len(), Err(LetterError::TooLong { .. })));
}

#[test]
fn a_newest_message_that_does_not_fit_is_an_error() {
    let keys = Story::new().keys;
    let mut long = letter(&keys);
    long.messages.insert(0, message(&"a".repeat(6500)));
    assert!(matches!(long.fit(), Err(LetterError::TooLong { over }) if over > 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_fits_comes_back(
        texts in proptest::collection::vec("\\PC{0,400}", 0..30),
        questions in proptest::collection::vec("\\PC{0,60}", 0..4),
        received in 0..40i32,
        closes: bool,
    ) {
        let keys = Story::new().keys;
        let mut letter = letter(&keys);
        letter.messages = texts.iter().map(|text| message(text)).collect();
        letter.questions = questions;
        letter.received = (0..received)
            .map(|number| Received { date: day().plus(number), id: "0123456Z".parse().unwrap() })
            .collect();
        letter.closes = closes.then(day);
        let fitted = letter.fit().unwrap();
        let sealed = seal_letter(&fitted, &keys.identity.recipient(), &mut rng(3)).unwrap();
        prop_assert_eq!(sealed.len(), LETTER_LEN);
        prop_assert!(open_at_its_place(&sealed, &keys).unwrap() == fitted);
        prop_assert_eq!(fitted.earlier.get() + fitted.messages.len() as u64, texts.len() as u64);
    }
}
