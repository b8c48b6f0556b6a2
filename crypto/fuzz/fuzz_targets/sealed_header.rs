//! The start of a sealed file, and what follows it.
#![no_main]

use std::io::Read;

use bisik_formats::shape::Shape;
use bisik_fuzz::DESK;
use bisik_sealing::reader::{open, open_any};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let shape = Shape::judge(bytes, bytes.len() as u64);
    let mut plain = Vec::new();
    if let Ok(mut reader) = open(bytes, &[&*DESK]) {
        let read = reader.read_to_end(&mut plain);
        assert!(shape.is_err() || read.is_err() || plain.len() as u64 == shape.unwrap().padded());
    }
    if let Ok(mut reader) = open_any(bytes, &[&*DESK]) {
        let _ = reader.read_to_end(&mut plain).is_ok();
    }
});
