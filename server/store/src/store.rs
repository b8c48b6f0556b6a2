//! The one border between the server and the place where things are kept.

use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{AgencyId, DeskId, Digest, ReportId};
use bisik_formats::upload::UploadId;

use crate::{
    AgencyKey, CardOutcome, Class, DeskActivity, DiskState, Done, EditionOutcome, Listed, Maintained,
    NewCard, NewEdition, NewReport, NewUpload, Period, Plan, Quota, Reconciled, Sealed, StoreError,
    StoredCard, StoredEdition, UploadState, Usage,
};

/// A place that keeps reports, editions and cards durably.
///
/// Every method but [`Store::admit`], [`Store::accept_text`] and [`Store::usage`] may block on the disk.
pub trait Store: Send + Sync + 'static {
    /// Makes an agency known and sets its quota.
    ///
    /// # Errors
    /// When the disk fails.
    fn register(&self, id: &AgencyId, quota: Quota) -> Result<AgencyKey, StoreError>;

    /// Tells whether a report of this sealed length would have room now.
    ///
    /// # Errors
    /// [`StoreError::QuotaFull`] or [`StoreError::DiskFull`] when it would not.
    fn admit(&self, agency: AgencyKey, length: u64, class: Class) -> Result<(), StoreError>;

    /// Queues a text report and calls `done` once it is durable or has failed.
    ///
    /// Reports that wait at the same time share one transaction and one `fsync`.
    fn accept_text(&self, report: NewReport, sealed: Vec<u8>, done: Done);

    /// Begins a large report of exactly `length` bytes.
    ///
    /// # Errors
    /// When there is no room for it or the file cannot be made.
    fn stage(&self, agency: AgencyKey, length: u64) -> Result<Box<dyn Staged>, StoreError>;

    /// Begins a resumable upload and returns its random id.
    ///
    /// # Errors
    /// When there is no room for it, too many are open, or the disk fails.
    fn create_upload(&self, upload: &NewUpload) -> Result<UploadId, StoreError>;

    /// Returns how far an upload has come; `None` when it is unknown or its time is over on this day.
    ///
    /// # Errors
    /// When the disk fails.
    fn upload(&self, agency: AgencyKey, id: &UploadId, day: Day) -> Result<Option<UploadState>, StoreError>;

    /// Takes hold of an unfinished upload for a piece; `None` as above, and when it has become a report.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while somebody else holds it, or when there is no room for a piece or the disk fails.
    fn resume_upload(
        &self,
        agency: AgencyKey,
        id: &UploadId,
        day: Day,
    ) -> Result<Option<Box<dyn Resumed>>, StoreError>;

    /// Ends an unfinished upload, nothing of which stays; false when it is unknown or has become a report.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while somebody holds it, or when the disk fails.
    fn end_upload(&self, agency: AgencyKey, id: &UploadId, day: Day) -> Result<bool, StoreError>;

    /// Ends the uploads that are older than the last call and of which nothing has come; returns how many.
    ///
    /// # Errors
    /// When the disk fails.
    fn drop_silent_uploads(&self) -> Result<u64, StoreError>;

    /// Ends the uploads whose time is over on this day; returns how many were unfinished.
    ///
    /// # Errors
    /// When the disk fails.
    fn expire_uploads(&self, today: Day) -> Result<u64, StoreError>;

    /// Returns up to `limit` reports that are ready at `now`, ascending by id, after `after`.
    ///
    /// # Errors
    /// When the disk fails.
    fn list(
        &self,
        agency: AgencyKey,
        after: Option<&ReportId>,
        now: Period,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError>;

    /// Returns a report that is ready at `now`.
    ///
    /// # Errors
    /// When the disk fails.
    fn read(&self, agency: AgencyKey, id: &ReportId, now: Period) -> Result<Option<Sealed>, StoreError>;

    /// Notes that `desk` holds the reports `ids`, and deletes those that all of `desks` hold now.
    ///
    /// Returns how many were deleted. Unknown ids are passed over.
    ///
    /// # Errors
    /// When the disk fails; then nothing is noted.
    fn acknowledge(
        &self,
        agency: AgencyKey,
        desk: &DeskId,
        ids: &[ReportId],
        desks: &[DeskId],
        today: Day,
    ) -> Result<u64, StoreError>;

    /// Makes a card current if its serial is above the present one, and drops editions of desks it lacks.
    ///
    /// # Errors
    /// When the disk fails.
    fn put_card(&self, agency: AgencyKey, card: &NewCard<'_>) -> Result<CardOutcome, StoreError>;

    /// Returns the current card.
    ///
    /// # Errors
    /// When the disk fails.
    fn card(&self, agency: AgencyKey) -> Result<Option<StoredCard>, StoreError>;

    /// Makes an edition current if its number is above the present one, keeping the present one beside it.
    ///
    /// # Errors
    /// When the disk fails.
    fn put_edition(&self, agency: AgencyKey, edition: &NewEdition<'_>) -> Result<EditionOutcome, StoreError>;

    /// Returns the current and former editions of all desks.
    ///
    /// # Errors
    /// When the disk fails.
    fn editions(&self, agency: AgencyKey) -> Result<Vec<StoredEdition>, StoreError>;

    /// Returns the body of a stored edition.
    ///
    /// # Errors
    /// When the disk fails.
    fn edition_body(
        &self,
        agency: AgencyKey,
        desk: &DeskId,
        number: EditionNumber,
    ) -> Result<Option<Sealed>, StoreError>;

    /// Returns the counts of an agency for the days before `before`, without touching the disk.
    ///
    /// # Errors
    /// [`StoreError::UnknownAgency`] for a key of another store.
    fn usage(&self, agency: AgencyKey, before: Day) -> Result<Usage, StoreError>;

    /// Returns the last sign of life of every desk that ever acknowledged.
    ///
    /// # Errors
    /// When the disk fails.
    fn desks(&self, agency: AgencyKey) -> Result<Vec<DeskActivity>, StoreError>;

    /// Returns the room on the disk.
    ///
    /// # Errors
    /// When the file system does not answer.
    fn disk(&self) -> Result<DiskState, StoreError>;

    /// Ends retention, tidies, and rewrites the database in random order; to be called once a day.
    ///
    /// # Errors
    /// When the disk fails.
    fn maintain(&self, plan: &Plan) -> Result<Maintained, StoreError>;

    /// Compares files with rows, removes what no row names and counts what is missing.
    ///
    /// # Errors
    /// When the disk fails.
    fn reconcile(&self) -> Result<Reconciled, StoreError>;

    /// Waits until the files removed so far are overwritten and gone, but for those that somebody is reading.
    fn finish_removals(&self);

    /// Finishes what is queued and closes; later calls answer [`StoreError::Closed`].
    fn close(&self);
}

/// A large report that is being received; dropping it leaves nothing behind.
pub trait Staged: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`StoreError::Length`] beyond the announced length, or when the disk fails.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Returns the id that the report has if nothing more comes.
    fn id(&self) -> ReportId;

    /// Makes the report durable under the SHA-256 of its bytes and then calls `done`.
    fn commit(self: Box<Self>, day: Day, ready: Period, done: Done);
}

