//! Backup of a store that may be running, its check, and its restoration into an empty folder.
//!
//! A backup is a folder: a snapshot of the database, each report that is a file under its id, each body of an edition
//! under its hash, and, written last, a note without which nothing counts as a backup. It holds ciphertext and public
//! documents only, no unfinished upload, and nothing whose retention has ended, neither when it is made nor when it
//! is restored.

mod copy;
mod note;
mod walk;

use std::fs;
use std::io;
use std::path::Path;

use bisik_formats::day::Day;
use bisik_formats::ids::AgencyId;
use rusqlite::{Connection, Transaction};

use crate::files::{make_folder, sync_folder};
use crate::local::lock;
use crate::tables::{self, agency, report, upload};
use crate::writer::delete_one;
use crate::{Period, StoreError};

use copy::{DATABASE, EDITIONS, REPORTS, copy_database, finish_database};
use note::Note;
use walk::Walk;

pub use note::Counts;

/// Why there is no backup, or none was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder that is to be filled holds something already.
    #[error("the folder is not empty")]
    NotEmpty,
    /// The data folder has no database.
    #[error("the data folder has no database")]
    NoData,
    /// The folder is not a whole backup: it was interrupted, or is something else.
    #[error("the folder is not a whole backup")]
    NotWhole,
    /// Editions changed again and again while the backup was made.
    #[error("the editions change too often")]
    Restless,
    /// The store, or a disk, fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a backup may hold on a day.
#[derive(Debug, Clone)]
pub struct Keep {
    /// The present UTC day.
    pub today: Day,
    /// The present period: of reports that are ready by now only the day is kept.
    pub now: Period,
    /// For each agency the day from which on its reports are kept.
    pub agencies: Vec<(AgencyId, Day)>,
    /// The same for agencies that are not listed.
    pub others: Day,
}

impl Keep {
    fn from(&self, agency: &AgencyId) -> Day {
        let listed = self.agencies.iter().find(|(listed, _)| listed == agency);
        listed.map_or(self.others, |(_, from)| *from)
    }
}

/// A backup that was read.
#[derive(Debug, Clone, Copy)]
pub struct Checked {
    /// The day on which it was made.
    pub day: Day,
    /// What was found now; it is sound when nothing is damaged.
    pub counts: Counts,
}

/// Attempts at a backup while editions change.
const ATTEMPTS: usize = 5;

/// Writes a backup of a data folder, also of one in use, into a new or empty folder.
///
/// Every report whose reception was confirmed before the call is in it, unless it was deleted since.
///
/// # Errors
/// When the folder is not empty, or a disk fails; then the folder is not a backup.
pub fn backup(data: &Path, to: &Path, keep: &Keep) -> Result<Counts, BackupError> {
    if !data.join(DATABASE).is_file() {
        return Err(BackupError::NoData);
    }
    make_empty(to)?;
    let live = tables::open_beside(&data.join(DATABASE))?;
    for _ in 0..ATTEMPTS {
        match attempt(&live, data, to, keep)? {
            Some(counts) => return Ok(counts),
            // A body went between the snapshot and its copy: an edition has been replaced.
            None => empty(to)?,
        }
    }
    Err(BackupError::Restless)
}

/// Returns nothing when editions changed meanwhile.
fn attempt(live: &Connection, data: &Path, to: &Path, keep: &Keep) -> Result<Option<Counts>, BackupError> {
    for folder in [REPORTS, EDITIONS] {
        make_folder(&to.join(folder))?;
    }
    let path = to.join(DATABASE);
    copy::make_private(&path)?;
    live.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
    let done = change(&path, |transaction| {
        let expired = trim(transaction, keep)?;
        let mut walk = Walk::over(transaction, true);
        let whole = walk.all(&mut |item| copy::from_live(live, data, to, item))?;
        Ok(whole.then_some(Counts { expired, ..walk.counts }))
    })?;
    let Some(counts) = done else { return Ok(None) };
    for folder in [REPORTS, EDITIONS] {
        sync_folder(&to.join(folder))?;
    }
    let note = Note { day: keep.today, database: finish_database(&path)?, counts };
    sync_folder(to)?;
    note.write(to)?;
    Ok(Some(counts))
}

