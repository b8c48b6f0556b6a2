//! Large reports: in pieces of 1 MiB, going on after whatever happens on the way.

use std::fs;
use std::time::Duration;

use bisik_formats::padding::padded_size_of;

use crate::evidence::open;
use crate::pieces::Piece;
use crate::world::{Run, World};

const MIB: usize = 1 << 20;
/// Bytes of the sealed report of [`world`], for two desks.
const PIECES: usize = 4;

/// A reporter with a file that makes a report of 3 MiB and a little.
fn world() -> World {
    let world = World::new();
    let evidence: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    fs::write(world.path("a.bin"), evidence).unwrap();
    world
}

fn send(world: &World) -> Run {
    world.run(&["send", "--answers", "@jawaban.json", "--evidence", "@a.bin", "--allow-uncleaned"], "")
}

/// Returns method and length of every request behind the challenge.
fn steps(run: &Run) -> Vec<(&str, usize)> {
    let challenge = run.requests.iter().position(|request| request.path == "/kpk/challenge").unwrap();
    run.requests[challenge + 1..]
        .iter()
        .map(|request| (request.method.as_str(), request.body.len()))
        .collect()
}

/// Fails unless the server holds one whole report that the desk opens.
#[track_caller]
fn assert_stored(world: &World) -> Vec<u8> {
    let sealed = world.server.uploaded().expect("the upload is whole");
    assert_eq!(padded_size_of(sealed.len() as u64, 2), Some(3 << 20));
    assert_eq!(open(world, "pusat", &sealed).unwrap().evidence[0].size, 3_000_000);
    sealed
}

#[test]
fn a_large_report_goes_in_pieces_of_one_mebibyte() {
    let world = world();
    let run = send(&world).success();
    let sealed = assert_stored(&world);
    let last = sealed.len() - 3 * MIB;
    let expected = [("POST", 0), ("PATCH", MIB), ("PATCH", MIB), ("PATCH", MIB), ("PATCH", last)];
    assert_eq!(steps(&run), expected);
    assert_eq!(steps(&run).len(), PIECES + 1);
    assert_eq!(run.requests[run.requests.len() - PIECES - 1].path, "/kpk/uploads");
    assert!(world.waits.borrow().is_empty());
}

#[test]
fn a_report_of_one_piece_goes_in_one_request() {
    let world = World::new();
    fs::write(world.path("a.bin"), vec![1; 200_000]).unwrap();
    let run = send(&world).success();
    let steps = steps(&run);
    assert_eq!((steps.len(), steps[0].0), (1, "POST"));
    assert!(steps[0].1 > 200_000 && steps[0].1 <= MIB);
    assert_eq!(world.server.uploaded(), None);
}

#[test]
fn a_broken_connection_costs_only_what_was_on_the_way() {
    let world = world();
    // Inside of a piece, before it, behind it, and twice while asking how far it came.
    world.server.expect(&[
        Piece::Taken,
        Piece::Broken(400_000),
        Piece::Broken(0),
        Piece::Broken(0),
        Piece::Taken,
        Piece::Broken(0),
        Piece::Taken,
        Piece::Broken(MIB),
    ]);
    let run = send(&world).success();
    let last = assert_stored(&world).len() - 3 * MIB;
    let expected = [
        ("POST", 0),
        ("PATCH", MIB),
        ("PATCH", MIB),
        ("HEAD", 0),
        ("HEAD", 0),
        ("HEAD", 0),
        ("PATCH", MIB - 400_000),
        ("HEAD", 0),
        ("PATCH", MIB - 400_000),
        ("HEAD", 0),
        ("PATCH", MIB),
        ("PATCH", last),
    ];
    assert_eq!(steps(&run), expected);
    let waits: Vec<u64> = world.waits.borrow().iter().map(Duration::as_secs).collect();
    // Longer and longer, and from the beginning again once something arrived.
    assert_eq!(waits, [2, 4, 8, 2, 4]);
    assert!(run.err.contains("Trying again in 8 seconds"), "{}", run.err);
}

#[test]
fn a_kept_copy_goes_in_pieces_too_and_comes_out_equal() {
    let world = world();
    let send = ["send", "--answers", "@jawaban.json", "--evidence", "@a.bin", "--allow-uncleaned"];
    let keep = [&send[..], &["--save-sealed", "@terkunci.age"]].concat();
    world.server.expect(&[Piece::Broken(300_000)]);
    world.run(&keep, "").success();
    let kept = fs::read(world.path("terkunci.age")).unwrap();
    assert_eq!(assert_stored(&world), kept);
    world.server.expect(&[Piece::Taken, Piece::Broken(300_000)]);
    world.run(&["send", "--sealed", "@terkunci.age"], "").success();
    assert_eq!(assert_stored(&world), kept);
}

#[test]
fn a_lost_answer_to_the_last_piece_is_no_loss() {
    let world = world();
    world.server.expect(&[Piece::Taken, Piece::Taken, Piece::Taken, Piece::Broken(MIB)]);
    let run = send(&world).success();
    assert_stored(&world);
    assert_eq!(steps(&run).last(), Some(&("HEAD", 0)));
    assert_eq!(run.posts(), 1);
}

#[test]
fn a_server_that_is_busy_is_waited_for() {
    let world = world();
    for (status, code) in [(423, "upload-locked"), (429, "busy"), (409, "upload-offset"), (408, "timeout")] {
        world.server.expect(&[Piece::Taken, Piece::Problem(status, code)]);
        let run = send(&world).success();
        assert_stored(&world);
        assert_eq!((run.posts(), steps(&run)[3]), (1, ("HEAD", 0)), "{code}");
    }
}

#[test]
fn an_upload_that_the_server_forgot_begins_anew() {
    let world = world();
    world.server.expect(&[Piece::Taken, Piece::Gone]);
    let run = send(&world).success();
    assert_stored(&world);
    assert_eq!(run.posts(), 2);
    // What an earlier piece held is not kept: the server has to be given everything again.
    world.server.expect(&[Piece::Taken, Piece::Taken, Piece::Forgotten(MIB), Piece::Taken]);
    let run = send(&world).success();
    assert_stored(&world);
    assert_eq!(run.posts(), 2);
}

#[test]
fn attempts_end() {
    let world = world();
    let always = vec![Piece::Broken(0); 100];
    world.server.expect(&always);
    send(&world).refused(4, "err-connection");
    // Four visits, each with ten requests that brought nothing.
    assert_eq!(world.waits.borrow().len(), 3 + 4 * 9);
    assert_eq!(world.server.uploaded(), None);
    let world = self::world();
    world.server.expect(&vec![Piece::Gone; 4]);
    send(&world).refused(4, "err-upload-gone");
    assert_eq!(world.server.uploaded(), None);
}

#[test]
fn a_refusal_ends_an_upload_at_once() {
    let world = world();
    for (status, code, exit, id) in [
        (422, "report-shape", 1, "err-problem-shape"),
        (422, "report-desks", 75, "err-problem-desks"),
        (507, "full", 75, "err-problem-full"),
        (413, "report-too-large", 1, "err-problem-too-large"),
    ] {
        world.server.expect(&[Piece::Problem(status, code)]);
        let run = send(&world).refused(exit, id);
        assert_eq!(run.posts(), 1, "{code}");
    }
    for offset in [0, 1, u64::MAX] {
        world.server.expect(&[Piece::Odd(offset)]);
        send(&world).refused(4, "err-answer");
    }
    assert_eq!(world.server.uploaded(), None);
}
