//! The outbox on a stick: looked at before it is replaced, and replaced file by file, each whole or not at all.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bisik_formats::card::{MAX_BUNDLE, VerifiedCard};
use bisik_formats::day::EditionNumber;
use bisik_formats::edition::{MAX_HEADER, VerifiedHeader};
use bisik_formats::ids::Digest;
use bisik_term::files::{FileError, read_foreign, replace_private};

use super::PublishError;
use crate::desk::Desk;
use crate::vault::{VaultError, make_folder};

const OUTBOX: &str = "outbox";
const HEADER: &str = "header.note";
const BODY: &str = "body.bin";
const ACKNOWLEDGEMENT: &str = "ack.note";
const CARD: &str = "card.bundle";

/// The outbox on a stick is not what this desk has left there.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// It holds a newer edition of this desk than the vault knows.
    #[error("the outbox holds a newer edition of this desk")]
    Newer {
        /// Its number.
        number: EditionNumber,
    },
    /// It holds another edition under a number that this desk has used.
    #[error("the outbox holds another edition of the same number")]
    Forked {
        /// Its number.
        number: EditionNumber,
    },
    /// It holds no edition of this desk, and the vault comes from a backup: nothing tells whether it is the newest.
    #[error("the vault comes from a backup and the outbox holds no edition of this desk")]
    Restored,
    /// The outbox, or the desk's folder in it, is a link or a file.
    #[error("the outbox is no folder")]
    Kind,
    /// It could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What lies in the outbox of this desk.
pub(super) enum Found {
    /// No edition.
    Nothing,
    /// Something that is no edition signed by this desk.
    Foreign,
    /// An edition signed by this desk.
    Edition { number: EditionNumber, hash: Digest },
}

/// Looks at the outbox without changing it.
pub(super) fn look(stick: &Path, desk: &Desk, card: &VerifiedCard) -> Result<Found, OutboxError> {
    let folder = folder_of(stick, desk);
    for folder in [stick.join(OUTBOX), folder.clone()] {
        // A link could lead anywhere on this machine.
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return Err(OutboxError::Kind),
        }
    }
    let note = match read_foreign(&folder.join(HEADER), MAX_HEADER as u64) {
        Ok(note) => note,
        Err(FileError::Missing { .. }) => return Ok(Found::Nothing),
        Err(FileError::Io { path, source }) => return Err(FileError::Io { path, source }.into()),
        Err(_) => return Ok(Found::Foreign),
    };
    match VerifiedHeader::verify(&note, card) {
        Ok(header) if *header.desk() == desk.info().desk => {
            Ok(Found::Edition { number: header.header().number, hash: header.hash() })
        }
        _ => Ok(Found::Foreign),
    }
}

/// Writes the outbox; the header comes last, since it makes the rest current.
pub(super) fn write(
    stick: &Path,
    desk: &Desk,
    header: &[u8],
    body: &[u8],
    acknowledgement: Option<&[u8]>,
) -> Result<(), PublishError> {
    let folder = folder_of(stick, desk);
    make(&folder)?;
    put(&folder.join(ACKNOWLEDGEMENT), acknowledgement)?;
    put(&folder.join(BODY), Some(body))?;
    put(&folder.join(HEADER), Some(header))
}

/// Puts the card into the outbox, which all desks share: a newer one stays, an older one goes. Tells whether there
/// is a newer one.
pub(super) fn put_card(stick: &Path, card: &VerifiedCard, wanted: bool) -> Result<bool, PublishError> {
    make(&stick.join(OUTBOX))?;
    let path = stick.join(OUTBOX).join(CARD);
    let found = read_foreign(&path, MAX_BUNDLE as u64).ok();
    let found = found.and_then(|bundle| VerifiedCard::verify(&bundle, &card.card().agency).ok());
    match found.map(|found| found.card().serial.cmp(&card.card().serial)) {
        Some(Ordering::Greater) => return Ok(true),
        Some(Ordering::Equal) => {}
        Some(Ordering::Less) | None => put(&path, wanted.then_some(card.bundle()))?,
    }
    Ok(false)
}

fn make(folder: &Path) -> Result<(), PublishError> {
    Ok(make_folder(folder).map_err(|source| FileError::Io { path: folder.to_owned(), source })?)
}

/// Puts a file in place of an old one; with nothing to put, the old one goes.
fn put(path: &Path, content: Option<&[u8]>) -> Result<(), PublishError> {
    if let Some(content) = content {
        return Ok(replace_private(path, content)?);
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::Io { path: path.to_owned(), source: error }.into())
        }
        _ => Ok(()),
    }
}

fn folder_of(stick: &Path, desk: &Desk) -> PathBuf {
    stick.join(OUTBOX).join(desk.info().desk.as_str())
}
