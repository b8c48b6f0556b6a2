//! The vault in a backup, and back.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bisik_desk::backup::{BackedUp, BackupError, Restoring, backup};
use bisik_desk::cases::{self, Reply};
use bisik_desk::desk::{Desk, DeskError};
use bisik_desk::guard::GuardError;
use bisik_desk::import::{self, ImportError, Summary};
use bisik_desk::publish::{self, Choices, OutboxError, PublishError, Published};
use bisik_desk::selftest::{Checked, check_all};
use bisik_desk::vault::{Action, OfficerName, VaultError, WorkFactor};
use bisik_formats::day::Day;

use crate::agency::{Agency, SECRET, officer, passphrase};
use crate::reporter::Reporter;

fn back_up(agency: &mut Agency, name: &str) -> BackedUp {
    let to = agency.folder.path().join(name);
    let today = agency.today;
    backup(&mut agency.pusat, &to, today, false).unwrap()
}

/// Restores a backup beside the vault, which stays as it is.
fn bring_back(agency: &mut Agency, name: &str, confirmed: bool) -> Result<Checked, BackupError> {
    let (from, to) = (agency.folder.path().join(name), restored_folder(agency, name));
    let restoring = Restoring::begin(&from, &to)?;
    let days = (agency.today, confirmed);
    restoring.finish(&officer(), &passphrase(SECRET), days, &mut agency.rng)
}

fn restored_folder(agency: &Agency, name: &str) -> PathBuf {
    agency.folder.path().join(format!("{name}-restored"))
}

fn open(agency: &mut Agency, name: &str) -> Desk {
    open_as(agency, name, &officer(), SECRET).unwrap()
}

fn open_as(agency: &mut Agency, name: &str, who: &OfficerName, secret: &str) -> Result<Desk, DeskError> {
    let folder = restored_folder(agency, name);
    Desk::open(&folder, who, &passphrase(secret), &mut agency.rng)
}

fn import_into(agency: &mut Agency, desk: &mut Desk) -> Result<Summary, ImportError> {
    let stick = agency.stick();
    import::import(desk, &stick, agency.today, true, &mut agency.rng, &mut |_| {})
}

fn publish_from(agency: &mut Agency, desk: &mut Desk, replace: bool) -> Result<Published, PublishError> {
    let stick = agency.stick();
    let choices = Choices { replace_outbox: replace, date_confirmed: true, ..Choices::default() };
    publish::publish(desk, &stick, choices, agency.today, &mut agency.rng)
}

fn count(desk: &Desk, action: Action) -> usize {
    desk.vault().journal().unwrap().iter().filter(|entry| entry.action == action).count()
}

#[test]
fn a_restored_vault_opens_all_cases_and_goes_on() {
    let mut agency = Agency::new();
    let mut reporters: Vec<Reporter> = (1..4).map(|seed| Reporter::new(&agency, seed)).collect();
    let first = reporters[0].content(&agency, &["pusat"], "Laporan pertama.");
    agency.put(&reporters[0].seal(&agency, &first));
    let sealed = reporters[1].report_with_evidence(&agency, "foto.jpg", "jpg", &[b'Q'; 70_000]);
    agency.put(&sealed);
    agency.import();
    let reply = Reply { message: Some("Mohon lengkapi.".to_owned()), ..Reply::default() };
    cases::reply(&mut agency.pusat, 1, reply, agency.today).unwrap();
    let (budi, other) = ("budi".parse().unwrap(), "gajah minum kopi");
    agency
        .pusat
        .vault_mut()
        .enroll(&budi, &passphrase(other), WorkFactor::for_tests(), false, agency.today)
        .unwrap();
    agency.publish();
    assert_eq!(back_up(&mut agency, "backup"), BackedUp { evidence: 1, destroyed: 0 });
    let checked = bring_back(&mut agency, "backup", false).unwrap();
    assert_eq!((checked.cases, checked.messages, checked.evidence), (2, 2, 1));
    assert!(open_as(&mut agency, "backup", &budi, other).is_ok());
    assert!(open_as(&mut agency, "backup", &budi, SECRET).is_err());
    let mut desk = open(&mut agency, "backup");
    assert_eq!(cases::find(&desk, 1).unwrap().written[0].text, "Mohon lengkapi.");
    let now = cases::all(&desk).unwrap().len();
    assert_eq!(now, agency.cases().len());
    assert_eq!((count(&desk, Action::BackedUp), count(&desk, Action::Restored)), (1, 1));
    // A new report is taken, one that the desk has is not, however it is sealed.
    let new = reporters[2].report(&agency, &["pusat"], "Laporan baru.");
    agency.put(&new);
    agency.put(&reporters[0].seal(&agency, &first));
    let summary = import_into(&mut agency, &mut desk).unwrap();
    assert_eq!((summary.new_cases.len(), summary.messages.len(), summary.repeated), (1, 0, 1));
    assert!(publish_from(&mut agency, &mut desk, false).is_ok());
    assert_eq!(check_all(&desk, &mut agency.rng).unwrap().cases, 3);
}

