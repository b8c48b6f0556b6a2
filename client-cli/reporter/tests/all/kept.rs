//! Reports that are kept until the server has them: sending goes on in another run of the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::evidence::open;
use crate::pieces::Piece;
use crate::world::{Run, World};

const MIB: usize = 1 << 20;
/// More breaks than all attempts of one run.
const ALWAYS: usize = 60;

/// A reporter with a file that makes a report of 3 MiB and a little.
fn world() -> World {
    let world = World::new();
    let evidence: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    fs::write(world.path("NAMA-RAHASIA.bin"), evidence).unwrap();
    world
}

fn send(world: &World) -> Run {
    let words = ["send", "--answers", "@jawaban.json", "--evidence", "@NAMA-RAHASIA.bin"];
    world.run(&[&words[..], &["--allow-uncleaned", "--keep", "@catatan"]].concat(), "")
}

fn go_on(world: &World) -> Run {
    world.run(&["send", "--continue", "@catatan"], "")
}

/// Returns method and length of every request to uploads.
fn steps(run: &Run) -> Vec<(&str, usize)> {
    let uploads = run.requests.iter().filter(|request| request.path.starts_with("/kpk/uploads"));
    uploads.map(|request| (request.method.as_str(), request.body.len())).collect()
}

/// A run that gives up in the middle of the second piece; returns the sealed report that it kept.
fn interrupted(world: &World) -> Vec<u8> {
    world.server.expect(&[Piece::Taken, Piece::Broken(400_000)]);
    world.server.expect(&vec![Piece::Broken(0); ALWAYS]);
    let run = send(world).refused(4, "err-connection");
    assert!(run.err.contains("Go on with send --continue"), "{}", run.err);
    world.server.forget_script();
    fs::read(world.path("catatan")).unwrap()
}

#[track_caller]
fn assert_nothing_kept(world: &World) {
    let names: Vec<_> =
        fs::read_dir(world.folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    let mut names: Vec<&str> = names.iter().map(|name| name.to_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["NAMA-RAHASIA.bin", "jawaban.json"]);
}

#[test]
fn another_run_goes_on_inside_of_the_piece() {
    let world = world();
    let kept = interrupted(&world);
    let run = go_on(&world).success();
    let last = kept.len() - 3 * MIB;
    assert_eq!(steps(&run), [("HEAD", 0), ("PATCH", MIB - 400_000), ("PATCH", MIB), ("PATCH", last)]);
    assert_eq!(world.server.uploaded().unwrap(), kept);
    assert!(open(&world, "pusat", &kept).is_some());
    assert_nothing_kept(&world);
    go_on(&world).refused(1, "err-file-missing");
}

#[test]
fn what_is_kept_is_private_and_says_nothing() {
    let world = world();
    world.server.expect(&vec![Piece::Broken(0); ALWAYS]);
    let run = send(&world).refused(4, "err-connection");
    let receipt = run.out.lines().next().unwrap();
    assert_eq!(receipt.len(), 34, "{receipt}");
    for name in ["catatan", "catatan.upload"] {
        let (path, bare) = (world.path(name), receipt.replace('-', ""));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).to_uppercase();
        for secret in [receipt, &bare, "RAHASIA", "PEMOHON DIMINTA", "PERIZINAN"] {
            assert!(!text.contains(secret), "{name}: {secret}");
        }
    }
    let note = fs::read_to_string(world.path("catatan.upload")).unwrap();
    let note: serde_json::Value = serde_json::from_str(&note).unwrap();
    assert_eq!(note.as_object().unwrap().keys().collect::<Vec<_>>(), ["header", "upload"]);
}

#[test]
fn the_receipt_is_shown_before_anything_is_sent() {
    let world = world();
    let run = send(&world).success();
    let receipt = run.out.lines().next().unwrap().to_owned();
    assert!(
        run.err.find("receipt code").unwrap() < run.err.find("Fetching the agency").unwrap(),
        "{}",
        run.err
    );
    assert_eq!(run.out.matches(&receipt).count(), 1);
    assert!(run.out.contains("Message number"), "{}", run.out);
    let words = ["send", "--answers", "@jawaban.json", "--keep", "@catatan"];
    let run = world.run_json(&words, "").success();
    let lines: Vec<serde_json::Value> =
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["receipt"], lines[1]["receipt"]);
    assert!(lines[0].get("message").is_none() && lines[1]["message"].is_string());
    assert_nothing_kept(&world);
}

#[test]
fn a_report_that_arrived_unheard_is_not_sent_again() {
    let world = world();
    world.server.expect(&[Piece::Taken, Piece::Taken, Piece::Taken, Piece::Broken(MIB)]);
    world.server.expect(&vec![Piece::Broken(0); ALWAYS]);
    send(&world).refused(4, "err-connection");
    world.server.forget_script();
    let kept = fs::read(world.path("catatan")).unwrap();
    let run = go_on(&world).success();
    assert_eq!(steps(&run), [("HEAD", 0)]);
    assert!(run.err.contains("already had the whole report"), "{}", run.err);
    assert_eq!(world.server.uploaded().unwrap(), kept);
    assert_nothing_kept(&world);
}

#[test]
fn an_upload_that_is_gone_begins_anew_with_the_same_bytes() {
    let world = world();
    let kept = interrupted(&world);
    world.server.expect(&[Piece::Gone]);
    let run = go_on(&world).success();
    assert_eq!(steps(&run)[..3], [("HEAD", 0), ("POST", 0), ("PATCH", MIB)]);
    assert_eq!(world.server.uploaded().unwrap(), kept);
    assert_nothing_kept(&world);
}

#[test]
fn a_note_that_belongs_to_another_report_means_nothing() {
    let world = world();
    let kept = interrupted(&world);
    let note = fs::read_to_string(world.path("catatan.upload")).unwrap();
    let (before, after) = note.split_once("\"header\":\"").unwrap();
    let other = format!("{before}\"header\":\"{}{}", "0".repeat(64), after.get(64..).unwrap());
    for note in [other.as_str(), "", "{}", note.get(1..).unwrap()] {
        fs::write(world.path("catatan.upload"), note).unwrap();
        fs::write(world.path("catatan"), &kept).unwrap();
        let run = go_on(&world).success();
        assert_eq!(steps(&run)[0].0, "POST", "{note}");
        assert_eq!(world.server.uploaded().unwrap(), kept);
    }
}

#[test]
fn what_the_server_refuses_is_not_kept() {
    let world = world();
    world.server.expect(&[Piece::Problem(413, "report-too-large")]);
    let run = send(&world).refused(1, "err-problem-too-large");
    assert!(run.err.contains("belongs to no report"), "{}", run.err);
    assert_nothing_kept(&world);
}

#[test]
fn a_kept_report_can_be_removed_and_nothing_else() {
    let world = world();
    interrupted(&world);
    world.run(&["discard", "@NAMA-RAHASIA.bin"], "").refused(1, "err-kept-shape");
    world.run(&["discard", "@tidak-ada"], "").refused(1, "err-file-missing");
    let run = world.run(&["discard", "@catatan"], "").success();
    assert!(run.requests.is_empty());
    assert_nothing_kept(&world);
}
