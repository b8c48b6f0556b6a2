//! Large reports on their way into a file.

use std::sync::mpsc::{SyncSender, TrySendError};

use bisik_formats::day::Day;
use bisik_formats::ids::{Hasher, ReportId};

use crate::files::{Files, PartialFile};
use crate::usage::Reservation;
use crate::writer::{Content, Insert, Job};
use crate::{Accepted, AgencyKey, Done, NewReport, Period, Staged, StoreError};

/// A large report in a partial file.
pub(crate) struct StagedFile {
    pub(crate) agency: AgencyKey,
    pub(crate) files: Files,
    pub(crate) partial: PartialFile,
    pub(crate) hasher: Hasher,
    pub(crate) announced: u64,
    pub(crate) written: u64,
    pub(crate) reservation: Reservation,
    pub(crate) jobs: SyncSender<Job>,
}

impl Staged for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let length = u64::try_from(bytes.len()).map_err(|_| StoreError::Length)?;
        let written = self.written.saturating_add(length);
        if written > self.announced {
            return Err(StoreError::Length);
        }
        self.partial.write(bytes)?;
        self.hasher.update(bytes);
        self.written = written;
        self.reservation.set_arrived(written);
        Ok(())
    }

    fn id(&self) -> ReportId {
        self.hasher.clone().finish().into()
    }

    fn commit(self: Box<Self>, day: Day, ready: Period, done: Done) {
        if self.written != self.announced {
            return done(Err(StoreError::Length));
        }
        let id = self.id();
        let Self { agency, files, partial, announced, reservation, jobs, .. } = *self;
        let report = NewReport { agency, id, day, ready };
        let kept = match files.keep(partial) {
            Ok(kept) => kept,
            Err(error) => return done(Err(error)),
        };
        let place = kept.place();
        let settle: Done = Box::new(move |result| {
            match result {
                Ok(Accepted::New) => drop(kept),
                Ok(Accepted::AlreadyStored) | Err(_) => kept.discard(),
            }
            drop(reservation);
            done(result);
        });
        let insert =
            Insert { report, length: announced, content: Content::File(place), upload: None, done: settle };
        match jobs.try_send(Job::Insert(insert)) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => refuse(job, StoreError::Busy),
            Err(TrySendError::Disconnected(job)) => refuse(job, StoreError::Closed),
        }
    }
}

/// Tells a job that was not queued.
pub(crate) fn refuse(job: Job, error: StoreError) {
    if let Job::Insert(insert) = job {
        (insert.done)(Err(error));
    }
}
