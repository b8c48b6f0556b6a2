//! The case vault: one folder with one SQLite file and the evidence, everything in it sealed.
//!
//! A random master key is wrapped for each officer by a passphrase (age, scrypt with work factor 17). From it come
//! one key for each table, one for the names of rows and one for evidence. Each record is sealed under a key of
//! its own row and bound to table, row and version; a sealed head holds a keyed digest over all records and the
//! end of the journal, so that no record can be changed, exchanged, taken back or taken away unseen.

mod evidence;
mod journal;
mod keys;
mod officers;
mod passphrase;
mod records;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bisik_formats::day::Day;
use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng};
use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};

pub(crate) use evidence::{EvidenceRoom, EvidenceStage, FOLDER as EVIDENCE};
pub use journal::{Action, Entry};
pub use officers::OfficerName;
pub use passphrase::{Passphrase, WorkFactor};
pub(crate) use passphrase::{unwrap_secret, wrap_secret};
pub(crate) use records::{Records, Table};

use keys::MasterKey;

/// The version of the vault's layout.
const LAYOUT: u32 = 1;
/// Marks the SQLite file as a vault: "Bsk1".
const APPLICATION: u32 = 0x4273_6b31;

/// Which part of a vault does not hold what the program has put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The SQLite file itself.
    Database,
    /// The officers' wrapped keys.
    Officers,
    /// A record.
    Record,
    /// The list of all records: one was taken away, taken back or put in.
    Head,
    /// The journal.
    Journal,
    /// A piece of evidence.
    Evidence,
}

/// Why a vault was not opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no vault in that folder.
    #[error("there is no vault in the folder")]
    Missing,
    /// The folder is not empty.
    #[error("the folder for a new vault is not empty")]
    NotEmpty,
    /// Another process has the vault open.
    #[error("the vault is open in another process")]
    InUse,
    /// The vault has a layout of another version of this program.
    #[error("the vault has the layout of another version")]
    Layout,
    /// The passphrase is wrong.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// A new passphrase is too short.
    #[error("the passphrase is too short")]
    ShortPassphrase,
    /// An officer's name is malformed.
    #[error("the officer's name is malformed")]
    OfficerName,
    /// No officer of that name is enrolled.
    #[error("no officer of that name is enrolled")]
    UnknownOfficer,
    /// An officer of that name is enrolled already.
    #[error("an officer of that name is enrolled already")]
    OfficerExists,
    /// The last officer cannot be removed.
    #[error("the last officer cannot be removed")]
    LastOfficer,
    /// Something in the vault was changed from outside, or the disk has failed.
    #[error("the vault was changed from outside: {0:?}")]
    Damaged(Place),
    /// The database refused.
    #[error("the database refused")]
    Database(#[source] rusqlite::Error),
    /// A file or folder of the vault could not be used.
    #[error("a file of the vault could not be used")]
    Io(#[from] io::Error),
    /// The cryptographic library refused, which no input can cause.
    #[error("the cryptographic library refused")]
    Crypto,
    /// A record could not be written as JSON, which no input can cause.
    #[error("a record could not be written")]
    Encoding,
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            // The disk, the folder or another process is to blame.
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => Self::Database(error),
            // Our statements never change: if one does not fit, then the file does not.
            _ => Self::Damaged(Place::Database),
        }
    }
}

impl From<bisik_term::files::FileError> for VaultError {
    fn from(error: bisik_term::files::FileError) -> Self {
        use bisik_term::files::FileError;
        Self::Io(match error {
            FileError::Io { source, .. } => source,
            FileError::Exists { .. } => io::ErrorKind::AlreadyExists.into(),
            FileError::Missing { .. } => io::ErrorKind::NotFound.into(),
            _ => io::ErrorKind::InvalidData.into(),
        })
    }
}

/// An open vault, locked against every other process until it is dropped.
pub struct Vault {
    folder: PathBuf,
    records: Records,
    master: MasterKey,
    officer: OfficerName,
    noise: StdRng,
    _lock: File,
}

