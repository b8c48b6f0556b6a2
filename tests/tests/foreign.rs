//! Upload clients that nobody here wrote against the real server: `tus-js-client` in Node and `tuspy` in Python send
//! really sealed reports over lines that break, to a server that is killed, and every byte arrives.
//!
//! The packages lie in `tests/interop` and `tests/foreign`; `cargo xtask test` installs them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use bisik_formats::ids::ReportId;
use bisik_formats::padding::header_len;
use bisik_sealing::report::{EvidenceEntry, EvidenceNote, Holders};
use bisik_tests::craft::Craft;
use bisik_tests::line::Line;
use bisik_tests::run::{Output, finish, spawn, workspace};
use bisik_tests::server::PATH;
use bisik_tests::world::World;
use rand::{Rng, RngExt};
use serde_json::{Value, json};

const DESK: &str = "inspektorat";
const MIB: u64 = 1 << 20;
/// Bytes of evidence in each report; sealed they are 6 MiB and a little.
const EVIDENCE: usize = 5_000_000;
/// Breaks of the line in one upload.
const BREAKS: usize = 8;

/// A client that somebody else wrote.
#[derive(Clone, Copy)]
enum Client {
    /// `tus-js-client`.
    Node,
    /// `tuspy`.
    Python,
}

impl Client {
    fn command(self) -> Command {
        let tests = workspace().join("tests");
        match self {
            Self::Node => {
                let folder = tests.join("interop");
                assert!(folder.join("node_modules/tus-js-client").is_dir(), "run `cargo xtask test`");
                let mut command = Command::new("node");
                command.arg(folder.join("tus.mjs"));
                command
            }
            Self::Python => {
                let folder = tests.join("foreign");
                let python = folder.join(".venv/bin/python");
                assert!(python.is_file(), "run `cargo xtask test`");
                let mut command = Command::new(python);
                command.arg(folder.join("tus.py"));
                command
            }
        }
    }
}

/// A box whose server stays at one address, and sealed reports.
struct Story {
    client: Client,
    world: World,
    line: Line,
    sealed: Vec<PathBuf>,
    rng: Box<dyn Rng>,
}

/// What a client says at its end.
struct Told {
    url: String,
    /// Method and status of every answer.
    answers: Vec<(String, u64)>,
}

impl Told {
    fn count(&self, method: &str, status: u64) -> usize {
        self.answers.iter().filter(|(one, answer)| one == method && *answer == status).count()
    }
}

impl Story {
    /// Opens a box and seals so many reports.
    fn begin(client: Client, reports: usize) -> Self {
        let world = World::open_as(&[DESK], "", "");
        let line = Line::to(world.server.public());
        let mut craft = Craft::new(&world, 4);
        let sealed = (0..reports).map(|number| seal(&mut craft, &world, number)).collect();
        let rng = Box::new(craft.rng);
        Self { client, world, line, sealed, rng }
    }

    fn start(&self, work: &str, report: usize, more: &Value) -> Child {
        let mut task = json!({
            "do": work,
            "server": self.line.server(PATH),
            "file": self.sealed[report],
            "header": header_len(1),
        });
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut command = self.client.command();
        command.stderr(Stdio::piped());
        spawn(command, &task.to_string())
    }

    fn run(&self, work: &str, report: usize, more: &Value) -> Told {
        told(finish(self.start(work, report, more), work.to_owned()))
    }

    /// Over a line that breaks again and again, to a server that is killed in the middle.
    fn breaks(&mut self, report: usize) {
        let breaks: Vec<u64> = (0..BREAKS).map(|_| self.rng.random_range(20_000..900_000)).collect();
        self.line.break_after(breaks);
        let client = self.start("upload", report, &json!({}));
        self.line.wait_until(5 * MIB / 2);
        self.world.server.kill();
        self.world.server.up();
        self.line.lead(self.world.server.public());
        let told = told(finish(client, "upload".to_owned()));
        assert_eq!(self.line.breaks_left(), 0);
        assert_eq!(told.count("POST", 201), 1, "{:?}", told.answers);
        assert!(told.count("HEAD", 200) >= BREAKS, "{:?}", told.answers);
    }

    /// Names an offset that the upload is not at.
    fn wrong_offset(&self, report: usize) {
        let told = self.run("wrong", report, &json!({}));
        assert_eq!((told.count("PATCH", 409), told.count("HEAD", 200)), (1, 1), "{:?}", told.answers);
    }

