//! What lies on the disk: remains of crashes, order, deleted bytes.

use std::fs;
use std::path::Path;

use bisik_formats::ids::{DeskId, ReportId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::Connection;

use crate::{LocalStore, Reconciled, Settings, Store, StoreError};

use super::*;

#[test]
fn a_report_goes_with_the_last_desk_and_its_bytes_with_it() {
    let mut fixture = Fixture::new();
    let desks = [desk("a"), desk("b")];
    let (text, large, kept) = (fixture.bytes(36_000), fixture.bytes(200_000), fixture.bytes(36_000));
    for sealed in [&text, &kept] {
        fixture.text(sealed).unwrap();
    }
    fixture.large(&large).unwrap();
    let ids = [ReportId::of(&text), ReportId::of(&large), ReportId::of(b"unknown")];
    let acknowledge =
        |desk: &DeskId| fixture.store.acknowledge(fixture.agency, desk, &ids, &desks, today()).unwrap();
    assert_eq!(acknowledge(&desks[0]), 0);
    assert_eq!(acknowledge(&desks[0]), 0);
    assert_eq!(acknowledge(&desks[1]), 2);
    assert_eq!(acknowledge(&desks[1]), 0);
    assert_eq!(fixture.ids(), [ReportId::of(&kept)]);
    assert_eq!(fixture.store.usage(fixture.agency, today().plus(1)).unwrap().bytes, 36_000);
    assert_eq!(fixture.stored_files("reports").len(), 0);
    let activity = fixture.store.desks(fixture.agency).unwrap();
    assert_eq!(activity.iter().map(|seen| seen.acknowledged).collect::<Vec<_>>(), [today(), today()]);
    fixture.store.maintain(&fixture.plan(today(), &desks)).unwrap();
    fixture.store.close();
    for path in fs::read_dir(fixture.folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        for id in &ids[..2] {
            assert!(!contains(&bytes, id.as_bytes()), "{path:?}");
        }
        // Blocks of the text may lie on any page.
        assert!(text.chunks(64).step_by(16).all(|piece| !contains(&bytes, piece)), "{path:?}");
    }
    let database = fs::read(fixture.folder.path().join("bisik.sqlite")).unwrap();
    assert!(contains(&database, &kept[..64]));
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn what_a_crash_left_is_found_and_removed() {
    let mut fixture = Fixture::new();
    let (large, lost) = (fixture.bytes(100_000), fixture.bytes(100_000));
    fixture.large(&large).unwrap();
    fixture.large(&lost).unwrap();
    let path = |fixture: &Fixture, sealed: &Vec<u8>| {
        fixture.stored_files("reports").into_iter().find(|path| fs::read(path).unwrap() == *sealed).unwrap()
    };
    fs::remove_file(path(&fixture, &lost)).unwrap();
    let orphan = fixture.folder.path().join("reports/0b");
    fs::create_dir_all(&orphan).unwrap();
    fs::write(orphan.join("00000000000000ab"), b"never acknowledged").unwrap();
    fs::write(fixture.folder.path().join("reports/staging/0000000000000001"), b"cut").unwrap();
    fs::write(fixture.folder.path().join("editions/staging/0000000000000001"), b"cut").unwrap();
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled { removed: 1, missing: 1 });
    let left = fixture.stored_files("reports");
    assert_eq!(left, [path(&fixture, &large)]);
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled { removed: 0, missing: 1 });
    assert_eq!(fixture.read(&ReportId::of(&large)).unwrap(), large);
}

#[test]
fn foreign_and_torn_folders_are_refused() {
    let mut fixture = Fixture::new();
    let again = LocalStore::open(Settings::new(fixture.folder.path()), StdRng::seed_from_u64(1));
    assert!(matches!(again, Err(StoreError::InUse)));
    let large = fixture.bytes(100_000);
    fixture.large(&large).unwrap();
    fixture.store.close();
    let database = fixture.folder.path().join("bisik.sqlite");
    let Fixture { store, folder, .. } = fixture;
    drop(store);
    Connection::open(&database).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = LocalStore::open(Settings::new(folder.path()), StdRng::seed_from_u64(1));
    assert!(matches!(newer, Err(StoreError::SchemaVersion { found: 99, known: 3 })));
    fs::remove_file(&database).unwrap();
    let torn = LocalStore::open(Settings::new(folder.path()), StdRng::seed_from_u64(1));
    assert!(matches!(torn, Err(StoreError::FilesWithoutDatabase)));
}