impl Vault {
    /// Makes a new vault in an empty or new folder, with its first officer.
    ///
    /// # Errors
    ///
    /// [`VaultError`]; an existing vault is never touched.
    pub fn create(
        folder: &Path,
        officer: &OfficerName,
        passphrase: &Passphrase,
        work: WorkFactor,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, VaultError> {
        passphrase.check_strength()?;
        make_folder(folder)?;
        if fs::read_dir(folder)?.next().is_some() {
            return Err(VaultError::NotEmpty);
        }
        let lock = lock(folder)?;
        make_folder(&folder.join(evidence::FOLDER))?;
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(RECORDS))?;
        let mut noise = StdRng::from_rng(rng);
        let master = MasterKey::generate(&mut noise);
        let db = connect(folder)?;
        db.pragma_update(None, "application_id", APPLICATION)?;
        db.pragma_update(None, "user_version", LAYOUT)?;
        officers::create_table(&db)?;
        officers::enroll(&db, officer, &master, passphrase, work)?;
        let digest = officers::digest(&db)?;
        let records = Records::create(db, &master, StdRng::from_rng(&mut noise), digest)?;
        File::open(folder)?.sync_all()?;
        Ok(Self { folder: folder.to_owned(), records, master, officer: officer.clone(), noise, _lock: lock })
    }

    /// Opens a vault with an officer's passphrase and verifies every record and the journal.
    ///
    /// # Errors
    ///
    /// [`VaultError::WrongPassphrase`], [`VaultError::InUse`], [`VaultError::Damaged`] and others.
    pub fn open(
        folder: &Path,
        officer: &OfficerName,
        passphrase: &Passphrase,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, VaultError> {
        let (lock, db) = open_files(folder)?;
        let master = officers::unlock(&db, officer, passphrase)?;
        let digest = officers::digest(&db)?;
        let mut noise = StdRng::from_rng(rng);
        let records = Records::open(db, &master, StdRng::from_rng(&mut noise), digest)?;
        Ok(Self { folder: folder.to_owned(), records, master, officer: officer.clone(), noise, _lock: lock })
    }

    /// Returns the names of the officers enrolled in a vault, which needs no passphrase.
    ///
    /// # Errors
    ///
    /// [`VaultError`] if there is no vault, or another process has it open.
    pub fn officers_of(folder: &Path) -> Result<Vec<OfficerName>, VaultError> {
        let (_lock, db) = open_files(folder)?;
        officers::names(&db)
    }

    /// Returns the officer who has opened the vault.
    pub const fn officer(&self) -> &OfficerName {
        &self.officer
    }

    /// Enrols another officer, or gives an enrolled one a new passphrase.
    ///
    /// # Errors
    ///
    /// [`VaultError`]; then nothing has changed.
    pub fn enroll(
        &mut self,
        officer: &OfficerName,
        passphrase: &Passphrase,
        work: WorkFactor,
        replace: bool,
        today: Day,
    ) -> Result<(), VaultError> {
        passphrase.check_strength()?;
        let known = officers::names(self.records.database())?.contains(officer);
        match (known, replace) {
            (true, false) => return Err(VaultError::OfficerExists),
            (false, true) => return Err(VaultError::UnknownOfficer),
            _ => {}
        }
        let sealed = officers::Wrapped::new(&self.master, passphrase, work)?;
        let action = if replace { Action::PassphraseChanged } else { Action::OfficerAdded };
        self.note_officer_change(action, officer, today, |db| officers::store(db, officer, &sealed))
    }

    /// Removes an officer. Who knows the passphrase and keeps an old copy of the vault can still open that copy.
    ///
    /// # Errors
    ///
    /// [`VaultError::LastOfficer`], [`VaultError::UnknownOfficer`] and others.
    pub fn remove_officer(&mut self, officer: &OfficerName, today: Day) -> Result<(), VaultError> {
        let names = officers::names(self.records.database())?;
        if !names.contains(officer) {
            return Err(VaultError::UnknownOfficer);
        }
        if names.len() == 1 {
            return Err(VaultError::LastOfficer);
        }
        self.note_officer_change(Action::OfficerRemoved, officer, today, |db| officers::remove(db, officer))
    }

    fn note_officer_change(
        &mut self,
        action: Action,
        subject: &OfficerName,
        today: Day,
        change: impl FnOnce(&Connection) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let officer = self.officer.clone();
        self.records.transaction(|records| {
            change(records.database())?;
            let digest = officers::digest(records.database())?;
            records.set_officers(digest);
            journal::append(records, &officer, today, action, subject.as_str())
        })
    }

    /// Notes in the journal that the officer does something.
    ///
    /// # Errors
    ///
    /// [`VaultError`] if it cannot be written; then it must not be done.
    pub fn note(&mut self, today: Day, action: Action, subject: &str) -> Result<(), VaultError> {
        let officer = self.officer.clone();
        self.records.transaction(|records| journal::append(records, &officer, today, action, subject))
    }

    /// As [`Vault::note`], inside a transaction.
    pub(crate) fn note_in(
        records: &mut Records,
        officer: &OfficerName,
        today: Day,
        action: Action,
        subject: &str,
    ) -> Result<(), VaultError> {
        journal::append(records, officer, today, action, subject)
    }

    /// Returns the journal, oldest first, after verifying its chain.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] if the chain does not hold.
    pub fn journal(&self) -> Result<Vec<Entry>, VaultError> {
        journal::read(&self.records)
    }

    /// Returns the folder of the vault.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) const fn records(&self) -> &Records {
        &self.records
    }

