//! The one thread that writes the database: whoever waits at the same time shares one `fsync`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use bisik_formats::day::Day;
use bisik_formats::ids::ReportId;
use bisik_formats::upload::UploadId;
use rand::CryptoRng;
use rand::seq::SliceRandom;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::files::{Files, Place};
use crate::tables::{acknowledgement, content, report, tally, upload};
use crate::usage::{DayCount, UsageTable};
use crate::wiper::overwrite;
use crate::{Accepted, AgencyKey, Class, Done, NewReport, StoreError};

/// The most reports in one transaction.
const GROUP: usize = 128;

/// The most sealed bytes in one transaction.
const GROUP_BYTES: u64 = 8 << 20;

/// Bytes of the log that deleting one report takes, with the pages of the tables around it.
const LOG_PER_REPORT: u64 = 256 * 1024;

/// Work for the writing thread.
pub(crate) enum Job {
    /// A report to be stored together with others.
    Insert(Insert),
    /// Anything else, alone.
    Run(Box<dyn FnOnce(&mut Writer) + Send>),
}

/// A report that waits to be stored.
pub(crate) struct Insert {
    pub(crate) report: NewReport,
    pub(crate) length: u64,
    pub(crate) content: Content,
    pub(crate) upload: Option<upload::Finished>,
    pub(crate) done: Done,
}

/// Where the sealed bytes of a waiting report are.
pub(crate) enum Content {
    /// In memory, to be stored in the database.
    Bytes(Vec<u8>),
    /// In a durable file.
    File(Place),
}

/// Gives out random places and names.
pub(crate) struct Places(Mutex<Box<dyn CryptoRng + Send>>);

impl Places {
    /// Takes the source of randomness.
    pub(crate) fn new(rng: Box<dyn CryptoRng + Send>) -> Self {
        Self(Mutex::new(rng))
    }

    /// Returns a new place.
    pub(crate) fn next(&self) -> Place {
        Place::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).next_u64())
    }

    /// Puts values into random order.
    pub(crate) fn shuffle<T>(&self, values: &mut [T]) {
        values.shuffle(&mut **self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns the id of a new upload.
    pub(crate) fn upload(&self) -> UploadId {
        let mut bytes = [0; 16];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        UploadId::from_bytes(bytes)
    }
}

/// The writing end of the database.
pub(crate) struct Writer {
    pub(crate) conn: Connection,
    pub(crate) places: Arc<Places>,
    pub(crate) usage: Arc<UsageTable>,
    pub(crate) files: Files,
}

impl Writer {
    /// Works until every sender is gone, then empties the write-ahead log.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| jobs.recv().ok()) {
            match job {
                Job::Run(work) => work(&mut self),
                Job::Insert(first) => {
                    let group;
                    (group, next) = gather(first, jobs);
                    self.store(group);
                }
            }
        }
        // The log is valid as it is; a failure here only leaves it to the next start.
        let _emptied = self.empty_log();
    }

    /// Moves the write-ahead log into the database file, overwrites it and cuts it to nothing; false while a reader is
    /// in the way.
    pub(crate) fn empty_log(&self) -> Result<bool, StoreError> {
        let checkpoint = |mode: &str| {
            self.conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get::<_, i64>(0))
        };
        // From here on all is durable in the database file, nobody reads the log, and only this thread writes to it:
        // who begins to read finds the log used up.
        if checkpoint("RESTART")? != 0 {
            return Ok(false);
        }
        if let Some(path) = self.conn.path() {
            // SQLite would cut it as it is, and leave deleted rows to the free blocks of the disk.
            let log = OpenOptions::new().write(true).open(format!("{path}-wal"))?;
            overwrite(&log, &mut |_| true)?;
        }
        Ok(checkpoint("TRUNCATE")? == 0)
    }

    /// Runs `work` in one transaction.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Deletes reports with everything about them.
    pub(crate) fn delete(&mut self, agency: AgencyKey, ids: &[ReportId]) -> Result<u64, StoreError> {
        self.for_reports(agency, ids, &|transaction, id| delete_one(transaction, agency, id))
    }

    /// Does something with each report that may delete it; returns how many were deleted.
    ///
    /// Deleting overwrites, so it takes room in the log first. On a full disk it goes one by one, with an empty log
    /// in between: making room must always be possible. A large attempt that fails would leave the log as large as
    /// the disk, with no room left to empty it, so the room is looked at before.
    pub(crate) fn for_reports(
        &mut self,
        agency: AgencyKey,
        ids: &[ReportId],
        work: &impl Fn(&Transaction<'_>, &ReportId) -> Result<Option<report::Stored>, StoreError>,
    ) -> Result<u64, StoreError> {
        let wanted = LOG_PER_REPORT.saturating_mul(u64::try_from(ids.len()).unwrap_or(u64::MAX));
        if self.files.free()? >= wanted {
            return self.together(agency, ids, work);
        }
        let mut deleted = 0;
        for id in ids {
            // When even this finds no room, the deletion may still fit into the log as it is.
            let _emptied = self.empty_log();
            deleted += self.together(agency, std::slice::from_ref(id), work)?;
        }
        Ok(deleted)
    }

    fn together(
        &mut self,
        agency: AgencyKey,
        ids: &[ReportId],
        work: &impl Fn(&Transaction<'_>, &ReportId) -> Result<Option<report::Stored>, StoreError>,
    ) -> Result<u64, StoreError> {
        let gone = self.transaction(|transaction| {
            let gone: Result<Vec<_>, _> = ids.iter().map(|id| work(transaction, id)).collect();
            Ok(gone?.into_iter().flatten().collect::<Vec<_>>())
        })?;
        self.forget(agency, &gone)
    }

    /// Tells counters and files about deleted reports, after the deletion is durable.
    fn forget(&self, agency: AgencyKey, gone: &[report::Stored]) -> Result<u64, StoreError> {
        let usage = self.usage.of(agency)?;
        for stored in gone {
            usage.remove(stored.day, stored.length);
            if stored.in_file {
                self.files.remove(stored.place);
            }
        }
        Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
    }

    /// Stores a group and tells everyone in it.
    fn store(&mut self, group: Vec<Insert>) {
        match self.insert(&group) {
            Ok(results) => group.into_iter().zip(results).for_each(|(insert, result)| (insert.done)(result)),
            // What does not fit together may fit one by one, once the log has given its room back.
            Err(StoreError::DiskFull) if group.len() > 1 => {
                let _emptied = self.empty_log();
                group.into_iter().for_each(|insert| self.store(vec![insert]));
            }
            Err(error) => group.into_iter().for_each(|insert| (insert.done)(Err(error.clone()))),
        }
    }

    fn insert(&mut self, group: &[Insert]) -> Result<Vec<Result<Accepted, StoreError>>, StoreError> {
        let places = Arc::clone(&self.places);
        let usage = Arc::clone(&self.usage);
        let mut more: BTreeMap<(AgencyKey, Day), DayCount> = BTreeMap::new();
        let results = self.transaction(|transaction| {
            let mut results = Vec::with_capacity(group.len());
            for insert in group {
                let taken = more.iter().filter(|((agency, _), _)| *agency == insert.report.agency);
                let taken = taken.map(|(_, count)| count.bytes).sum();
                let result = insert_one(transaction, insert, &places, &usage, taken);
                match result {
                    Ok(Accepted::New) => {
                        let count = more.entry((insert.report.agency, insert.report.day)).or_default();
                        count.reports += 1;
                        count.bytes = count.bytes.saturating_add(insert.length);
                    }
                    Ok(Accepted::AlreadyStored) | Err(StoreError::QuotaFull | StoreError::UnknownAgency) => {}
                    Err(error) => return Err(error),
                }
                results.push(result);
            }
            for ((agency, day), count) in &more {
                tally::add(transaction, *agency, *day, *count)?;
            }
            Ok(results)
        })?;
        for ((agency, day), count) in more {
            usage.of(agency)?.add(day, count);
        }
        Ok(results)
    }
}

/// Has the writing thread do something and waits for it.
pub(crate) fn run_on<T: Send + 'static>(
    jobs: &SyncSender<Job>,
    work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (answer, answered) = sync_channel(1);
    let job = Job::Run(Box::new(move |writer| {
        // Nobody may be waiting any more: the work counts all the same.
        let _sent = answer.send(work(writer));
    }));
    jobs.send(job).map_err(|_| StoreError::Closed)?;
    answered.recv().map_err(|_| StoreError::Closed)?
}

