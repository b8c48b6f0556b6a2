//! Files that hold something private: mode 0600 from the first moment, never overwritten by accident, durable.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use thiserror::Error;

use crate::error::{CommandError, ErrorKind};

/// Owner may read and write, nobody else anything.
const PRIVATE: u32 = 0o600;

/// Why a file could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file of that name exists and is not to be overwritten.
    #[error("file exists already")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("input or output failed")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is no such file.
    #[error("file is missing")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a device, a pipe or a link where none is allowed.
    #[error("not a regular file")]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// The file is longer than what is read at most.
    #[error("file is larger than {max} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes allowed.
        max: u64,
    },
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        let shown = |path: PathBuf| path.to_string_lossy().into_owned();
        match error {
            FileError::Exists { path } => {
                Self::new(ErrorKind::Refused, "err-file-exists").with("path", shown(path))
            }
            FileError::Io { path, source } => Self::new(ErrorKind::Io, "err-file-io")
                .with("path", shown(path))
                .with("detail", source.to_string()),
            FileError::Missing { path } => {
                Self::new(ErrorKind::Refused, "err-file-missing").with("path", shown(path))
            }
            FileError::NotRegular { path } => {
                Self::new(ErrorKind::Refused, "err-file-not-regular").with("path", shown(path))
            }
            FileError::TooLarge { path, max } => {
                Self::new(ErrorKind::Refused, "err-file-too-large").with("path", shown(path)).with("max", max)
            }
        }
    }
}

/// Reads a whole regular file of at most `max` bytes. Links are followed.
///
/// # Errors
/// See [`FileError`].
pub fn read_bounded(path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    read_up_to(open(path, OFlags::empty())?, path, max)
}

/// As [`read_bounded`] for a file on a foreign medium: a link in place of the file is refused.
///
/// # Errors
/// See [`FileError`].
pub fn read_foreign(path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    read_up_to(open_foreign(path)?, path, max)
}

/// Opens a regular file on a foreign medium for reading; a link, pipe or device in its place is refused.
///
/// # Errors
/// See [`FileError`].
pub fn open_foreign(path: &Path) -> Result<File, FileError> {
    open(path, OFlags::NOFOLLOW)
}

/// Writes a new private file, durable when this returns. An existing file is refused and stays as it is.
///
/// # Errors
/// See [`FileError`]; then no part of the new file stays behind.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes).map_err(|source| failed(path, source))?;
    file.commit()
}

/// Writes a private file, durable when this returns, in place of one that may exist.
///
/// # Errors
/// See [`FileError`]; then the old file stays as it is.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = NewFile::create_or_replace(path)?;
    file.write_all(bytes).map_err(|source| failed(path, source))?;
    file.commit()
}

/// A private file under construction, with a temporary name beside its final one.
///
/// [`NewFile::commit`] gives it its name; dropped before that, it vanishes.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    temporary: Temporary,
    path: PathBuf,
    replace: bool,
}

