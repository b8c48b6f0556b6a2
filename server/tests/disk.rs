//! The real program on a full disk.

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

use bisik_formats::ids::ReportId;
use process::{Courier, Http, Process, Upload, configure, number, world};
use rustix::process::Signal;
use support::World;
use tempfile::TempDir;

/// A small file system in memory; needs root.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(options: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .stderr(std::process::Stdio::null())
            .status();
        if mount.is_ok_and(|status| status.success()) { Some(Self(folder)) } else { None }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Starts a server with an open box on a disk of 24 MiB, 8 of them reserved; without root, says that `test` is skipped.
fn on_small_disk(test: &str) -> Option<(SmallDisk, World, Process)> {
    let Some(disk) = SmallDisk::mount("size=24m") else {
        eprintln!("SKIPPED {test}: mounting needs root");
        return None;
    };
    let mut world = world(1);
    let config = configure(
        disk.0.path(),
        &world,
        "off",
        "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 1",
    );
    let server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    Some((disk, world, server))
}

#[test]
fn a_full_disk_refuses_evidence_first_and_recovers_by_itself() {
    let Some((_disk, mut world, server)) =
        on_small_disk("a_full_disk_refuses_evidence_first_and_recovers_by_itself")
    else {
        return;
    };
    let mut http = Http::connect(server.public);
    let mut stored = Vec::new();
    let large = std::iter::repeat_with(|| world.sealed(2, 3 << 20)).take(12).find(|sealed| {
        let taken = http.post(sealed) == Some(201);
        if taken {
            stored.push(ReportId::of(sealed));
        }
        !taken
    });
    assert!(large.is_some() && stored.len() >= 2, "{}", stored.len());
    let mut http = Http::connect(server.public);
    assert_eq!(http.post(&large.unwrap()), Some(507));
    // Text has room left ...
    let mut texts = 0;
    loop {
        let sealed = world.text();
        match http.post(&sealed) {
            Some(201) => stored.push(ReportId::of(&sealed)),
            Some(507) => break,
            other => panic!("{other:?}"),
        }
        texts += 1;
        assert!(texts < 1000);
    }
    assert!(texts >= 20, "{texts}");
    // ... reading goes on when it is used up, and nothing that was taken is lost ...
    let (mut http, courier) = (Http::connect(server.public), Courier::connect(&server, &world));
    assert_eq!(http.request("GET", "/contoh/card", "", b"").status, 200);
    let listed: BTreeSet<String> = courier.list().into_iter().collect();
    assert!(stored.iter().all(|id| listed.contains(&id.to_string())));
    assert_eq!(listed.len(), stored.len());
    // ... and once the desks have everything, evidence fits again without anybody's help.
    for desk in 0..2 {
        let note = world.acknowledgement(desk, &stored);
        assert_eq!(courier.send("POST", "/contoh/acknowledgements", &note), 204);
    }
    assert_eq!(courier.list().len(), 0);
    // The room of deleted files comes back once they are overwritten.
    let more = world.sealed(2, 3 << 20);
    assert!((0..1000).any(|_| Http::connect(server.public).post(&more) == Some(201)));
    drop((http, courier));
    server.signal(Signal::TERM);
    assert!(server.end().0.success());
}

#[test]
fn a_disk_without_inodes_still_takes_text() {
    let Some(disk) = SmallDisk::mount("size=64m,nr_inodes=80") else {
        eprintln!("SKIPPED a_disk_without_inodes_still_takes_text: mounting needs root");
        return;
    };
    let mut world = world(1);
    let config = configure(
        disk.0.path(),
        &world,
        "off",
        "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 1",
    );
    let server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let mut large = 0;
    while Http::connect(server.public).post(&world.sealed(2, 48 << 10)) == Some(201) {
        large += 1;
        assert!(large < 40);
    }
    assert!(large >= 3, "{large}");
    let mut http = Http::connect(server.public);
    for _ in 0..10 {
        assert_eq!(http.post(&world.text()), Some(201));
    }
    assert_eq!(http.post(&world.sealed(2, 48 << 10)), Some(507));
}

#[test]
fn a_disk_that_fills_during_an_upload_loses_none_of_it() {
    let Some((disk, mut world, server)) =
        on_small_disk("a_disk_that_fills_during_an_upload_loses_none_of_it")
    else {
        return;
    };
    let (sealed, other) = (world.sealed(2, 8 << 20), world.sealed(2, 12 << 20));
    let upload = Upload::begin(server.public, &sealed).unwrap();
    let mut http = Http::connect(server.public);
    assert_eq!(upload.piece(&mut http, 0, 512 << 10), Some(204));
    assert_eq!(upload.piece(&mut http, 512 << 10, 1 << 20), Some(204));
    // The room for what it still lacks is set aside: no other one begins.
    assert_eq!(Upload::begin(server.public, &other).err(), Some(507));
    // Somebody else fills the disk all the same.
    let filler = disk.0.path().join("filler");
    let mut room = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut room, &[0; 4096]).is_ok() {}
    for _ in 0..3 {
        let mut http = Http::connect(server.public);
        assert_eq!(upload.piece(&mut http, 1 << 20, 2 << 20), Some(507));
        assert_eq!(upload.offset(), Some(1 << 20));
    }
    drop(room);
    std::fs::remove_file(&filler).unwrap();
    upload.rest(1 << 20, 1 << 20);
    let courier = Courier::connect(&server, &world);
    assert_eq!(courier.get(&format!("/contoh/reports/{}", ReportId::of(&sealed))).body, sealed);
}
