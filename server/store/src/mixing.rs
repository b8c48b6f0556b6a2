//! Files in random order: what has arrived since the last time gets new names, inodes and blocks.

use bisik_formats::ids::{Hasher, ReportId};

use crate::local::LocalStore;
use crate::slots::each_block;
use crate::tables::report::{self, Arrived};
use crate::{Class, StoreError};

/// What the mixing of files did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mixed {
    /// Files that were moved.
    pub(crate) moved: u64,
    /// Files that stay as they arrived, for want of room or because they cannot be read.
    pub(crate) left: u64,
}

impl LocalStore {
    /// Moves the files of reports that arrived since the last time, one by one in random order.
    ///
    /// No file system lets a program set the number, the birth time or the change time of an inode: only a new file has
    /// new ones.
    pub(crate) fn mix_files(&self) -> Result<Mixed, StoreError> {
        let mut files = self.readers.read(report::arrived)?;
        self.places.shuffle(&mut files);
        let mut done = Mixed::default();
        for file in files {
            match self.mix_one(file) {
                Ok(true) => done.moved += 1,
                Ok(false) => {}
                Err(StoreError::DiskFull | StoreError::File(_)) => done.left += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Moves one file; false when its report has gone meanwhile.
    fn mix_one(&self, arrived: Arrived) -> Result<bool, StoreError> {
        let Ok((file, length)) = self.reports.read(arrived.place) else {
            // A lost file is counted by the reconciliation.
            return Ok(false);
        };
        self.room(length, Class::Large)?;
        let mut copy = self.reports.create(self.places.next())?;
        let (mut hasher, mut written) = (Hasher::new(), Ok(()));
        // Byte by byte: a file system that shares blocks would leave them where they are.
        each_block(&file, 0, length, |bytes| {
            hasher.update(bytes);
            if written.is_ok() {
                written = copy.write(bytes);
            }
        })?;
        written?;
        if ReportId::from(hasher.finish()) != arrived.id {
            return Err(std::io::Error::from(std::io::ErrorKind::InvalidData).into());
        }
        let kept = self.reports.keep(copy)?;
        let to = kept.place();
        // When this fails, nobody knows which of the two files counts: the next reconciliation removes the other.
        let moved = self.run(move |writer| {
            writer.transaction(|transaction| report::move_file(transaction, &arrived, to))
        })?;
        drop(file);
        if moved {
            self.reports.remove(arrived.place);
        } else {
            kept.discard();
        }
        Ok(moved)
    }
}
