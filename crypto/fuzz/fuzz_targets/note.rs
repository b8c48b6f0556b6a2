//! A signed note of any type; the first byte chooses which.
#![no_main]

use bisik_formats::note::{Note, NoteType};
use bisik_fuzz::{AGENCY, CARD};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let kinds = [NoteType::Card, NoteType::Succession, NoteType::Edition, NoteType::Acknowledgement];
    let kind = kinds[usize::from(*kind) % kinds.len()];
    if let Ok(note) = Note::parse(bytes, 1 << 16, kind, &AGENCY) {
        let keys = CARD.roots().current();
        let _ = (note.content().len(), note.hash(), note.desk().is_some());
        let _ = (note.verify_one(keys).is_ok(), note.verify_two(keys, keys).is_ok());
    }
});