#[test]
fn an_old_backup_publishes_and_imports_nothing_before_it_has_seen_the_last_edition() {
    let mut agency = Agency::new();
    back_up(&mut agency, "backup");
    agency.publish();
    bring_back(&mut agency, "backup", false).unwrap();
    let mut desk = open(&mut agency, "backup");
    let newer = |error: &OutboxError| matches!(error, OutboxError::Newer { .. });
    assert!(matches!(import_into(&mut agency, &mut desk), Err(ImportError::Outbox(error)) if newer(&error)));
    let refused = publish_from(&mut agency, &mut desk, false);
    assert!(matches!(refused, Err(PublishError::Outbox(error)) if newer(&error)));
    // Nor does it with a stick on which nothing tells.
    let outbox = agency.stick().join("outbox");
    fs::rename(&outbox, agency.folder.path().join("kept")).unwrap();
    let blind = |error: &OutboxError| matches!(error, OutboxError::Restored);
    assert!(matches!(import_into(&mut agency, &mut desk), Err(ImportError::Outbox(error)) if blind(&error)));
    let refused = publish_from(&mut agency, &mut desk, false);
    assert!(matches!(refused, Err(PublishError::Outbox(error)) if blind(&error)));
    fs::rename(agency.folder.path().join("kept"), &outbox).unwrap();
    let last = agency.header("pusat").header().number;
    assert!(publish_from(&mut agency, &mut desk, true).unwrap().number > last);
    // From now on it is a vault like any other.
    fs::remove_dir_all(&outbox).unwrap();
    assert!(import_into(&mut agency, &mut desk).is_ok());
}

/// An agency whose desk has a second identity, a report sealed to the first one, and backups before and after the
/// first one is destroyed.
struct Aged {
    agency: Agency,
    sealed: Vec<u8>,
    destroyed_on: Day,
}

impl Aged {
    fn new() -> Self {
        let mut agency = Agency::new();
        let sealed = Reporter::new(&agency, 1).report(&agency, &["pusat"], "Lama di jalan.");
        agency.today = agency.today.plus(7);
        assert!(agency.publish().new_identity);
        back_up(&mut agency, "early");
        let first_day = agency.today;
        // By publishing every few days, until the first identity goes.
        while agency.publish().destroyed == 0 {
            agency.today = agency.today.plus(6);
            assert!(agency.today.days_since(first_day) < 200);
        }
        let destroyed_on = agency.today;
        back_up(&mut agency, "late");
        Self { agency, sealed, destroyed_on }
    }

    /// Tells whether a restored vault opens the report that was sealed to the first identity.
    fn opens(&mut self, name: &str) -> bool {
        bring_back(&mut self.agency, name, true).unwrap();
        let mut desk = open(&mut self.agency, name);
        publish_from(&mut self.agency, &mut desk, true).unwrap();
        let sealed = self.sealed.clone();
        self.agency.put(&sealed);
        let summary = import_into(&mut self.agency, &mut desk).unwrap();
        summary.new_cases.len() == 1
    }
}

#[test]
fn an_identity_within_its_window_comes_back() {
    let mut aged = Aged::new();
    aged.agency.today = aged.destroyed_on.plus(-60);
    assert!(aged.opens("early"));
}

#[test]
fn a_destroyed_identity_comes_back_from_no_later_backup() {
    let mut aged = Aged::new();
    // Not even on a machine whose clock is wrong.
    aged.agency.today = aged.destroyed_on.plus(-60);
    assert!(!aged.opens("late"));
}

