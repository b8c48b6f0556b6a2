//! The desk's age identities: one at a time is published, older ones still open what is on its way, and each is
//! destroyed when nothing sealed to it can come any more.

use bisik_formats::day::Day;
use bisik_formats::ids::{Digest, RecipientText};
use bisik_sealing::hybrid::{Identity, KeyTextError};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::vault::{Action, OfficerName, Place, Records, Table, Vault, VaultError};

/// Days after which the next edition brings a new identity.
pub const ROTATION_DAYS: i32 = 7;
/// Days beyond the server's retention that an identity is kept.
const MARGIN_DAYS: i32 = 30;

/// An identity and its days.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptIdentity {
    seed: Secret,
    made: Day,
    /// The last day on which an edition that names it stands.
    named_until: Option<Day>,
    /// The day on which the next one took its place.
    superseded: Option<Day>,
}

impl KeptIdentity {
    pub(crate) fn identity(&self) -> Identity {
        Identity::from_seed(Zeroizing::new(*self.seed.expose()))
    }

    /// Tells whether a new one is due.
    pub(crate) fn is_due(&self, today: Day) -> bool {
        // One that was made on a wrong date lies in the future.
        !(0..ROTATION_DAYS).contains(&today.days_since(self.made))
    }

    /// Returns the day after which nothing sealed to it can arrive any more; `None` while it is published.
    fn last_day(&self, retention: u32) -> Option<Day> {
        let superseded = self.superseded?;
        // A reporter may still use the last edition that named it, until one day past its last day.
        let sealed_until = self.named_until.map_or(superseded, |until| until.plus(1).max(superseded));
        Some(sealed_until.plus(kept_days(retention)))
    }

    fn name(&self) -> Result<Digest, VaultError> {
        let text = recipient_text(&self.identity())?;
        Ok(Digest::of(text.as_str().as_bytes()))
    }
}

/// Returns how long something on the server can still reach the desk, in days.
pub(crate) fn kept_days(retention: u32) -> i32 {
    i32::try_from(retention).unwrap_or(i32::MAX).saturating_add(MARGIN_DAYS)
}

/// Returns all identities, the published one first, then the newest.
pub(crate) fn all(records: &Records) -> Result<Vec<KeptIdentity>, VaultError> {
    let mut kept: Vec<KeptIdentity> = records.all_json(Table::Identities)?;
    kept.sort_by_key(|identity| (identity.superseded.is_some(), std::cmp::Reverse(identity.made)));
    Ok(kept)
}

/// Returns the published identity, or the one that the first edition will publish.
pub(crate) fn current(records: &Records) -> Result<Option<KeptIdentity>, VaultError> {
    Ok(all(records)?.into_iter().find(|identity| identity.superseded.is_none()))
}

/// Makes a new identity in place of the published one.
pub(crate) fn rotate(
    records: &mut Records,
    officer: &OfficerName,
    today: Day,
    rng: &mut impl CryptoRng,
) -> Result<KeptIdentity, VaultError> {
    if let Some(mut old) = current(records)? {
        old.superseded = Some(today);
        store(records, &old)?;
    }
    let seed = Secret::new(*Identity::generate(rng).expose_seed());
    let new = KeptIdentity { seed, made: today, named_until: None, superseded: None };
    store(records, &new)?;
    Vault::note_in(records, officer, today, Action::IdentityMade, &new.name()?.to_string())?;
    Ok(new)
}

/// Notes that an edition standing until a day names this identity.
pub(crate) fn note_named(
    records: &mut Records,
    mut kept: KeptIdentity,
    until: Day,
) -> Result<(), VaultError> {
    kept.named_until = Some(kept.named_until.map_or(until, |before| before.max(until)));
    store(records, &kept)
}

/// Destroys what nothing can come for any more, and returns how many that were.
pub(crate) fn destroy_old(
    records: &mut Records,
    officer: &OfficerName,
    retention: u32,
    today: Day,
) -> Result<u32, VaultError> {
    let mut destroyed = 0;
    for kept in all(records)? {
        if kept.last_day(retention).is_some_and(|last| last < today) {
            let name = kept.name()?;
            records.delete(Table::Identities, name.as_bytes())?;
            Vault::note_in(records, officer, today, Action::IdentityDestroyed, &name.to_string())?;
            destroyed += 1;
        }
    }
    Ok(destroyed)
}

/// Returns the recipient that editions name.
pub(crate) fn recipient_text(identity: &Identity) -> Result<RecipientText, VaultError> {
    identity.recipient().to_text().map_err(|_: KeyTextError| VaultError::Crypto)
}

fn store(records: &mut Records, kept: &KeptIdentity) -> Result<(), VaultError> {
    let name = kept.name().map_err(|_| VaultError::Damaged(Place::Record))?;
    records.put_json(Table::Identities, name.as_bytes(), kept)
}
