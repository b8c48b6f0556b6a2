//! The officers of a vault, each with the master key wrapped by an own passphrase.

use std::fmt;
use std::str::FromStr;

use bisik_formats::ids::{DeskId, Digest, Hasher};
use rusqlite::{Connection, OptionalExtension, params};

use super::keys::MasterKey;
use super::passphrase::{Passphrase, WorkFactor, unwrap_secret, wrap_secret};
use super::{Place, VaultError};

/// The name of an officer within a vault, written like a desk id. It stands unsealed beside the wrapped key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfficerName(DeskId);

impl OfficerName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for OfficerName {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self, VaultError> {
        text.parse().map(Self).map_err(|_| VaultError::OfficerName)
    }
}

impl fmt::Display for OfficerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A wrapped master key with its checksum: a damaged one is not taken for a wrong passphrase.
pub(super) struct Wrapped {
    sealed: Vec<u8>,
    checksum: Digest,
}

impl Wrapped {
    pub(super) fn new(
        master: &MasterKey,
        passphrase: &Passphrase,
        work: WorkFactor,
    ) -> Result<Self, VaultError> {
        let sealed = wrap_secret(master.expose(), passphrase, work)?;
        Ok(Self { checksum: Digest::of(&sealed), sealed })
    }
}

pub(super) fn create_table(db: &Connection) -> Result<(), VaultError> {
    db.execute_batch(
        "CREATE TABLE officers (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL, checksum BLOB NOT NULL) \
         STRICT, WITHOUT ROWID",
    )?;
    Ok(())
}

pub(super) fn enroll(
    db: &Connection,
    officer: &OfficerName,
    master: &MasterKey,
    passphrase: &Passphrase,
    work: WorkFactor,
) -> Result<(), VaultError> {
    store(db, officer, &Wrapped::new(master, passphrase, work)?)
}

pub(super) fn store(db: &Connection, officer: &OfficerName, wrapped: &Wrapped) -> Result<(), VaultError> {
    db.execute(
        "INSERT OR REPLACE INTO officers (name, wrapped, checksum) VALUES (?1, ?2, ?3)",
        params![officer.as_str(), wrapped.sealed, wrapped.checksum.as_bytes()],
    )?;
    Ok(())
}

pub(super) fn remove(db: &Connection, officer: &OfficerName) -> Result<(), VaultError> {
    db.execute("DELETE FROM officers WHERE name = ?1", [officer.as_str()])?;
    Ok(())
}

pub(super) fn names(db: &Connection) -> Result<Vec<OfficerName>, VaultError> {
    let mut statement = db.prepare("SELECT name FROM officers ORDER BY name")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    names.map(|name| name?.parse().map_err(|_| VaultError::Damaged(Place::Officers))).collect()
}

/// Returns a digest over all officers, which the sealed head repeats.
pub(super) fn digest(db: &Connection) -> Result<Digest, VaultError> {
    let mut statement = db.prepare("SELECT name, wrapped, checksum FROM officers ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut hasher = Hasher::new();
    while let Some(row) = rows.next()? {
        let (name, wrapped): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        for part in [name.as_bytes(), &wrapped, &row.get::<_, Vec<u8>>(2)?] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    Ok(hasher.finish())
}

pub(super) fn unlock(
    db: &Connection,
    officer: &OfficerName,
    passphrase: &Passphrase,
) -> Result<MasterKey, VaultError> {
    let found = db
        .query_row("SELECT wrapped, checksum FROM officers WHERE name = ?1", [officer.as_str()], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()?;
    let (wrapped, checksum) = found.ok_or(VaultError::UnknownOfficer)?;
    if Digest::of(&wrapped).as_bytes().as_slice() != checksum {
        return Err(VaultError::Damaged(Place::Officers));
    }
    let secret = unwrap_secret(&wrapped, passphrase)?;
    MasterKey::from_bytes(&secret).ok_or(VaultError::Damaged(Place::Officers))
}
