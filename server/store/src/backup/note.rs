//! The note that makes a folder a backup, and the counts in it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use bisik_formats::day::Day;
use bisik_formats::ids::Digest;

use super::{BackupError, copy};
use crate::files::sync_folder;

/// The name of the note.
pub(super) const NOTE: &str = "backup.txt";

/// Its first line.
const FIRST: &str = "bisik-backup/1";

/// The longest note in bytes.
const MAX_NOTE: u64 = 4096;

/// What a backup, or a walk through it, came across.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reports that are whole.
    pub reports: u64,
    /// Their sealed bytes.
    pub bytes: u64,
    /// Editions that are whole.
    pub editions: u64,
    /// Cards that are whole.
    pub cards: u64,
    /// Reports left out because their retention has ended.
    pub expired: u64,
    /// Reports that were deleted while they were being copied.
    pub gone: u64,
    /// What does not have the bytes that it should.
    pub damaged: u64,
}

impl Counts {
    /// Tells whether nothing is missing that was there.
    pub(super) const fn holds_as_much_as(&self, then: &Self) -> bool {
        self.reports == then.reports
            && self.bytes == then.bytes
            && self.editions == then.editions
            && self.cards == then.cards
    }
}

/// What the note says.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) day: Day,
    pub(super) database: Digest,
    pub(super) counts: Counts,
}

impl Note {
    /// Writes it, durably and all at once.
    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let temporary = folder.join(format!("{NOTE}.new"));
        let mut file: File = copy::make_private(&temporary)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, folder.join(NOTE))?;
        Ok(sync_folder(folder)?)
    }

    /// Reads it.
    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(NOTE);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() && metadata.len() <= MAX_NOTE => {}
            _ => return Err(BackupError::NotWhole),
        }
        let text = fs::read_to_string(path).map_err(|_| BackupError::NotWhole)?;
        Self::parse(&text).ok_or(BackupError::NotWhole)
    }

    fn text(&self) -> String {
        let Self { day, database, counts } = self;
        let Counts { reports, bytes, editions, cards, .. } = counts;
        format!(
            "{FIRST}\nday={day}\ndatabase={database}\nreports={reports}\nbytes={bytes}\neditions={editions}\ncards={cards}\n"
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix(FIRST)?.strip_prefix('\n')?.lines();
        let mut next = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix('=');
        let (day, database) = (next("day")?.parse().ok()?, next("database")?.parse().ok()?);
        let mut count = |name| next(name)?.parse::<u64>().ok();
        let counts = Counts {
            reports: count("reports")?,
            bytes: count("bytes")?,
            editions: count("editions")?,
            cards: count("cards")?,
            ..Counts::default()
        };
        let note = Self { day, database, counts };
        // Whatever is written otherwise is not ours.
        (note.text() == text).then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_no_other() {
        let counts = Counts { reports: 3, bytes: 100_000, editions: 4, cards: 1, ..Counts::default() };
        let note = Note { day: "2026-11-22".parse().unwrap(), database: Digest::of(b"x"), counts };
        let text = note.text();
        let read = Note::parse(&text).unwrap();
        assert!(read.day == note.day && read.database == note.database && read.counts == counts);
        for end in 0..text.len() {
            assert!(text.get(..end).and_then(Note::parse).is_none(), "{end}");
        }
        for (from, to) in [("/1", "/2"), ("=3", "=+3"), ("=4", "=04"), ("cards", "card"), ("day=", "Day=")] {
            assert!(Note::parse(&text.replacen(from, to, 1)).is_none(), "{to}");
        }
        assert!(Note::parse(&format!("{text}more=1\n")).is_none());
    }
}