#[test]
fn an_identity_whose_window_is_over_is_dropped_at_restoration() {
    let mut aged = Aged::new();
    bring_back(&mut aged.agency, "early", true).unwrap();
    let desk = open(&mut aged.agency, "early");
    assert_eq!(count(&desk, Action::IdentityDestroyed), 1, "before anything else is done with it");
    drop(desk);
    fs::remove_dir_all(restored_folder(&aged.agency, "early")).unwrap();
    assert!(!aged.opens("early"));
}

#[test]
fn a_backup_destroys_what_is_due_in_the_vault_first() {
    let mut agency = Agency::new();
    agency.today = agency.today.plus(7);
    agency.publish();
    agency.today = agency.today.plus(200);
    let to = agency.folder.path().join("backup");
    // By a date that nobody believes nothing is destroyed.
    let refused = backup(&mut agency.pusat, &to, agency.today, false);
    assert!(matches!(refused, Err(BackupError::Guard(GuardError::Future { .. }))) && !to.exists());
    assert_eq!(count(&agency.pusat, Action::IdentityDestroyed), 0);
    let done = backup(&mut agency.pusat, &to, agency.today, true).unwrap();
    assert_eq!(done.destroyed, 1);
    assert_eq!(count(&agency.pusat, Action::IdentityDestroyed), 1);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_folder_appears_whole_private_and_over_nothing() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report_with_evidence(&agency, "a.jpg", "jpg", b"isi");
    agency.put(&sealed);
    agency.import();
    let folder = agency.folder.path().to_owned();
    // What an interrupted attempt has left is no backup and in nobody's way.
    fs::create_dir(folder.join(".backup.bisik-new")).unwrap();
    fs::write(folder.join(".backup.bisik-new/vault.sqlite"), b"setengah").unwrap();
    back_up(&mut agency, "backup");
    assert!(!folder.join(".backup.bisik-new").exists());
    assert_eq!(names(&folder.join("backup")), ["evidence", "vault.sqlite"]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let evidence = folder.join("backup/evidence").join(&names(&folder.join("backup/evidence"))[0]);
    assert_eq!([mode(folder.join("backup")), mode(folder.join("backup/evidence"))], [0o700; 2]);
    assert_eq!([mode(folder.join("backup/vault.sqlite")), mode(evidence)], [0o600; 2]);
    let again = backup(&mut agency.pusat, &folder.join("backup"), agency.today, false);
    assert!(matches!(again, Err(BackupError::Taken)));
    bring_back(&mut agency, "backup", false).unwrap();
    assert!(matches!(bring_back(&mut agency, "backup", false), Err(BackupError::Taken)));
}

#[test]
fn a_damaged_backup_or_a_wrong_passphrase_restores_nothing() {
    let mut agency = Agency::new();
    let sealed = Reporter::new(&agency, 1).report_with_evidence(&agency, "a.jpg", "jpg", &[b'Q'; 5000]);
    agency.put(&sealed);
    agency.import();
    back_up(&mut agency, "backup");
    let (folder, to) = (agency.folder.path().join("backup"), restored_folder(&agency, "backup"));
    let evidence = folder.join("evidence").join(&names(&folder.join("evidence"))[0]);
    for path in [folder.join("vault.sqlite"), evidence] {
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        // Within the last page of the records, and within the sealed content.
        let place = good.len() - 200;
        bad[place] ^= 1;
        for damage in [Some(bad), Some(good[..good.len() / 2].to_vec()), None] {
            match damage {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            assert!(bring_back(&mut agency, "backup", false).is_err(), "{}", path.display());
            assert!(!to.exists());
        }
        fs::write(&path, good).unwrap();
    }
    let restoring = Restoring::begin(&folder, &to).unwrap();
    let wrong =
        restoring.finish(&officer(), &passphrase("kuda makan kayu"), (agency.today, false), &mut agency.rng);
    assert!(matches!(wrong, Err(BackupError::Desk(DeskError::Vault(VaultError::WrongPassphrase)))));
    assert!(!names(agency.folder.path()).iter().any(|name| name.contains("restored")));
    assert!(bring_back(&mut agency, "backup", false).is_ok());
}
