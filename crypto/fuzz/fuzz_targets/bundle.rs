//! Framed bodies.
#![no_main]

use bisik_formats::bundle::{read_frames, write_frames};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(parts) = read_frames(bytes, 33, 1 << 16) {
        assert!(write_frames(&parts).unwrap() == bytes);
    }
});
