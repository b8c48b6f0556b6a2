//! A desk: an open vault and what it says about itself.

use std::path::Path;

use bisik_formats::card::{CardError, VerifiedCard};
use bisik_formats::day::Day;
use bisik_formats::form::Text;
use bisik_formats::ids::{AgencyId, DeskId};
use bisik_formats::keys::{KeyError, SigningKey};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::request::{DeskRequest, RequestError, RequestFormat};
use crate::vault::{Action, OfficerName, Passphrase, Records, Table, Vault, VaultError, WorkFactor};

const DESK: &[u8] = b"desk";
const SIGNING: &[u8] = b"signing";
const CARD: &[u8] = b"card";
const COUNTERS: &[u8] = b"counters";

/// Days that the server keeps reports, unless the agency says otherwise.
pub const DEFAULT_RETENTION: u32 = 90;

/// Who the desk is; fixed when it is made.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeskInfo {
    /// The agency, pinned: every card must lead back to it.
    pub agency: AgencyId,
    /// The desk's id.
    pub desk: DeskId,
    /// The desk's names for people.
    pub names: Text,
    /// Days that the server keeps reports at most; identities outlive it.
    pub retention: u32,
    /// The day the desk was made.
    pub made: Day,
}

/// Small numbers that change.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// The number of the last case.
    pub(crate) cases: u32,
    /// Editions published with the present card: the first few carry the card along.
    pub(crate) card_editions: u32,
}

/// Why a desk was not made, opened or given a card.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The vault holds no desk: making it was interrupted.
    #[error("the vault holds no desk")]
    NoDesk,
    /// The desk has no card yet.
    #[error("the desk has no card yet")]
    NoCard,
    /// The card is refused.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The desk holds a newer card already.
    #[error("the card is older than the one that the desk holds")]
    CardOlder {
        /// The serial of the card that the desk holds.
        held: u64,
        /// The serial of the refused one.
        offered: u64,
    },
    /// Another card of the same serial: one of the two is forged, or the root has signed twice.
    #[error("the card is another one of the same serial")]
    CardForked {
        /// That serial.
        serial: u64,
    },
    /// The card does not name this desk with its key.
    #[error("the card does not name this desk with its key")]
    NotOnCard,
    /// The request could not be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A key is unusable, which no input can cause.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// An opened desk.
pub struct Desk {
    vault: Vault,
    info: DeskInfo,
    signing: SigningKey,
    card: Option<VerifiedCard>,
}

impl Desk {
    /// Makes a desk with its signing key in a new vault.
    ///
    /// # Errors
    ///
    /// [`DeskError`]; an existing vault is never touched.
    pub fn create(
        folder: &Path,
        info: DeskInfo,
        officer: &OfficerName,
        passphrase: &Passphrase,
        work: WorkFactor,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, DeskError> {
        let signing = SigningKey::generate(rng)?;
        let mut vault = Vault::create(folder, officer, passphrase, work, rng)?;
        let seed = Zeroizing::new(signing.expose_seed().to_vec());
        vault.records_mut().transaction(|records| {
            records.put_json(Table::Settings, DESK, &info)?;
            records.put(Table::Settings, SIGNING, &seed)?;
            Vault::note_in(records, officer, info.made, Action::Created, info.desk.as_str())
        })?;
        Ok(Self { vault, info, signing, card: None })
    }

    /// Opens a desk; every record of its vault is verified.
    ///
    /// # Errors
    ///
    /// [`DeskError`].
    pub fn open(
        folder: &Path,
        officer: &OfficerName,
        passphrase: &Passphrase,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, DeskError> {
        let vault = Vault::open(folder, officer, passphrase, rng)?;
        // Its chain is part of what is verified at the start.
        vault.journal()?;
        let info: DeskInfo = vault.records().get_json(Table::Settings, DESK)?.ok_or(DeskError::NoDesk)?;
        let seed = vault.records().get(Table::Settings, SIGNING)?.ok_or(DeskError::NoDesk)?;
        let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| DeskError::NoDesk)?;
        let signing = SigningKey::from_seed(Zeroizing::new(seed))?;
        let card = vault.records().get(Table::Settings, CARD)?;
        let card = card.map(|bundle| VerifiedCard::verify(&bundle, &info.agency)).transpose()?;
        Ok(Self { vault, info, signing, card })
    }

    /// Returns the request for the root, to be signed into a card.
    ///
    /// # Errors
    ///
    /// [`DeskError::Request`] if it could not be written.
    pub fn request(&self) -> Result<Vec<u8>, DeskError> {
        let request = DeskRequest {
            format: RequestFormat::V1,
            agency: self.info.agency,
            desk: self.info.desk.clone(),
            names: self.info.names.clone(),
            key: self.signing.verify_key(),
            made: self.info.made,
        };
        Ok(request.sign(&self.signing)?)
    }

    /// Takes a card into the vault: its chain must lead to the pinned agency, its serial must rise, and it must
    /// name this desk with its key. The same card again is taken silently.
    ///
    /// # Errors
    ///
    /// [`DeskError`]; then the desk keeps the card it has.
    pub fn take_card(&mut self, bundle: &[u8], today: Day) -> Result<(), DeskError> {
        let card = VerifiedCard::verify(bundle, &self.info.agency)?;
        card.check_day(today)?;
        let key = self.signing.verify_key();
        let named = card.card().desk(&self.info.desk);
        if !named.is_some_and(|desk| desk.keys.iter().any(|window| window.key == key)) {
            return Err(DeskError::NotOnCard);
        }
        if let Some(held) = &self.card {
            let (old, new) = (held.card().serial.get(), card.card().serial.get());
            if new < old {
                return Err(DeskError::CardOlder { held: old, offered: new });
            }
            if new == old && card.hash() != held.hash() {
                return Err(DeskError::CardForked { serial: new });
            }
            if new == old {
                return Ok(());
            }
        }
        let officer = self.vault.officer().clone();
        let subject = card.card().serial.get().to_string();
        self.vault.records_mut().transaction(|records| {
            records.put(Table::Settings, CARD, bundle)?;
            let counters = Counters { card_editions: 0, ..counters(records)? };
            put_counters(records, &counters)?;
            Vault::note_in(records, &officer, today, Action::CardTaken, &subject)
        })?;
        self.card = Some(card);
        Ok(())
    }

    /// Returns the card.
    ///
    /// # Errors
    ///
    /// [`DeskError::NoCard`] before the first one.
    pub fn card(&self) -> Result<&VerifiedCard, DeskError> {
        self.card.as_ref().ok_or(DeskError::NoCard)
    }

    /// Returns who the desk is.
    pub const fn info(&self) -> &DeskInfo {
        &self.info
    }

    /// Returns the key by which the desk signs.
    pub const fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// Returns the vault.
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Returns the vault, to be changed.
    pub const fn vault_mut(&mut self) -> &mut Vault {
        &mut self.vault
    }

    pub(crate) const fn records(&self) -> &Records {
        self.vault.records()
    }
}

pub(crate) fn counters(records: &Records) -> Result<Counters, VaultError> {
    Ok(records.get_json(Table::Settings, COUNTERS)?.unwrap_or_default())
}

pub(crate) fn put_counters(records: &mut Records, counters: &Counters) -> Result<(), VaultError> {
    records.put_json(Table::Settings, COUNTERS, counters)
}
