//! A sealed report in a file of this device, and the note beside it by which sending goes on later.
//!
//! The file holds what the server gets, byte for byte; the note holds the random name of the upload there and the
//! digest of the age header. Neither says anything about the reporter, the receipt or the evidence.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bisik_formats::ids::Digest;
use bisik_formats::shape::{MAX_HEADER_LEN, Shape};
use bisik_formats::upload::UploadId;
use bisik_term::files::{FileError, read_bounded, replace_private};
use bisik_term::{CommandError, ErrorKind};
use serde::{Deserialize, Serialize};

/// What is appended to the file's name for that of the note.
const NOTE: &str = ".upload";
/// The longest note, in bytes.
const MAX_NOTE: u64 = 512;

/// A sealed report in a file of this device.
pub struct KeptFile {
    /// The open file.
    pub file: File,
    /// Its length in bytes.
    pub len: u64,
    /// The number of desks it is made for.
    pub desks: usize,
    path: PathBuf,
    until_sent: bool,
    was_there: Cell<bool>,
}

/// Where an upload is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    upload: UploadId,
    /// Of the sealed file: a note of another file of the same name means nothing.
    header: Digest,
}

impl KeptFile {
    /// Opens a sealed report.
    ///
    /// # Errors
    /// Fails if it cannot be read or is none.
    pub fn open(path: &Path) -> Result<Self, CommandError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => FileError::Missing { path: path.to_owned() },
            _ => FileError::Io { path: path.to_owned(), source },
        };
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let mut first = Vec::new();
        (&file).take(MAX_HEADER_LEN as u64).read_to_end(&mut first).map_err(failed)?;
        let shape =
            Shape::judge(&first, len).map_err(|_| CommandError::new(ErrorKind::Refused, "err-kept-shape"))?;
        let (path, desks) = (path.to_owned(), shape.desks());
        Ok(Self { file, len, desks, path, until_sent: false, was_there: Cell::new(false) })
    }

    /// Keeps a note beside the file, so that another run of the program can go on.
    #[must_use]
    pub fn until_sent(self) -> Self {
        Self { until_sent: true, ..self }
    }

    /// Returns the upload that was begun for this report.
    pub(super) fn place(&self, header: &Digest) -> Option<UploadId> {
        if !self.until_sent {
            return None;
        }
        let note = read_bounded(&note_of(&self.path), MAX_NOTE).ok()?;
        let place: Place = serde_json::from_slice(&note).ok()?;
        (place.header == *header).then_some(place.upload)
    }

    /// Notes which upload was begun; durable when this returns.
    pub(super) fn note(&self, header: Digest, upload: UploadId) -> Result<(), CommandError> {
        if !self.until_sent {
            return Ok(());
        }
        let note = serde_json::to_vec(&Place { upload, header }).map_err(CommandError::internal)?;
        Ok(replace_private(&note_of(&self.path), &note)?)
    }

    /// Remembers that the server had all of it before anything was sent.
    pub(super) fn found_whole(&self) {
        self.was_there.set(true);
    }

    /// Says whether the server had all of it before anything was sent.
    #[must_use]
    pub fn was_there(&self) -> bool {
        self.was_there.get()
    }
}

/// Removes a sealed report and the note beside it.
///
/// # Errors
/// Fails if one of them stays.
pub fn remove_kept(path: &Path) -> Result<(), CommandError> {
    // The note last: as long as there is a report, it says how far it came.
    for path in [path, &note_of(path)] {
        match fs::remove_file(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(FileError::Io { path: path.to_owned(), source }.into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn note_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(NOTE);
    name.into()
}
