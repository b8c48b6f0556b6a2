//! Larger blobs as files with random names.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{Timespec, Timestamps, futimens, statvfs};

use crate::StoreError;

/// The random name of a stored file; it says nothing about its content or age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place(u64);

impl Place {
    /// Returns the place with this number, of which 63 bits are used.
    pub(crate) fn new(number: u64) -> Self {
        Self(number >> 1)
    }

    /// Returns the place as a row keeps it.
    pub(crate) fn key(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// Returns the place that a row names.
    pub(crate) fn from_key(key: i64) -> Option<Self> {
        u64::try_from(key).ok().map(Self)
    }

    fn parse(name: &str) -> Option<Self> {
        let well_formed = name.len() == 16 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        well_formed.then(|| u64::from_str_radix(name, 16).ok().map(Self)).flatten()
    }
}

/// A folder of files, each reached by its [`Place`] only.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
    staging: PathBuf,
    unsettled: Arc<Mutex<HashSet<Place>>>,
}

impl Files {
    /// Opens the folder, makes it when missing and removes what an interrupted upload left.
    pub(crate) fn open(root: PathBuf) -> Result<Self, StoreError> {
        let staging = root.join("staging");
        make_folder(&root)?;
        make_folder(&staging)?;
        for entry in fs::read_dir(&staging)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(Self { root, staging, unsettled: Arc::default() })
    }

    /// Makes an empty file that is not part of the store yet.
    pub(crate) fn create(&self, place: Place) -> Result<PartialFile, StoreError> {
        let path = self.staging.join(name(place));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(PartialFile { file: Some(file), path, place })
    }

    /// Makes a complete file durable under its place; it stays unsettled until its row is written.
    pub(crate) fn keep(&self, mut partial: PartialFile) -> Result<Kept, StoreError> {
        let Some(file) = partial.file.take() else { return Err(StoreError::Closed) };
        let kept = self.adopt(&file, &partial.path, partial.place)?;
        // The file has left the staging folder: nothing to remove there any more.
        partial.path = PathBuf::new();
        if let Err(error) = sync_folder(&self.folder(kept.place)) {
            kept.discard();
            return Err(error);
        }
        Ok(kept)
    }

    /// Takes a file over from another folder of this file system, durably; it stays unsettled as in [`Files::keep`].
    pub(crate) fn take_over(&self, file: &File, from: &Self, place: Place) -> Result<Kept, StoreError> {
        let kept = self.adopt(file, &from.path(place), place)?;
        sync_folder(&self.folder(place))?;
        Ok(kept)
    }

    fn adopt(&self, file: &File, path: &Path, place: Place) -> Result<Kept, StoreError> {
        forget_times(file)?;
        file.sync_all()?;
        let folder = self.folder(place);
        if make_folder(&folder)? {
            sync_folder(&self.root)?;
        }
        let kept = self.unsettle(place);
        fs::rename(path, self.path(place))?;
        Ok(kept)
    }

    /// Marks a place as one whose file or row is on its way.
    pub(crate) fn unsettle(&self, place: Place) -> Kept {
        self.lock_unsettled().insert(place);
        Kept { files: self.clone(), place }
    }

    /// Opens a stored file for changes.
    pub(crate) fn change(&self, place: Place) -> Result<File, StoreError> {
        Ok(OpenOptions::new().read(true).write(true).open(self.path(place))?)
    }

    /// Opens a stored file and returns its length.
    pub(crate) fn read(&self, place: Place) -> Result<(File, u64), StoreError> {
        let file = File::open(self.path(place))?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    /// Removes a stored file; a missing one is no error.
    pub(crate) fn remove(&self, place: Place) -> Result<(), StoreError> {
        match fs::remove_file(self.path(place)) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the free bytes of the file system.
    pub(crate) fn free(&self) -> Result<u64, StoreError> {
        let disk = statvfs(&self.root)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Tells whether a stored file is there.
    pub(crate) fn holds(&self, place: Place) -> bool {
        self.path(place).is_file()
    }

    /// Returns the places of all stored files.
    pub(crate) fn places(&self) -> Result<Vec<Place>, StoreError> {
        let mut places = Vec::new();
        for folder in fs::read_dir(&self.root)? {
            let folder = folder?.path();
            if folder == self.staging || !folder.is_dir() {
                continue;
            }
            for entry in fs::read_dir(folder)? {
                places.extend(entry?.file_name().to_str().and_then(Place::parse));
            }
        }
        Ok(places)
    }

    /// Tells whether the row of a kept file is still being written.
    pub(crate) fn is_unsettled(&self, place: Place) -> bool {
        self.lock_unsettled().contains(&place)
    }

    fn lock_unsettled(&self) -> MutexGuard<'_, HashSet<Place>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, place: Place) -> PathBuf {
        self.root.join(format!("{:02x}", place.0 & 0xff))
    }

    fn path(&self, place: Place) -> PathBuf {
        self.folder(place).join(name(place))
    }
}

/// A file that is on its way to or from a row; dropping it says that its fate is settled.
#[derive(Debug)]
pub(crate) struct Kept {
    files: Files,
    place: Place,
}

impl Kept {
    /// Returns where the file is.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Removes the file: no row will name it.
    pub(crate) fn discard(self) {
        // What cannot be removed now is removed by the next reconciliation.
        let _removed = self.files.remove(self.place);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.files.lock_unsettled().remove(&self.place);
    }
}

/// A file in the making; dropping it removes it.
#[derive(Debug)]
pub(crate) struct PartialFile {
    file: Option<File>,
    path: PathBuf,
    place: Place,
}

impl PartialFile {
    /// Returns the open file.
    pub(crate) fn file(&self) -> Result<&File, StoreError> {
        self.file.as_ref().ok_or(StoreError::Closed)
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        match &mut self.file {
            Some(file) => Ok(file.write_all(bytes)?),
            None => Err(StoreError::Closed),
        }
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // A failure leaves the file in the staging folder, which is emptied at the next start.
            let _removed = fs::remove_file(&self.path);
        }
    }
}

/// Makes a folder of mode 0700; returns whether it was missing.
pub(crate) fn make_folder(path: &Path) -> Result<bool, StoreError> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives a file the same times that every other one has.
pub(crate) fn forget_times(file: &File) -> Result<(), StoreError> {
    Ok(futimens(file, &NO_TIME)?)
}

/// Makes names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    File::open(path)?.sync_all()?;
    Ok(())
}

fn name(place: Place) -> String {
    format!("{:016x}", place.0)
}

/// Every stored file carries the same times, so that they tell nothing.
const NO_TIME: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: 0, tv_nsec: 0 },
    last_modification: Timespec { tv_sec: 0, tv_nsec: 0 },
};
