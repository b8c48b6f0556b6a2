//! The header of an edition.
#![no_main]

use bisik_formats::edition::VerifiedHeader;
use bisik_fuzz::CARD;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = VerifiedHeader::verify(bytes, &CARD) {
        assert!(header.note() == bytes && header.header().letters == CARD.card().letters);
    }
});
