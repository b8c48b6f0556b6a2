//! The root: two signing keys in a folder of their own, kept in a safe, which sign the card and nothing else.
//!
//! Each key is sealed by a passphrase of its own. Nothing here opens a vault, and no vault holds a root key.

mod card;
mod identity;
mod sheet;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bisik_formats::bundle::{FrameError, read_frames, write_frames};
use bisik_formats::card::{CardError, VerifiedCard};
use bisik_formats::day::Day;
use bisik_formats::ids::{AgencyId, Digest};
use bisik_formats::json::Count;
use bisik_formats::keys::{KeyError, SigningKey, VerifyKey};
use bisik_formats::succession::{MAX_SUCCESSION, MAX_SUCCESSIONS, Roots, Succession, SuccessionError};
use bisik_term::files::{FileError, read_bounded, replace_private, write_private};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::request::RequestError;
use crate::vault::{Passphrase, VaultError, WorkFactor, make_folder, unwrap_secret, wrap_secret};

pub use card::{CardDescription, CardOrder, SignedCard, order, sign_card};
pub use identity::demanded_identity;
pub use sheet::{FingerprintSheet, SheetError};

const STATE: &str = "root.json";
const SUCCESSIONS: &str = "successions.bundle";
/// The last card signed here.
const CARD: &str = "card.bundle";
/// State and key files are short.
const MAX_FILE: u64 = 8192;

