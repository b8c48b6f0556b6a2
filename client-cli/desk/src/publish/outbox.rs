//! The outbox on a stick: looked at before it is replaced, and replaced file by file, each whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bisik_formats::card::MAX_BUNDLE;
use bisik_formats::day::EditionNumber;
use bisik_formats::edition::{MAX_HEADER, VerifiedHeader};
use bisik_formats::ids::Digest;
use bisik_term::files::{FileError, read_foreign, replace_private};

use super::PublishError;
use crate::desk::Desk;
use crate::vault::make_folder;

const OUTBOX: &str = "outbox";
const HEADER: &str = "header.note";
const BODY: &str = "body.bin";
const ACKNOWLEDGEMENT: &str = "ack.note";
const CARD: &str = "card.bundle";

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
pub(super) fn look(stick: &Path, desk: &Desk) -> Result<Found, PublishError> {
    let folder = folder_of(stick, desk);
    for folder in [stick.join(OUTBOX), folder.clone()] {
        // A link could lead anywhere on this machine.
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return Err(PublishError::OutboxKind),
        }
    }
    let note = match read_foreign(&folder.join(HEADER), MAX_HEADER as u64) {
        Ok(note) => note,
        Err(FileError::Missing { .. }) => return Ok(Found::Nothing),
        Err(FileError::Io { path, source }) => return Err(FileError::Io { path, source }.into()),
        Err(_) => return Ok(Found::Foreign),
    };
    match VerifiedHeader::verify(&note, desk.card()?) {
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
    card: Option<&[u8]>,
) -> Result<(), PublishError> {
    let (outbox, folder) = (stick.join(OUTBOX), folder_of(stick, desk));
    for folder in [&outbox, &folder] {
        let failed = |source| FileError::Io { path: folder.clone(), source };
        make_folder(folder).map_err(failed)?;
    }
    put(&outbox.join(CARD), card.filter(|card| card.len() <= MAX_BUNDLE))?;
    put(&folder.join(ACKNOWLEDGEMENT), acknowledgement)?;
    put(&folder.join(BODY), Some(body))?;
    put(&folder.join(HEADER), Some(header))
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
