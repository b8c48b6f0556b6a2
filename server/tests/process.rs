//! The real program: start, stop, kill, and what it leaves in logs and data.

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

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bisik_formats::ids::ReportId;
use process::{Courier, Http, Open, Process, command, configure, day, number, report_head, world};
use rustix::process::Signal;
use tempfile::TempDir;

#[test]
fn every_acknowledged_report_survives_kill() {
    let folder = TempDir::new().unwrap();
    let mut world = world(1);
    let config = configure(folder.path(), &world, "off", "");
    let first = Process::start(&config);
    Courier::connect(&first, &world).open_box(&mut world, &number());
    first.kill();
    let acknowledged = Mutex::new(BTreeSet::new());
    for round in 0..6 {
        let server = Process::start(&config);
        let enough = AtomicBool::new(false);
        let address = server.public;
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..4)
                .map(|sender| {
                    let (acknowledged, enough) = (&acknowledged, &enough);
                    let mut world = process::world(100 + round * 10 + sender);
                    scope.spawn(move || {
                        let mut http = Http::connect(address);
                        for count in 0.. {
                            // Every fifth is a file.
                            let sealed =
                                if count % 5 == 4 { world.sealed(2, 48 << 10) } else { world.text() };
                            if http.post(&sealed) != Some(201) {
                                break;
                            }
                            acknowledged.lock().unwrap().insert(ReportId::of(&sealed).to_string());
                            if count == 10 + round {
                                enough.store(true, Ordering::Relaxed);
                            }
                        }
                    })
                })
                .collect();
            // The kill comes in the middle of the others' work.
            while !enough.load(Ordering::Relaxed) && !senders.iter().all(|sender| sender.is_finished()) {
                std::thread::yield_now();
            }
            server.kill();
        });
    }
    let server = Process::start(&config);
    let courier = Courier::connect(&server, &world);
    let stored: BTreeSet<String> = courier.list().into_iter().collect();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 60, "{}", acknowledged.len());
    assert_eq!(acknowledged.difference(&stored).count(), 0);
    for id in &stored {
        let report = courier.get(&format!("/contoh/reports/{id}"));
        assert_eq!(ReportId::of(&report.body).to_string(), *id);
    }
    assert_eq!(fs::read_dir(folder.path().join("data/reports/staging")).unwrap().count(), 0);
}

#[test]
fn a_stop_finishes_what_has_begun() {
    let mut open = Open::start("");
    let sealed = open.world.text();
    let mut begun = Http::connect(open.server.public);
    begun.write(report_head(&sealed).as_bytes());
    begun.write(&sealed[..10_000]);
    let idle = Http::connect(open.server.public);
    // The idle connection ends because of the stop, which proves that the stop has been heard.
    open.server.signal(Signal::TERM);
    assert_eq!(idle.rest(), b"");
    begun.write(&sealed[10_000..]);
    let answer = begun.read().unwrap();
    assert_eq!(answer.status, 201);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    let (status, log) = open.server.end();
    assert!(status.success(), "{log}");
    assert!(log.contains("stopping") && log.contains("stopped"), "{log}");
    let wal = open.folder.path().join("data/bisik.sqlite-wal");
    assert!(!wal.exists() || fs::metadata(wal).unwrap().len() == 0);
    let again = Process::start(&open.folder.path().join("server.toml"));
    assert_eq!(Courier::connect(&again, &open.world).list(), [ReportId::of(&sealed).to_string()]);
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let mut open = Open::start("[limits]\nstop_seconds = 1");
    let sealed = open.world.text();
    let mut stalled = Http::connect(open.server.public);
    stalled.write(report_head(&sealed).as_bytes());
    open.server.signal(Signal::INT);
    let (status, log) = open.server.end();
    assert!(status.success(), "{log}");
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let open = Open::start("");
    let output = command(&open.folder.path().join("server.toml")).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("Folder data sedang dipakai server lain."), "{text}");
}

#[test]
fn the_process_leaves_no_core_file_and_cannot_be_traced() {
    let open = Open::start("");
    let limits = fs::read_to_string(format!("/proc/{}/limits", open.server.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);
    let owner = fs::metadata(format!("/proc/{}/mem", open.server.id())).unwrap();
    // The files of a process that is not dumpable belong to root; run by root this shows nothing.
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&owner), 0);
}

#[test]
fn no_request_leaves_a_trace_in_log_or_data() {
    let mut open = Open::start("");
    let marker = "PENANDAuji7391";
    let mut http = Http::connect(open.server.public);
    let headers = format!(
        "user-agent: {marker}\r\ncookie: a={marker}\r\nx-forwarded-for: {marker}\r\naccept-language: {marker}\r\n"
    );
    let sealed = open.world.text();
    for path in [
        "/",
        "/contoh",
        "/contoh/",
        "/contoh/files",
        "/contoh/card",
        "/contoh/headers",
        "/contoh/challenge",
        "/contoh/editions/x/1",
        "/none",
    ] {
        http.request("GET", &format!("{path}?{marker}"), &headers, b"");
    }
    http.request("GET", &format!("/{marker}/card"), &headers, b"");
    http.request("POST", "/contoh/reports", &headers, format!("{marker} kalimat rahasia").as_bytes());
    let typed = format!("{headers}content-type: application/octet-stream\r\n");
    http.request("POST", "/contoh/reports", &typed, marker.as_bytes());
    let proof = format!("bisik-pow: 0000000000000000\r\nbisik-header-sha256: {}\r\n", "0".repeat(64));
    let mut shaped = sealed.clone();
    shaped[40..40 + marker.len()].copy_from_slice(marker.as_bytes());
    assert_eq!(http.request("POST", "/contoh/reports", &format!("{typed}{proof}"), &shaped).status, 422);
    let mut large = open.world.sealed(2, 1 << 20);
    large.truncate(800_000);
    large[700_000..700_000 + marker.len()].copy_from_slice(marker.as_bytes());
    let mut cut = Http::connect(open.server.public);
    cut.write(report_head(&open.world.sealed(2, 1 << 20)).as_bytes());
    cut.write(&large);
    drop(cut);
    let tus = format!("{headers}tus-resumable: 1.0.0\r\n");
    let upload = format!("{tus}{proof}upload-length: {}\r\n", open.world.sealed(2, 1 << 20).len());
    for (name, status) in [("upload-metadata", 400), ("x-metadata", 201)] {
        let named = format!("{upload}{name}: filename {marker}\r\n");
        assert_eq!(http.request("POST", "/contoh/uploads", &named, b"").status, status);
    }
    let piece = format!("{tus}upload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\n");
    let path = format!("/contoh/uploads/{marker}");
    assert_eq!(http.request("PATCH", &path, &piece, marker.as_bytes()).status, 404);
    let mut other = Http::connect(open.server.courier);
    other.request("GET", &format!("/{marker}/status"), &format!("authorization: Bearer {marker}\r\n"), b"");
    assert_eq!(http.post(&sealed), Some(201));
    drop((http, other));
    open.server.signal(Signal::TERM);
    let (_, log) = open.server.end();
    assert!(!log.contains(marker), "{log}");
    // Times of day and addresses of visitors have no place in the log either.
    assert!(log.lines().all(|line| line.starts_with(&day().to_string())), "{log}");
    for (path, bytes) in all_files(&open.folder.path().join("data")) {
        assert!(!path.contains(marker), "{path}");
        assert!(!bytes.windows(marker.len()).any(|window| window == marker.as_bytes()), "{path}");
    }
}

fn all_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_files(&path));
        } else {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    files
}