/// A resumable upload in the hands of its one writer; dropping it forgets what was written since it was taken.
pub trait Resumed: Send {
    /// Returns the length of the whole upload.
    fn length(&self) -> u64;

    /// Returns where the next byte goes.
    fn offset(&self) -> u64;

    /// Returns what SHA-256 of the header must be.
    fn header(&self) -> Digest;

    /// Takes the next bytes, of at most one piece in all.
    ///
    /// # Errors
    /// [`StoreError::Length`] beyond the end of the upload or of a piece, or when the disk fails; then what was written
    /// since it was taken is forgotten.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Returns the first `count` bytes of the upload.
    ///
    /// # Errors
    /// When there are not as many, or the disk fails.
    fn first(&self, count: usize) -> Result<Vec<u8>, StoreError>;

    /// Makes durable what was written and returns the new offset; a piece that completes the upload is forgotten.
    ///
    /// # Errors
    /// When the disk fails; then the upload is as it was before.
    fn keep(self: Box<Self>) -> Result<u64, StoreError>;

    /// Makes the complete upload a report under the SHA-256 of its bytes and then calls `done`.
    ///
    /// When that fails, the upload is as it was before.
    fn finish(self: Box<Self>, day: Day, ready: Period, done: Done);

    /// Ends the upload: nothing of it stays.
    ///
    /// # Errors
    /// When the disk fails.
    fn end(self: Box<Self>) -> Result<(), StoreError>;
}