/// Why the root did not do something.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The folder is not empty.
    #[error("the folder for new root keys is not empty")]
    NotEmpty,
    /// The folder holds no root keys, or not those its state names.
    #[error("the folder holds no root keys")]
    NoRoot,
    /// The folder has no key of this number.
    #[error("the folder has no root key of this number")]
    UnknownKey,
    /// Both root keys have the same passphrase.
    #[error("both root keys have the same passphrase")]
    SamePassphrase,
    /// A wrong or short passphrase.
    #[error(transparent)]
    Passphrase(VaultError),
    /// A file of the folder was changed.
    #[error("a file of the root folder was changed")]
    Damaged,
    /// The chain of root keys does not hold.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
    /// The card is refused.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A request is refused.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A request is for another agency.
    #[error("a request is for another agency")]
    RequestAgency,
    /// Two requests are for one desk.
    #[error("two requests are for one desk")]
    RequestTwice,
    /// The description of the card or the form is malformed.
    #[error("the description of the card or the form is malformed")]
    Description {
        /// What the reader of TOML says.
        detail: String,
    },
    /// The form demands to know who the reporter is.
    #[error("the form demands to know who the reporter is")]
    DemandsIdentity {
        /// The id of the field.
        field: String,
    },
    /// A newer card than the last one signed here exists.
    #[error("the card would not be newer than one that exists")]
    Rollback {
        /// The serial that exists.
        held: u64,
    },
    /// A key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder could not be made or read.
    #[error("the folder could not be used")]
    Folder(#[from] io::Error),
    /// The sheet could not be drawn.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}

impl From<FrameError> for RootError {
    fn from(_: FrameError) -> Self {
        Self::Damaged
    }
}

/// Which root keys the folder has; their secrets lie in files of their own.
#[derive(Clone, Serialize, Deserialize)]
struct State {
    agency: AgencyId,
    keys: Vec<KeyFile>,
    next: u32,
}

#[derive(Clone, Serialize, Deserialize)]
struct KeyFile {
    number: u32,
    key: VerifyKey,
    checksum: Digest,
}

/// The folder of the root.
pub struct RootFolder {
    folder: PathBuf,
    state: State,
    successions: Vec<Vec<u8>>,
    roots: Roots,
}

impl RootFolder {
    /// Makes the two root keys of a new agency, and succession note 1 by which the second enters.
    ///
    /// # Errors
    ///
    /// [`RootError`]; a folder with anything in it is not touched.
    pub fn create(
        folder: &Path,
        passphrases: &[Passphrase; 2],
        work: WorkFactor,
        today: Day,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, RootError> {
        let [one, two] = passphrases;
        passphrases.iter().try_for_each(Passphrase::check_strength).map_err(RootError::Passphrase)?;
        if one.matches(two) {
            return Err(RootError::SamePassphrase);
        }
        make_folder(folder)?;
        if fs::read_dir(folder)?.next().is_some() {
            return Err(RootError::NotEmpty);
        }
        let keys = [SigningKey::generate(rng)?, SigningKey::generate(rng)?];
        let [first, second] = &keys;
        let agency = AgencyId::from_first_root(&first.verify_key());
        let roots = vec![first.verify_key(), second.verify_key()];
        let note =
            Succession { number: Count::from(1), issued: today, roots }.sign(&agency, first, second)?;
        let mut state = State { agency, keys: Vec::new(), next: 1 };
        for (key, passphrase) in keys.iter().zip(passphrases) {
            add_key(folder, &mut state, key, passphrase, work)?;
        }
        write_private(&folder.join(SUCCESSIONS), &write_frames(&[&note])?)?;
        store_state(folder, &state)?;
        Self::open(folder)
    }

    /// Reads the folder and follows the chain of root keys. No secret is opened.
    ///
    /// # Errors
    ///
    /// [`RootError`].
    pub fn open(folder: &Path) -> Result<Self, RootError> {
        let bytes = match read_bounded(&folder.join(STATE), MAX_FILE) {
            Err(FileError::Missing { .. }) => return Err(RootError::NoRoot),
            read => read?,
        };
        let state: State = serde_json::from_slice(&bytes).map_err(|_| RootError::Damaged)?;
        let max = MAX_SUCCESSIONS * (MAX_SUCCESSION + 4);
        let bundle = read_bounded(&folder.join(SUCCESSIONS), max as u64)?;
        let notes = read_frames(&bundle, MAX_SUCCESSIONS, MAX_SUCCESSION)?;
        let roots = Roots::follow(&state.agency, &notes, &[])?;
        let successions = notes.into_iter().map(<[u8]>::to_vec).collect();
        Ok(Self { folder: folder.to_owned(), state, successions, roots })
    }

    /// Returns the agency that the first root key founds.
    pub const fn agency(&self) -> AgencyId {
        self.state.agency
    }

    /// Returns the numbers of the keys that are valid.
    pub fn key_numbers(&self) -> Vec<u32> {
        self.state.keys.iter().map(|key| key.number).collect()
    }

    /// Opens a root key with its passphrase.
    ///
    /// # Errors
    ///
    /// [`RootError::Passphrase`] and others.
    pub fn unlock(&self, number: u32, passphrase: &Passphrase) -> Result<SigningKey, RootError> {
        let known = self.state.keys.iter().find(|key| key.number == number).ok_or(RootError::UnknownKey)?;
        let sealed = read_bounded(&self.folder.join(key_name(number)), MAX_FILE)?;
        if Digest::of(&sealed) != known.checksum {
            return Err(RootError::Damaged);
        }
        let secret = unwrap_secret(&sealed, passphrase).map_err(RootError::Passphrase)?;
        let seed: [u8; 32] = secret.as_slice().try_into().map_err(|_| RootError::Damaged)?;
        let key = SigningKey::from_seed(Zeroizing::new(seed))?;
        if key.verify_key() == known.key { Ok(key) } else { Err(RootError::Damaged) }
    }

    /// Puts a new root key in the place of one that is lost or no longer trusted. The succession note is signed by
    /// `remaining`, the other key, and the new one; cards from now on carry it. Returns the number of the new key.
    ///
    /// # Errors
    ///
    /// [`RootError`]; then the old keys stay.
    pub fn succeed(
        &mut self,
        replaced: u32,
        remaining: &SigningKey,
        passphrase: &Passphrase,
        work: WorkFactor,
        today: Day,
        rng: &mut impl CryptoRng,
    ) -> Result<u32, RootError> {
        passphrase.check_strength().map_err(RootError::Passphrase)?;
        if !self.key_numbers().contains(&replaced) {
            return Err(RootError::UnknownKey);
        }
        let new = SigningKey::generate(rng)?;
        let mut state = self.state.clone();
        state.keys.retain(|key| key.number != replaced);
        let number = state.next;
        add_key(&self.folder, &mut state, &new, passphrase, work)?;
        let roots = state.keys.iter().map(|key| key.key).collect();
        let note = Succession { number: Count::from(self.roots.notes() + 1), issued: today, roots };
        let note = note.sign(&self.state.agency, remaining, &new)?;
        let mut notes: Vec<&[u8]> = self.successions.iter().map(Vec::as_slice).collect();
        notes.push(&note);
        Roots::follow(&self.state.agency, &notes, &[])?;
        replace_private(&self.folder.join(SUCCESSIONS), &write_frames(&notes)?)?;
        store_state(&self.folder, &state)?;
        // The old key signs nothing valid any more; only its file is left to remove.
        fs::remove_file(self.folder.join(key_name(replaced)))?;
        *self = Self::open(&self.folder)?;
        Ok(number)
    }

    /// Returns the last card signed here.
    ///
    /// # Errors
    ///
    /// [`RootError`] if it is damaged.
    pub fn last_card(&self) -> Result<Option<VerifiedCard>, RootError> {
        match read_bounded(&self.folder.join(CARD), bisik_formats::card::MAX_BUNDLE as u64) {
            Ok(bundle) => Ok(Some(VerifiedCard::verify(&bundle, &self.state.agency)?)),
            Err(FileError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) const fn roots(&self) -> &Roots {
        &self.roots
    }

    pub(crate) fn successions(&self) -> &[Vec<u8>] {
        &self.successions
    }

    pub(crate) fn store_card(&self, bundle: &[u8]) -> Result<(), RootError> {
        Ok(replace_private(&self.folder.join(CARD), bundle)?)
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn add_key(
    folder: &Path,
    state: &mut State,
    key: &SigningKey,
    passphrase: &Passphrase,
    work: WorkFactor,
) -> Result<(), RootError> {
    let sealed = wrap_secret(key.expose_seed(), passphrase, work).map_err(RootError::Passphrase)?;
    let number = state.next;
    replace_private(&folder.join(key_name(number)), &sealed)?;
    state.keys.push(KeyFile { number, key: key.verify_key(), checksum: Digest::of(&sealed) });
    state.next += 1;
    Ok(())
}

fn store_state(folder: &Path, state: &State) -> Result<(), RootError> {
    let bytes = serde_json::to_vec(state).map_err(|_| RootError::Damaged)?;
    Ok(replace_private(&folder.join(STATE), &bytes)?)
}

fn key_name(number: u32) -> String {
    format!("root-{number}.age")
}
