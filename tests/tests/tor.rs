//! The whole story over a real Tor network, which the test brings up on this machine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a story fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bisik_tests::browser::play_at;
use bisik_tests::capture::{Capture, Flow};
use bisik_tests::run::{Output, finish, spawn};
use bisik_tests::tor::TorNetwork;
use bisik_tests::world::{World, report};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

const DESK: &str = "inspektorat";
const WORDS: &str = "PENANDA-5B2E Uang dititipkan di loket tiga sebelum izin trayek diterbitkan.";
const ANSWER: &str = "Terima kasih. Izin trayek yang mana?";
const FILE: &str = "rekaman-loket-tiga.bin";
/// Bytes of the evidence.
const EVIDENCE: usize = 50_000_000;
/// Bytes that have passed when the relay dies.
const PASSED: u64 = 12_000_000;

#[test]
fn a_real_tor_network_carries_the_story_and_the_loss_of_a_relay() {
    let mut world = World::open(&[DESK]);
    take_large_evidence(&world);
    let [host, courier] = [world.server.public(), world.server.courier()]
        .map(|address| address.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned());
    let wire =
        Capture::of(&host, "the peers of a_real_tor_network_carries_the_story_and_the_loss_of_a_relay");
    let mut network = TorNetwork::before(&host, &courier);
    shipped_defences_are_on(&network);

    let receipt = story_by_program(&world, &network);
    let page = format!("http://{}/kpk", network.onion());
    let socks = network.socks().to_string();
    play_at(&mut world, &page, "onion.mjs", &["--browser", "chromium", "--socks", &socks]);
    evidence_outlives_a_relay(&world, &mut network);

    nothing_tells(&world, &[&receipt, network.onion(), network.courier(), WORDS, FILE]);
    let Some(mut wire) = wire else { return };
    let seen = wire.take();
    wire.end();
    assert!(seen.iter().all(|flow| flow.client.ip().is_loopback()), "{seen:?}");
    let up: u64 = seen.iter().map(Flow::up).sum();
    assert!(up > EVIDENCE as u64, "{up} bytes came to the server");
    eprintln!("over Tor: {} connections, {up} bytes came to the server, all of this machine", seen.len());
}

/// Has the root allow evidence of this size.
fn take_large_evidence(world: &World) {
    let card = fs::read_to_string(world.home.path("card.toml")).unwrap();
    let limits = "limits = { report_bytes = 60000000, file_bytes = 60000000 }";
    let line = card.lines().find(|line| line.starts_with("limits")).unwrap();
    fs::write(world.home.path("card.toml"), card.replace(line, limits)).unwrap();
    world.sign_card("larger.bundle", &world.desks);
    world.desk(DESK, &["card", "larger.bundle"], "").success();
    world.desk(DESK, &["publish", "stick", "--with-card"], "").success();
    world.push().success();
}

/// The settings as they are shipped are taken, and on.
fn shipped_defences_are_on(network: &TorNetwork) {
    let options = network.service().ask("GETCONF HiddenServiceOptions").join("\n");
    for option in [
        "HiddenServicePoWDefensesEnabled=1",
        "HiddenServiceEnableIntroDoSDefense=1",
        "HiddenServiceNumIntroductionPoints=6",
        "HiddenServiceMaxStreamsCloseCircuit=1",
    ] {
        assert!(options.contains(option), "{option} in {options}");
    }
}

/// Runs a command of the reporter's program through Tor.
fn reporter(world: &World, network: &TorNetwork, args: &[&str], input: &str) -> Output {
    world.home.run("bisik", &through(world, network, args), input).success()
}

fn through(world: &World, network: &TorNetwork, args: &[&str]) -> Vec<String> {
    let server = format!("http://{}/kpk", network.onion());
    let proxy = network.socks().to_string();
    let way = ["--server", &server, "--agency", &world.fingerprint, "--proxy", &proxy, "--json"];
    args.iter().chain(&way).map(ToString::to_string).collect()
}

/// Runs a command of the courier through Tor, at the service that only couriers find.
fn courier(world: &World, network: &TorNetwork, args: &[&str]) {
    let (server, proxy) = (format!("http://{}/kpk", network.courier()), network.socks().to_string());
    let way = ["--server", &server, "--token-file", "token", "--proxy", &proxy, "--json"];
    world.home.run("bisik-courier", &[args, &way].concat(), "").success();
}

/// Report, import, answer, and the answer is read; the courier comes through Tor as well. Returns the receipt.
fn story_by_program(world: &World, network: &TorNetwork) -> String {
    fs::write(world.home.path("answers.json"), report(WORDS).to_string()).unwrap();
    let sent = reporter(world, network, &["send", "--answers", "answers.json", "--no-check"], "").json();
    let receipt = sent["receipt"].as_str().unwrap().to_owned();
    courier(world, network, &["pull", "--to", "stick"]);
    let imported = world.desk(DESK, &["import", "stick"], "").success().json();
    assert_eq!(imported["new_cases"], json!([1]));
    let shown = world.desk(DESK, &["show", "1"], "").success().out;
    assert!(shown.contains(WORDS), "{shown}");
    world.desk(DESK, &["reply", "1", "--text-file", "-"], &format!("{ANSWER}\n")).success();
    world.desk(DESK, &["publish", "stick"], "").success();
    courier(world, network, &["push", "--from", "stick"]);
    let inbox = reporter(world, network, &["inbox"], &format!("{receipt}\n")).json();
    assert_eq!(inbox["desks"][0]["letter"]["messages"][0]["text"], ANSWER, "{inbox}");
    receipt
}

