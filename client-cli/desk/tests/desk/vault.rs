//! The vault under hands that do not know the passphrase.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bisik_desk::cases::{self, Reply};
use bisik_desk::desk::{Desk, DeskError};
use bisik_desk::selftest::{self, SelfTestError};
use bisik_desk::vault::{Action, Vault, VaultError, WorkFactor};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::agency::{Agency, SECRET, officer, passphrase};
use crate::reporter::Reporter;

fn open(folder: &Path, secret: &str) -> Result<Desk, DeskError> {
    Desk::open(folder, &officer(), &passphrase(secret), &mut StdRng::seed_from_u64(1))
}

/// A closed vault with a case, evidence and an answer.
fn filled() -> (tempfile::TempDir, StdRng) {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let sealed = reporter.report_with_evidence(&agency, "foto-penanda.jpg", "jpg", &[b'Q'; 70_000]);
    agency.put(&sealed);
    agency.import();
    let reply = Reply { message: Some("balasan-penanda".to_owned()), ..Reply::default() };
    cases::reply(&mut agency.pusat, 1, reply, agency.today).unwrap();
    agency.close()
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    let (folder, _) = filled();
    let vault = folder.path().join("vault-pusat");
    assert!(matches!(open(&vault, "kuda makan kayu"), Err(DeskError::Vault(VaultError::WrongPassphrase))));
    assert!(open(&vault, SECRET).is_ok());
}

#[test]
fn every_flipped_byte_is_found_or_without_meaning() {
    let (folder, mut rng) = filled();
    let vault = folder.path().join("vault-pusat");
    let file = vault.join("vault.sqlite");
    let good = fs::read(&file).unwrap();
    let mut found = 0;
    for place in (0..good.len()).step_by(97) {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        fs::write(&file, &bad).unwrap();
        match open(&vault, SECRET).and_then(|desk| whole(&desk, &mut rng)) {
            Ok(()) => {}
            Err(DeskError::Vault(VaultError::Damaged(_) | VaultError::Layout)) => found += 1,
            // The name itself was hit.
            Err(DeskError::Vault(VaultError::UnknownOfficer)) => found += 1,
            Err(other) => panic!("byte {place}: {other}"),
        }
    }
    // The rest lies in free space of the file, or in fields that SQLite does not read.
    assert!(found * 97 > good.len() / 2, "{found} of {}", good.len() / 97);
}

/// What is not refused must still say exactly the same.
fn whole(desk: &Desk, rng: &mut StdRng) -> Result<(), DeskError> {
    match selftest::check_all(desk, rng) {
        Err(SelfTestError::Vault(error)) => return Err(error.into()),
        checked => assert_eq!(checked.unwrap().evidence, 1),
    }
    let case = cases::find(desk, 1).unwrap();
    assert_eq!(case.written[0].text, "balasan-penanda");
    assert_eq!(cases::all(desk).unwrap().len(), 1);
    assert_eq!(cases::messages(desk, &case).unwrap()[0].evidence.len(), 1);
    Ok(())
}

#[test]
fn a_flipped_byte_in_evidence_is_found() {
    let (folder, mut rng) = filled();
    let vault = folder.path().join("vault-pusat");
    let file = fs::read_dir(vault.join("evidence")).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&file).unwrap();
    for place in [0, 100, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(&file, bad).unwrap();
        let desk = open(&vault, SECRET).unwrap();
        assert!(selftest::check_all(&desk, &mut rng).is_err(), "{place}");
    }
    fs::remove_file(&file).unwrap();
    assert!(selftest::check_all(&open(&vault, SECRET).unwrap(), &mut rng).is_err());
}

#[test]
fn a_record_taken_away_taken_back_or_exchanged_is_found() {
    let (folder, _) = filled();
    let vault = folder.path().join("vault-pusat");
    let file = vault.join("vault.sqlite");
    let good = fs::read(&file).unwrap();
    let damages = [
        "DELETE FROM records WHERE rowid = (SELECT min(rowid) FROM records WHERE tbl = 6)",
        "DELETE FROM records WHERE rowid = (SELECT max(rowid) FROM records WHERE tbl = 1)",
        "UPDATE records SET version = version + 1 WHERE tbl = 5",
        "UPDATE records SET sealed = (SELECT sealed FROM records WHERE tbl = 6) WHERE tbl = 5",
        "DELETE FROM records WHERE tbl = 0",
        "DELETE FROM officers",
        "INSERT INTO officers SELECT 'maling', wrapped, checksum FROM officers",
        "INSERT INTO records SELECT 9, key, version, sealed FROM records WHERE tbl = 5",
    ];
    for damage in damages {
        fs::write(&file, &good).unwrap();
        let db = rusqlite::Connection::open(&file).unwrap();
        assert!(db.execute(damage, []).unwrap() > 0, "{damage}");
        drop(db);
        assert!(open(&vault, SECRET).is_err(), "{damage}");
    }
    fs::write(&file, &good).unwrap();
    assert!(open(&vault, SECRET).is_ok());
}

