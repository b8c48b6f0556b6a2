//! Backup, check and restoration of the real program, while reports come and go.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr
)]

#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bisik_formats::ids::ReportId;
use bisik_server::backup::restore;
use bisik_server::clock::Clock;
use bisik_server::config::Config;
use process::{Courier, Http, Open, Process, Upload, configure, day, world};
use rustix::process::Signal;
use tempfile::TempDir;

fn bisik(command: &str, arguments: &[(&str, &Path)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bisik-server"));
    program.arg(command).env("BISIK_LANG", "en");
    arguments.iter().for_each(|(name, path)| {
        program.arg(name).arg(path);
    });
    program.output().unwrap()
}

/// Returns a count that a command has printed.
fn count(output: &Output, name: &str) -> u64 {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("{text} {}", String::from_utf8_lossy(&output.stderr))).parse().unwrap()
}

/// Makes a configuration like that of a server, for another data folder.
fn elsewhere(open: &Open, folder: &Path) -> PathBuf {
    fs::create_dir(folder).unwrap();
    configure(folder, &open.world, "off", "")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Returns the ids that a server has, after comparing each with its bytes.
fn ids(server: &Process, open: &Open) -> BTreeSet<String> {
    let courier = Courier::connect(server, &open.world);
    let listed: BTreeSet<String> = courier.list().into_iter().collect();
    for id in &listed {
        let report = courier.get(&format!("/contoh/reports/{id}"));
        assert_eq!(ReportId::of(&report.body).to_string(), *id);
    }
    listed
}

/// A backup, and what must be in it.
struct Round {
    backup: PathBuf,
    must: BTreeSet<String>,
}

/// Makes backups while four senders send and both desks acknowledge.
fn backups_under_load(open: &Open, folder: &Path) -> (Vec<Round>, usize) {
    let (confirmed, enough) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let (mut rounds, mut deleted) = (Vec::new(), BTreeSet::new());
    std::thread::scope(|scope| {
        for sender in 0..4 {
            let (confirmed, enough, address) = (&confirmed, &enough, open.server.public);
            let mut world = world(100 + sender);
            scope.spawn(move || {
                let mut http = Http::connect(address);
                for turn in 0.. {
                    // Every third is a file.
                    let sealed = if turn % 3 == 2 { world.sealed(2, 48 << 10) } else { world.text() };
                    assert_eq!(http.post(&sealed), Some(201));
                    confirmed.lock().unwrap().insert(ReportId::of(&sealed));
                    if enough.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
        }
        for round in 0..3 {
            while confirmed.lock().unwrap().len() < 15 * (round + 1) {
                std::thread::yield_now();
            }
            let before: Vec<ReportId> = confirmed.lock().unwrap().iter().copied().collect();
            let backup = folder.join(format!("backup-{round}"));
            let running = start_backup(&open.folder.path().join("server.toml"), &backup);
            // While it works, both desks acknowledge some: these may be in it, or not.
            let going: Vec<ReportId> =
                before.iter().filter(|id| !deleted.contains(*id)).take(4).copied().collect();
            for desk in 0..2 {
                let note = open.world.acknowledgement(desk, &going);
                assert_eq!(
                    Courier::connect(&open.server, &open.world).send(
                        "POST",
                        "/contoh/acknowledgements",
                        &note
                    ),
                    204
                );
            }
            let ended = running.wait_with_output().unwrap();
            assert!(ended.status.success() && count(&ended, "damaged") == 0);
            deleted.extend(going);
            let must = before.iter().filter(|id| !deleted.contains(id)).map(ToString::to_string).collect();
            rounds.push(Round { backup, must });
        }
        enough.store(true, Ordering::Relaxed);
    });
    (rounds, confirmed.into_inner().unwrap().len())
}

fn start_backup(config: &Path, to: &Path) -> Child {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bisik-server"));
    program.arg("backup").arg("--config").arg(config).arg("--to").arg(to);
    program.stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn what_was_confirmed_before_a_backup_is_there_after_its_restoration() {
    let mut open = Open::start("");
    let folder = TempDir::new().unwrap();
    // An upload in pieces that is not finished is no part of a backup.
    let unfinished = open.world.sealed(2, 3 << 20);
    let upload = Upload::begin(open.server.public, &unfinished).unwrap();
    assert_eq!(upload.piece(&mut Http::connect(open.server.public), 0, 1 << 20), Some(204));
    let (rounds, confirmed) = backups_under_load(&open, folder.path());
    open.server.signal(Signal::TERM);
    for (number, Round { backup, must }) in rounds.iter().enumerate() {
        let checked = bisik("check", &[("--from", backup)]);
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
        assert!(count(&checked, "reports") >= must.len() as u64);
        assert_eq!((count(&checked, "editions"), count(&checked, "cards")), (2, 1));
        let place = folder.path().join(format!("place-{number}"));
        let config = elsewhere(&open, &place);
        let restored = bisik("restore", &[("--config", &config), ("--from", backup)]);
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        for path in files(&place.join("data")).iter().chain(&files(backup)) {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
        let server = Process::start(&config);
        let found = ids(&server, &open);
        assert_eq!(must.difference(&found).count(), 0);
        assert_eq!(found.len() as u64, count(&restored, "reports"));
        // Card and editions are served, and reports taken, as before.
        let mut http = Http::connect(server.public);
        assert_eq!(http.request("GET", "/contoh/headers", "", b"").status, 200);
        assert_eq!(http.post(&open.world.text()), Some(201));
        let upload = Upload { server: server.public, sealed: &unfinished, address: upload.address.clone() };
        assert_eq!(upload.offset(), None);
        // Nothing is restored over what is there.
        let again = bisik("restore", &[("--config", &config), ("--from", backup)]);
        assert_eq!(again.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&again.stderr).contains("not empty"));
        server.kill();
    }
    eprintln!("backups {}, confirmed {confirmed}, lost 0, corrupted 0", rounds.len());
}

/// A stopped server with two texts and two files, and a backup of it.
struct Kept {
    open: Open,
    folder: TempDir,
    backup: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let mut open = Open::start("");
        let mut http = Http::connect(open.server.public);
        for size in [0, 0, 48 << 10, 2 << 20] {
            let sealed = if size == 0 { open.world.text() } else { open.world.sealed(2, size) };
            assert_eq!(http.post(&sealed), Some(201));
        }
        let folder = TempDir::new().unwrap();
        let backup = folder.path().join("backup");
        let config = open.folder.path().join("server.toml");
        let output = bisik("backup", &[("--config", &config), ("--to", &backup)]);
        assert!(output.status.success() && count(&output, "reports") == 4);
        Self { open, folder, backup }
    }

    fn check(&self) -> Option<i32> {
        bisik("check", &[("--from", &self.backup)]).status.code()
    }
}

#[test]
fn a_flipped_byte_anywhere_is_found_by_the_check() {
    let kept = Kept::new();
    assert_eq!(kept.check(), Some(0));
    for path in files(&kept.backup) {
        let good = fs::read(&path).unwrap();
        let database = path.ends_with("bisik.sqlite");
        // A database in many places: pages of every table, and unused ones.
        let places: Vec<usize> = if database {
            (0..good.len()).step_by(good.len() / 12).collect()
        } else {
            vec![0, good.len() - 1]
        };
        for place in places {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert_eq!(kept.check(), Some(1), "{} {place}", path.display());
        }
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert_eq!(kept.check(), Some(1), "{}", path.display());
        fs::remove_file(&path).unwrap();
        assert_eq!(kept.check(), Some(1), "{}", path.display());
        fs::write(&path, &good).unwrap();
    }
    assert_eq!(kept.check(), Some(0));
    // What no row names is no part of it either.
    fs::write(kept.backup.join("reports").join("0".repeat(64)), b"x").unwrap();
    assert_eq!(kept.check(), Some(1));
}

#[test]
fn a_damaged_report_is_left_out_and_the_rest_restored() {
    let kept = Kept::new();
    let report = files(&kept.backup.join("reports")).remove(0);
    let mut bytes = fs::read(&report).unwrap();
    bytes[1000] ^= 1;
    fs::write(&report, bytes).unwrap();
    let place = kept.folder.path().join("place");
    let config = elsewhere(&kept.open, &place);
    let restored = bisik("restore", &[("--config", &config), ("--from", &kept.backup)]);
    assert_eq!(restored.status.code(), Some(1));
    assert!(count(&restored, "reports") == 3 && count(&restored, "damaged") == 1);
    let server = Process::start(&config);
    assert_eq!(ids(&server, &kept.open).len(), 3);
    assert_eq!(files(&place.join("data/reports")).len(), 1);
}

#[test]
fn a_backup_that_was_cut_short_does_not_pass_and_restores_nothing() {
    let kept = Kept::new();
    let config = kept.open.folder.path().join("server.toml");
    let whole = files(&kept.backup).len();
    let mut cut = 0;
    // Killed whenever one more file is there; the last rounds may end by themselves.
    for round in 0..=whole {
        let to = kept.folder.path().join(format!("cut-{round}"));
        let mut child = start_backup(&config, &to);
        while child.try_wait().unwrap().is_none() {
            if to.is_dir() && count_files(&to) >= round {
                break;
            }
        }
        let _killed = child.kill();
        let ended = child.wait().unwrap();
        let checked = bisik("check", &[("--from", &to)]);
        // Killed after the note was there, all is there.
        let noted = to.join("backup.txt").exists();
        assert_eq!(checked.status.success(), noted, "{round}");
        assert!(noted || !ended.success());
        if noted {
            assert_eq!(count(&checked, "reports"), 4);
            continue;
        }
        cut += 1;
        let place = kept.folder.path().join(format!("place-{round}"));
        let elsewhere = elsewhere(&kept.open, &place);
        let restored = bisik("restore", &[("--config", &elsewhere), ("--from", &to)]);
        assert_eq!(restored.status.code(), Some(1));
        assert!(!place.join("data").exists());
        // Nor is what was begun completed by a second attempt.
        if fs::read_dir(&to).is_ok_and(|mut entries| entries.next().is_some()) {
            let again = bisik("backup", &[("--config", &config), ("--to", &to)]);
            assert_eq!(again.status.code(), Some(1));
        }
    }
    assert!(cut > 0);
}

/// Counts files that may vanish while they are counted.
fn count_files(folder: &Path) -> usize {
    let inner = ["", "reports", "editions"].map(|name| folder.join(name));
    let entries = inner.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    entries.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_file())).count()
}

#[test]
fn what_is_past_its_retention_comes_back_from_no_backup() {
    let kept = Kept::new();
    // The days in the backup are moved back, as if it had been made long ago.
    let Kept { open, folder, backup } = kept;
    let place = folder.path().join("place");
    let config = elsewhere(&open, &place);
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("batch =", "retention_days = 7\nbatch =")).unwrap();
    for (days, reports) in [(6, 4), (8, 0)] {
        let data = place.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).unwrap();
        }
        let restored = faked(&config, &backup, days);
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        assert_eq!(count(&restored, "reports"), reports, "{days}");
        assert_eq!(count(&restored, "expired"), 4 - reports);
        assert_eq!(files(&data.join("reports")).len() as u64, reports / 2);
        // Their bytes are not even in unused pages.
        let database = fs::read(data.join("bisik.sqlite")).unwrap();
        let traces = database.windows(22).filter(|window| *window == b"age-encryption.org/v1\n").count();
        assert_eq!(traces as u64, reports / 2);
    }
}

