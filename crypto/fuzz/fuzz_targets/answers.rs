//! Answers, against the form on the card of the vectors.
#![no_main]

use bisik_formats::answers::{Answer, check, gaps};
use bisik_formats::json::from_json;
use bisik_fuzz::CARD;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(answers) = from_json::<Vec<Answer>>(bytes, 1 << 15) {
        let form = &CARD.card().form;
        let _ = (check(form, &answers).is_ok(), gaps(form, &answers, false), gaps(form, &answers, true));
    }
});
