//! Large reports of the reporter's program against the real server, over lines that break.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story fails by panicking")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use bisik_formats::padding::{padded_size, sealed_len};
use bisik_tests::tap::{Connection, Request, Tap, requests};
use bisik_tests::world::{World, report};
use serde_json::{Value, json};

const DESK: &str = "inspektorat";
const WORDS: &str = "Kuitansi pengadaan kendaraan dinas dibuat dua kali untuk pembelian yang sama.";
const MIB: usize = 1 << 20;

/// A box, and a reporter with evidence of 1.8 MB, which makes a report of 2 MiB and a little.
fn world() -> World {
    world_with("")
}

/// The same with further sections of the server's configuration.
fn world_with(more: &str) -> World {
    let world = World::open_with(&[DESK], more);
    let mut told = report(WORDS);
    told["evidence"] = json!(["a", "b"].map(|name| {
        let file = format!("{name}.csv");
        fs::write(world.home.path(&file), name.repeat(900_000)).unwrap();
        json!({"file": file, "kind": "audit", "holders": "few", "note": ""})
    }));
    fs::write(world.home.path("answers.json"), told.to_string()).unwrap();
    world
}

/// Returns the length of the report when it is sealed for the one desk.
fn sealed() -> usize {
    usize::try_from(sealed_len(1, 2 << 20)).unwrap()
}

/// Sends the report through a tap and returns what the program says.
fn send(world: &World, after: &[usize]) -> (Value, Vec<Connection>) {
    let (host, path) = world.server.public().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let tap = Tap::breaking(host, after);
    let server = format!("http://{}/{path}", tap.address());
    let args = ["send", "--answers", "answers.json", "--no-check", "--direct", "--json", "--server", &server];
    let sent = world.home.run("bisik", &[&args[..], &["--agency", &world.fingerprint]].concat(), "");
    (sent.success().json(), tap.take())
}

/// Fails unless the desk gets exactly one report, with all of its evidence.
#[track_caller]
fn assert_delivered(world: &World, sent: &Value) {
    assert_eq!(world.pull().success().json()["fetched"], 1);
    world.desk(DESK, &["import", "stick"], "").success();
    let list = world.desk(DESK, &["list", "--all"], "").success().json();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    world.desk(DESK, &["evidence", "verify", "1"], "").success();
    let shown = world.desk(DESK, &["show", "1"], "").success().out;
    assert!(shown.contains(WORDS) && shown.contains(sent["message"].as_str().unwrap()), "{shown}");
}

#[test]
fn a_large_report_arrives_in_pieces_of_one_length() {
    let world = world();
    let (sent, connections) = send(&world, &[]);
    let asked: Vec<Request> = connections.iter().flat_map(|one| requests(&one.up)).collect();
    let steps: Vec<(&str, usize)> = asked
        .iter()
        .map(|request| (request.line.split(' ').next().unwrap(), request.body))
        .skip_while(|(method, _)| *method == "GET")
        .collect();
    let last = sealed() - 2 * MIB;
    assert_eq!(steps, [("POST", 0), ("PATCH", MIB), ("PATCH", MIB), ("PATCH", last)]);
    assert!(asked.iter().any(|request| request.line == "POST /kpk/uploads HTTP/0.0"));
    assert_delivered(&world, &sent);
}

#[test]
fn a_line_that_breaks_inside_of_pieces_loses_and_doubles_nothing() {
    let world = world();
    // Inside of the first piece, then inside of what is left of it, then inside of the second one.
    let breaks = [MIB / 2, MIB / 4, MIB / 2];
    let (sent, connections) = send(&world, &breaks);
    for (connection, most) in connections.iter().zip(breaks) {
        assert_eq!(connection.up.len(), most);
    }
    let up: Vec<u8> = connections.iter().flat_map(|connection| connection.up.clone()).collect();
    let count = |method: &str| up.windows(method.len()).filter(|window| *window == method.as_bytes()).count();
    assert_eq!((count("POST /kpk/uploads "), count("HEAD /kpk/uploads/")), (1, 3));
    // Nothing that the server had was sent again, only what was on a line that broke.
    let most = sealed() + breaks.iter().sum::<usize>();
    assert!((sealed()..most).contains(&up.len()), "{}", up.len());
    assert_delivered(&world, &sent);
}

/// Asks the server by hand and returns the head of its answer, in lower case.
fn ask(world: &World, request: &str, headers: &str) -> String {
    let (host, _) = world.server.public().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTus-Resumable: 1.0.0\r\n");
    write!(stream, "{head}{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.to_lowercase()
}

#[test]
fn lengths_beyond_four_gibibytes_are_taken() {
    // No limits on the card: 4 GiB of evidence, and what an archive adds.
    let world = World::open_as(&[DESK], "", "");
    let longest = sealed_len(1, padded_size((4 << 30) + (1 << 20)).unwrap());
    assert!(longest > 1 << 32);
    let options = ask(&world, "OPTIONS /kpk/uploads", "");
    assert!(options.contains(&format!("tus-max-size: {longest}\r\n")), "{options}");
    let proof = format!("Bisik-Pow: {:016x}\r\nBisik-Header-Sha256: {:064x}\r\n", 1, 1);
    let begin = |length: u64| {
        ask(&world, "POST /kpk/uploads", &format!("Upload-Length: {length}\r\nContent-Length: 0\r\n{proof}"))
    };
    let begun = begin(longest);
    assert!(begun.starts_with("http/1.1 201 "), "{begun}");
    let address = begun.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let state = ask(&world, &format!("HEAD {address}"), "");
    assert!(state.contains(&format!("upload-length: {longest}\r\n")), "{state}");
    let above = sealed_len(1, padded_size(longest).unwrap());
    assert!(begin(above).starts_with("http/1.1 413 "));
}

#[test]
fn the_work_that_a_busy_server_asks_for_is_done() {
    let world = world_with("[limits]\nproof_bits = 14");
    let (sent, connections) = send(&world, &[]);
    let down: Vec<u8> = connections.iter().flat_map(|connection| connection.down.clone()).collect();
    assert!(String::from_utf8_lossy(&down).contains("\"bits\":14}"));
    assert_delivered(&world, &sent);
    // A text goes in one request, with work of its own.
    let (_, message) = world.send(&report(WORDS), &[]);
    assert_eq!(world.pull().success().json()["fetched"], 1);
    world.desk(DESK, &["import", "stick"], "").success();
    let list = world.desk(DESK, &["list", "--all"], "").success().json();
    assert_eq!(list.as_array().unwrap().len(), 2, "{list} {message}");
}
