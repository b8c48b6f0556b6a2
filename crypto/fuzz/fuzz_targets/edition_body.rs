//! The body of an edition of one to four letters.
#![no_main]

use bisik_formats::edition::{Body, write_body};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for letters in 1..=4 {
        if let Ok(body) = Body::parse(bytes, letters) {
            let places: Vec<_> = body.places().map(|(address, letter)| (address, letter.to_vec())).collect();
            assert!(places.iter().all(|(address, letter)| body.find(address) == Some(letter)));
            assert!(write_body(places).unwrap() == bytes);
        }
    }
});
