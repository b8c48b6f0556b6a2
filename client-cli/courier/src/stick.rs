//! Folders and files on the stick. Its content is foreign: names are fixed by the format, links are refused,
//! lengths are bounded.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bisik_formats::ids::{Hasher, ReportId};
use bisik_term::files::{FileError, NewFile, open_foreign};
use bisik_term::{CommandError, ErrorKind};
use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use crate::outbox::Outbox;

/// The folder with sealed reports.
const REPORTS: &str = "reports";

/// The folder with what goes to the server.
const OUTBOX: &str = "outbox";

/// The stick cannot be used, or a file on it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StickError {
    /// There is no such folder: the stick is not plugged in.
    #[error("there is no such folder")]
    Missing(PathBuf),
    /// There is no outbox on the stick.
    #[error("there is no outbox on the stick")]
    NoOutbox(PathBuf),
    /// A link or file stands where a folder belongs.
    #[error("not a folder")]
    NotFolder(PathBuf),
    /// Another courier works on this stick.
    #[error("the stick is in use")]
    InUse,
    /// The stick is full.
    #[error("the stick is full")]
    Full,
    /// One of the two files of an edition is missing.
    #[error("half an edition")]
    HalfEdition(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(FileError),
}

impl From<FileError> for StickError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io { source, .. } if is_full(&source) => Self::Full,
            other => Self::File(other),
        }
    }
}

impl From<StickError> for CommandError {
    fn from(error: StickError) -> Self {
        let shown = |path: PathBuf| path.to_string_lossy().into_owned();
        match error {
            StickError::Missing(path) => {
                Self::new(ErrorKind::Io, "err-stick-missing").with("path", shown(path))
            }
            StickError::NoOutbox(path) => {
                Self::new(ErrorKind::Refused, "err-no-outbox").with("path", shown(path))
            }
            StickError::NotFolder(path) => {
                Self::new(ErrorKind::Refused, "err-not-folder").with("path", shown(path))
            }
            StickError::InUse => Self::new(ErrorKind::TryLater, "err-stick-in-use"),
            StickError::Full => Self::new(ErrorKind::Io, "err-stick-full"),
            StickError::HalfEdition(path) => {
                Self::new(ErrorKind::Refused, "err-half-edition").with("path", shown(path))
            }
            StickError::File(error) => error.into(),
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Names the file at which something failed.
pub(crate) fn failed(path: &Path, source: io::Error) -> StickError {
    FileError::Io { path: path.to_owned(), source }.into()
}

/// The stick.
pub struct Stick {
    folder: PathBuf,
}

impl Stick {
    /// Takes the folder of the stick. It is never created: where no stick is plugged in, there is no folder.
    ///
    /// # Errors
    /// Fails with [`StickError::Missing`] if there is no such folder.
    pub fn open(folder: &Path) -> Result<Self, StickError> {
        if folder.is_dir() {
            Ok(Self { folder: folder.to_owned() })
        } else {
            Err(StickError::Missing(folder.to_owned()))
        }
    }

    /// Opens the folder of sealed reports, made if missing, and keeps other couriers out of it.
    ///
    /// # Errors
    /// See [`StickError`].
    pub fn reports(&self) -> Result<Reports, StickError> {
        let folder = self.folder.join(REPORTS);
        match fs::create_dir(&folder) {
            Ok(()) => sync_folder(&self.folder)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&folder, error)),
        }
        check_folder(&folder)?;
        let lock = File::open(&folder).map_err(|error| failed(&folder, error))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(StickError::InUse),
            Err(errno) => return Err(failed(&folder, errno.into())),
        }
        let reports = Reports { folder, _lock: lock };
        reports.sweep()?;
        Ok(reports)
    }

    /// Opens the outbox.
    ///
    /// # Errors
    /// See [`StickError`].
    pub fn outbox(&self) -> Result<Outbox, StickError> {
        let folder = self.folder.join(OUTBOX);
        match fs::symlink_metadata(&folder) {
            Ok(_) => check_folder(&folder)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StickError::NoOutbox(folder));
            }
            Err(error) => return Err(failed(&folder, error)),
        }
        Ok(Outbox::at(folder))
    }
}

/// Refuses a link or file in place of a folder.
fn check_folder(folder: &Path) -> Result<(), StickError> {
    let metadata = fs::symlink_metadata(folder).map_err(|error| failed(folder, error))?;
    if metadata.is_dir() { Ok(()) } else { Err(StickError::NotFolder(folder.to_owned())) }
}

fn sync_folder(folder: &Path) -> Result<(), StickError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|error| failed(folder, error))
}

/// What already stands under the name of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// The report itself.
    Whole,
    /// Nothing, a damaged report, or a link, which a new file replaces.
    Replaceable,
    /// A folder.
    Blocked,
}

/// The folder of sealed reports; no other courier writes into it meanwhile.
pub struct Reports {
    folder: PathBuf,
    _lock: File,
}

impl Reports {
    /// Tells what stands under the name of a report.
    ///
    /// # Errors
    /// Fails with [`StickError::File`] if the stick cannot be read.
    pub fn present(&self, id: ReportId, len: u64) -> Result<Present, StickError> {
        let path = self.path(id);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Present::Blocked),
            Ok(metadata) if metadata.is_file() && metadata.len() == len => {
                let whole = hash(&path)? == id;
                Ok(if whole { Present::Whole } else { Present::Replaceable })
            }
            Ok(_) => Ok(Present::Replaceable),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Present::Replaceable),
            Err(error) => Err(failed(&path, error)),
        }
    }

    /// Begins the file of a report; see [`Incoming`].
    ///
    /// # Errors
    /// See [`StickError`].
    pub fn begin(&self, id: ReportId) -> Result<Incoming, StickError> {
        let path = self.path(id);
        let file = NewFile::create_or_replace(&path)?;
        Ok(Incoming { file, path, id, hasher: Hasher::new() })
    }

    fn path(&self, id: ReportId) -> PathBuf {
        self.folder.join(format!("{id}.age"))
    }

    /// Removes what a courier that was killed left half written.
    fn sweep(&self) -> Result<(), StickError> {
        for entry in fs::read_dir(&self.folder).map_err(|error| failed(&self.folder, error))? {
            let name = entry.map_err(|error| failed(&self.folder, error))?.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(".bisik-") && name.ends_with(".tmp")) {
                fs::remove_file(self.folder.join(name)).ok();
            }
        }
        Ok(())
    }
}

