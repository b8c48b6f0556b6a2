//! The reporter's program is killed while it sends, and another run of it goes on with what was kept. Meanwhile and
//! afterwards the device holds nothing that tells what was sent, or the receipt.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use bisik_tests::line::Line;
use bisik_tests::run::{Output, finish, spawn};
use bisik_tests::server::PATH;
use bisik_tests::world::{World, report};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const DESK: &str = "inspektorat";
const WORDS: &str = "PENANDA-ISI: kendaraan dinas dijual kepada saudara sendiri dengan harga rendah sekali.";
const REPLY: &str = "PENANDA-BALASAN: nomor rangka kendaraan itu ada pada lampiran kedua.";
const NAME: &str = "PENANDA-NAMA.csv";
const MIB: u64 = 1 << 20;

/// A box at one address, and a reporter with evidence of several megabytes.
struct Story {
    world: World,
    line: Line,
    before: BTreeSet<PathBuf>,
}

/// Returns every file and folder below a folder.
fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(entries(&path));
        }
        found.insert(path);
    }
    found
}

impl Story {
    fn begin(evidence: usize) -> Self {
        let world = World::open_as(&[DESK], "", "");
        let line = Line::to(world.server.public());
        let mut bytes = vec![0; evidence];
        StdRng::seed_from_u64(7).fill_bytes(&mut bytes);
        fs::write(world.home.path(NAME), bytes).unwrap();
        let mut told = report(WORDS);
        told["evidence"] = json!([{"file": NAME, "kind": "audit", "holders": "few", "note": ""}]);
        fs::write(world.home.path("answers.json"), told.to_string()).unwrap();
        let before = entries(&world.home.path(""));
        Self { world, line, before }
    }

