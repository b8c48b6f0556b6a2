//! Values that go into and come out of the store.

use std::fs::File;

use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{DeskId, Digest, ReportId};

use crate::StoreError;

/// A registered agency, as a small number that is valid for one opened store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgencyKey(pub(crate) i64);

/// A batch period, as the UTC hour (since 1970) from which a report may be given to the courier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(u32);

impl Period {
    /// The period of reports that are given out at once.
    pub const AT_ONCE: Self = Self(0);

    /// Returns the period that begins with this UTC hour since 1970.
    pub fn from_hour(hour: u32) -> Self {
        Self(hour)
    }

    /// Returns the UTC hour since 1970.
    pub fn hour(self) -> u32 {
        self.0
    }
}

/// How much an agency may store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of all sealed reports together.
    pub bytes: u64,
    /// The part of `bytes` that only text reports may use.
    pub text_reserve: u64,
}

/// The two kinds of room: evidence must leave some for text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A text report: it may use the reserve.
    Text,
    /// A report with evidence, kept as a file.
    Large,
}

/// A report about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewReport {
    /// For whom.
    pub agency: AgencyKey,
    /// SHA-256 of the sealed bytes.
    pub id: ReportId,
    /// The UTC day, for retention.
    pub day: Day,
    /// From when on the courier may have it.
    pub ready: Period,
}

/// What became of a report: both mean that it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It was not there before.
    New,
    /// The same bytes were there already.
    AlreadyStored,
}

/// Called once, after the report is durable or has failed; it must not block.
pub type Done = Box<dyn FnOnce(Result<Accepted, StoreError>) + Send>;

/// A resumable upload about to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewUpload {
    /// For whom.
    pub agency: AgencyKey,
    /// Length of the sealed report.
    pub length: u64,
    /// What SHA-256 of its header must be.
    pub header: Digest,
    /// The day from which on it is gone if it is not finished.
    pub expires: Day,
}

/// What is known about a resumable upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadState {
    /// Length of the sealed report.
    pub length: u64,
    /// Bytes that are durable; all of them exactly when it has become a report.
    pub offset: u64,
    /// The day from which on nothing is known about it.
    pub expires: Day,
}

impl UploadState {
    /// Tells whether the upload has become a report.
    pub fn is_finished(&self) -> bool {
        self.offset == self.length
    }
}

/// One line of the courier's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The report.
    pub id: ReportId,
    /// Its sealed length in bytes.
    pub length: u64,
}

/// The sealed bytes of a stored report, or a stored edition body.
#[derive(Debug)]
pub enum Sealed {
    /// Small enough to be read at once.
    Bytes(Vec<u8>),
    /// To be streamed from its start.
    File {
        /// Opened for reading.
        file: File,
        /// Length in bytes.
        length: u64,
    },
}

/// A verified card about to become current.
#[derive(Debug, Clone)]
pub struct NewCard<'a> {
    /// Rising number of the card.
    pub serial: u64,
    /// Hash of the card note's text.
    pub hash: Digest,
    /// The whole bundle as it is served.
    pub bundle: &'a [u8],
    /// Desks on the card, in card order.
    pub desks: &'a [DeskId],
    /// The last day on which reports for the former number of desks are taken.
    pub old_shape_until: Day,
}

/// What became of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardOutcome {
    /// It is the current card now.
    Current,
    /// The same bundle was current already.
    Same,
    /// Its serial is not above the current one.
    NotNewer,
}

/// The current card of an agency.
#[derive(Debug, Clone)]
pub struct StoredCard {
    /// The whole bundle as it is served.
    pub bundle: Vec<u8>,
    /// Serial and hash of every card that was ever current here, the present one included.
    pub known: Vec<(u64, Digest)>,
    /// Former numbers of desks, each with the last day on which its reports are taken.
    pub old_shapes: Vec<(usize, Day)>,
}

/// A verified edition about to become current.
#[derive(Debug, Clone)]
pub struct NewEdition<'a> {
    /// Whose edition.
    pub desk: &'a DeskId,
    /// Its number.
    pub number: EditionNumber,
    /// The signed header note.
    pub header: &'a [u8],
    /// The body that the header names.
    pub body: &'a [u8],
}

/// What became of an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionOutcome {
    /// It is the current edition of its desk now.
    Current,
    /// The same edition was current already.
    Same,
    /// A newer one is current.
    Older,
    /// Another edition with the same number is current.
    Forked,
}

/// A stored edition without its body.
#[derive(Debug, Clone)]
pub struct StoredEdition {
    /// Whose edition.
    pub desk: DeskId,
    /// Its number.
    pub number: EditionNumber,
    /// False for the one before the current one.
    pub current: bool,
    /// The signed header note.
    pub header: Vec<u8>,
    /// Length of the body in bytes.
    pub body_length: u64,
}

/// Counts of an agency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Stored reports.
    pub reports: u64,
    /// Their sealed bytes.
    pub bytes: u64,
    /// The day of the oldest report.
    pub oldest: Option<Day>,
}

/// The last sign of life of a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskActivity {
    /// The desk.
    pub desk: DeskId,
    /// The day of its last acknowledgement.
    pub acknowledged: Day,
}

/// Room on the file system of the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskState {
    /// Free bytes.
    pub free_bytes: u64,
    /// Free inodes, `None` where the file system does not count them.
    pub free_inodes: Option<u64>,
    /// True when evidence is refused already for want of room.
    pub low: bool,
}
