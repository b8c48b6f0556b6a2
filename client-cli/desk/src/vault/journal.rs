//! The journal: who opened, exported or changed what. Each entry names the hash of the one before.

use bisik_formats::day::Day;
use bisik_formats::ids::Digest;
use serde::{Deserialize, Serialize};

use super::officers::OfficerName;
use super::records::{Records, Table};
use super::{Place, VaultError};

/// What an officer did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Made the vault.
    Created,
    /// Enrolled an officer.
    OfficerAdded,
    /// Removed an officer.
    OfficerRemoved,
    /// Gave an officer a new passphrase.
    PassphraseChanged,
    /// Took a card into the vault.
    CardTaken,
    /// Confirmed the date of the machine.
    DateConfirmed,
    /// Imported reports.
    Imported,
    /// Looked at a case.
    Shown,
    /// Wrote to a reporter.
    Replied,
    /// Set the status of a case.
    StatusSet,
    /// Marked a case as junk.
    JunkMarked,
    /// Took that mark away.
    JunkUnmarked,
    /// Wrote a piece of evidence out of the vault.
    EvidenceExported,
    /// Wrote a whole report out of the vault.
    ReportExported,
    /// Wrote the desk's identity out of the vault.
    IdentityExported,
    /// Made a new identity.
    IdentityMade,
    /// Destroyed an old identity.
    IdentityDestroyed,
    /// Published an edition.
    Published,
    /// Wrote a backup of the vault.
    BackedUp,
    /// Restored the vault from a backup.
    Restored,
    /// Replaced the outbox of a stick although it held another edition.
    OutboxReplaced,
}

/// An entry of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// From 1.
    pub number: u64,
    /// The UTC day.
    pub day: Day,
    /// Who.
    pub officer: String,
    /// What.
    pub action: Action,
    /// To what: a case, an edition, an officer. Never text from outside.
    pub subject: String,
    /// The hash of the entry before; zeros in the first.
    pub before: Digest,
}

impl Entry {
    fn to_bytes(&self) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec(self).map_err(|_| VaultError::Encoding)
    }
}

pub(super) fn append(
    records: &mut Records,
    officer: &OfficerName,
    day: Day,
    action: Action,
    subject: &str,
) -> Result<(), VaultError> {
    let (number, before) = (records.head().journal_len + 1, records.head().journal_hash);
    let officer = officer.as_str().to_owned();
    let entry = Entry { number, day, officer, action, subject: subject.to_owned(), before };
    let bytes = entry.to_bytes()?;
    records.put(Table::Journal, &number.to_be_bytes(), &bytes)?;
    records.set_journal(number, Digest::of(&bytes));
    Ok(())
}

/// Reads the journal and verifies its chain up to the head.
pub(super) fn read(records: &Records) -> Result<Vec<Entry>, VaultError> {
    let damaged = || VaultError::Damaged(Place::Journal);
    let mut entries: Vec<Entry> = records.all_json(Table::Journal)?;
    entries.sort_by_key(|entry| entry.number);
    let mut hash = Digest::from_bytes([0; 32]);
    for (number, entry) in (1..).zip(&entries) {
        if entry.number != number || entry.before != hash {
            return Err(damaged());
        }
        hash = Digest::of(&entry.to_bytes()?);
    }
    let head = records.head();
    let whole = entries.len() as u64 == head.journal_len && hash == head.journal_hash;
    if whole { Ok(entries) } else { Err(damaged()) }
}
