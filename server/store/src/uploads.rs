//! Resumable uploads: which there are, how far each has come, and who is writing.

use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bisik_formats::day::Day;
use bisik_formats::ids::{Digest, Hasher};
use bisik_formats::upload::{MAX_PIECE, UploadId};

use crate::files::{Files, Place};
use crate::local::{BATCH, LocalStore};
use crate::resumed::ResumedFile;
use crate::slots::{Mark, Slots};
use crate::tables::upload;
use crate::trail::{Hashed, Trail};
use crate::usage::Reservation;
use crate::{AgencyKey, Class, NewUpload, Resumed, StoreError, UploadState};

/// The uploads of all agencies that are coming.
#[derive(Clone)]
pub(crate) struct Uploads {
    /// The files, with slots behind their last byte.
    pub(crate) files: Files,
    /// What hashes the pieces.
    pub(crate) trail: Trail,
    table: Arc<Mutex<HashMap<Digest, Arc<Entry>>>>,
    limit: usize,
    /// Counts uploads since the start, to tell older ones from newer ones; kept in memory only.
    births: Arc<AtomicU64>,
    /// The count when silent uploads were looked for the last time.
    mark: Arc<AtomicU64>,
}

impl Uploads {
    /// Takes the folder, and how many uploads may be open.
    pub(crate) fn new(files: Files, limit: usize) -> Result<Self, StoreError> {
        let trail = Trail::start()?;
        Ok(Self { files, trail, table: Arc::default(), limit, births: Arc::default(), mark: Arc::default() })
    }

    /// Forgets an upload.
    pub(crate) fn forget(&self, key: &Digest) {
        self.table().remove(key);
    }

    /// Reads how far an upload has come, also when its file was caught between two folders; `None` when it is gone.
    ///
    /// What the answer says is durable: after a crash the system may hold more in memory than on the disk.
    fn reopen(&self, reports: &Files, row: &upload::Coming) -> Result<Option<Mark>, StoreError> {
        if !self.files.holds(row.place) {
            if !reports.holds(row.place) {
                return Ok(None);
            }
            self.files.take_over(&reports.change(row.place)?, reports, row.place)?;
        }
        let file = self.files.change(row.place)?;
        let slots = Slots::new(row.length);
        let mark = match slots.read(&file)? {
            Some(mark) => mark,
            // Without slots and whole: it was on its way to become a report, and all of it was durable before. Its last
            // byte has to come once more, since only a report is complete.
            None if slots.were_in(&file)? => slots.lay_behind(&file, row.length.saturating_sub(1))?,
            None => slots.lay(&file)?,
        };
        file.sync_data()?;
        Ok(Some(mark))
    }

    /// Adds an upload.
    fn add(&self, row: upload::Coming, mark: Mark, reservation: Reservation) {
        let born = self.births.fetch_add(1, Ordering::Relaxed);
        self.table().insert(row.key, Arc::new(Entry::new(row, mark, reservation, born)));
    }

    /// Takes hold of the upload that gives way to a new one when too many are open: of which least has come, and the
    /// oldest of several. The younger half goes last: who has just begun gets time to send something, however many
    /// others with a byte each there are.
    fn least(&self) -> Option<Hold> {
        let spared = u64::try_from(self.limit / 2).unwrap_or(u64::MAX).max(1);
        let young = self.births.load(Ordering::Relaxed).saturating_sub(spared);
        let mut all: Vec<(u64, u64, Arc<Entry>)> = {
            let table = self.table();
            table
                .values()
                .map(|entry| (entry.progress().mark.offset, entry.born, Arc::clone(entry)))
                .collect()
        };
        all.sort_unstable_by_key(|(offset, born, _)| (*born >= young, *offset, *born));
        all.into_iter().find_map(|(_, _, entry)| Hold::take(entry))
    }