    pub(crate) const fn records_mut(&mut self) -> &mut Records {
        &mut self.records
    }

    /// Copies all records, sealed as they are, into an empty file.
    pub(crate) fn copy_records(&self, to: &Path) -> Result<(), VaultError> {
        self.records.database().execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        Ok(())
    }

    /// Returns the place where evidence is stored.
    pub(crate) fn evidence_room(&mut self) -> Result<EvidenceRoom, VaultError> {
        let recipient = self.master.evidence_identity()?.recipient();
        Ok(EvidenceRoom::new(
            self.folder.join(evidence::FOLDER),
            recipient,
            StdRng::from_rng(&mut self.noise),
        ))
    }

    /// Opens stored evidence for reading. What is read is genuine only once its digest has been compared.
    pub(crate) fn read_evidence(&self, name: &str) -> Result<impl io::Read + use<>, VaultError> {
        evidence::read(&self.folder.join(evidence::FOLDER), name, &self.master.evidence_identity()?)
    }

    /// Removes evidence files that no record names: what an interrupted import has left.
    pub(crate) fn sweep_evidence(&self, known: &dyn Fn(&str) -> bool) -> Result<(), VaultError> {
        evidence::sweep(&self.folder.join(evidence::FOLDER), known)
    }
}

/// The SQLite file in the folder.
pub(crate) const RECORDS: &str = "vault.sqlite";
/// The file whose lock tells that a process has the vault open.
const LOCK: &str = "lock";

fn open_files(folder: &Path) -> Result<(File, Connection), VaultError> {
    if !folder.join(RECORDS).is_file() {
        return Err(VaultError::Missing);
    }
    let lock = lock(folder)?;
    let db = connect(folder)?;
    let application: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let layout: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match (application, layout) {
        (APPLICATION, LAYOUT) => Ok((lock, db)),
        (APPLICATION, _) => Err(VaultError::Layout),
        _ => Err(VaultError::Damaged(Place::Database)),
    }
}

/// Opens the database with settings under which a commit is on the disk and deleted content is overwritten.
fn connect(folder: &Path) -> Result<Connection, VaultError> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(folder.join(RECORDS), flags)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    db.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "EXTRA")?;
    db.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.pragma_update(None, "trusted_schema", "OFF")?;
    db.pragma_update(None, "cell_size_check", "ON")?;
    Ok(db)
}

fn lock(folder: &Path) -> Result<File, VaultError> {
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(VaultError::InUse),
        Err(errno) => Err(VaultError::Io(errno.into())),
    }
}

/// Makes a folder that only the owner may enter, or finds one there.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        done => done,
    }
}
