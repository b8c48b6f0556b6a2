//! What can go wrong in the store.

use std::io;
use std::sync::Arc;

/// An operation of the store that did not take place.
///
/// Nothing inside an error comes from a request. It can be cloned, because one failed commit is reported to
/// everyone who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the room set aside for this kind of report, is used up.
    #[error("the disk has no room for this")]
    DiskFull,
    /// The quota of the agency, or the part of it open to this kind of report, is used up.
    #[error("the quota of the agency is used up")]
    QuotaFull,
    /// More work is waiting for the disk than the queue takes.
    #[error("too much work is waiting for the disk")]
    Busy,
    /// Somebody else is writing to this upload.
    #[error("the upload is being written to")]
    Locked,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// More or fewer bytes were written than announced.
    #[error("the length differs from the announced one")]
    Length,
    /// The agency key was not given out by this store.
    #[error("the agency is not registered")]
    UnknownAgency,
    /// Another process holds the data folder.
    #[error("another process uses the data folder")]
    InUse,
    /// The database was written by a version that this one does not know.
    #[error("the database has schema version {found}, this program knows {known}")]
    SchemaVersion {
        /// Version found in the file.
        found: i64,
        /// Version this program writes.
        known: i64,
    },
    /// Stored files exist, but the database that lists them is gone.
    #[error("the data folder holds stored files but no database")]
    FilesWithoutDatabase,
    /// A stored row does not have the form in which it was written.
    #[error("a stored row of table `{0}` is damaged")]
    Damaged(&'static str),
    /// The database refused.
    #[error("the database failed")]
    Database(#[source] Arc<rusqlite::Error>),
    /// A file could not be read or written.
    #[error("a file of the store failed")]
    File(#[source] Arc<io::Error>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Database(Arc::new(error)),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::File(Arc::new(error)),
        }
    }
}

impl From<rustix::io::Errno> for StoreError {
    fn from(error: rustix::io::Errno) -> Self {
        io::Error::from(error).into()
    }
}
