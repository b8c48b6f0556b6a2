//! A whole agency: root, desks, server, courier, stick and reporters, in one folder that vanishes.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::run::{Home, Output, workspace};
use crate::server::TestServer;

/// The passphrase of every officer here; that of the root keys is made of it.
pub const PASSPHRASE: &str = "kuda lari di bukit";

/// The agency's description for its card.
const CARD: &str = "\
names = { id = \"Inspektorat Kabupaten Rekaan\", en = \"Inspectorate of Rekaan Regency\" }
letters = 8
contacts = [{ names = { id = \"LPSK\", en = \"Witness protection agency\" }, address = \"148\" }]
";

/// What a report may weigh at most agencies here.
pub const SMALL: &str = "limits = { report_bytes = 2000000, file_bytes = 1000000 }\n";

/// An agency with its server.
pub struct World {
    /// The folder of everybody but the server.
    pub home: Home,
    /// The server.
    pub server: TestServer,
    /// The agency's fingerprint, as on a poster.
    pub fingerprint: String,
    /// The ids of the desks, in card order.
    pub desks: Vec<String>,
}

impl World {
    /// Founds an agency with these desks, signs its card, publishes the first editions and opens the box.
    pub fn open(desks: &[&str]) -> Self {
        Self::open_with(desks, "")
    }

    /// As [`World::open`], with further sections of the server's configuration.
    pub fn open_with(desks: &[&str], more: &str) -> Self {
        Self::open_in(desks, SMALL, more, Home::new())
    }

    /// As [`World::open_with`], with these limits on the card: the line in the description, or nothing.
    pub fn open_as(desks: &[&str], limits: &str, more: &str) -> Self {
        Self::open_in(desks, limits, more, Home::new())
    }

    /// As [`World::open_as`], with this home for the server.
    pub fn open_in(desks: &[&str], limits: &str, more: &str, server: Home) -> Self {
        let home = Home::new();
        let roots = format!("{PASSPHRASE} satu\n{PASSPHRASE} dua\n");
        let made = home.run("bisik-desk", &["root", "init", "root", "--passphrase-stdin", "--json"], &roots);
        let fingerprint = made.success().json()["fingerprint"].as_str().unwrap().to_owned();
        let server = TestServer::start_in(server, &fingerprint, &home.path("token"), more);
        fs::create_dir(home.path("stick")).unwrap();
        let desks: Vec<String> = desks.iter().map(ToString::to_string).collect();
        let world = Self { home, server, fingerprint, desks };
        for desk in &world.desks {
            world.found(desk);
        }
        fs::write(world.home.path("card.toml"), format!("{limits}{CARD}")).unwrap();
        world.sign_card("card.bundle", &world.desks);
        for desk in &world.desks {
            world.desk(desk, &["card", "card.bundle"], "").success();
            world.desk(desk, &["publish", "stick", "--with-card"], "").success();
        }
        world.push().success();
        world
    }

    /// Makes the vault of a desk and its request for the root.
    pub fn found(&self, desk: &str) {
        let request = format!("{desk}.request");
        let (name_id, name_en) = (format!("Meja {desk}"), format!("Desk {desk}"));
        let args = [
            "init",
            "--officer",
            "sari",
            "--agency",
            &self.fingerprint,
            "--desk",
            desk,
            "--name-id",
            &name_id,
            "--name-en",
            &name_en,
            "--request",
            &request,
        ];
        self.desk(desk, &args, "").success();
    }

    /// Signs a card with the requests of these desks.
    pub fn sign_card(&self, out: &str, desks: &[String]) {
        let form = workspace().join("deploy/forms/kpk.toml");
        let requests: Vec<String> = desks.iter().map(|desk| format!("{desk}.request")).collect();
        let mut args =
            vec!["root", "sign-card", "root", "--card", "card.toml", "--form", form.to_str().unwrap()];
        args.extend(requests.iter().flat_map(|request| ["--request", request]));
        args.extend(["--key", "1", "--out", out, "--fingerprints-checked", "--passphrase-stdin", "--json"]);
        self.home.run("bisik-desk", &args, &format!("{PASSPHRASE} satu\n")).success();
    }

    /// Runs a command of a desk; `input` is what follows the passphrase.
    #[must_use = "judge it: success(), refused(..) or fails(..)"]
    pub fn desk(&self, desk: &str, args: &[&str], input: &str) -> Output {
        let vault = format!("vault-{desk}");
        let all = [&["--vault", &vault, "--passphrase-stdin", "--json"], args].concat();
        self.home.run("bisik-desk", &all, &format!("{PASSPHRASE}\n{input}"))
    }

    /// Runs a command of the courier.
    #[must_use = "judge it: success(), refused(..) or fails(..)"]
    pub fn courier(&self, args: &[&str]) -> Output {
        let access = ["--server", self.server.courier(), "--token-file", "token", "--json"];
        self.home.run("bisik-courier", &[args, &access].concat(), "")
    }

    /// Fetches reports onto the stick.
    #[must_use = "judge it: success(), refused(..) or fails(..)"]
    pub fn pull(&self) -> Output {
        self.courier(&["pull", "--to", "stick"])
    }

    /// Brings the outbox to the server.
    #[must_use = "judge it: success(), refused(..) or fails(..)"]
    pub fn push(&self) -> Output {
        self.courier(&["push", "--from", "stick"])
    }

    /// Pulls, and imports at a desk; returns what the import says.
    pub fn deliver(&self, desk: &str) -> Value {
        self.pull().success();
        self.desk(desk, &["import", "stick"], "").success().json()
    }

    /// Publishes at a desk and pushes.
    pub fn answer(&self, desk: &str) {
        self.desk(desk, &["publish", "stick"], "").success();
        self.push().success();
    }

    /// Runs a command of the reporter's program.
    #[must_use = "judge it: success(), refused(..) or fails(..)"]
    pub fn reporter(&self, args: &[&str], input: &str) -> Output {
        let agency = ["--server", self.server.public(), "--agency", &self.fingerprint, "--direct", "--json"];
        self.home.run("bisik", &[args, &agency].concat(), input)
    }

    /// Sends a report from an answers file; returns receipt and message id.
    pub fn send(&self, report: &Value, args: &[&str]) -> (String, String) {
        fs::write(self.home.path("answers.json"), report.to_string()).unwrap();
        let all = [&["send", "--answers", "answers.json", "--no-check"], args].concat();
        let sent = self.reporter(&all, "").success().json();
        let text = |name: &str| sent[name].as_str().unwrap().to_owned();
        (text("receipt"), text("message"))
    }

    /// Reads the inbox and returns what was found of one desk.
    pub fn inbox(&self, receipt: &str, desk: &str) -> Value {
        let inbox = self.reporter(&["inbox"], &format!("{receipt}\n")).success().json();
        let found = inbox["desks"].as_array().unwrap().iter().find(|found| found["desk"] == desk);
        found.unwrap().clone()
    }

    /// Returns the sealed reports on the stick.
    pub fn on_stick(&self) -> Vec<PathBuf> {
        let mut reports: Vec<PathBuf> = fs::read_dir(self.home.path("stick/reports"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        reports.sort();
        reports
    }
}

/// Returns a report that answers the form, with these words.
pub fn report(words: &str) -> Value {
    serde_json::json!({
        "answers": [
            {"field": "kategori", "value": {"choice": ["suap", "pengadaan"]}},
            {"field": "apa", "value": {"text": words}},
            {"field": "siapa", "entry": 1, "part": "jabatan", "value": {"text": "Kepala bidang rekaan"}},
            {"field": "kapan", "value": {"when": {"month": "2026-06"}}},
        ],
        "leave_out": [],
    })
}
