//! The text of a letter, and letters made from it.
#![no_main]

use bisik_formats::json::from_json;
use bisik_fuzz::{DESK, RECIPIENT, rng, seal};
use bisik_sealing::letter::{LETTER_TEXT_LEN, Letter, LetterPlace, open_letter, seal_letter};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(letter) = from_json::<Letter>(bytes, LETTER_TEXT_LEN) else { return };
    let place = LetterPlace {
        agency: &letter.agency,
        desk: &letter.desk,
        edition: letter.edition,
        thread: &letter.thread,
    };
    let mut text = bytes.to_vec();
    text.resize(LETTER_TEXT_LEN, b' ');
    let opened = open_letter(&seal(&text), &DESK, &place);
    if let Ok(fitted) = letter.clone().fit() {
        let sealed = seal_letter(&fitted, &RECIPIENT, &mut rng()).unwrap();
        assert!(open_letter(&sealed, &DESK, &place).unwrap() == fitted);
    }
    assert!(opened.is_err() || opened.unwrap() == letter);
});
