//! Resumable uploads to the real program: kills, stops, lost connections.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr
)]

#[path = "support/process.rs"]
mod process;
mod support;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use bisik_formats::ids::ReportId;
use process::{Courier, Http, Open, Process, Upload, configure, number, world};
use rustix::process::Signal;
use tempfile::TempDir;

const PIECE: usize = 200_000;

#[test]
fn every_acknowledged_piece_survives_kill() {
    let folder = TempDir::new().unwrap();
    let mut world = world(1);
    let config = configure(folder.path(), &world, "off", "");
    let mut server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let reports: Vec<Vec<u8>> = (0..3).map(|_| world.sealed(2, 3 << 20)).collect();
    let mut uploads: Vec<Upload<'_>> =
        reports.iter().map(|sealed| Upload::begin(server.public, sealed).unwrap()).collect();
    let mut rounds = 0;
    while uploads.iter().any(|upload| upload.offset() != Some(upload.sealed.len())) {
        rounds += 1;
        let sent = AtomicUsize::new(0);
        let acknowledged: Vec<usize> = std::thread::scope(|scope| {
            let senders: Vec<_> =
                uploads.iter().map(|upload| scope.spawn(|| send_until_killed(upload, &sent))).collect();
            // The kill comes in the middle of the others' work.
            while sent.load(Ordering::Relaxed) < 5 && !senders.iter().all(|sender| sender.is_finished()) {
                std::thread::yield_now();
            }
            server.signal(Signal::KILL);
            senders.into_iter().map(|sender| sender.join().unwrap()).collect()
        });
        server.kill();
        server = Process::start(&config);
        for (upload, acknowledged) in uploads.iter_mut().zip(acknowledged) {
            upload.server = server.public;
            let offset = upload.offset().unwrap();
            // Of the piece on its way all, some or nothing may be there.
            assert!((acknowledged..=acknowledged + PIECE).contains(&offset), "{offset} {acknowledged}");
        }
    }
    assert!(rounds >= 4, "{rounds}");
    let courier = Courier::connect(&server, &world);
    let mut ids: Vec<String> = reports.iter().map(|sealed| ReportId::of(sealed).to_string()).collect();
    ids.sort();
    assert_eq!(courier.list(), ids);
    for sealed in &reports {
        assert_eq!(courier.get(&format!("/contoh/reports/{}", ReportId::of(sealed))).body, *sealed);
    }
}

/// Sends piece after piece until the connection or the upload ends; returns what was acknowledged.
fn send_until_killed(upload: &Upload<'_>, sent: &AtomicUsize) -> usize {
    let mut acknowledged = upload.offset().unwrap();
    let mut http = Http::connect(upload.server);
    while acknowledged < upload.sealed.len() {
        let to = upload.sealed.len().min(acknowledged + PIECE);
        if upload.piece(&mut http, acknowledged, to) != Some(204) {
            break;
        }
        acknowledged = to;
        sent.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}

#[test]
fn a_finished_upload_is_remembered_by_the_next_server() {
    let mut open = Open::start("");
    let sealed = open.world.sealed(2, 2 << 20);
    let mut upload = Upload::begin(open.server.public, &sealed).unwrap();
    upload.rest(0, 1 << 20);
    assert_eq!(upload.offset(), Some(sealed.len()));
    open.server.signal(Signal::TERM);
    let (status, log) = open.server.end();
    assert!(status.success(), "{log}");
    let server = Process::start(&open.folder.path().join("server.toml"));
    upload.server = server.public;
    assert_eq!(upload.offset(), Some(sealed.len()));
    let files = |name: &str| {
        let folders = fs::read_dir(open.folder.path().join("data").join(name)).unwrap();
        folders.map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().count()).sum::<usize>()
    };
    assert_eq!((files("uploads"), files("reports")), (0, 1));
    let id = upload.address.rsplit('/').next().unwrap().to_owned();
    drop(server);
    let data = open.folder.path().join("data");
    for entry in fs::read_dir(&data).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            assert!(!bytes.windows(id.len()).any(|window| window == id.as_bytes()));
        }
    }
    assert!(!log.contains(&id));
}

#[test]
fn a_lost_connection_costs_nothing_that_arrived() {
    let mut open = Open::start("");
    let sealed = open.world.sealed(2, 2 << 20);
    let upload = Upload::begin(open.server.public, &sealed).unwrap();
    // Cut in the middle of a piece: once the server has noticed, the upload goes on where the cut was.
    let mut cut = Http::connect(open.server.public);
    cut.write(upload.head(0, 1 << 20).as_bytes());
    cut.write(&sealed[..300_000]);
    drop(cut);
    while upload.piece(&mut Http::connect(open.server.public), 300_000, 300_100) != Some(204) {
        std::thread::yield_now();
    }
    // A connection that stays open and silent does not stand in the way of who asks.
    let mut silent = Http::connect(open.server.public);
    silent.write(upload.head(300_100, 1 << 20).as_bytes());
    silent.write(&sealed[300_100..600_000]);
    loop {
        let reached = upload.offset().unwrap();
        assert!((300_100..=600_000).contains(&reached), "{reached}");
        // The silent one may have been heard only after the question.
        let to = reached + (1 << 20);
        if upload.piece(&mut Http::connect(open.server.public), reached, to) == Some(204) {
            break upload.rest(to, 1 << 20);
        }
    }
    let courier = Courier::connect(&open.server, &open.world);
    assert_eq!(courier.get(&format!("/contoh/reports/{}", ReportId::of(&sealed))).body, sealed);
}

#[test]
fn a_silent_sender_gives_up_its_turn() {
    let mut open = Open::start("[limits]\ngrace_seconds = 1");
    let sealed = open.world.sealed(2, 1 << 20);
    let upload = Upload::begin(open.server.public, &sealed).unwrap();
    let mut silent = Http::connect(open.server.public);
    silent.write(upload.head(0, 1 << 20).as_bytes());
    silent.write(&sealed[..500_000]);
    // At the floor it would have earned eight minutes by now.
    assert_eq!(silent.read().unwrap().status, 408);
    assert_eq!(upload.offset(), Some(500_000));
    upload.rest(500_000, 1 << 20);
}

#[test]
fn a_stop_in_the_middle_of_a_piece_keeps_what_arrived() {
    let mut open = Open::start("[limits]\nstop_seconds = 1");
    let sealed = open.world.sealed(2, 1 << 20);
    let mut upload = Upload::begin(open.server.public, &sealed).unwrap();
    let mut http = Http::connect(open.server.public);
    assert_eq!(upload.piece(&mut http, 0, 100_000), Some(204));
    http.write(upload.head(100_000, 1 << 20).as_bytes());
    http.write(&sealed[100_000..500_000]);
    open.server.signal(Signal::TERM);
    let (status, log) = open.server.end();
    assert!(status.success(), "{log}");
    let server = Process::start(&open.folder.path().join("server.toml"));
    upload.server = server.public;
    let reached = upload.offset().unwrap();
    assert!((100_000..=500_000).contains(&reached), "{reached}");
    upload.rest(reached, 1 << 20);
    let courier = Courier::connect(&server, &open.world);
    assert_eq!(courier.get(&format!("/contoh/reports/{}", ReportId::of(&sealed))).body, sealed);
}
