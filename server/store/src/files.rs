//! Larger blobs as files with random names.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, Timespec, Timestamps, flock, futimens, statvfs};

use crate::StoreError;
use crate::wiper::Wiper;

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
    /// Places whose file or row is on its way, and how many say so.
    unsettled: Arc<Mutex<HashMap<Place, usize>>>,
    wiper: Wiper,
}

impl Files {
    /// Opens the folder, makes it when missing and removes what an interrupted upload left.
    pub(crate) fn open(root: PathBuf, wiper: Wiper) -> Result<Self, StoreError> {
        let staging = root.join("staging");
        make_folder(&root)?;
        make_folder(&staging)?;
        for entry in fs::read_dir(&staging)? {
            wiper.remove(entry?.path(), None);
        }
        let files = Self { root, staging, unsettled: Arc::default(), wiper };
        files.make_folders()?;
        Ok(files)
    }

    /// Makes all folders for files at once: made one by one, their inodes and times would tell when the first file of
    /// each arrived.
    fn make_folders(&self) -> Result<(), StoreError> {
        let mut made = false;
        for number in 0..FOLDERS {
            made |= make_folder(&self.path_of_folder(number))?;
        }
        for entry in fs::read_dir(&self.root)? {
            made |= self.leave_former_folder(&entry?.path())?;
        }
        if made { sync_folder(&self.root) } else { Ok(()) }
    }

    /// Empties a folder of the time when there were 256, and removes it; false for any other.
    fn leave_former_folder(&self, folder: &Path) -> Result<bool, StoreError> {
        let number = folder.file_name().and_then(|name| u64::from_str_radix(name.to_str()?, 16).ok());
        if number.is_none_or(|number| number < FOLDERS) {
            return Ok(false);
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if let Some(place) = entry.file_name().to_str().and_then(Place::parse) {
                fs::rename(entry.path(), self.path(place))?;
            }
        }
        fs::remove_dir(folder)?;
        Ok(true)
    }

    /// Gives all folders the same times: theirs tell when the last file came or went.
    pub(crate) fn forget_folder_times(&self) -> Result<(), StoreError> {
        for entry in fs::read_dir(&self.root)? {
            let path = entry?.path();
            if path.is_dir() {
                forget_times(&File::open(path)?)?;
            }
        }
        forget_times(&File::open(&self.root)?)
    }

    /// Makes an empty file that is not part of the store yet.
    pub(crate) fn create(&self, place: Place) -> Result<PartialFile, StoreError> {
        let path = self.staging.join(name(place));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(PartialFile { file: Some(file), path, place, wiper: self.wiper.clone() })
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
        let kept = self.unsettle(place);
        fs::rename(path, self.path(place))?;
        Ok(kept)
    }

    /// Marks a place as one whose file or row is on its way.
    pub(crate) fn unsettle(&self, place: Place) -> Kept {
        *self.lock_unsettled().entry(place).or_default() += 1;
        Kept { files: self.clone(), place }
    }

    /// Opens a stored file for changes.
    pub(crate) fn change(&self, place: Place) -> Result<File, StoreError> {
        Ok(OpenOptions::new().read(true).write(true).open(self.path(place))?)
    }

    /// Opens a stored file and returns its length; while it is open, it is not overwritten.
    pub(crate) fn read(&self, place: Place) -> Result<(File, u64), StoreError> {
        let file = File::open(self.path(place))?;
        // Who finds it locked comes too late: it is being overwritten.
        flock(&file, FlockOperation::NonBlockingLockShared)
            .map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    /// Has a stored file overwritten and removed; until then it counts as unsettled. A missing one is no error.
    pub(crate) fn remove(&self, place: Place) {
        self.wiper.remove(self.path(place), Some(self.unsettle(place)));
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
        self.lock_unsettled().contains_key(&place)
    }

    fn lock_unsettled(&self) -> MutexGuard<'_, HashMap<Place, usize>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, place: Place) -> PathBuf {
        self.root.join(folder_of(place.0 % FOLDERS))
    }

    fn path_of_folder(&self, number: u64) -> PathBuf {
        self.root.join(folder_of(number))
    }

    fn path(&self, place: Place) -> PathBuf {
        path_in(&self.root, place)
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
        self.files.remove(self.place);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut unsettled = self.files.lock_unsettled();
        if let Some(count) = unsettled.get_mut(&self.place) {
            *count -= 1;
            if *count == 0 {
                unsettled.remove(&self.place);
            }
        }
    }
}

/// A file in the making; dropping it removes it.
#[derive(Debug)]
pub(crate) struct PartialFile {
    file: Option<File>,
    path: PathBuf,
    place: Place,
    wiper: Wiper,
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
            // What is not removed now lies in the staging folder, which is emptied at the next start.
            self.wiper.remove(std::mem::take(&mut self.path), None);
        }
    }
}

/// Folders that files are spread over.
const FOLDERS: u64 = 16;

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

/// Returns where a file is in a folder of files.
pub(crate) fn path_in(root: &Path, place: Place) -> PathBuf {
    root.join(folder_of(place.0 % FOLDERS)).join(name(place))
}

/// Returns the names of all folders that files may be in.
pub(crate) fn folders() -> impl Iterator<Item = String> {
    (0..FOLDERS).map(folder_of)
}

fn folder_of(number: u64) -> String {
    format!("{number:02x}")
}

fn name(place: Place) -> String {
    format!("{:016x}", place.0)
}

/// Every stored file carries the same times, so that they tell nothing.
const NO_TIME: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: 0, tv_nsec: 0 },
    last_modification: Timespec { tv_sec: 0, tv_nsec: 0 },
};
