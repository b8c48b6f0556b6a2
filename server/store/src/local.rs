//! SQLite and files on the disk of this machine.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{AgencyId, DeskId, Hasher, ReportId};
use bisik_formats::upload::UploadId;
use rand::CryptoRng;
use rustix::fs::{FlockOperation, flock, statvfs};

use crate::files::{Files, make_folder, sync_folder};
use crate::readers::Readers;
use crate::rewrite::REWRITTEN;
use crate::staged::{StagedFile, refuse};
use crate::tables::{self, acknowledgement, agency, card, content, desk, edition, report, tally};
use crate::uploads::Uploads;
use crate::usage::UsageTable;
use crate::wiper::Wiper;
use crate::writer::{Content, Insert, Job, Places, Writer, delete_one, run_on};
use crate::{
    AgencyKey, CardOutcome, Class, DeskActivity, DiskReserve, DiskState, Done, EditionOutcome, Listed,
    Maintained, NewCard, NewEdition, NewReport, NewUpload, Period, Plan, Quota, Reconciled, Resumed, Sealed,
    Settings, Staged, Store, StoreError, StoredCard, StoredEdition, UploadState, Usage,
};

/// Ids handled in one transaction, so that arriving reports do not wait long for an acknowledgement.
pub(crate) const BATCH: usize = 128;

/// The store on the local disk.
pub struct LocalStore {
    pub(crate) folder: PathBuf,
    pub(crate) reports: Files,
    pub(crate) bodies: Files,
    pub(crate) uploads: Uploads,
    pub(crate) readers: Readers,
    pub(crate) usage: Arc<UsageTable>,
    pub(crate) rewrite_limit: u64,
    pub(crate) places: Arc<Places>,
    pub(crate) wiper: Wiper,
    disk: DiskReserve,
    jobs: RwLock<Option<SyncSender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    _lock: File,
}

impl LocalStore {
    /// Opens or makes the data folder, and removes what an interrupted upload left there.
    ///
    /// # Errors
    /// When another process holds it, the schema is unknown, or the disk fails.
    pub fn open(settings: Settings, rng: impl CryptoRng + Send + 'static) -> Result<Self, StoreError> {
        let folder = settings.folder;
        make_folder(&folder)?;
        let lock = lock(&folder)?;
        let wiper = Wiper::start()?;
        let reports = Files::open(folder.join("reports"), wiper.clone())?;
        let bodies = Files::open(folder.join("editions"), wiper.clone())?;
        let uploads = Files::open(folder.join("uploads"), wiper.clone())?;
        wiper.remove(folder.join(REWRITTEN), None);
        let path = folder.join("bisik.sqlite");
        let empty = reports.places()?.is_empty() && uploads.places()?.is_empty();
        if !path.exists() && !empty {
            return Err(StoreError::FilesWithoutDatabase);
        }
        // SQLite would make it readable for everybody; its log files take over the mode of the database.
        drop(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?);
        sync_log(&path)?;
        let conn = tables::open_writer(&path, settings.disk.floor_bytes)?;
        sync_folder(&folder)?;
        let places = Arc::new(Places::new(Box::new(rng)));
        let usage = Arc::<UsageTable>::default();
        let writer =
            Writer { conn, places: Arc::clone(&places), usage: Arc::clone(&usage), files: reports.clone() };
        let (jobs, waiting) = sync_channel(settings.queue);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&waiting))?;
        Ok(Self {
            folder,
            reports,
            bodies,
            uploads: Uploads::new(uploads, settings.uploads)?,
            readers: Readers::new(path),
            usage,
            rewrite_limit: settings.rewrite_limit,
            places,
            wiper,
            disk: settings.disk,
            jobs: RwLock::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
            _lock: lock,
        })
    }

    /// Has the writing thread do something and waits for it.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        run_on(&self.jobs()?, work)
    }

    pub(crate) fn jobs(&self) -> Result<SyncSender<Job>, StoreError> {
        self.jobs.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)
    }

    fn read_once(&self, agency: AgencyKey, id: &ReportId, now: Period) -> Result<Option<Sealed>, StoreError> {
        self.readers.read(|conn| {
            let stored = report::get(conn, agency, id)?.filter(|stored| stored.ready <= now);
            let Some(stored) = stored else { return Ok(None) };
            if !stored.in_file {
                return Ok(content::get(conn, stored.place)?.map(Sealed::Bytes));
            }
            let (file, length) = self.reports.read(stored.place)?;
            Ok(Some(Sealed::File { file, length }))
        })
    }

    pub(crate) fn room(&self, length: u64, class: Class) -> Result<(), StoreError> {
        let disk = statvfs(&self.folder)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let (keep, inodes) = match class {
            Class::Text => (self.disk.floor_bytes, 0),
            Class::Large => (self.disk.bytes, self.disk.inodes),
        };
        let coming = if class == Class::Large { self.usage.to_come() } else { 0 };
        let wanted = keep.saturating_add(coming).saturating_add(length);
        // A file system that counts no inodes says that it has none at all.
        let inodes_fit = disk.f_files == 0 || disk.f_favail > inodes;
        if free >= wanted && inodes_fit { Ok(()) } else { Err(StoreError::DiskFull) }
    }
}

