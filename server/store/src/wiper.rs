//! Overwrites what is removed, so that the blocks it gives back hold nothing.
//!
//! That works where a file is written in place: ext4 and XFS on a disk that keeps to its sectors. On what writes
//! elsewhere (btrfs, snapshots, the inside of an SSD) the former bytes stay until that place is used again.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fs::{FlockOperation, SeekFrom, flock, seek};
use rustix::io::Errno;

use crate::StoreError;
use crate::files::Kept;

/// Bytes written at once.
const CHUNK: usize = 256 * 1024;

/// Time until a file that somebody is reading is looked at again.
const PAUSE: Duration = Duration::from_secs(10);

/// Bytes that are still overwritten once the store closes; the next start finds the rest.
const LAST: u64 = 64 << 20;

/// Removes files on a thread of its own: nobody waits while they are overwritten.
#[derive(Debug, Clone)]
pub(crate) struct Wiper(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Doomed>,
    /// Files that somebody is reading.
    held: Vec<Doomed>,
    working: bool,
    closed: bool,
}

/// A file to be removed, and the mark that its fate is not settled yet.
#[derive(Debug)]
struct Doomed {
    path: PathBuf,
    _unsettled: Option<Kept>,
}

impl Wiper {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Self, StoreError> {
        let shared =
            Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), thread: Mutex::default() });
        let worker = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("store-wiper".to_owned()).spawn(move || worker.work())?;
        *shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(Self(shared))
    }

    /// Has a file overwritten and removed; a missing one is no error.
    pub(crate) fn remove(&self, path: PathBuf, unsettled: Option<Kept>) {
        let mut state = self.0.lock();
        // After the end the next start finds it.
        if !state.closed {
            state.waiting.push_back(Doomed { path, _unsettled: unsettled });
        }
        drop(state);
        self.0.changed.notify_all();
    }

    /// Waits until nothing is left to be removed but what somebody is reading.
    pub(crate) fn wait(&self) {
        let mut state = self.0.lock();
        while !state.closed && (state.working || !state.waiting.is_empty()) {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the thread soon.
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the thread has been reported by its own hook.
            let _ended = thread.join();
        }
    }
}

impl Shared {
    fn work(&self) {
        let mut left = LAST;
        while let Some(doomed) = self.next() {
            let wiped = wipe_while(&doomed.path, &mut |bytes| {
                if self.lock().closed {
                    left = left.saturating_sub(bytes);
                }
                left > 0
            });
            match wiped {
                Wiped::Gone => {}
                Wiped::Held => self.lock().held.push(doomed),
                Wiped::Interrupted => break,
            }
        }
        // What waits keeps marks that keep this thread's end alive.
        let mut state = self.lock();
        let rest = (std::mem::take(&mut state.waiting), std::mem::take(&mut state.held));
        state.working = false;
        drop(state);
        drop(rest);
        self.changed.notify_all();
    }

    /// Waits for the next file; `None` when the store closes and nothing waits.
    fn next(&self) -> Option<Doomed> {
        let mut state = self.lock();
        loop {
            if let Some(doomed) = state.waiting.pop_front() {
                state.working = true;
                return Some(doomed);
            }
            state.working = false;
            self.changed.notify_all();
            if state.closed {
                return None;
            }
            if state.held.is_empty() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (again, timeout) =
                self.changed.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner);
            state = again;
            if timeout.timed_out() {
                let held = std::mem::take(&mut state.held);
                state.waiting.extend(held);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
enum Wiped {
    Gone,
    /// Somebody is reading it.
    Held,
    Interrupted,
}

/// Overwrites and removes a file that nobody reads; a missing one is no error.
pub(crate) fn wipe(path: &Path) {
    wipe_while(path, &mut |_| true);
}

fn wipe_while(path: &Path, go_on: &mut dyn FnMut(u64) -> bool) -> Wiped {
    if let Ok(file) = OpenOptions::new().write(true).open(path) {
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Wiped::Held;
        }
        // A block that cannot be written is given back as it is.
        if overwrite(&file, go_on).is_ok_and(|whole| !whole) {
            return Wiped::Interrupted;
        }
    }
    // A file that cannot be removed is found again by the next reconciliation.
    let _removed = fs::remove_file(path);
    Wiped::Gone
}

/// Writes zeros over every byte that has a place on the disk; returns whether it came to the end.
pub(crate) fn overwrite(file: &File, go_on: &mut dyn FnMut(u64) -> bool) -> Result<bool, StoreError> {
    let zeros = vec![0; CHUNK];
    let length = file.metadata()?.len();
    let mut at = 0;
    while at < length {
        // Holes stay holes: filling them could take more room than there is.
        let start = match seek(file, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => break,
            Err(_) => at,
        };
        let end = seek(file, SeekFrom::Hole(start)).unwrap_or(length).clamp(start.saturating_add(1), length);
        at = start;
        while at < end {
            let count = usize::try_from(end - at).map_or(CHUNK, |left| left.min(CHUNK));
            file.write_all_at(zeros.get(..count).unwrap_or(&zeros), at)?;
            at = at.saturating_add(count as u64);
            if !go_on(count as u64) {
                return Ok(false);
            }
        }
    }
    file.sync_data()?;
    Ok(true)
}
