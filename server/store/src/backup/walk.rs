//! One walk through every row of a database, the same for making, checking and restoring a backup.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bisik_formats::card::VerifiedCard;
use bisik_formats::day::Day;
use bisik_formats::edition::{EditionHeader, MAX_HEADER};
use bisik_formats::ids::{AgencyId, DeskId, Digest, ReportId};
use bisik_formats::json::from_json;
use bisik_formats::note::{Note, NoteType};
use rusqlite::Connection;

use super::copy::{DATABASE, EDITIONS, REPORTS};
use super::note::NOTE;
use super::{BackupError, Counts};
use crate::files::Place;
use crate::tables::report::Stored;
use crate::tables::{agency, card, content, edition, report, tally};
use crate::usage::DayCount;
use crate::writer::delete_one;
use crate::{AgencyKey, StoreError};

/// Something that is a file.
pub(super) enum Item<'a> {
    /// A report with evidence.
    Report { agency: AgencyKey, id: &'a ReportId, stored: &'a Stored },
    /// The body of an edition.
    Body { agency: AgencyKey, edition: &'a edition::Stored, hash: Digest },
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It has the bytes that it should.
    Whole,
    /// It was deleted meanwhile, with its row.
    Gone,
    /// It is missing or has other bytes.
    Damaged,
}

/// A walk.
pub(super) struct Walk<'a> {
    conn: &'a Connection,
    /// Whether rows of what is not whole are taken out.
    mend: bool,
    /// Texts that are whole.
    texts: u64,
    pub(super) counts: Counts,
}

impl<'a> Walk<'a> {
    pub(super) fn over(conn: &'a Connection, mend: bool) -> Self {
        Self { conn, mend, texts: 0, counts: Counts::default() }
    }

    /// Walks through all rows; `fetch` sees to each file. False when an edition was replaced meanwhile.
    pub(super) fn all(
        &mut self,
        fetch: &mut dyn FnMut(&Item<'_>) -> Result<Fate, BackupError>,
    ) -> Result<bool, BackupError> {
        let sound: String = self.conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(BackupError::NotWhole);
        }
        for (key, id) in agency::all(self.conn)? {
            if !self.editions(key, &id, fetch)? {
                return Ok(false);
            }
            self.card(key, &id)?;
            self.reports(key, fetch)?;
        }
        if !self.mend && content::count_all(self.conn)? != self.texts {
            self.counts.damaged += 1;
        }
        Ok(true)
    }

