//! The hash of every upload, which follows behind what is durable: nobody who sends a piece waits for it.

use std::fs::File;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};

use bisik_formats::ids::{Digest, Hasher};

use crate::StoreError;
use crate::slots::each_block;
use crate::uploads::Entry;

/// Pieces that may wait to be hashed; who brings more waits, too.
const QUEUE: usize = 64;

/// How far an upload is hashed; nothing of it is known to the hash of an upload that was begun before the last start.
pub(crate) struct Hashed {
    hasher: Hasher,
    upto: u64,
}

impl Hashed {
    /// Begins with nothing.
    pub(crate) fn new() -> Self {
        Self { hasher: Hasher::new(), upto: 0 }
    }
}

/// The way to the thread that hashes.
#[derive(Clone)]
pub(crate) struct Trail(SyncSender<Work>);

enum Work {
    /// A durable piece, from the system's memory as a rule: it was written a moment ago.
    Piece { entry: Weak<Entry>, file: File, start: u64, end: u64 },
    /// Tells when everything before is done.
    Tell(SyncSender<()>),
}

impl Trail {
    /// Starts the thread; it ends when nobody is left who could give it work.
    pub(crate) fn start() -> Result<Self, StoreError> {
        let (work, waiting) = sync_channel(QUEUE);
        std::thread::Builder::new().name("store-hasher".to_owned()).spawn(move || follow(&waiting))?;
        Ok(Self(work))
    }

    /// Has a durable piece hashed, some time.
    pub(crate) fn follow(&self, entry: &Arc<Entry>, file: File, start: u64, end: u64) {
        // An upload that ends meanwhile gives its room back at once.
        let entry = Arc::downgrade(entry);
        // Without the thread the hash stays behind, and the file is read once more at its end.
        let _queued = self.0.send(Work::Piece { entry, file, start, end });
    }

    /// Returns the hash of the first `length` bytes, all of which are written.
    pub(crate) fn whole(&self, entry: &Entry, file: &File, length: u64) -> Result<Digest, StoreError> {
        let (done, told) = sync_channel(1);
        if self.0.send(Work::Tell(done)).is_ok() {
            // An error says that the thread is gone: then what it has done counts.
            let _all = told.recv();
        }
        // A copy stays: the upload goes on where it was if this does not make it a report.
        let (mut hasher, upto) = copy(entry).unwrap_or_default();
        each_block(file, upto, length, |bytes| hasher.update(bytes))?;
        Ok(hasher.finish())
    }
}

fn follow(waiting: &Receiver<Work>) {
    while let Ok(work) = waiting.recv() {
        match work {
            Work::Piece { entry, file, start, end } => follow_one(&entry, &file, start, end),
            // Who asked may have gone.
            Work::Tell(done) => drop(done.send(())),
        }
    }
}

/// Hashes a piece that begins where the hash stands; else, and when it cannot be read, the hash stays where it is.
fn follow_one(entry: &Weak<Entry>, file: &File, start: u64, end: u64) {
    let begun = entry.upgrade().and_then(|entry| copy(&entry)).filter(|(_, upto)| *upto == start);
    let Some((mut hasher, _)) = begun else { return };
    let read = each_block(file, start, end, |bytes| hasher.update(bytes));
    if let (Ok(()), Some(entry)) = (read, entry.upgrade()) {
        entry.progress().hashed = Some(Hashed { hasher, upto: end });
    }
}

fn copy(entry: &Entry) -> Option<(Hasher, u64)> {
    entry.progress().hashed.as_ref().map(|hashed| (hashed.hasher.clone(), hashed.upto))
}
