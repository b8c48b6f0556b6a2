//! What an observer sees of visits: always the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story fails by panicking")]

use bisik_tests::tap::{Request, Tap, requests};
use bisik_tests::world::{World, report};

const WORDS: &str = "Pemotongan honor petugas lapangan terjadi setiap bulan tanpa tanda terima sama sekali.";

/// What an observer sees of a visit: the requests, and how many bytes come back on each connection.
fn seen(tap: &Tap) -> (Vec<Request>, Vec<usize>) {
    let connections = tap.take();
    let asked = connections.iter().flat_map(|connection| requests(&connection.up)).collect();
    (asked, connections.iter().map(|connection| connection.down.len()).collect())
}

#[test]
fn writing_reading_answering_and_closing_look_alike_on_the_wire() {
    let world = World::open(&["inspektorat", "dinas"]);
    let (host, path) = world.server.public().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let tap = Tap::before(host);
    let server = format!("http://{}/{path}", tap.address());
    let visit = |args: &[&str], input: &str| {
        let agency = ["--server", &server, "--agency", &world.fingerprint, "--direct", "--json"];
        let output = world.home.run("bisik", &[args, &agency].concat(), input).success();
        (output, seen(&tap))
    };
    std::fs::write(world.home.path("answers.json"), report(WORDS).to_string()).unwrap();
    let (sent, writing) = visit(&["send", "--answers", "answers.json", "--no-check"], "");
    let receipt = format!("{}\n", sent.json()["receipt"].as_str().unwrap());
    let (_, reading_nothing) = visit(&["inbox"], &receipt);
    world.deliver("inspektorat");
    world.answer("inspektorat");
    let (inbox, reading_a_letter) = visit(&["inbox"], &receipt);
    assert!(inbox.out.contains("\"letter\":{"));
    let (_, answering) = visit(&["reply"], &format!("{receipt}Pemotongan dicatat oleh bendahara.\n"));
    let (_, closing) = visit(&["close", "--yes"], &receipt);

    let lines: Vec<&str> = writing.0.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /kpk/card HTTP/0.0",
            "GET /kpk/headers HTTP/0.0",
            "GET /kpk/editions/inspektorat/000000000 HTTP/0.0",
            "GET /kpk/editions/dinas/000000000 HTTP/0.0",
            "GET /kpk/challenge HTTP/0.0",
            "POST /kpk/reports HTTP/0.0",
        ]
    );
    assert_eq!(writing.0[5].body, 35_984);
    for other in [reading_nothing, reading_a_letter, answering, closing] {
        assert_eq!(other, writing);
    }
}

#[test]
fn nothing_that_passes_names_the_reporter_or_the_words() {
    let world = World::open(&["inspektorat"]);
    let (host, path) = world.server.public().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let tap = Tap::before(host);
    let server = format!("http://{}/{path}", tap.address());
    std::fs::write(world.home.path("answers.json"), report(WORDS).to_string()).unwrap();
    let args = ["send", "--answers", "answers.json", "--no-check", "--direct", "--json", "--server", &server];
    let sent =
        world.home.run("bisik", &[&args[..], &["--agency", &world.fingerprint]].concat(), "").success();
    let receipt = sent.json()["receipt"].as_str().unwrap().to_owned();
    for connection in tap.take() {
        let all = [connection.up, connection.down].concat();
        let text = String::from_utf8_lossy(&all).to_lowercase();
        for word in
            ["honor", "bendahara", &receipt.to_lowercase(), "cookie", "etag", "user-agent", "location"]
        {
            assert!(!text.contains(word), "{word}");
        }
    }
}