/// Reads a backup from its first to its last byte.
///
/// # Errors
/// When it is not whole, or a disk fails. Damage that leaves it readable is counted.
pub fn check(from: &Path) -> Result<Checked, BackupError> {
    let note = Note::read(from)?;
    let path = from.join(DATABASE);
    let mut counts = read(from, &path).map_err(unreadable)?;
    if copy::digest_of(&path)? != note.database || !counts.holds_as_much_as(&note.counts) {
        counts.damaged += 1;
    }
    Ok(Checked { day: note.day, counts })
}

fn read(from: &Path, database: &Path) -> Result<Counts, BackupError> {
    let mut conn = tables::open_still(database)?;
    let transaction = conn.transaction()?;
    let mut walk = Walk::over(&transaction, false);
    walk.all(&mut |item| copy::look(from, item))?;
    let foreign = walk::foreign_files(from, &transaction)?;
    Ok(Counts { damaged: walk.counts.damaged + foreign, ..walk.counts })
}

/// Fills an empty or new data folder from a backup, without what is past its retention by now.
///
/// What is damaged is left out and counted.
///
/// # Errors
/// When the folder is not empty, the backup is not whole, or a disk fails; then the folder cannot be used.
pub fn restore(from: &Path, data: &Path, keep: &Keep) -> Result<Checked, BackupError> {
    let note = Note::read(from)?;
    make_empty(data)?;
    let _lock = lock(data)?;
    for folder in [REPORTS, EDITIONS] {
        copy::make_folders(&data.join(folder))?;
    }
    // Without its final name a server refuses the folder, whose files nobody lists yet.
    let path = data.join(format!("{DATABASE}.new"));
    copy_database(&from.join(DATABASE), &path)?;
    let counts = change(&path, |transaction| {
        let expired = trim(transaction, keep)?;
        let mut walk = Walk::over(transaction, true);
        walk.all(&mut |item| copy::to_data(from, data, item))?;
        Ok(Counts { expired, ..walk.counts })
    })
    .map_err(unreadable)?;
    for folder in [REPORTS, EDITIONS] {
        copy::sync_folders(&data.join(folder))?;
    }
    finish_database(&path)?;
    fs::rename(&path, data.join(DATABASE))?;
    sync_folder(data)?;
    Ok(Checked { day: note.day, counts })
}

/// Runs a change of a database that nobody else uses.
fn change<T>(
    path: &Path,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, BackupError>,
) -> Result<T, BackupError> {
    let mut conn = tables::open_alone(path)?;
    let transaction = conn.transaction()?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

/// Takes out what a backup must not hold; returns how many reports were past their retention.
fn trim(transaction: &Transaction<'_>, keep: &Keep) -> Result<u64, BackupError> {
    upload::clear(transaction)?;
    let mut expired = 0;
    for (key, id) in agency::all(transaction)? {
        report::forget_hours(transaction, key, keep.now)?;
        let ids = report::older(transaction, key, None, keep.from(&id), usize::MAX)?;
        for id in &ids {
            delete_one(transaction, key, id)?;
            expired += 1;
        }
    }
    Ok(expired)
}

/// Makes a folder of mode 0700, or finds an empty one.
fn make_empty(folder: &Path) -> Result<(), BackupError> {
    if make_folder(folder)? {
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_folder(parent.unwrap_or(Path::new(".")))?;
    }
    // A fresh file system has a folder of its own.
    let taken = fs::read_dir(folder)?.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "lost+found"));
    if taken { Err(BackupError::NotEmpty) } else { Ok(()) }
}

/// Takes everything out of an attempt, so that no file of a report that goes meanwhile stays.
fn empty(folder: &Path) -> Result<(), BackupError> {
    fs::remove_file(folder.join(DATABASE))?;
    for inner in [REPORTS, EDITIONS] {
        fs::remove_dir_all(folder.join(inner))?;
    }
    Ok(())
}

/// What cannot be read as a database of this program is no backup of it.
fn unreadable(error: BackupError) -> BackupError {
    match error {
        BackupError::Store(StoreError::Database(_) | StoreError::Damaged(_)) => BackupError::NotWhole,
        other => other,
    }
}