    fn get(&self, key: &Digest) -> Option<Arc<Entry>> {
        self.table().get(key).cloned()
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Digest, Arc<Entry>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload that is coming.
pub(crate) struct Entry {
    pub(crate) row: upload::Coming,
    born: u64,
    busy: AtomicBool,
    progress: Mutex<Progress>,
}

/// How far an upload has come.
pub(crate) struct Progress {
    /// What is durable.
    pub(crate) mark: Mark,
    /// The hash of these bytes, which may be behind, unless they came before the last start.
    pub(crate) hashed: Option<Hashed>,
    /// The room set aside.
    pub(crate) reservation: Reservation,
}

impl Entry {
    fn new(row: upload::Coming, mark: Mark, mut reservation: Reservation, born: u64) -> Self {
        reservation.set_arrived(mark.offset);
        let hashed = (mark.offset == 0).then(Hashed::new);
        let progress = Mutex::new(Progress { mark, hashed, reservation });
        Self { row, born, busy: AtomicBool::new(false), progress }
    }

    /// Returns how far it has come.
    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write to an upload, or to end it: one at a time.
pub(crate) struct Hold(pub(crate) Arc<Entry>);

impl Hold {
    /// Takes hold of an upload, unless somebody else has.
    fn take(entry: Arc<Entry>) -> Option<Self> {
        let free = entry.busy.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire);
        // Made only when it is held: dropping one gives the upload back.
        free.is_ok().then(|| Self(entry))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

impl LocalStore {
    pub(crate) fn begin_upload(&self, new: &NewUpload) -> Result<UploadId, StoreError> {
        while self.uploads.table().len() >= self.uploads.limit {
            self.end_held(&self.uploads.least().ok_or(StoreError::Busy)?)?;
        }
        self.room(new.length, Class::Large)?;
        let reservation = self.usage.of(new.agency)?.reserve(new.length, promised(new.length, 0))?;
        let (id, place) = (self.places.upload(), self.places.next());
        let row = upload::Coming {
            key: key_of(new.agency, &id),
            agency: new.agency,
            length: new.length,
            header: new.header,
            expires: new.expires,
            place,
        };
        let partial = self.uploads.files.create(place)?;
        let mark = Slots::new(new.length).lay(partial.file()?)?;
        let kept = self.uploads.files.keep(partial)?;
        let written =
            self.run(move |writer| writer.transaction(|transaction| upload::insert(transaction, &row)));
        if let Err(error) = written {
            kept.discard();
            return Err(error);
        }
        self.uploads.add(row, mark, reservation);
        Ok(id)
    }

    pub(crate) fn find_upload(
        &self,
        agency: AgencyKey,
        id: &UploadId,
        today: Day,
    ) -> Result<Option<UploadState>, StoreError> {
        let key = key_of(agency, id);
        let state = match self.uploads.get(&key) {
            Some(entry) => {
                let (length, expires) = (entry.row.length, entry.row.expires);
                Some(UploadState { length, offset: entry.progress().mark.offset, expires })
            }
            None => self.readers.read(|conn| upload::finished(conn, &key))?.map(|finished| {
                let length = unmasked(id, finished.masked_length);
                UploadState { length, offset: length, expires: finished.expires }
            }),
        };
        Ok(state.filter(|state| today < state.expires))
    }

    pub(crate) fn continue_upload(
        &self,
        agency: AgencyKey,
        id: &UploadId,
        today: Day,
    ) -> Result<Option<Box<dyn Resumed>>, StoreError> {
        let key = key_of(agency, id);
        let Some(hold) = self.hold(&key, today)? else { return Ok(None) };
        self.set_aside(&hold)?;
        let finished = upload::Finished {
            key,
            masked_length: masked(id, hold.0.row.length),
            expires: hold.0.row.expires,
        };
        let file = self.uploads.files.change(hold.0.row.place)?;
        let (uploads, reports) = (self.uploads.clone(), self.reports.clone());
        Ok(Some(Box::new(ResumedFile::new(uploads, reports, self.jobs()?, hold, finished, file))))
    }

    /// Takes hold of an upload that is coming.
    fn hold(&self, key: &Digest, today: Day) -> Result<Option<Hold>, StoreError> {
        let Some(entry) = self.uploads.get(key).filter(|entry| today < entry.row.expires) else {
            return Ok(None);
        };
        let hold = Hold::take(entry).ok_or(StoreError::Locked)?;
        // It may have ended, or become a report, since it was looked up.
        Ok(self.uploads.get(key).is_some().then_some(hold))
    }

    /// Sets the room for the next piece aside, and more the further the upload has come.
    fn set_aside(&self, hold: &Hold) -> Result<(), StoreError> {
        let mut progress = hold.0.progress();
        let (length, offset) = (hold.0.row.length, progress.mark.offset);
        let (promised, held) = (promised(length, offset), progress.reservation.length());
        let grown = self
            .room(promised.saturating_sub(held), Class::Large)
            .and_then(|()| progress.reservation.grow(promised));
        let needed = length.min(offset.saturating_add(MAX_PIECE));
        if progress.reservation.length() >= needed { Ok(()) } else { grown }
    }

    pub(crate) fn end_upload_of(
        &self,
        agency: AgencyKey,
        id: &UploadId,
        today: Day,
    ) -> Result<bool, StoreError> {
        let Some(hold) = self.hold(&key_of(agency, id), today)? else { return Ok(false) };
        self.end_held(&hold)?;
        Ok(true)
    }

    pub(crate) fn end_silent_uploads(&self) -> Result<u64, StoreError> {
        let uploads = &self.uploads;
        let before = uploads.mark.swap(uploads.births.load(Ordering::Relaxed), Ordering::Relaxed);
        let silent: Vec<_> = uploads.table().values().filter(|entry| entry.born < before).cloned().collect();
        let mut ended = 0;
        for hold in silent.into_iter().filter_map(Hold::take) {
            let nothing = hold.0.progress().mark.offset == 0;
            if nothing && uploads.get(&hold.0.row.key).is_some() {
                self.end_held(&hold)?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Ends an upload that is held.
    fn end_held(&self, hold: &Hold) -> Result<(), StoreError> {
        let (key, place) = (hold.0.row.key, hold.0.row.place);
        self.run(move |writer| writer.transaction(|transaction| upload::delete(transaction, &key)))?;
        self.uploads.forget(&key);
        self.uploads.files.remove(place);
        Ok(())
    }

    pub(crate) fn end_expired_uploads(&self, today: Day) -> Result<u64, StoreError> {
        let mut ended = 0;
        let mut after: Option<Digest> = None;
        loop {
            let expired = self.readers.read(|conn| upload::expired(conn, today, after.as_ref(), BATCH))?;
            let Some((last, _)) = expired.last() else { break };
            after = Some(*last);
            for (key, place) in expired {
                ended += u64::from(self.end_expired(key, place)?);
            }
        }
        self.run(move |writer| {
            writer.transaction(|transaction| upload::forget_finished(transaction, today))
        })?;
        Ok(ended)
    }

    /// Ends one upload, unless somebody is writing to it at this moment.
    fn end_expired(&self, key: Digest, place: Place) -> Result<bool, StoreError> {
        let hold = match self.uploads.get(&key).map(Hold::take) {
            Some(None) => return Ok(false),
            Some(hold) => hold,
            None => None,
        };
        self.run(move |writer| writer.transaction(|transaction| upload::delete(transaction, &key)))?;
        self.uploads.forget(&key);
        self.uploads.files.remove(place);
        drop(hold);
        Ok(true)
    }

    /// Finds the uploads that an agency had before the start.
    pub(crate) fn recover_uploads(&self, agency: AgencyKey) -> Result<(), StoreError> {
        for row in self.readers.read(|conn| upload::of_agency(conn, agency))? {
            if self.uploads.get(&row.key).is_some() {
                continue;
            }
            let Some(mark) = self.uploads.reopen(&self.reports, &row)? else { continue };
            let reservation = self.usage.of(agency)?.reserve_again(promised(row.length, mark.offset));
            self.uploads.add(row, mark, reservation);
        }
        Ok(())
    }
}

/// Puts a file that did not become a report back among the uploads, as far as it had come before.
pub(crate) fn put_back(
    uploads: &Uploads,
    reports: &Files,
    entry: &Entry,
    file: &File,
) -> Result<(), StoreError> {
    let place = entry.row.place;
    if !uploads.files.holds(place) {
        drop(uploads.files.take_over(file, reports, place)?);
    }
    let slots = Slots::new(entry.row.length);
    // While the slots are there, the present one holds.
    if !slots.are_in(file)? {
        let mut progress = entry.progress();
        progress.mark = slots.lay_behind(file, progress.mark.offset)?;
    }
    Ok(())
}

/// Returns the room that is set aside for an upload of which so much has come.
///
/// It grows with what is there: who sends nothing takes no room from others.
fn promised(length: u64, offset: u64) -> u64 {
    length.min(offset.saturating_mul(8).saturating_add(2 * MAX_PIECE))
}

/// Returns the key of an upload: the id itself is kept nowhere.
fn key_of(agency: AgencyKey, id: &UploadId) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(b"bisik/upload-key/1\n");
    hasher.update(&agency.0.to_be_bytes());
    hasher.update(id.as_bytes());
    hasher.finish()
}

/// Hides a length from everybody who does not know the id.
fn masked(id: &UploadId, length: u64) -> [u8; 8] {
    let mut hasher = Hasher::new();
    hasher.update(b"bisik/upload-length/1\n");
    hasher.update(id.as_bytes());
    let mut bytes = length.to_be_bytes();
    bytes.iter_mut().zip(hasher.finish().as_bytes()).for_each(|(byte, mask)| *byte ^= mask);
    bytes
}

fn unmasked(id: &UploadId, bytes: [u8; 8]) -> u64 {
    u64::from_be_bytes(masked(id, u64::from_be_bytes(bytes)))
}
