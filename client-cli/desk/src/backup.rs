//! Backup of the vault into a folder, and the way back.
//!
//! A backup is sealed as the vault is. It appears whole or not at all, and holds no identity past its window: what is
//! due is destroyed in the vault before it is copied, and again when the copy comes back later.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bisik_formats::day::Day;
use bisik_term::files::open_foreign;
use rand::CryptoRng;

use crate::desk::{Desk, DeskError};
use crate::guard::{self, GuardError};
use crate::identities;
use crate::import::{evidence_files, forget_old};
use crate::publish;
use crate::selftest::{self, Checked, SelfTestError};
use crate::vault::{
    Action, EVIDENCE, OfficerName, Passphrase, Place, RECORDS, Vault, VaultError, make_folder,
};

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The date is not believed: by it, identities would be destroyed.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The desk refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The vault, or the folder, refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What came back is not whole.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    /// There is something in the place of the new folder.
    #[error("the folder is taken")]
    Taken,
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct BackedUp {
    /// Pieces of evidence.
    pub evidence: usize,
    /// Identities that were destroyed before.
    pub destroyed: u32,
}

/// Writes a backup of an open vault into a new folder, durable when this returns.
///
/// # Errors
///
/// [`BackupError`]; then there is no such folder.
pub fn backup(desk: &mut Desk, to: &Path, today: Day, date_confirmed: bool) -> Result<BackedUp, BackupError> {
    guard::check_date(desk, today, date_confirmed)?;
    let folder = NewFolder::begin(to)?;
    let destroyed = tidy(desk, today, Action::BackedUp)?;
    let copy = folder.path.join(RECORDS);
    drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy).map_err(VaultError::Io)?);
    desk.vault().copy_records(&copy)?;
    File::open(&copy).and_then(|file| file.sync_all()).map_err(VaultError::Io)?;
    let evidence = evidence_files(desk.records())?;
    copy_evidence(desk.vault().folder(), &folder.path, evidence.iter().map(String::as_str))?;
    folder.commit(to)?;
    Ok(BackedUp { evidence: evidence.len(), destroyed })
}

/// A backup on its way to the place of a vault. Dropped before [`Restoring::finish`], it vanishes.
pub struct Restoring {
    folder: NewFolder,
    vault: PathBuf,
}

impl Restoring {
    /// Copies a backup beside the place of the vault, which must be free.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub fn begin(from: &Path, vault: &Path) -> Result<Self, BackupError> {
        if !from.join(RECORDS).is_file() {
            return Err(VaultError::Missing.into());
        }
        let folder = NewFolder::begin(vault)?;
        copy(&from.join(RECORDS), &folder.path.join(RECORDS))?;
        let names = fs::read_dir(from.join(EVIDENCE)).map_err(|_| VaultError::Damaged(Place::Evidence))?;
        let names: Result<Vec<_>, io::Error> = names.map(|entry| Ok(entry?.file_name())).collect();
        let names = names.map_err(VaultError::Io)?;
        copy_evidence(from, &folder.path, names.iter().filter_map(|name| name.to_str()))?;
        Ok(Self { folder, vault: vault.to_owned() })
    }

    /// Returns the officers whose passphrases open it.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    pub fn officers(&self) -> Result<Vec<OfficerName>, VaultError> {
        Vault::officers_of(&self.folder.path)
    }

    /// Verifies all of it, destroys identities whose window is over by now, and puts it into its place.
    ///
    /// # Errors
    ///
    /// [`BackupError`]; then nothing was restored.
    pub fn finish(
        self,
        officer: &OfficerName,
        passphrase: &Passphrase,
        (today, date_confirmed): (Day, bool),
        rng: &mut impl CryptoRng,
    ) -> Result<Checked, BackupError> {
        let mut desk = Desk::open(&self.folder.path, officer, passphrase, rng)?;
        guard::check_date(&mut desk, today, date_confirmed)?;
        tidy(&mut desk, today, Action::Restored)?;
        desk.vault_mut().records_mut().transaction(|records| publish::note_restored(records, today))?;
        let checked = selftest::check_all(&desk, rng)?;
        drop(desk);
        self.folder.commit(&self.vault)?;
        Ok(checked)
    }
}

/// Destroys what nothing can come for any more, and notes what the officer does.
fn tidy(desk: &mut Desk, today: Day, action: Action) -> Result<u32, VaultError> {
    let (officer, retention) = (desk.vault().officer().clone(), desk.info().retention);
    desk.vault_mut().records_mut().transaction(|records| {
        forget_old(records, identities::kept_days(retention), today)?;
        let destroyed = identities::destroy_old(records, &officer, retention, today)?;
        Vault::note_in(records, &officer, today, action, &today.to_string())?;
        Ok(destroyed)
    })
}

fn copy_evidence<'a>(from: &Path, to: &Path, names: impl Iterator<Item = &'a str>) -> Result<(), VaultError> {
    make_folder(&to.join(EVIDENCE))?;
    for name in names {
        copy(&from.join(EVIDENCE).join(name), &to.join(EVIDENCE).join(name))?;
    }
    Ok(File::open(to.join(EVIDENCE))?.sync_all()?)
}

/// Copies a regular file into a new private one, durably.
fn copy(from: &Path, to: &Path) -> Result<(), VaultError> {
    let mut from = open_foreign(from).map_err(|error| match error {
        bisik_term::files::FileError::Io { source, .. } => VaultError::Io(source),
        _ => VaultError::Damaged(Place::Evidence),
    })?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut from, &mut file)?;
    Ok(file.sync_all()?)
}

/// A folder under construction beside its final place; removed when dropped.
struct NewFolder {
    path: PathBuf,
}

impl NewFolder {
    fn begin(place: &Path) -> Result<Self, BackupError> {
        let taken = match fs::read_dir(place) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        let name = place.file_name().filter(|_| !taken).ok_or(BackupError::Taken)?;
        let path = place.with_file_name(format!(".{}.bisik-new", name.to_string_lossy()));
        // What an interrupted attempt has left.
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(VaultError::Io(error).into()),
            _ => {}
        }
        make_folder(&path).map_err(VaultError::Io)?;
        Ok(Self { path })
    }

    /// Makes it durable and gives it its name.
    fn commit(self, place: &Path) -> Result<(), VaultError> {
        File::open(&self.path)?.sync_all()?;
        fs::rename(&self.path, place)?;
        let parent = place.parent().filter(|parent| !parent.as_os_str().is_empty());
        Ok(File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?)
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // Renamed by then, or removed at the next attempt.
        fs::remove_dir_all(&self.path).ok();
    }
}
