//! A card bundle.
#![no_main]

use bisik_formats::card::VerifiedCard;
use bisik_fuzz::{AGENCY, CARD};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(card) = VerifiedCard::verify(bytes, &AGENCY) {
        // Nobody here can sign, so only what the vectors hold can pass.
        assert!(card.bundle() == bytes && card.card().agency == CARD.card().agency);
    }
});
