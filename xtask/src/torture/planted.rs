//! Harm that is done on purpose: whoever judges the other scenes must notice it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::judge::{self, Found};
use super::other;
use super::power::{SMALL, SYNCS, send_one};
use super::stage::Stage;
use super::{Torture, scene_folder};
use crate::shell::{Outcome, failure};

/// Plants losses and damage, and demands that each is noticed.
pub(super) fn play(torture: &Torture) -> Outcome {
    a_disk_that_lies(torture)?;
    let planted = damage(torture)?;
    println!("torture: {} planted and noticed", planted.saturating_add(1));
    Ok(())
}

/// Has nothing become durable although the calls for it succeed, and cuts the power right after an acknowledgement.
fn a_disk_that_lies(torture: &Torture) -> Outcome {
    let mut disk = Disk::make(&scene_folder("planted.disk")?, &["mkfs.ext4"], 200)?;
    let mut stage = Stage::set(torture, "planted", Some(disk.path()), SMALL)?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    send_one(&mut stage, &server, true)?;
    server.kill()?;
    disk.again()?;
    let inject = format!("inject={SYNCS}:retval=0");
    stage.around = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject].map(str::to_owned).into();
    let mut server = stage.up()?;
    for is_text in [false, true, true] {
        send_one(&mut stage, &server, is_text)?;
    }
    disk.cut()?;
    server.kill()?;
    disk.again()?;
    let found = judge::read(&stage, false)?;
    if found.lost.is_empty() {
        return Err(failure("a disk that lies about what is durable was not noticed"));
    }
    stage.end()
}

/// Damages what a server has left, in one way after the other.
fn damage(torture: &Torture) -> Outcome<u64> {
    let mut stage = Stage::set(torture, "planted", None, "")?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    for is_text in [true, false] {
        send_one(&mut stage, &server, is_text)?;
    }
    server.stop(10_000)?;
    let reports = stage.data().join("reports");
    let report = files(&reports)?.pop().ok_or_else(|| failure("no report in a file"))?;
    let body = files(&stage.data().join("editions"))?.pop().ok_or_else(|| failure("no edition"))?;
    let whole = [fs::read(&report)?, fs::read(&body)?];
    let mut planted = 0_u64;
    for (file, bytes) in [&report, &body].into_iter().zip(&whole) {
        let mut flipped = bytes.clone();
        if let Some(byte) = flipped.last_mut() {
            *byte ^= 1;
        }
        for harm in [flipped, bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec()] {
            fs::write(file, harm)?;
            planted += notice(&stage, false, |found| !found.corrupted.is_empty(), file)?;
        }
        fs::remove_file(file)?;
        planted += notice(&stage, false, |found| !found.lost.is_empty(), file)?;
        fs::write(file, bytes)?;
    }
    let orphan = report.with_file_name("0123456789abcdef");
    File::create(&orphan)?;
    planted += notice(&stage, true, |found| !found.corrupted.is_empty(), &orphan)?;
    fs::remove_file(&orphan)?;
    let database = stage.data().join("bisik.sqlite");
    for harm in [
        "UPDATE tally SET reports = reports + 1",
        "UPDATE content SET sealed = zeroblob(length(sealed))",
        "DELETE FROM edition WHERE current = 1",
        "DELETE FROM card",
        "DELETE FROM report WHERE in_file = 1",
    ] {
        rusqlite::Connection::open(&database).and_then(|found| found.execute_batch(harm)).map_err(other)?;
        planted += notice(&stage, false, |found| !found.is_empty(), &database)?;
    }
    stage.end()?;
    Ok(planted)
}

fn notice(stage: &Stage<'_>, settled: bool, is_noticed: impl Fn(&Found) -> bool, at: &Path) -> Outcome<u64> {
    if is_noticed(&judge::read(stage, settled)?) {
        return Ok(1);
    }
    Err(failure(format!("planted at {} and not noticed", at.display())))
}

/// Returns the files two folders below, without the staging folder.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                found.push(entry?.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
