//! An acknowledgement.
#![no_main]

use bisik_formats::acknowledgement::Acknowledgement;
use bisik_fuzz::CARD;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let day = "2026-03-04".parse().unwrap();
    if let Ok(acknowledgement) = Acknowledgement::verify(bytes, CARD.card(), day) {
        assert!(acknowledgement.ids().is_sorted_by(|one, next| one < next));
    }
});
