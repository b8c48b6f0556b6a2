//! How a local store is opened.

use std::path::PathBuf;

/// Where and how a [`crate::LocalStore`] works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data folder; made with mode 0700 when it is missing.
    pub folder: PathBuf,
    /// Reports that may wait for the disk before further ones are told to come back.
    pub queue: usize,
    /// Resumable uploads that may be open at the same time, over all agencies.
    pub uploads: usize,
    /// Room kept free on the disk.
    pub disk: DiskReserve,
    /// Largest database in bytes that the daily maintenance rewrites in random order.
    pub rewrite_limit: u64,
}

/// Room that is not given to reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskReserve {
    /// Free bytes that evidence leaves for text reports, editions and the database.
    pub bytes: u64,
    /// Free inodes that evidence leaves.
    pub inodes: u64,
    /// Free bytes below which text reports are refused as well.
    pub floor_bytes: u64,
}

impl Default for DiskReserve {
    fn default() -> Self {
        Self { bytes: 512 << 20, inodes: 4096, floor_bytes: 32 << 20 }
    }
}

impl Settings {
    /// Returns the usual settings for a data folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            queue: 1024,
            uploads: 1024,
            disk: DiskReserve::default(),
            rewrite_limit: 4 << 30,
        }
    }
}