#[test]
fn an_old_record_in_its_own_row_is_found() {
    let mut agency = Agency::new();
    let mut reporter = Reporter::new(&agency, 1);
    let sealed = reporter.report(&agency, &["pusat"], "Satu.");
    agency.put(&sealed);
    agency.import();
    let old = agency.folder.path().join("old.sqlite");
    fs::copy(agency.vault().join("vault.sqlite"), &old).unwrap();
    cases::set_status(&mut agency.pusat, 1, "telaah", None, agency.today).unwrap();
    let (folder, _) = agency.close();
    let vault = folder.path().join("vault-pusat");
    let db = rusqlite::Connection::open(vault.join("vault.sqlite")).unwrap();
    db.execute("ATTACH ?1 AS old", [old.to_str().unwrap()]).unwrap();
    let taken_back = "REPLACE INTO records SELECT * FROM old.records WHERE tbl = 5";
    assert_eq!(db.execute(taken_back, []).unwrap(), 1);
    drop(db);
    assert!(matches!(open(&vault, SECRET), Err(DeskError::Vault(VaultError::Damaged(_)))));
}

#[test]
fn a_second_process_is_kept_out() {
    let agency = Agency::new();
    assert!(matches!(open(&agency.vault(), SECRET), Err(DeskError::Vault(VaultError::InUse))));
    let (folder, _) = agency.close();
    assert!(open(&folder.path().join("vault-pusat"), SECRET).is_ok());
}

#[test]
fn nothing_readable_and_nothing_public_lies_on_the_disk() {
    let (folder, _) = filled();
    let mut files = 0;
    let mut folders = vec![folder.path().join("vault-pusat")];
    while let Some(folder) = folders.pop() {
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
            let bytes = fs::read(&path).unwrap();
            for marker in [b"penanda".as_slice(), b"QQQQQQQQ", b"kpk_1", b"AGE-SECRET-KEY", b"Terlampir"] {
                assert!(!bytes.windows(marker.len()).any(|window| window == marker), "{path:?}");
            }
        }
    }
    assert_eq!(files, 3);
}

#[test]
fn officers_come_and_go_with_their_own_passphrases() {
    let mut agency = Agency::new();
    let (budi, today) = ("budi".parse().unwrap(), agency.today);
    let vault = agency.pusat.vault_mut();
    let work = WorkFactor::for_tests();
    vault.enroll(&budi, &passphrase("ikan terbang tinggi"), work, false, today).unwrap();
    let twice = vault.enroll(&budi, &passphrase("ikan terbang tinggi"), work, false, today);
    assert!(matches!(twice, Err(VaultError::OfficerExists)));
    let weak = vault.enroll(&budi, &passphrase("pendek"), work, true, today);
    assert!(matches!(weak, Err(VaultError::ShortPassphrase)));
    let (folder, mut rng) = agency.close();
    let path = folder.path().join("vault-pusat");
    let mut desk = Desk::open(&path, &budi, &passphrase("ikan terbang tinggi"), &mut rng).unwrap();
    desk.vault_mut().remove_officer(&officer(), today).unwrap();
    assert!(matches!(desk.vault_mut().remove_officer(&budi, today), Err(VaultError::LastOfficer)));
    let actions: Vec<Action> = desk.vault().journal().unwrap().iter().map(|entry| entry.action).collect();
    assert!(actions.ends_with(&[Action::OfficerAdded, Action::OfficerRemoved]));
    drop(desk);
    assert_eq!(Vault::officers_of(&path).unwrap(), [budi]);
    assert!(matches!(open(&path, SECRET), Err(DeskError::Vault(VaultError::UnknownOfficer))));
}

#[test]
fn a_new_vault_never_takes_the_place_of_an_old_one() {
    let (folder, mut rng) = filled();
    let path = folder.path().join("vault-pusat");
    let again = Vault::create(&path, &officer(), &passphrase(SECRET), WorkFactor::for_tests(), &mut rng);
    assert!(matches!(again, Err(VaultError::NotEmpty)));
    assert!(open(&path, SECRET).is_ok());
}