#[test]
fn nothing_at_rest_tells_the_order_of_arrival() {
    let mut fixture = Fixture::seeded(7);
    let texts: Vec<_> = (0..60).map(|_| fixture.bytes(30_000)).collect();
    for text in &texts {
        fixture.text(text).unwrap();
    }
    for _ in 0..5 {
        let large = fixture.bytes(100_000);
        fixture.large(&large).unwrap();
    }
    for path in fixture.stored_files("reports") {
        let times = fs::metadata(&path).unwrap();
        assert_eq!(times.modified().unwrap(), std::time::SystemTime::UNIX_EPOCH);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }
    let done = fixture.store.maintain(&fixture.plan(today(), &[desk("a")])).unwrap();
    assert!(done.rewritten);
    fixture.store.close();
    let database = fs::read(fixture.folder.path().join("bisik.sqlite")).unwrap();
    let place = |text: &Vec<u8>| {
        let wanted = &text[20_000..20_016];
        database.windows(16).position(|window| window == wanted).unwrap()
    };
    let mut places: Vec<(usize, usize)> =
        texts.iter().map(place).enumerate().map(|(order, place)| (place, order)).collect();
    places.sort_unstable();
    let ranks: Vec<usize> = places.iter().map(|(_, order)| *order).collect();
    // Spearman's rho of two random orders of 60 lies within 0.45 but for two times in a thousand; the seed is fixed.
    let count = 60.0_f64;
    let squares: f64 =
        ranks.iter().enumerate().map(|(rank, order)| (rank as f64 - *order as f64).powi(2)).sum();
    let rho = 1.0 - 6.0 * squares / (count * (count * count - 1.0));
    assert!(rho.abs() < 0.45, "{rho}");
}

#[test]
fn every_connection_deletes_securely_and_durably() {
    let fixture = Fixture::new();
    let read = |conn: &Connection| {
        let value = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        (value("secure_delete"), value("temp_store"))
    };
    assert_eq!(fixture.store.readers.read(|conn| Ok(read(conn))).unwrap(), (1, 2));
    fixture.store.maintain(&fixture.plan(today(), &[desk("a")])).unwrap();
    let (settings, full, journal) = fixture
        .store
        .run(move |writer| {
            let full: i64 = writer.conn.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            let journal: String = writer.conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            Ok((read(&writer.conn), full, journal))
        })
        .unwrap();
    assert_eq!((settings, full, journal.as_str()), ((1, 2), 2, "wal"));
    let mode = |path: &Path| {
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
    };
    assert_eq!(mode(&fixture.folder.path().join("reports")), 0o700);
    assert_eq!(mode(&fixture.folder.path().join("bisik.sqlite")) & 0o077, 0);
}

#[test]
fn files_that_arrived_are_moved_once_and_stay_whole() {
    let mut fixture = Fixture::new();
    let large: Vec<Vec<u8>> = (0..8).map(|_| fixture.bytes(100_000)).collect();
    large.iter().for_each(|sealed| assert_eq!(fixture.large(sealed).unwrap(), Accepted::New));
    let before = fixture.stored_files("reports");
    // Who reads meanwhile reads on, and what is read is overwritten afterwards only.
    let id = ReportId::of(&large[0]);
    let reading = fixture.store.read(fixture.agency, &id, Period::AT_ONCE).unwrap().unwrap();
    let plan = fixture.plan(today(), &[desk("a")]);
    let done = fixture.store.maintain(&plan).unwrap();
    assert_eq!((done.moved, done.left), (8, 0));
    assert_eq!(content(reading), large[0]);
    assert_eq!(fixture.store.maintain(&plan).unwrap().moved, 0);
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.reconcile().unwrap().missing, 0);
    let after = fixture.stored_files("reports");
    assert_eq!(after.len(), 8);
    assert!(after.iter().all(|path| !before.contains(path)));
    for sealed in &large {
        assert_eq!(fixture.read(&ReportId::of(sealed)).unwrap(), *sealed);
    }
}