/// A relay on the path dies in the middle of a large upload, which ends well by itself.
fn evidence_outlives_a_relay(world: &World, network: &mut TorNetwork) {
    let mut evidence = vec![0; EVIDENCE];
    StdRng::seed_from_u64(4).fill_bytes(&mut evidence);
    fs::write(world.home.path(FILE), &evidence).unwrap();
    let mut told = report("Rekaman penyerahan uang di loket ada pada lampiran laporan ini.");
    told["evidence"] = json!([{"file": FILE, "kind": "audit", "holders": "few", "note": ""}]);
    fs::write(world.home.path("answers.json"), told.to_string()).unwrap();

    let mut control = network.client();
    control.ask("SETEVENTS STREAM STREAM_BW");
    let mut command = world.home.command("bisik");
    let args = ["send", "--answers", "answers.json", "--no-check", "--allow-uncleaned"];
    command.args(through(world, network, &args));
    let child = spawn(command, "");
    let mut passed = 0;
    while passed < PASSED {
        let event = control.next_event(Duration::from_secs(120)).unwrap();
        passed += event.strip_prefix("STREAM_BW ").map_or(0, largest);
    }
    let paths = network.client().paths_in_use();
    let middle: Vec<String> = paths.iter().flat_map(|path| path.iter().skip(1).cloned()).collect();
    let killed = network.kill_one_of(&middle);
    // Only once the upload has felt it.
    let broken = std::iter::from_fn(|| control.next_event(Duration::from_secs(120)))
        .find(|event| is_broken(event))
        .unwrap();
    network.start_again(killed);
    let sent = finish(child, "bisik send".to_owned()).success();

    // Another circuit took over.
    let later: Vec<String> = std::iter::from_fn(|| control.next_event(Duration::from_secs(1)))
        .filter(|event| is_connected(event))
        .collect();
    let shown: String = broken.split(" SOCKS").next().unwrap_or_default().to_owned();
    eprintln!("relay {killed} of {paths:?} died after {passed} bytes: {shown}; {} more streams", later.len());
    assert!(!later.is_empty() && sent.err.contains("Mencoba lagi"), "{}", sent.err);

    assert_eq!(world.pull().success().json()["fetched"], 1);
    let imported = world.desk(DESK, &["import", "stick"], "").success().json();
    let case = imported["new_cases"][0].to_string();
    world.desk(DESK, &["evidence", "verify", &case], "").success();
    let export = ["evidence", "export", &case, "1", "1", "--to", "keluar", "--yes"];
    world.desk(DESK, &export, "").success();
    let arrived = fs::read_dir(world.home.path("keluar")).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read(arrived).unwrap() == evidence, "the evidence has changed on its way");
}

/// Bytes in the more used direction of a stream, of an event about the last second.
fn largest(told: &str) -> u64 {
    told.split(' ').skip(1).take(2).map(|count| count.parse::<u64>().unwrap()).max().unwrap()
}

fn is_connected(event: &str) -> bool {
    event.starts_with("STREAM ") && event.contains(" SUCCEEDED ") && event.contains(".onion:80")
}

fn is_broken(event: &str) -> bool {
    let mut words = event.split(' ');
    let state = words.nth(2).unwrap_or_default();
    event.starts_with("STREAM ") && event.contains(".onion:80") && ["CLOSED", "FAILED"].contains(&state)
}

/// Neither the data nor the log of the server holds one of these, nor does the name of a file.
fn nothing_tells(world: &World, marks: &[&str]) {
    let folder = world.server.folder();
    // What is surely there is found, so that nothing found means something.
    assert!(holding(&folder, &[&world.fingerprint]).contains("server.toml"));
    assert_eq!(holding(&folder, marks), "");
    let names = Command::new("find").arg(&folder).output().unwrap().stdout;
    let names = String::from_utf8(names).unwrap();
    assert!(names.contains("server.toml") && !marks.iter().any(|mark| names.contains(mark)), "{names}");
}

/// Returns which files below a folder hold one of these.
fn holding(folder: &Path, marks: &[&str]) -> String {
    let mut grep = Command::new("grep");
    grep.args(["--recursive", "--files-with-matches", "--text", "--ignore-case", "--fixed-strings"]);
    grep.env("LC_ALL", "C").args(marks.iter().flat_map(|mark| ["-e", mark])).arg(folder);
    String::from_utf8(grep.output().unwrap().stdout).unwrap()
}