/// Makes the write-ahead log durable as it was found.
///
/// A process that was killed may have left its last report in memory only. From now on it looks like any other, and who
/// sends it again is told that it is stored.
fn sync_log(database: &Path) -> Result<(), StoreError> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    match File::open(log) {
        Ok(log) => Ok(log.sync_all()?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Takes a data folder for this process alone, until the file is dropped.
pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| StoreError::InUse)?;
    Ok(lock)
}

impl Store for LocalStore {
    fn register(&self, id: &AgencyId, quota: Quota) -> Result<AgencyKey, StoreError> {
        let id = *id;
        let key = self.run(move |writer| {
            let key = writer.transaction(|transaction| agency::key(transaction, &id))?;
            writer.usage.register(key, quota, tally::days(&writer.conn, key)?);
            Ok(key)
        })?;
        self.recover_uploads(key)?;
        Ok(key)
    }

    fn admit(&self, agency: AgencyKey, length: u64, class: Class) -> Result<(), StoreError> {
        self.usage.of(agency)?.admit(length, class)?;
        self.room(length, class)
    }

    fn accept_text(&self, report: NewReport, sealed: Vec<u8>, done: Done) {
        let length = u64::try_from(sealed.len()).unwrap_or(u64::MAX);
        let insert = Insert { report, length, content: Content::Bytes(sealed), upload: None, done };
        let jobs = match self.jobs() {
            Ok(jobs) => jobs,
            Err(error) => return refuse(Job::Insert(insert), error),
        };
        match jobs.try_send(Job::Insert(insert)) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => refuse(job, StoreError::Busy),
            Err(TrySendError::Disconnected(job)) => refuse(job, StoreError::Closed),
        }
    }

    fn stage(&self, agency: AgencyKey, length: u64) -> Result<Box<dyn Staged>, StoreError> {
        self.room(length, Class::Large)?;
        let reservation = self.usage.of(agency)?.reserve(length, length)?;
        Ok(Box::new(StagedFile {
            agency,
            files: self.reports.clone(),
            partial: self.reports.create(self.places.next())?,
            hasher: Hasher::new(),
            announced: length,
            written: 0,
            reservation,
            jobs: self.jobs()?,
        }))
    }

    fn create_upload(&self, upload: &NewUpload) -> Result<UploadId, StoreError> {
        self.begin_upload(upload)
    }

    fn upload(&self, agency: AgencyKey, id: &UploadId, day: Day) -> Result<Option<UploadState>, StoreError> {
        self.find_upload(agency, id, day)
    }

    fn resume_upload(
        &self,
        agency: AgencyKey,
        id: &UploadId,
        day: Day,
    ) -> Result<Option<Box<dyn Resumed>>, StoreError> {
        self.continue_upload(agency, id, day)
    }

    fn end_upload(&self, agency: AgencyKey, id: &UploadId, day: Day) -> Result<bool, StoreError> {
        self.end_upload_of(agency, id, day)
    }

    fn drop_silent_uploads(&self) -> Result<u64, StoreError> {
        self.end_silent_uploads()
    }

    fn expire_uploads(&self, today: Day) -> Result<u64, StoreError> {
        self.end_expired_uploads(today)
    }

    fn list(
        &self,
        agency: AgencyKey,
        after: Option<&ReportId>,
        now: Period,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        self.readers.read(|conn| report::list(conn, agency, after, now, limit))
    }

    fn read(&self, agency: AgencyKey, id: &ReportId, now: Period) -> Result<Option<Sealed>, StoreError> {
        match self.read_once(agency, id, now) {
            // The daily maintenance may have moved the file, or it was deleted, between row and file.
            Err(StoreError::File(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                self.read_once(agency, id, now)
            }
            result => result,
        }
    }

    fn acknowledge(
        &self,
        agency: AgencyKey,
        desk: &DeskId,
        ids: &[ReportId],
        desks: &[DeskId],
        today: Day,
    ) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for ids in ids.chunks(BATCH) {
            let (desk, ids, desks) = (desk.clone(), ids.to_vec(), desks.to_vec());
            deleted += self.run(move |writer| {
                writer.for_reports(agency, &ids, &|transaction, id| {
                    if report::get(transaction, agency, id)?.is_none() {
                        return Ok(None);
                    }
                    acknowledgement::insert(transaction, agency, id, &desk)?;
                    if !acknowledgement::complete(transaction, agency, id, &desks)? {
                        return Ok(None);
                    }
                    delete_one(transaction, agency, id)
                })
            })?;
        }
        // Also an empty acknowledgement is a sign of life.
        let desk = desk.clone();
        self.run(move |writer| {
            writer.transaction(|transaction| desk::seen(transaction, agency, &desk, today))
        })?;
        Ok(deleted)
    }

    fn put_card(&self, agency: AgencyKey, card: &NewCard<'_>) -> Result<CardOutcome, StoreError> {
        let (serial, hash, bundle) = (card.serial, card.hash, card.bundle.to_vec());
        let (desks, old_shape_until) = (card.desks.to_vec(), card.old_shape_until);
        let (outcome, gone) = self.run(move |writer| {
            writer.transaction(|transaction| {
                if let Some(current) = card::current(transaction, agency)? {
                    if current.bundle == bundle {
                        return Ok((CardOutcome::Same, Vec::new()));
                    }
                    if current.serial >= serial {
                        return Ok((CardOutcome::NotNewer, Vec::new()));
                    }
                }
                let card = NewCard { serial, hash, bundle: &bundle, desks: &desks, old_shape_until };
                card::replace(transaction, agency, &card)?;
                Ok((CardOutcome::Current, edition::keep_only(transaction, agency, &desks)?))
            })
        })?;
        for place in gone {
            self.bodies.remove(place);
        }
        Ok(outcome)
    }

    fn card(&self, agency: AgencyKey) -> Result<Option<StoredCard>, StoreError> {
        self.readers.read(|conn| card::get(conn, agency))
    }

    fn put_edition(&self, agency: AgencyKey, edition: &NewEdition<'_>) -> Result<EditionOutcome, StoreError> {
        let mut partial = self.bodies.create(self.places.next())?;
        partial.write(edition.body)?;
        let kept = self.bodies.keep(partial)?;
        let place = kept.place();
        let (desk, number, header) = (edition.desk.clone(), edition.number, edition.header.to_vec());
        let length = edition.body.len();
        let result = self.run(move |writer| {
            writer.transaction(|transaction| {
                if let Some((current, current_header)) = edition::current(transaction, agency, &desk)? {
                    let outcome = match number.cmp(&current) {
                        std::cmp::Ordering::Greater => None,
                        std::cmp::Ordering::Less => Some(EditionOutcome::Older),
                        std::cmp::Ordering::Equal if header == current_header => Some(EditionOutcome::Same),
                        std::cmp::Ordering::Equal => Some(EditionOutcome::Forked),
                    };
                    if let Some(outcome) = outcome {
                        return Ok((outcome, None));
                    }
                }
                let row = edition::Row { desk: &desk, number, header: &header, place, length };
                let gone = edition::replace(transaction, agency, &row)?;
                Ok((EditionOutcome::Current, gone))
            })
        });
        match result {
            Ok((EditionOutcome::Current, gone)) => {
                drop(kept);
                if let Some(place) = gone {
                    self.bodies.remove(place);
                }
                Ok(EditionOutcome::Current)
            }
            Ok((outcome, _)) => {
                kept.discard();
                Ok(outcome)
            }
            Err(error) => {
                kept.discard();
                Err(error)
            }
        }
    }

    fn editions(&self, agency: AgencyKey) -> Result<Vec<StoredEdition>, StoreError> {
        self.readers.read(|conn| edition::all(conn, agency))
    }

    fn edition_body(
        &self,
        agency: AgencyKey,
        desk: &DeskId,
        number: EditionNumber,
    ) -> Result<Option<Sealed>, StoreError> {
        self.readers.read(|conn| {
            let Some(place) = edition::place(conn, agency, desk, number)? else { return Ok(None) };
            let (file, length) = self.bodies.read(place)?;
            Ok(Some(Sealed::File { file, length }))
        })
    }

    fn usage(&self, agency: AgencyKey, before: Day) -> Result<Usage, StoreError> {
        Ok(self.usage.of(agency)?.totals(before))
    }

    fn desks(&self, agency: AgencyKey) -> Result<Vec<DeskActivity>, StoreError> {
        self.readers.read(|conn| desk::all(conn, agency))
    }

    fn disk(&self) -> Result<DiskState, StoreError> {
        let disk = statvfs(&self.folder)?;
        Ok(DiskState {
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            free_inodes: (disk.f_files != 0).then_some(disk.f_favail),
            low: self.room(0, Class::Large).is_err(),
        })
    }

    fn maintain(&self, plan: &Plan) -> Result<Maintained, StoreError> {
        self.maintain_all(plan)
    }

    fn reconcile(&self) -> Result<Reconciled, StoreError> {
        self.reconcile_all()
    }

    fn finish_removals(&self) {
        self.wiper.wait();
    }

    fn close(&self) {
        drop(self.jobs.write().unwrap_or_else(PoisonError::into_inner).take());
        self.readers.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the thread has been reported by its own hook.
            let _ended = thread.join();
        }
        self.wiper.close();
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        self.close();
    }
}
