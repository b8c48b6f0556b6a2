//! Files between a data folder and a backup: every copy is hashed on its way and durable before it counts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bisik_formats::ids::{Digest, Hasher};
use rusqlite::Connection;

use super::BackupError;
use super::walk::{Fate, Item, present_place};
use crate::files::{Place, forget_times, make_folder, path_in, sync_folder};

/// The database, in a data folder and in a backup.
pub(super) const DATABASE: &str = "bisik.sqlite";
/// Reports that are files.
pub(super) const REPORTS: &str = "reports";
/// Bodies of editions.
pub(super) const EDITIONS: &str = "editions";

/// Bytes copied at once.
const PIECE: usize = 256 * 1024;

/// Times that a file may move while it is being copied.
const MOVES: usize = 5;

impl Item<'_> {
    fn folder(&self) -> &'static str {
        match self {
            Self::Report { .. } => REPORTS,
            Self::Body { .. } => EDITIONS,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Report { stored, .. } => stored.place,
            Self::Body { edition, .. } => edition.place,
        }
    }

    fn length(&self) -> u64 {
        match self {
            Self::Report { stored, .. } => stored.length,
            Self::Body { edition, .. } => edition.length,
        }
    }

    fn digest(&self) -> Digest {
        match self {
            Self::Report { id, .. } => Digest::from_bytes(*id.as_bytes()),
            Self::Body { hash, .. } => *hash,
        }
    }

    /// Returns where it is in a backup.
    fn kept(&self, backup: &Path) -> PathBuf {
        backup.join(self.folder()).join(self.digest().to_string())
    }
}

/// Copies a file of a store that may be running into a backup.
pub(super) fn from_live(
    live: &Connection,
    data: &Path,
    backup: &Path,
    item: &Item<'_>,
) -> Result<Fate, BackupError> {
    let to = item.kept(backup);
    if to.exists() {
        // Sent to two agencies, or copied before an edition changed.
        return look(backup, item);
    }
    let mut place = item.place();
    for _ in 0..MOVES {
        if copy(&path_in(&data.join(item.folder()), place), &to, item)? {
            return Ok(Fate::Whole);
        }
        // A row goes before its file does: what is asked now tells why the file was not as it should be.
        match present_place(live, item)? {
            None => return Ok(Fate::Gone),
            Some(present) if present != place => place = present,
            Some(_) => return Ok(Fate::Damaged),
        }
    }
    Ok(Fate::Damaged)
}

/// Copies a file of a backup into a data folder.
pub(super) fn to_data(backup: &Path, data: &Path, item: &Item<'_>) -> Result<Fate, BackupError> {
    let to = path_in(&data.join(item.folder()), item.place());
    let whole = copy(&item.kept(backup), &to, item)?;
    Ok(if whole { Fate::Whole } else { Fate::Damaged })
}

/// Reads a file of a backup.
pub(super) fn look(backup: &Path, item: &Item<'_>) -> Result<Fate, BackupError> {
    let Some(mut file) = open(&item.kept(backup))? else { return Ok(Fate::Damaged) };
    let whole = pass(&mut file, &mut io::sink(), item.length())? == Some(item.digest());
    Ok(if whole { Fate::Whole } else { Fate::Damaged })
}

/// Returns the hash of a whole file.
pub(super) fn digest_of(path: &Path) -> Result<Digest, BackupError> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok(pass(&mut file, &mut io::sink(), length)?.unwrap_or_else(|| Digest::of(b"")))
}

/// Copies a database that nobody uses.
pub(super) fn copy_database(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut from = open(from)?.ok_or(BackupError::NotWhole)?;
    io::copy(&mut from, &mut make_private(to)?)?;
    Ok(())
}

/// Makes a database durable that was changed, and returns its hash.
pub(super) fn finish_database(path: &Path) -> Result<Digest, BackupError> {
    let file = OpenOptions::new().write(true).open(path)?;
    forget_times(&file)?;
    file.sync_all()?;
    digest_of(path)
}

/// Makes a new file for its owner only.
pub(super) fn make_private(path: &Path) -> Result<File, BackupError> {
    Ok(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?)
}

/// Makes the folders for files.
pub(super) fn make_folders(root: &Path) -> Result<(), BackupError> {
    make_folder(root)?;
    for folder in crate::files::folders() {
        make_folder(&root.join(folder))?;
    }
    Ok(())
}

/// Makes the names of files durable.
pub(super) fn sync_folders(root: &Path) -> Result<(), BackupError> {
    for folder in crate::files::folders() {
        sync_folder(&root.join(folder))?;
    }
    Ok(sync_folder(root)?)
}

/// Copies a file; false, and nothing copied, if it is missing or has other bytes.
fn copy(from: &Path, to: &Path, item: &Item<'_>) -> Result<bool, BackupError> {
    let Some(mut from) = open(from)? else { return Ok(false) };
    let mut file = make_private(to)?;
    if pass(&mut from, &mut file, item.length())? != Some(item.digest()) {
        drop(file);
        fs::remove_file(to)?;
        return Ok(false);
    }
    forget_times(&file)?;
    file.sync_all()?;
    Ok(true)
}

fn open(path: &Path) -> Result<Option<File>, BackupError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Passes bytes on and returns their hash, if there are exactly so many.
fn pass(from: &mut File, to: &mut impl Write, length: u64) -> Result<Option<Digest>, BackupError> {
    let (mut hasher, mut piece, mut passed) = (Hasher::new(), vec![0; PIECE], 0_u64);
    loop {
        let count = from.read(&mut piece)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        passed = passed.saturating_add(read.len() as u64);
        if passed > length {
            return Ok(None);
        }
        hasher.update(read);
        to.write_all(read)?;
    }
    Ok((passed == length).then(|| hasher.finish()))
}
