//! Import: from a stick full of sealed files to cases in the vault.
//!
//! Everything on the stick is hostile. Each file is judged on its own; a bad one never stops the rest. What this
//! desk cannot open is not mentioned anywhere: an officer must not see that the desk was left out of something.

mod accept;
mod judge;
mod stick;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use bisik_formats::day::Day;
use rustix::fs::statvfs;
use serde::Serialize;

use crate::desk::{Desk, DeskError};
use crate::guard::{self, GuardError};
use crate::publish::{self, OutboxError};
use crate::selftest::{self, SelfTestError};
use crate::vault::{Action, Records, Table, Vault, VaultError};

use accept::Outcome;
use judge::Quarantined;
use judge::{Context, Stop};
pub(crate) use judge::{ImportedFile, evidence_files};
use stick::{SealedFile, Stick};

/// Reports are made durable in groups of at most this many and about this many bytes.
const GROUP: usize = 128;
const GROUP_BYTES: u64 = 32 * 1024 * 1024;

/// Why nothing more was imported. What was durable before stays imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The date is not believed.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The self-test failed.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    /// The desk refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The outbox on the stick tells that this vault is an old backup, or that its key is in use elsewhere.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The folder has no reports folder.
    #[error("the folder holds no reports")]
    NoReports,
    /// The stick cannot be read.
    #[error("the stick cannot be read")]
    Stick(#[source] io::Error),
    /// The disk has not 2.2 times the room of the stick.
    #[error("the disk has too little room")]
    Room {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
}

/// Why a file was not taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Its name is not an id, or it is no regular file. It was not opened.
    Name,
    /// It could not be read to its end. It stays on the server.
    Unreadable,
    /// It does not have the shape or the length of a report. It was not opened.
    Shape,
    /// Its bytes are not those that its name says. The true ones stay on the server.
    Changed,
    /// It opens, but what is inside breaks a rule. It is kept in quarantine.
    Malformed,
}

/// What an import did.
#[derive(Default, Debug, Serialize)]
pub struct Summary {
    /// Numbers of new cases.
    pub new_cases: Vec<u32>,
    /// Numbers of cases that got a message; once for each message.
    pub messages: Vec<u32>,
    /// Of those, the ones that had ended and are open again.
    pub reopened: Vec<u32>,
    /// Numbers of cases that got a new warning.
    pub warned: Vec<u32>,
    /// Messages that the desk has already.
    pub repeated: u32,
    /// Files that were not taken.
    pub refused: BTreeMap<Refusal, u32>,
}

/// Imports everything new on a stick. `progress` is told the bytes of each finished file.
///
/// # Errors
///
/// [`ImportError`]; what was imported before stays imported, and the same stick can be imported again.
pub fn import(
    desk: &mut Desk,
    stick: &Path,
    today: Day,
    date_confirmed: bool,
    rng: &mut impl rand::CryptoRng,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ImportError> {
    guard::check_date(desk, today, date_confirmed)?;
    selftest::check_identity(desk, rng)?;
    // An old backup lacks the newest identities: it would acknowledge what it cannot open, and lose it for good.
    publish::check_outbox(desk, stick)?;
    let stick = Stick::list(stick)?;
    check_room(desk.vault().folder(), stick.bytes())?;
    let mut context = Context::new(desk, today)?;
    let mut summary = Summary::default();
    for _ in 0..stick.foreign_names() {
        summary.count(Outcome::Refused(Refusal::Name));
    }
    let officer = desk.vault().officer().clone();
    for group in stick.groups(GROUP, GROUP_BYTES) {
        let outcomes = desk
            .vault_mut()
            .records_mut()
            .transaction(|records| import_group(group, records, &mut context))?;
        for (file, outcome) in group.iter().zip(outcomes) {
            summary.count(outcome);
            progress(file.len);
        }
    }
    let subject = format!("{}+{}", summary.new_cases.len(), summary.messages.len());
    desk.vault_mut()
        .records_mut()
        .transaction(|records| Vault::note_in(records, &officer, today, Action::Imported, &subject))?;
    summary.warned.sort_unstable();
    summary.warned.dedup();
    Ok(summary)
}

/// Forgets which files have been dealt with, and what is in quarantine, once the server cannot hold them any more.
/// Messages stay, and so does the set of those that are never accepted twice.
pub(crate) fn forget_old(records: &mut Records, days: i32, today: Day) -> Result<(), VaultError> {
    let imported: Vec<ImportedFile> = records.all_json(Table::Imported)?;
    for file in imported.iter().filter(|file| today.days_since(file.day) > days) {
        records.delete(Table::Imported, file.id.as_bytes())?;
    }
    let quarantined: Vec<Quarantined> = records.all_json(Table::Quarantine)?;
    for file in quarantined.iter().filter(|file| today.days_since(file.day) > days) {
        records.delete(Table::Quarantine, file.id.as_bytes())?;
    }
    Ok(())
}

/// Imports a group of files, each as a part of its own.
fn import_group(
    group: &[SealedFile],
    records: &mut Records,
    context: &mut Context,
) -> Result<Vec<Outcome>, ImportError> {
    let mut outcomes = Vec::with_capacity(group.len());
    for file in group {
        let outcome = records.part(|records| judge::import_file(file, records, context));
        outcomes.push(outcome.map_err(|stop| match stop {
            Stop::Vault(error) => ImportError::Vault(error),
        })?);
    }
    Ok(outcomes)
}

impl Summary {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Silent => {}
            Outcome::Repeated => self.repeated += 1,
            Outcome::Refused(refusal) => *self.refused.entry(refusal).or_default() += 1,
            Outcome::Accepted(accepted) => {
                let list = if accepted.new { &mut self.new_cases } else { &mut self.messages };
                list.push(accepted.case);
                if accepted.reopened {
                    self.reopened.push(accepted.case);
                }
                if accepted.warned {
                    self.warned.push(accepted.case);
                }
            }
        }
    }
}

/// Evidence lies twice on the disk for a moment, and the database grows: 2.2 times the stick must be free.
fn check_room(folder: &Path, bytes: u64) -> Result<(), ImportError> {
    let disk = statvfs(folder).map_err(|errno| VaultError::Io(errno.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed = bytes.saturating_mul(22) / 10;
    if free < needed { Err(ImportError::Room { needed, free }) } else { Ok(()) }
}
