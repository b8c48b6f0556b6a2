//! The clock guard: a machine without a network has nobody who corrects its date.

use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::Digest;
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::vault::{Action, Records, Table, VaultError};

/// Days after the last edition on which the date is still believed.
pub const MAX_SILENCE: i32 = 45;

/// The date of the machine is not believed.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// It is before the last edition, or before the desk was made.
    #[error("the date is before the last edition")]
    Past {
        /// The machine's date.
        today: Day,
        /// The date of the last edition.
        last: Day,
    },
    /// It is too long after the last edition.
    #[error("the date is long after the last edition")]
    Future {
        /// The machine's date.
        today: Day,
        /// The date of the last edition.
        last: Day,
    },
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What the vault remembers of an edition of its own.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OwnEdition {
    pub(crate) number: EditionNumber,
    pub(crate) hash: Digest,
    pub(crate) date: Day,
    pub(crate) until: Day,
}

/// Returns the desk's editions, oldest first.
pub(crate) fn editions(records: &Records) -> Result<Vec<OwnEdition>, VaultError> {
    let mut editions: Vec<OwnEdition> = records.all_json(Table::Editions)?;
    editions.sort_by_key(|edition| edition.number);
    Ok(editions)
}

/// Refuses a date before the last edition or more than 45 days after it, unless the officer has confirmed it.
///
/// # Errors
///
/// [`GuardError`]; then nothing may be imported, published or destroyed.
pub fn check_date(desk: &mut Desk, today: Day, confirmed: bool) -> Result<(), GuardError> {
    let last = editions(desk.records())?.last().map(|edition| edition.date);
    // Before the first edition, only a date before the desk itself is surely wrong.
    let (last, silence) = last.map_or((desk.info().made, i32::MAX), |last| (last, MAX_SILENCE));
    let days = today.days_since(last);
    if (0..=silence).contains(&days) {
        return Ok(());
    }
    if confirmed {
        return Ok(desk.vault_mut().note(today, Action::DateConfirmed, &today.to_string())?);
    }
    if days < 0 { Err(GuardError::Past { today, last }) } else { Err(GuardError::Future { today, last }) }
}