    fn reports(
        &mut self,
        agency: AgencyKey,
        fetch: &mut dyn FnMut(&Item<'_>) -> Result<Fate, BackupError>,
    ) -> Result<(), BackupError> {
        let mut days: BTreeMap<Day, DayCount> = BTreeMap::new();
        let mut after = None;
        loop {
            let ids = report::after(self.conn, agency, after.as_ref(), PAGE)?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for id in &ids {
                let stored = report::get(self.conn, agency, id)?.ok_or(StoreError::Damaged("report"))?;
                let fate = if stored.in_file {
                    fetch(&Item::Report { agency, id, stored: &stored })?
                } else {
                    self.text(id, &stored)?
                };
                if self.count(fate) {
                    self.texts += u64::from(!stored.in_file);
                    self.counts.reports += 1;
                    self.counts.bytes = self.counts.bytes.saturating_add(stored.length);
                    let day = days.entry(stored.day).or_default();
                    day.reports += 1;
                    day.bytes = day.bytes.saturating_add(stored.length);
                } else if self.mend {
                    delete_one(self.conn, agency, id)?;
                }
            }
        }
        self.compare(agency, &days)
    }

    /// Compares the daily counts with what was found.
    fn compare(&mut self, agency: AgencyKey, days: &BTreeMap<Day, DayCount>) -> Result<(), BackupError> {
        if self.mend {
            tally::replace(self.conn, agency, days)?;
        } else if tally::days(self.conn, agency)? != *days {
            self.counts.damaged += 1;
        }
        Ok(())
    }

    fn text(&self, id: &ReportId, stored: &Stored) -> Result<Fate, BackupError> {
        let sealed = content::get(self.conn, stored.place)?;
        let whole = sealed.is_some_and(|sealed| {
            u64::try_from(sealed.len()).is_ok_and(|length| length == stored.length)
                && ReportId::of(&sealed) == *id
        });
        Ok(if whole { Fate::Whole } else { Fate::Damaged })
    }

    fn editions(
        &mut self,
        key: AgencyKey,
        id: &AgencyId,
        fetch: &mut dyn FnMut(&Item<'_>) -> Result<Fate, BackupError>,
    ) -> Result<bool, BackupError> {
        for edition in edition::stored(self.conn, key)? {
            let hash = body_hash(&edition.header, id, &edition.desk);
            let fate = hash.map_or(Ok(Fate::Damaged), |hash| {
                fetch(&Item::Body { agency: key, edition: &edition, hash })
            })?;
            if fate == Fate::Gone {
                return Ok(false);
            }
            if self.count(fate) {
                self.counts.editions += 1;
            } else if self.mend {
                edition::delete(self.conn, key, edition.place)?;
            }
        }
        Ok(true)
    }

    /// A card that does not lead back to the agency's root would keep a server from starting.
    fn card(&mut self, key: AgencyKey, id: &AgencyId) -> Result<(), BackupError> {
        let Some(stored) = card::get(self.conn, key)? else { return Ok(()) };
        let verified = VerifiedCard::verify(&stored.bundle, id).ok();
        let known =
            verified.is_some_and(|card| stored.known.contains(&(card.card().serial.get(), card.hash())));
        if self.count(if known { Fate::Whole } else { Fate::Damaged }) {
            self.counts.cards += 1;
        } else if self.mend {
            return Err(StoreError::Damaged("card").into());
        }
        Ok(())
    }

    /// Counts what is not whole; true for what is.
    fn count(&mut self, fate: Fate) -> bool {
        match fate {
            Fate::Whole => return true,
            Fate::Gone => self.counts.gone += 1,
            Fate::Damaged => self.counts.damaged += 1,
        }
        false
    }
}

/// Reports read at once.
const PAGE: usize = 1024;

/// Returns the hash of the body that a header names. Who signed it has been checked when it came, against the card of
/// that time.
fn body_hash(header: &[u8], agency: &AgencyId, desk: &DeskId) -> Option<Digest> {
    let note = Note::parse(header, MAX_HEADER, NoteType::Edition, agency).ok()?;
    let header: EditionHeader = from_json(note.content().as_bytes(), MAX_HEADER).ok()?;
    (note.desk() == Some(desk)).then_some(header.body_hash)
}

/// Returns how many files of a backup no row names.
pub(super) fn foreign_files(folder: &Path, conn: &Connection) -> Result<u64, BackupError> {
    let mut foreign = 0;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        foreign += u64::from(![DATABASE, EDITIONS, REPORTS, NOTE].iter().any(|known| name == *known));
    }
    for entry in fs::read_dir(folder.join(REPORTS))? {
        let id = entry?.file_name().to_str().and_then(|name| name.parse::<ReportId>().ok());
        foreign += u64::from(!id.is_some_and(|id| report::names(conn, &id).unwrap_or(false)));
    }
    let mut bodies = Vec::new();
    for (key, id) in agency::all(conn)? {
        let stored = edition::stored(conn, key)?;
        bodies.extend(stored.iter().filter_map(|edition| body_hash(&edition.header, &id, &edition.desk)));
    }
    for entry in fs::read_dir(folder.join(EDITIONS))? {
        let hash = entry?.file_name().to_str().and_then(|name| name.parse::<Digest>().ok());
        foreign += u64::from(!hash.is_some_and(|hash| bodies.contains(&hash)));
    }
    Ok(foreign)
}

/// Returns where a file of a row may be now, if its row is still there.
pub(super) fn present_place(live: &Connection, item: &Item<'_>) -> Result<Option<Place>, BackupError> {
    Ok(match item {
        Item::Report { agency, id, .. } => report::get(live, *agency, id)?.map(|stored| stored.place),
        Item::Body { agency, edition, .. } => edition::place(live, *agency, &edition.desk, edition.number)?,
    })
}
