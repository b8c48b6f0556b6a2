//! One request that writes to a resumable upload.

use std::fs::File;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{SyncSender, TrySendError};

use bisik_formats::day::Day;
use bisik_formats::ids::Digest;
use bisik_formats::upload::MAX_PIECE;
use rustix::fs::{Advice, FallocateFlags, fadvise, fallocate};

use crate::files::{Files, Kept, forget_times};
use crate::slots::{Piece, Slots};
use crate::staged::refuse;
use crate::tables::upload;
use crate::uploads::{Hold, Uploads, put_back};
use crate::writer::{Content, Insert, Job, run_on};
use crate::{Accepted, Done, NewReport, Period, Resumed, StoreError};

/// The one writer of an upload; dropping it leaves the upload as it was before.
pub(crate) struct ResumedFile {
    uploads: Uploads,
    reports: Files,
    jobs: SyncSender<Job>,
    hold: Hold,
    finished: upload::Finished,
    file: File,
    begun: u64,
    piece: Piece,
}

impl ResumedFile {
    /// Begins where the upload stands.
    pub(crate) fn new(
        uploads: Uploads,
        reports: Files,
        jobs: SyncSender<Job>,
        hold: Hold,
        finished: upload::Finished,
        file: File,
    ) -> Self {
        let begun = hold.0.progress().mark.offset;
        Self { uploads, reports, jobs, hold, finished, file, begun, piece: Piece::new(begun) }
    }

    /// Makes the file one of the reports, under its hash.
    fn settle_in(&self) -> Result<(Digest, Kept), StoreError> {
        let length = self.hold.0.row.length;
        let hash = self.uploads.trail.whole(&self.hold.0, &self.file, length)?;
        // All bytes are durable before the slots go: a whole file without slots is known to be good.
        self.file.sync_data()?;
        self.file.set_len(length)?;
        let kept = self.reports.take_over(&self.file, &self.uploads.files, self.hold.0.row.place)?;
        Ok((hash, kept))
    }

    /// Brings the upload back to where it stood before; one that cannot be brought back now is found at the next start.
    fn give_up(uploads: &Uploads, reports: &Files, hold: &Hold, file: &File) {
        if put_back(uploads, reports, &hold.0, file).is_err() {
            uploads.forget(&hold.0.row.key);
        }
    }
}

impl Resumed for ResumedFile {
    fn length(&self) -> u64 {
        self.hold.0.row.length
    }

    fn offset(&self) -> u64 {
        self.piece.end()
    }

    fn header(&self) -> Digest {
        self.hold.0.row.header
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let (at, length) = (self.piece.end(), self.hold.0.row.length);
        let end = at.saturating_add(bytes.len() as u64);
        if end > length || end - self.begun > MAX_PIECE {
            return Err(StoreError::Length);
        }
        let Some(count) = NonZeroU64::new(bytes.len() as u64) else { return Ok(()) };
        if let Err(error) = self.file.write_all_at(bytes, at) {
            // Gives back what this piece took; where that is not possible the next attempt writes over it.
            let _punched = fallocate(
                &self.file,
                FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
                self.begun,
                length - self.begun,
            );
            self.piece = Piece::new(self.begun);
            return Err(error.into());
        }
        // Linux begins to write what it is told to forget: the disk works while the rest of the piece comes, and
        // `fdatasync` finds little left to wait for. Where it does not, nothing is lost.
        let _begun = fadvise(&self.file, at, Some(count), Advice::DontNeed);
        self.piece.update(bytes);
        Ok(())
    }

    fn first(&self, count: usize) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; count];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    fn keep(self: Box<Self>) -> Result<u64, StoreError> {
        let Self { uploads, hold, file, begun, piece, .. } = *self;
        let (row, end) = (&hold.0.row, piece.end());
        // A whole upload is a report or nothing: its last piece is kept by `finish` only.
        if end == begun || end == row.length {
            return Ok(begun);
        }
        let present = hold.0.progress().mark;
        let mark = Slots::new(row.length).mark(&file, &present, piece)?;
        forget_times(&file)?;
        file.sync_data()?;
        let mut progress = hold.0.progress();
        progress.mark = mark;
        progress.reservation.set_arrived(end);
        drop(progress);
        uploads.trail.follow(&hold.0, file, begun, end);
        Ok(end)
    }

    fn finish(self: Box<Self>, day: Day, ready: Period, done: Done) {
        let (agency, length, place) = (self.hold.0.row.agency, self.hold.0.row.length, self.hold.0.row.place);
        if self.piece.end() != length {
            return done(Err(StoreError::Length));
        }
        // Its row among the uploads stays until the report has one: no reconciliation may miss the file meanwhile.
        let leaving = self.uploads.files.unsettle(place);
        let settled = self.settle_in();
        let Self { uploads, reports, jobs, hold, finished, file, .. } = *self;
        let (id, kept) = match settled {
            Ok(settled) => settled,
            Err(error) => {
                Self::give_up(&uploads, &reports, &hold, &file);
                return done(Err(error));
            }
        };
        let report = NewReport { agency, id: id.into(), day, ready };
        let settle: Done = Box::new(move |result| {
            match result {
                Ok(Accepted::New) => uploads.forget(&hold.0.row.key),
                Ok(Accepted::AlreadyStored) => {
                    uploads.forget(&hold.0.row.key);
                    kept.discard();
                }
                Err(_) => Self::give_up(&uploads, &reports, &hold, &file),
            }
            drop((leaving, hold));
            done(result);
        });
        let insert =
            Insert { report, length, content: Content::File(place), upload: Some(finished), done: settle };
        match jobs.try_send(Job::Insert(insert)) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => refuse(job, StoreError::Busy),
            Err(TrySendError::Disconnected(job)) => refuse(job, StoreError::Closed),
        }
    }

    fn end(self: Box<Self>) -> Result<(), StoreError> {
        let (key, place) = (self.hold.0.row.key, self.hold.0.row.place);
        run_on(&self.jobs, move |writer| {
            writer.transaction(|transaction| upload::delete(transaction, &key))
        })?;
        self.uploads.forget(&key);
        self.uploads.files.remove(place);
        Ok(())
    }
}