/// Restores as if so many days had passed.
fn faked(config: &Path, from: &Path, days: i32) -> Output {
    let seconds = u64::try_from(day().plus(days).days_since("2000-01-01".parse().unwrap())).unwrap() * 86_400;
    let clock = Clock::new(move || seconds + 946_684_800).unwrap();
    let config = Config::load(config).unwrap();
    let report = restore(&config, from, &clock).unwrap();
    // As the program would have printed it.
    Output { status: ExitStatus::default(), stdout: report.text.into_bytes(), stderr: Vec::new() }
}

#[test]
fn folders_that_are_no_data_or_no_backup_are_refused() {
    let folder = TempDir::new().unwrap();
    let config = configure(folder.path(), &world(1), "off", "");
    let (to, full) = (folder.path().join("to"), folder.path().join("full"));
    assert_eq!(bisik("backup", &[("--config", &config), ("--to", &to)]).status.code(), Some(1));
    assert!(!to.exists());
    fs::create_dir(&full).unwrap();
    fs::write(full.join("x"), b"x").unwrap();
    assert_eq!(bisik("check", &[("--from", &full)]).status.code(), Some(1));
    assert_eq!(bisik("restore", &[("--config", &config), ("--from", &full)]).status.code(), Some(1));
    let server = Process::start(&config);
    assert_eq!(bisik("backup", &[("--config", &config), ("--to", &full)]).status.code(), Some(1));
    server.kill();
    assert_eq!(files(&full).len(), 1);
}