impl NewFile {
    /// Begins a file that must not exist yet.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn create(path: &Path) -> Result<Self, FileError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(FileError::Exists { path: path.to_owned() });
        }
        Self::begin(path, false)
    }

    /// Begins a file that takes the place of an old one, if there is one.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn create_or_replace(path: &Path) -> Result<Self, FileError> {
        Self::begin(path, true)
    }

    /// Makes the file durable and gives it its name.
    ///
    /// # Errors
    /// See [`FileError`]. [`FileError::Exists`] if a file of that name appeared in the meantime.
    pub fn commit(self) -> Result<(), FileError> {
        let path = &self.path;
        self.file.sync_all().map_err(|source| failed(path, source))?;
        if self.replace {
            fs::rename(&self.temporary.0, path).map_err(|source| failed(path, source))?;
        } else {
            rename_new(&self.temporary.0, path)?;
        }
        let folder = File::open(folder_of(path)).map_err(|source| failed(path, source))?;
        folder.sync_all().map_err(|source| failed(path, source))
    }

    fn begin(path: &Path, replace: bool) -> Result<Self, FileError> {
        // Counted, so that several files may be under construction at once; nothing needs to be unguessable
        // here, because an existing name is never opened.
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let name = format!(".bisik-{}-{number}.tmp", process::id());
            let temporary = folder_of(path).join(name);
            match OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(&temporary) {
                Ok(file) => {
                    return Ok(Self {
                        file,
                        temporary: Temporary(temporary),
                        path: path.to_owned(),
                        replace,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(failed(path, source)),
            }
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The temporary name of a file; removed when dropped, unless renamed by then.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Renames without overwriting, in one step where the file system can.
fn rename_new(temporary: &Path, path: &Path) -> Result<(), FileError> {
    match renameat_with(CWD, temporary, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::EXIST) => Err(FileError::Exists { path: path.to_owned() }),
        // Some file systems cannot do it in one step: look, then rename.
        Err(rustix::io::Errno::INVAL) if fs::symlink_metadata(path).is_err() => {
            fs::rename(temporary, path).map_err(|source| failed(path, source))
        }
        Err(rustix::io::Errno::INVAL) => Err(FileError::Exists { path: path.to_owned() }),
        Err(errno) => Err(failed(path, errno.into())),
    }
}

/// Opens a regular file; a pipe or device is refused without waiting for its other end.
fn open(path: &Path, flags: OFlags) -> Result<File, FileError> {
    let flags = (flags | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(FileError::Missing { path: path.to_owned() });
        }
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(FileError::NotRegular { path: path.to_owned() });
        }
        Err(source) => return Err(failed(path, source)),
    };
    let metadata = file.metadata().map_err(|source| failed(path, source))?;
    if metadata.is_file() { Ok(file) } else { Err(FileError::NotRegular { path: path.to_owned() }) }
}

fn read_up_to(file: File, path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(|source| failed(path, source))?;
    if bytes.len() as u64 > max { Err(FileError::TooLarge { path: path.to_owned(), max }) } else { Ok(bytes) }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path, source: io::Error) -> FileError {
    FileError::Io { path: path.to_owned(), source }
}

/// Says whether nobody but the owner may reach a file, for files that must be private when they are used.
///
/// # Errors
/// See [`FileError`].
pub fn is_private(path: &Path) -> Result<bool, FileError> {
    let metadata = fs::metadata(path).map_err(|source| failed(path, source))?;
    Ok(metadata.permissions().mode() & 0o077 == 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kunci");
        write_private(&path, b"rahasia").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"rahasia");
        assert!(is_private(&path).unwrap());
        assert_eq!(names(folder.path()), ["kunci"]);
    }

    #[test]
    fn is_private_from_the_first_moment() {
        let folder = tempfile::tempdir().unwrap();
        let file = NewFile::create(&folder.path().join("kunci")).unwrap();
        assert!(is_private(&file.temporary.0).unwrap());
    }

    #[test]
    fn never_overwrites_what_it_must_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kunci");
        let late = NewFile::create(&path).unwrap();
        write_private(&path, b"lama").unwrap();
        assert!(matches!(write_private(&path, b"baru"), Err(FileError::Exists { .. })));
        assert!(matches!(late.commit(), Err(FileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"lama");
        replace_private(&path, b"baru").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"baru");
        assert_eq!(names(folder.path()), ["kunci"]);
    }

    #[test]
    fn a_dangling_link_counts_as_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tautan");
        symlink(folder.path().join("tidak-ada"), &path).unwrap();
        assert!(matches!(write_private(&path, b"x"), Err(FileError::Exists { .. })));
    }

    #[test]
    fn what_is_not_committed_vanishes() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::create(&folder.path().join("bukti")).unwrap();
        file.write_all(b"setengah").unwrap();
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn reads_only_up_to_the_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kartu");
        write_private(&path, b"12345678").unwrap();
        assert_eq!(read_bounded(&path, 8).unwrap(), b"12345678");
        assert!(matches!(read_bounded(&path, 7), Err(FileError::TooLarge { max: 7, .. })));
        assert!(matches!(read_bounded(&folder.path().join("x"), 7), Err(FileError::Missing { .. })));
    }

    #[test]
    fn refuses_folders_devices_and_on_foreign_media_links() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("asli"), folder.path().join("tautan"));
        write_private(&path, b"x").unwrap();
        symlink(&path, &link).unwrap();
        assert_eq!(read_bounded(&link, 1).unwrap(), b"x");
        assert!(matches!(read_foreign(&link, 1), Err(FileError::NotRegular { .. })));
        assert_eq!(read_foreign(&path, 1).unwrap(), b"x");
        assert!(matches!(read_bounded(folder.path(), 1), Err(FileError::NotRegular { .. })));
        assert!(matches!(read_bounded(Path::new("/dev/zero"), 1), Err(FileError::NotRegular { .. })));
    }
}