    /// Two clients that do not know of each other send the same upload at the same time.
    fn two_at_once(&self, report: usize) {
        let begun = self.run("begin", report, &json!({"stop": MIB}));
        let told = self.run("twice", report, &json!({"url": begun.url}));
        let refused = told.count("PATCH", 409) + told.count("PATCH", 423);
        assert!(refused > 0, "they never met: {:?}", told.answers);
    }

    /// An upload that waited for too long is gone; the client begins anew.
    fn expired(&mut self, report: usize) {
        let begun = self.run("begin", report, &json!({"stop": MIB}));
        self.world.server.stop();
        self.age_uploads();
        self.world.server.up();
        self.line.lead(self.world.server.public());
        let told = self.run("resume", report, &json!({"url": begun.url}));
        assert_eq!((told.count("HEAD", 404), told.count("POST", 201)), (1, 1), "{:?}", told.answers);
        assert_ne!(told.url, begun.url);
    }

    /// Moves the last day of every unfinished upload into the past.
    fn age_uploads(&self) {
        let database = self.world.server.folder().join("data/bisik.sqlite");
        let script = "import sqlite3, sys\n\
            base = sqlite3.connect(sys.argv[1])\n\
            assert base.execute('UPDATE upload SET expires = expires - 8').rowcount == 1\n\
            base.commit()\n";
        let done = Command::new("python3").args(["-c", script]).arg(database).status().unwrap();
        assert!(done.success());
    }

    /// A client that gives up says so, and nothing stays.
    fn given_up(&self, report: usize) {
        let begun = self.run("begin", report, &json!({"stop": 2 * MIB}));
        let told = self.run("end", report, &json!({"url": begun.url}));
        assert_eq!((told.count("DELETE", 204), told.count("HEAD", 404)), (1, 1), "{:?}", told.answers);
    }

    /// Fails unless exactly these reports arrive, byte for byte, and open at the desk.
    fn arrived(&self, reports: &[usize]) {
        assert_eq!(self.world.pull().success().json()["fetched"], reports.len());
        let mut expected: Vec<(String, Vec<u8>)> = reports
            .iter()
            .map(|report| fs::read(&self.sealed[*report]).unwrap())
            .map(|sealed| (format!("{}.age", ReportId::of(&sealed)), sealed))
            .collect();
        expected.sort();
        let found: Vec<(String, Vec<u8>)> = self
            .world
            .on_stick()
            .iter()
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
            .collect();
        assert!(expected == found);
        self.world.desk(DESK, &["import", "stick"], "").success();
        let list = self.world.desk(DESK, &["list", "--all"], "").success().json();
        assert_eq!(list.as_array().unwrap().len(), reports.len(), "{list}");
        self.world.desk(DESK, &["evidence", "verify", "1"], "").success();
    }
}

/// Seals a report of its own thread into a file.
fn seal(craft: &mut Craft<'_>, world: &World, number: usize) -> PathBuf {
    let keys = craft.thread();
    let mut content = craft.content(&keys, DESK);
    content.evidence = vec![EvidenceNote {
        entry: EvidenceEntry { number: 1, extension: "bin".parse().unwrap() },
        kind: "lainnya".into(),
        name: None,
        holders: Holders::Unknown,
        note: String::new(),
        cleaned: false,
    }];
    let mut evidence = vec![0; EVIDENCE];
    craft.rng.fill_bytes(&mut evidence);
    let path = world.home.path(&format!("{number}.age"));
    fs::write(&path, craft.seal(&content, &keys, &[&evidence])).unwrap();
    path
}

fn told(output: Output) -> Told {
    let told = output.success().json();
    let answers = told["statuses"].as_array().unwrap().iter();
    Told {
        url: told["url"].as_str().unwrap().to_owned(),
        answers: answers.map(|one| (one[0].as_str().unwrap().to_owned(), one[1].as_u64().unwrap())).collect(),
    }
}

/// The same story for every client.
fn play(client: Client) {
    let mut story = Story::begin(client, 5);
    story.breaks(0);
    story.wrong_offset(1);
    story.two_at_once(2);
    story.expired(3);
    story.given_up(4);
    story.arrived(&[0, 1, 2, 3]);
}

#[test]
fn tus_js_client_finishes_whatever_happens_on_the_way() {
    play(Client::Node);
}

#[test]
fn tuspy_finishes_whatever_happens_on_the_way() {
    play(Client::Python);
}