#[test]
fn a_crash_while_files_are_moved_loses_nothing() {
    let mut fixture = Fixture::new();
    let large = fixture.bytes(100_000);
    fixture.large(&large).unwrap();
    let old = fixture.stored_files("reports").pop().unwrap();
    let copy =
        old.with_file_name(format!("1234567890abcde{}", old.to_str().unwrap().chars().last().unwrap()));
    // The copy is there, the row names the old one still.
    fs::copy(&old, &copy).unwrap();
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled { removed: 1, missing: 0 });
    assert_eq!(fixture.stored_files("reports"), std::slice::from_ref(&old));
    // The row names the copy, the old one is there still.
    fixture.store.maintain(&fixture.plan(today(), &[desk("a")])).unwrap();
    let moved = fixture.stored_files("reports").pop().unwrap();
    fs::copy(&moved, &old).unwrap();
    fs::write(fixture.folder.path().join("rewritten"), b"half a copy").unwrap();
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled { removed: 1, missing: 0 });
    assert_eq!(fixture.stored_files("reports"), [moved]);
    assert!(!fixture.folder.path().join("rewritten").exists());
    assert_eq!(fixture.read(&ReportId::of(&large)).unwrap(), large);
}

#[test]
fn files_without_room_or_that_are_damaged_stay_and_are_counted() {
    let mut fixture = Fixture::new();
    let (large, damaged) = (fixture.bytes(100_000), fixture.bytes(100_000));
    fixture.large(&damaged).unwrap();
    let path = fixture.stored_files("reports").pop().unwrap();
    fixture.large(&large).unwrap();
    let mut bytes = damaged.clone();
    bytes[50_000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let done = fixture.store.maintain(&fixture.plan(today(), &[desk("a")])).unwrap();
    assert_eq!((done.moved, done.left), (1, 1));
    assert!(path.is_file());
    fixture.store.close();
    let Fixture { store, folder, .. } = fixture;
    drop(store);
    // As if the other one had just arrived, on a disk that is too full for a copy.
    let conn = Connection::open(folder.path().join("bisik.sqlite")).unwrap();
    conn.execute("UPDATE report SET mixed = 0", []).unwrap();
    drop(conn);
    let mut settings = Settings::new(folder.path());
    settings.disk.bytes = u64::MAX / 2;
    let store = LocalStore::open(settings, StdRng::seed_from_u64(99)).unwrap();
    let agency = store.register(&agency_id('3'), QUOTA).unwrap();
    let done = store.maintain(&Plan { today: today(), agencies: Vec::new() }).unwrap();
    assert_eq!((done.moved, done.left), (0, 2));
    let read = store.read(agency, &ReportId::of(&large), Period::AT_ONCE).unwrap().unwrap();
    assert_eq!(content(read), large);
}

#[test]
fn what_is_removed_is_overwritten_first() {
    let mut fixture = Fixture::new();
    let large = fixture.bytes(100_000);
    fixture.large(&large).unwrap();
    let path = fixture.stored_files("reports").pop().unwrap();
    let link = fixture.folder.path().join("link");
    fs::hard_link(&path, &link).unwrap();
    let id = [ReportId::of(&large)];
    let reading = fixture.store.read(fixture.agency, &id[0], Period::AT_ONCE).unwrap().unwrap();
    assert_eq!(fixture.store.acknowledge(fixture.agency, &desk("a"), &id, &[desk("a")], today()).unwrap(), 1);
    assert_eq!(fixture.read(&id[0]), None);
    // Not while somebody reads it.
    fixture.store.wiper.wait();
    assert_eq!(content(reading), large);
    let fixture = fixture.reopen();
    fixture.store.reconcile().unwrap();
    assert_eq!(fixture.stored_files("reports").len(), 0);
    assert_eq!(fs::read(&link).unwrap(), vec![0; 100_000]);
}

#[test]
fn files_of_the_former_256_folders_are_found() {
    let mut fixture = Fixture::new();
    let large = fixture.bytes(100_000);
    fixture.large(&large).unwrap();
    let path = fixture.stored_files("reports").pop().unwrap();
    let name = path.file_name().unwrap().to_owned();
    let former = fixture.folder.path().join("reports").join("f3");
    fs::create_dir(&former).unwrap();
    fs::rename(&path, former.join(name)).unwrap();
    let fixture = fixture.reopen();
    assert!(!former.exists());
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
    assert_eq!(fixture.read(&ReportId::of(&large)).unwrap(), large);
}