/// Removes a report's rows; returns where it was.
pub(crate) fn delete_one(
    transaction: &Connection,
    agency: AgencyKey,
    id: &ReportId,
) -> Result<Option<report::Stored>, StoreError> {
    let Some(stored) = report::get(transaction, agency, id)? else { return Ok(None) };
    report::delete(transaction, agency, id)?;
    acknowledgement::delete(transaction, agency, id)?;
    tally::remove(transaction, agency, stored.day, stored.length)?;
    if !stored.in_file {
        content::delete(transaction, stored.place)?;
    }
    Ok(Some(stored))
}

fn insert_one(
    transaction: &Transaction<'_>,
    insert: &Insert,
    places: &Places,
    usage: &UsageTable,
    taken: u64,
) -> Result<Accepted, StoreError> {
    let usage = usage.of(insert.report.agency)?;
    let (place, in_file) = match &insert.content {
        Content::Bytes(_) => (places.next(), false),
        Content::File(place) => (*place, true),
    };
    if let Some(upload) = &insert.upload {
        upload::finish(transaction, upload)?;
    }
    if report::get(transaction, insert.report.agency, &insert.report.id)?.is_some() {
        return Ok(Accepted::AlreadyStored);
    }
    if let Content::Bytes(sealed) = &insert.content {
        usage.admit(insert.length.saturating_add(taken), Class::Text)?;
        content::insert(transaction, place, sealed)?;
    }
    report::insert(transaction, &insert.report, insert.length, place, in_file)?;
    Ok(Accepted::New)
}

/// Takes what else is waiting; returns the job that is not a report and came after them.
fn gather(first: Insert, jobs: &Receiver<Job>) -> (Vec<Insert>, Option<Job>) {
    let mut bytes = first.length;
    let mut group = vec![first];
    while group.len() < GROUP && bytes < GROUP_BYTES {
        match jobs.try_recv() {
            Ok(Job::Insert(insert)) => {
                bytes = bytes.saturating_add(insert.length);
                group.push(insert);
            }
            Ok(other) => return (group, Some(other)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
    }
    (group, None)
}