fn hash(path: &Path) -> Result<ReportId, StickError> {
    let mut file = open_foreign(path)?;
    let mut hasher = HashWriter(Hasher::new());
    io::copy(&mut file, &mut hasher).map_err(|error| failed(path, error))?;
    Ok(ReportId::from_bytes(*hasher.0.finish().as_bytes()))
}

struct HashWriter(Hasher);

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A report being written: it gets its name only if its bytes have the id that the name says.
pub struct Incoming {
    file: NewFile,
    path: PathBuf,
    id: ReportId,
    hasher: Hasher,
}

impl Incoming {
    /// Adds bytes.
    ///
    /// # Errors
    /// Fails with [`StickError::Full`] or [`StickError::File`].
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), StickError> {
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(|error| failed(&self.path, error))
    }

    /// Makes the report durable under its name; returns `false`, with nothing kept, if the bytes are others.
    ///
    /// # Errors
    /// Fails with [`StickError::Full`] or [`StickError::File`].
    pub fn finish(self) -> Result<bool, StickError> {
        if ReportId::from_bytes(*self.hasher.finish().as_bytes()) != self.id {
            return Ok(false);
        }
        self.file.commit()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    fn stick() -> (TempDir, Stick) {
        let folder = TempDir::new().unwrap();
        let stick = Stick::open(folder.path()).ok().unwrap();
        (folder, stick)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_missing_stick_is_never_created() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("stick");
        assert!(matches!(Stick::open(&path), Err(StickError::Missing(_))));
        assert!(!path.exists());
    }

    #[test]
    fn a_report_gets_its_name_only_if_its_bytes_have_that_id() {
        let (folder, stick) = stick();
        let reports = stick.reports().ok().unwrap();
        let id = ReportId::of(b"sealed");
        let mut wrong = reports.begin(id).ok().unwrap();
        wrong.add(b"other").ok().unwrap();
        assert!(!wrong.finish().ok().unwrap());
        assert_eq!(names(&folder.path().join(REPORTS)), Vec::<String>::new());

        let mut right = reports.begin(id).ok().unwrap();
        right.add(b"sea").ok().unwrap();
        right.add(b"led").ok().unwrap();
        assert!(right.finish().ok().unwrap());
        assert_eq!(names(&folder.path().join(REPORTS)), [format!("{id}.age")]);
        assert_eq!(reports.present(id, 6).ok(), Some(Present::Whole));
    }

    #[test]
    fn a_damaged_report_and_a_link_are_replaced_and_a_folder_blocks() {
        let (folder, stick) = stick();
        let reports = stick.reports().ok().unwrap();
        let path = |id: ReportId| folder.path().join(REPORTS).join(format!("{id}.age"));
        let (damaged, linked, blocked) = (ReportId::of(b"one"), ReportId::of(b"two"), ReportId::of(b"six"));
        fs::write(path(damaged), b"onf").unwrap();
        let target = folder.path().join("target");
        fs::write(&target, b"two").unwrap();
        symlink(&target, path(linked)).unwrap();
        fs::create_dir(path(blocked)).unwrap();
        assert_eq!(reports.present(damaged, 3).ok(), Some(Present::Replaceable));
        assert_eq!(reports.present(linked, 3).ok(), Some(Present::Replaceable));
        assert_eq!(reports.present(blocked, 3).ok(), Some(Present::Blocked));

        let mut incoming = reports.begin(linked).ok().unwrap();
        incoming.add(b"two").ok().unwrap();
        assert!(incoming.finish().ok().unwrap());
        assert!(fs::symlink_metadata(path(linked)).unwrap().is_file());
        assert_eq!(fs::read(&target).unwrap(), b"two");
    }

    #[test]
    fn leftovers_of_a_killed_courier_go_and_a_second_courier_waits() {
        let (folder, stick) = stick();
        fs::create_dir(folder.path().join(REPORTS)).unwrap();
        fs::write(folder.path().join(REPORTS).join(".bisik-7-0.tmp"), b"half").unwrap();
        fs::write(folder.path().join(REPORTS).join("mine.txt"), b"kept").unwrap();
        let _reports = stick.reports().ok().unwrap();
        assert_eq!(names(&folder.path().join(REPORTS)), ["mine.txt"]);
        assert!(matches!(stick.reports(), Err(StickError::InUse)));
    }

    #[test]
    fn links_in_place_of_folders_are_refused() {
        let (folder, stick) = stick();
        let elsewhere = TempDir::new().unwrap();
        symlink(elsewhere.path(), folder.path().join(REPORTS)).unwrap();
        symlink(elsewhere.path(), folder.path().join(OUTBOX)).unwrap();
        assert!(matches!(stick.reports(), Err(StickError::NotFolder(_))));
        assert!(matches!(stick.outbox(), Err(StickError::NotFolder(_))));
    }

    #[test]
    fn a_full_stick_has_its_own_message() {
        let error = failed(Path::new("x"), io::ErrorKind::StorageFull.into());
        assert!(matches!(error, StickError::Full));
        assert_eq!(CommandError::from(error).id(), "err-stick-full");
    }
}
