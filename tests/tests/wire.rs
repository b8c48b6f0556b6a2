//! What the wire tells: a capture of loopback traffic, judged by nothing but bytes and their order.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a story fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;

use bisik_formats::padding::{TEXT_SIZE, is_padded_size, padded_size_of, sealed_len};
use bisik_tests::browser::play_telling;
use bisik_tests::capture::{Capture, Flow};
use bisik_tests::world::{World, report};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::{Value, json};

const DESKS: [&str; 2] = ["inspektorat", "dinas"];
const WORDS: &str = "Pungutan di jembatan timbang dibagi setiap akhir pekan oleh regu yang bertugas.";

fn host(world: &World) -> String {
    world.server.public().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned()
}

/// The connections of a visit, without who opened them.
fn turns(flows: &[Flow]) -> Vec<Vec<u64>> {
    flows.iter().map(|flow| flow.turns.clone()).collect()
}

#[test]
fn the_bytes_of_every_errand_are_those_of_every_other() {
    let world = World::open(&DESKS);
    let Some(mut wire) = Capture::of(&host(&world), "the_bytes_of_every_errand_are_those_of_every_other")
    else {
        return;
    };
    fs::write(world.home.path("answers.json"), report(WORDS).to_string()).unwrap();
    let mut visit = |args: &[&str], input: &str| {
        let output = world.reporter(args, input).success();
        (output, turns(&wire.take()))
    };
    let (sent, writing) = visit(&["send", "--answers", "answers.json", "--no-check"], "");
    let receipt = format!("{}\n", sent.json()["receipt"].as_str().unwrap());
    let (_, reading_nothing) = visit(&["inbox"], &receipt);
    world.deliver("inspektorat");
    world.answer("inspektorat");
    let (inbox, reading_a_letter) = visit(&["inbox"], &receipt);
    assert!(inbox.out.contains("\"letter\":{"));
    let (_, following_up) = visit(&["reply"], &format!("{receipt}Regu itu dipimpin orang yang sama.\n"));
    let (_, closing) = visit(&["close", "--yes"], &receipt);
    wire.end();

    eprintln!("a visit of the program, bytes by turns: {writing:?}");
    assert_eq!(writing.concat().len(), 12, "six requests and their answers");
    for other in [reading_nothing, reading_a_letter, following_up, closing] {
        assert_eq!(other, writing);
    }
}

#[test]
fn the_bytes_of_every_errand_at_the_page_are_those_of_every_other() {
    let mut world = World::open(&DESKS);
    let test = "the_bytes_of_every_errand_at_the_page_are_those_of_every_other";
    let Some(mut wire) = Capture::of(&host(&world), test) else { return };
    let mut seen: BTreeMap<String, Vec<Vec<u64>>> = BTreeMap::new();
    let url = world.server.public().to_owned();
    let mut tell = |asked: &Value| {
        let flows = wire.take();
        seen.insert(asked["visit"].as_str().unwrap().to_owned(), turns(&flows));
        Value::Null
    };
    play_telling(&mut world, &url, "wire.mjs", &["--browser", "chromium"], &mut tell);
    wire.end();
    let names: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(names, ["following up", "looking", "reading a letter", "reading nothing", "writing"]);
    eprintln!("a visit of the page, bytes by turns: {:?}", seen["writing"]);
    for (name, bytes) in &seen {
        assert_eq!(bytes, &seen["writing"], "{name}");
    }
}

#[test]
fn random_reports_have_one_size_on_the_wire_and_evidence_only_listed_ones() {
    let world = World::open(&DESKS);
    let test = "random_reports_have_one_size_on_the_wire_and_evidence_only_listed_ones";
    let Some(mut wire) = Capture::of(&host(&world), test) else { return };
    let mut rng = StdRng::seed_from_u64(11);
    let long = std::env::var_os("BISIK_LONG").is_some_and(|long| long == "1");
    let mut texts: BTreeMap<Vec<Vec<u64>>, u32> = BTreeMap::new();
    let mut classes: BTreeMap<u64, BTreeMap<Vec<Vec<u64>>, u32>> = BTreeMap::new();
    for _ in 0..if long { 400 } else { 16 } {
        let told = told(&mut rng, 0);
        *texts.entry(turns(&send(&world, &mut wire, &told))).or_default() += 1;
    }
    assert_eq!(fetched(&world), sealed_len(DESKS.len(), TEXT_SIZE));
    for count in 0..if long { 120 } else { 9 } {
        let most = [60_000, 500_000, 990_000][count % 3];
        let length = rng.random_range(most / 3..most);
        fs::write(world.home.path("bukti.bin"), vec![7; length]).unwrap();
        let flows = send(&world, &mut wire, &told(&mut rng, 1));
        let padded = padded_size_of(fetched(&world), DESKS.len()).unwrap();
        assert!(is_padded_size(padded));
        *classes.entry(padded).or_default().entry(turns(&flows)).or_default() += 1;
    }
    wire.end();

    let up = |seen: &Vec<Vec<u64>>| seen.iter().flat_map(|turns| turns.iter().step_by(2)).sum::<u64>();
    eprintln!("text reports, bytes up and how many: {:?}", histogram(&texts, up));
    assert_eq!(texts.len(), 1, "{texts:?}");
    for (class, seen) in &classes {
        eprintln!("evidence padded to {class}: {:?}", histogram(seen, up));
        assert_eq!(seen.len(), 1, "{class}: {seen:?}");
        assert!(seen.keys().all(|seen| up(seen) > sealed_len(DESKS.len(), *class)));
    }
}

fn histogram(seen: &BTreeMap<Vec<Vec<u64>>, u32>, up: impl Fn(&Vec<Vec<u64>>) -> u64) -> BTreeMap<u64, u32> {
    seen.iter().map(|(turns, count)| (up(turns), *count)).collect()
}

/// A report of random length, for one desk or both, with so many files.
fn told(rng: &mut StdRng, files: usize) -> Value {
    let length = rng.random_range(20..6_000);
    let words: String = (0..length).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect();
    let mut told = report(&words);
    if rng.next_u32() & 1 == 0 {
        told["leave_out"] = json!(["dinas"]);
    }
    let file = json!({"file": "bukti.bin", "kind": "audit", "holders": "few", "note": ""});
    told["evidence"] = json!(vec![file; files]);
    told
}

/// Sends a report and returns what passed.
fn send(world: &World, wire: &mut Capture, told: &Value) -> Vec<Flow> {
    world.send(told, &["--allow-uncleaned"]);
    wire.take()
}

/// Fetches what is new at the server onto the stick and returns the length of the largest.
fn fetched(world: &World) -> u64 {
    let before = if world.home.path("stick/reports").exists() { world.on_stick() } else { Vec::new() };
    world.pull().success();
    let fresh = world.on_stick().into_iter().filter(|path| !before.contains(path));
    fresh.map(|path| fs::metadata(path).unwrap().len()).max().unwrap()
}