    /// Prepares the reporter's program; it finds server and agency in the arguments.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.world.home.command("bisik");
        let server = self.line.server(PATH);
        command.args(words).args(["--direct", "--json", "--server", &server]);
        command.args(["--agency", &self.world.fingerprint]);
        command
    }

    fn run(&self, words: &[&str], input: &str) -> Output {
        finish(spawn(self.command(words), input), words.join(" "))
    }

    /// Begins to send; returns the process and the receipt, which it shows first.
    fn send(&self) -> (Child, String) {
        let words =
            ["send", "--answers", "answers.json", "--no-check", "--allow-uncleaned", "--keep", "simpanan"];
        let mut child = spawn(self.command(&words), "");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let shown: Value = serde_json::from_str(&line).unwrap();
        (child, shown["receipt"].as_str().unwrap().to_owned())
    }

    /// Returns what is on the device that was not there before.
    fn left(&self) -> Vec<PathBuf> {
        entries(&self.world.home.path("")).difference(&self.before).cloned().collect()
    }

    /// Fails if a file that the program made, or what others see of the process, holds a marker or the receipt.
    fn assert_silent(&self, process: Option<&Child>, receipt: &str) {
        let secrets = ["PENANDA".to_owned(), receipt.to_owned(), receipt.replace('-', "")];
        let mut places = self.left();
        if let Some(child) = process {
            let folder = Path::new("/proc").join(child.id().to_string());
            places.extend(["cmdline", "environ", "comm"].map(|name| folder.join(name)));
        }
        for place in places.iter().filter(|place| !place.is_dir()) {
            let name = place.to_str().unwrap();
            let text = String::from_utf8_lossy(&fs::read(place).unwrap()).to_uppercase();
            for secret in &secrets {
                assert!(!text.contains(secret) && !name.contains(secret), "{name}: {secret}");
            }
        }
    }

    /// Fails unless exactly one report arrives, with all of its evidence.
    fn assert_delivered(&self) {
        assert_eq!(self.world.pull().success().json()["fetched"], 1);
        self.world.desk(DESK, &["import", "stick"], "").success();
        let list = self.world.desk(DESK, &["list", "--all"], "").success().json();
        assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
        self.world.desk(DESK, &["evidence", "verify", "1"], "").success();
        assert!(self.world.desk(DESK, &["show", "1"], "").success().out.contains(WORDS));
    }

    /// Returns the reports that wait at the server.
    fn waiting(&self) -> u64 {
        self.world.courier(&["status"]).success().json()["reports"].as_u64().unwrap()
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Returns the most memory that a process has had, in KiB.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_killed_program_goes_on_and_the_device_tells_nothing_meanwhile() {
    let mut story = Story::begin(5_000_000);
    // No answer comes any more: the program waits in the middle, and can be looked at.
    story.line.hush_after(5 * MIB / 2);
    let (child, receipt) = story.send();
    story.line.wait_until(5 * MIB / 2);
    story.assert_silent(Some(&child), &receipt);
    kill(child);
    // What is left is the sealed report and the note, for nobody else to read.
    let left = story.left();
    let kept = ["simpanan", "simpanan.upload"].map(|name| story.world.home.path(name));
    assert_eq!(left, kept);
    assert!(left.iter().all(|path| fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600));
    story.assert_silent(None, &receipt);

    // The server, too, was away meanwhile.
    story.world.server.kill();
    story.world.server.up();
    story.line.speak();
    story.line.lead(story.world.server.public());
    let sent = story.line.passed();
    story.run(&["send", "--continue", "simpanan"], "").success();
    let rest = story.line.passed() - sent;
    // Less than the 6 MiB of the whole: it went on and did not begin anew.
    assert!(rest < 5 * MIB, "{rest}");
    assert_eq!(story.left(), Vec::<PathBuf>::new());
    story.assert_delivered();

    // A whole visit later: answers, and a message more; nothing of it stays.
    story.world.answer(DESK);
    let after = entries(&story.world.home.path(""));
    let inbox = story.run(&["inbox"], &format!("{receipt}\n")).success().json();
    assert_eq!(inbox["desks"][0]["letter"]["received"].as_array().unwrap().len(), 1, "{inbox}");
    // It waits a while after each break: time to look at it.
    let passed = story.line.passed();
    story.line.break_after([10, 10]);
    let child = spawn(story.command(&["reply"]), &format!("{receipt}\n{REPLY}\n"));
    story.line.wait_until(passed + 10);
    story.assert_silent(Some(&child), &receipt);
    finish(child, "reply".to_owned()).success();
    assert_eq!(entries(&story.world.home.path("")), after);
}

#[test]
fn a_report_that_arrived_unheard_is_not_sent_twice() {
    // Two pieces: the second one arrives, the answer to it does not.
    let story = Story::begin(1_400_000);
    story.line.hush_after(5 * MIB / 4);
    let (child, receipt) = story.send();
    while story.waiting() == 0 {}
    kill(child);
    story.line.speak();
    let passed = story.line.passed();
    let done = story.run(&["send", "--continue", "simpanan", "--lang", "en"], "").success();
    assert!(done.err.contains("already had the whole report"), "{}", done.err);
    assert!(story.line.passed() - passed < MIB / 2);
    assert_eq!(story.left(), Vec::<PathBuf>::new());
    story.assert_delivered();
    story.world.answer(DESK);
    story.run(&["inbox"], &format!("{receipt}\n")).success();
}

#[test]
fn memory_does_not_grow_with_the_evidence() {
    let long = std::env::var_os("BISIK_LONG").is_some();
    let sizes = if long { [8 << 20, 1 << 30] } else { [8 << 20, 64 << 20] };
    let peaks = sizes.map(|size| {
        let story = Story::begin(size);
        // All of it is sealed, and much of it sent.
        story.line.hush_after(size as u64 * 3 / 4);
        let (child, _) = story.send();
        story.line.wait_until(size as u64 * 3 / 4);
        let peak = peak(&child);
        kill(child);
        peak
    });
    eprintln!("memory of bisik send --keep: {peaks:?} KiB for {sizes:?} bytes of evidence");
    assert!(peaks[1] < peaks[0] + 4096, "{peaks:?}");
    assert!(peaks[1] < 40 * 1024, "{peaks:?}");
}
