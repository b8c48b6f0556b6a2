//! A header of the canonical tar.
#![no_main]

use bisik_sealing::tar::{Entry, EntryName};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(header) = bytes.first_chunk::<512>() {
        if let Ok(entry) = Entry::parse(header) {
            assert!(entry.header().unwrap() == *header);
        }
    }
    if let Ok(name) = std::str::from_utf8(bytes) {
        if let Ok(parsed) = name.parse::<EntryName>() {
            assert!(parsed.to_string() == name);
        }
    }
});
