//! Power cuts: the file system forgets everything that was not synced, right after an acknowledgement.
//!
//! Needs root, a loop device, mkfs.ext4 and xfs_io (package xfsprogs): its `shutdown` cuts ext4 and XFS alike.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

#[path = "support/image.rs"]
mod image;
#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::BTreeSet;

use bisik_formats::ids::ReportId;
use image::{Disk, run};
use process::{Courier, Http, Process, Upload, configure, number, world};

/// Cuts of one test run.
const CUTS: u64 = 8;

fn nothing_acknowledged_is_lost(test: &str, make: &str, megabytes: u64) {
    let Some(mut disk) = Disk::new(make, megabytes) else {
        eprintln!("SKIPPED {test}: needs root, a loop device, {make} and xfs_io");
        return;
    };
    let mut world = world(1);
    let config =
        configure(&disk.path(), &world, "off", "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 4");
    let config_text = std::fs::read(&config).unwrap();
    run("sync", &[]);
    let mut acknowledged = BTreeSet::new();
    for cut in 0..CUTS {
        // The sample is written anew: it is not what this test is about.
        std::fs::write(&config, &config_text).unwrap();
        let server = Process::start(&config);
        if cut == 0 {
            Courier::connect(&server, &world).open_box(&mut world, &number());
        }
        let mut http = Http::connect(server.public);
        // The last acknowledged one is a file and a row in turn.
        let (text, large) = (world.text(), world.sealed(2, 48 << 10));
        let order = if cut % 2 == 0 { [&text, &large] } else { [&large, &text] };
        for sealed in order {
            assert_eq!(http.post(sealed), Some(201));
            acknowledged.insert(ReportId::of(sealed).to_string());
        }
        disk.cut();
        server.kill();
        disk.unmount();
        assert!(disk.mount());
    }
    std::fs::write(&config, &config_text).unwrap();
    let server = Process::start(&config);
    let courier = Courier::connect(&server, &world);
    let stored: BTreeSet<String> = courier.list().into_iter().collect();
    assert_eq!(stored, acknowledged);
    for id in &stored {
        let report = courier.get(&format!("/contoh/reports/{id}"));
        assert_eq!(ReportId::of(&report.body).to_string(), *id);
    }
    let edition = format!("/contoh/editions/{}/{}", world.desks.first().unwrap().0, number());
    assert_eq!(Http::connect(server.public).request("GET", &edition, "", b"").status, 200);
    server.kill();
    disk.unmount();
}

/// Cuts the power after every piece, and once more when the last one has been acknowledged.
fn no_piece_is_lost(test: &str, make: &str, megabytes: u64) {
    let Some(mut disk) = Disk::new(make, megabytes) else {
        eprintln!("SKIPPED {test}: needs root, a loop device, {make} and xfs_io");
        return;
    };
    let mut world = world(1);
    let more = "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 4";
    let config = configure(&disk.path(), &world, "off", more);
    let config_text = std::fs::read(&config).unwrap();
    let sealed = world.sealed(2, 6 << 20);
    let mut server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let mut upload = Upload::begin(server.public, &sealed).unwrap();
    let mut acknowledged = 0;
    loop {
        disk.cut();
        server.kill();
        disk.unmount();
        assert!(disk.mount());
        std::fs::write(&config, &config_text).unwrap();
        server = Process::start(&config);
        upload.server = server.public;
        assert_eq!(upload.offset(), Some(acknowledged));
        if acknowledged == sealed.len() {
            break;
        }
        let next = sealed.len().min(acknowledged + (1 << 20));
        assert_eq!(upload.piece(&mut Http::connect(server.public), acknowledged, next), Some(204));
        acknowledged = next;
    }
    let courier = Courier::connect(&server, &world);
    assert_eq!(courier.list(), [ReportId::of(&sealed).to_string()]);
    assert_eq!(courier.get(&format!("/contoh/reports/{}", ReportId::of(&sealed))).body, sealed);
    server.kill();
    disk.unmount();
}

#[test]
fn power_cuts_on_ext4_lose_no_piece() {
    no_piece_is_lost("power_cuts_on_ext4_lose_no_piece", "mkfs.ext4", 96);
}

#[test]
fn power_cuts_on_xfs_lose_no_piece() {
    no_piece_is_lost("power_cuts_on_xfs_lose_no_piece", "mkfs.xfs", 320);
}

#[test]
fn power_cuts_on_ext4_lose_nothing_acknowledged() {
    nothing_acknowledged_is_lost("power_cuts_on_ext4_lose_nothing_acknowledged", "mkfs.ext4", 64);
}

#[test]
fn power_cuts_on_xfs_lose_nothing_acknowledged() {
    nothing_acknowledged_is_lost("power_cuts_on_xfs_lose_nothing_acknowledged", "mkfs.xfs", 320);
}
