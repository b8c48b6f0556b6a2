//! Running the programs and showing what they do.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use super::words::{Check, Scene};
use crate::shell::{Failure, Outcome, failure};

/// The officers' passphrase: everything here is thrown away.
const PASSPHRASE: &str = "demo kata sandi petugas\n";

/// The agency's path on the server.
const PATH: &str = "rekaan";

/// The language of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Language {
    Id,
    En,
}

/// The folder of the story, and who tells it.
pub(super) struct Stage {
    language: Option<Language>,
    folder: PathBuf,
    programs: PathBuf,
    checks: Vec<(bool, &'static Check)>,
    pub(super) fingerprint: String,
}

impl Stage {
    pub(super) fn new(language: Option<Language>, folder: PathBuf, programs: PathBuf) -> Outcome<Self> {
        let folder = folder.canonicalize()?;
        Ok(Self { language, folder, programs, checks: Vec::new(), fingerprint: String::new() })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Tells a scene; `{}` in its words stand for the values, in order.
    pub(super) fn tell(&self, scene: &Scene, values: &[&str]) {
        let filled =
            |words: &str| values.iter().fold(words.to_owned(), |text, value| text.replacen("{}", value, 1));
        println!();
        if self.language != Some(Language::En) {
            println!("[{}] {}", scene.party.0, filled(scene.id));
        }
        if self.language != Some(Language::Id) {
            println!("[{}] {}", scene.party.1, filled(scene.en));
        }
    }

    /// Notes whether something holds that must hold.
    pub(super) fn check(&mut self, holds: bool, what: &'static Check) {
        self.checks.push((holds, what));
    }

    /// Shows what held and what did not.
    pub(super) fn verdict(&self) -> Outcome {
        println!();
        for (holds, what) in &self.checks {
            let words = match self.language {
                None => format!("{} / {}", what.id, what.en),
                Some(Language::Id) => what.id.to_owned(),
                Some(Language::En) => what.en.to_owned(),
            };
            println!("{} {words}", if *holds { "  ok  " } else { "FAILED" });
        }
        let failed = self.checks.iter().filter(|(holds, _)| !holds).count();
        if failed == 0 {
            Ok(())
        } else {
            Err(failure(format!("{failed} of {} things did not hold", self.checks.len())))
        }
    }

    /// Counts the files below a folder, and those that hold one of the words.
    pub(super) fn search(&self, folder: &Path, words: &[&str]) -> Outcome<(usize, usize)> {
        let (mut files, mut marked) = (0, 0);
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                let (below, found) = self.search(&entry.path(), words)?;
                (files, marked) = (files + below, marked + found);
            } else {
                let bytes = fs::read(entry.path())?;
                let holds = |word: &&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
                files += 1;
                marked += usize::from(words.iter().any(holds));
            }
        }
        Ok((files, marked))
    }

    /// Runs a program with `--json` and returns its answer; null if it has none.
    pub(super) fn json(&self, program: &str, args: &[&str], input: &str) -> Outcome<Value> {
        let out = self.run(program, &[args, &["--json"]].concat(), input)?;
        let line = out.lines().last().unwrap_or("null");
        serde_json::from_str(line).map_err(|_| failure(format!("{program} answered no JSON: {out}")))
    }

    pub(super) fn desk(&self, desk: &str, args: &[&str], input: &str) -> Outcome<Value> {
        let vault = format!("brankas-{desk}");
        let all = [args, &["--vault", &vault, "--passphrase-stdin"]].concat();
        self.json("bisik-desk", &all, &format!("{PASSPHRASE}{input}"))
    }

    /// Runs a command of a desk that answers in words, and returns them.
    pub(super) fn desk_words(&self, desk: &str, args: &[&str]) -> Outcome<String> {
        self.desk_with(desk, args, "")
    }

    /// As [`Stage::desk_words`], with further input.
    pub(super) fn desk_with(&self, desk: &str, args: &[&str], input: &str) -> Outcome<String> {
        let vault = format!("brankas-{desk}");
        let all = [args, &["--vault", &vault, "--passphrase-stdin", "--lang", self.tongue()]].concat();
        self.run("bisik-desk", &all, &format!("{PASSPHRASE}{input}"))
    }

    /// Shows what a desk's command shows.
    pub(super) fn show_desk(&self, desk: &str, args: &[&str]) -> Outcome {
        show(&self.desk_words(desk, args)?);
        Ok(())
    }

    pub(super) fn courier(&self, server: &Server, args: &[&str]) -> Outcome<Value> {
        let access = ["--server", &server.courier, "--token-file", "token-kurir"];
        self.json("bisik-courier", &[args, &access].concat(), "")
    }

    pub(super) fn reporter(&self, server: &Server, args: &[&str], input: &str) -> Outcome<Value> {
        self.json("bisik", &[args, &self.agency(server)].concat(), input)
    }

    /// Shows what a command of the reporter's program shows.
    pub(super) fn show_reporter(&self, server: &Server, args: &[&str], input: &str) -> Outcome {
        let all = [args, &self.agency(server), &["--lang", self.tongue()]].concat();
        show(&self.run("bisik", &all, input)?);
        Ok(())
    }

    /// On loopback there is nothing to hide behind Tor.
    fn agency<'a>(&'a self, server: &'a Server) -> [&'a str; 5] {
        ["--server", &server.public, "--agency", &self.fingerprint, "--direct"]
    }

    fn tongue(&self) -> &'static str {
        if self.language == Some(Language::En) { "en" } else { "id" }
    }

    fn run(&self, program: &str, args: &[&str], input: &str) -> Outcome<String> {
        let mut child = self
            .command(program, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Failure::Start { program: program.to_owned(), source })?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = input.to_owned();
            // A program may end without having read everything.
            thread::spawn(move || stdin.write_all(input.as_bytes()).ok());
        }
        let output = child.wait_with_output()?;
        let err = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(failure(format!("{program} {}: {}\n{err}", args.join(" "), output.status)))
        }
    }

    /// Prepares a program that knows nothing of this machine but the folder of the story.
    fn command<S: AsRef<OsStr>>(&self, program: &str, args: &[S]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(args).env_clear().env("HOME", &self.folder).env("TMPDIR", &self.folder);
        command.current_dir(&self.folder);
        command
    }
}

fn show(text: &str) {
    for line in text.lines() {
        println!("    {line}");
    }
}

/// The server of the story; ends with it.
pub(super) struct Server {
    child: Child,
    folder: PathBuf,
    public: String,
    courier: String,
}

impl Server {
    pub(super) fn start(stage: &Stage) -> Outcome<Self> {
        let token = stage.run("bisik-server", &["token", "--out", "token-kurir"], "")?;
        let hash = token.trim().strip_prefix("sha256=").ok_or_else(|| failure("no token"))?.to_owned();
        let folder = stage.path("server");
        fs::create_dir(&folder)?;
        let config = format!(
            "data = {:?}\n[public]\nlisten = \"127.0.0.1:0\"\n[courier]\nlisten = \"127.0.0.1:0\"\n\
             [[agency]]\npath = \"{PATH}\"\nid = \"{}\"\nbatch = \"off\"\ncourier_tokens = [\"{hash}\"]\n",
            folder.join("data"),
            stage.fingerprint,
        );
        fs::write(stage.path("server.toml"), config)?;
        let mut child = stage
            .command("bisik-server", &["run", "--config", "server.toml", "--ready-file", "siap"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Failure::Start { program: "bisik-server".to_owned(), source })?;
        let log = child.stderr.take().ok_or_else(|| failure("no log"))?;
        follow(log, folder.join("log"))?;
        let ready = fs::read_to_string(stage.path("siap"))?;
        let address = |side: &str| {
            let line = ready.lines().find_map(|line| line.strip_prefix(side));
            line.map(|line| format!("http://{line}/{PATH}")).ok_or_else(|| failure("no address"))
        };
        Ok(Self { child, folder, public: address("public=")?, courier: address("courier=")? })
    }

    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// The folder with everything the server keeps: data and log.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until the server ends: Ctrl-C reaches it as well as this program.
    pub(super) fn wait(&mut self) -> Outcome {
        self.child.wait()?;
        Ok(())
    }

    pub(super) fn stop(&mut self) -> Outcome {
        if self.child.try_wait()?.is_none() {
            self.child.kill()?;
            self.child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop().ok();
    }
}

/// Writes the log to a file from now on; returns once the server says that it has started.
fn follow(log: impl Read + Send + 'static, path: PathBuf) -> Outcome {
    let mut lines = BufReader::new(log).lines();
    let mut file = File::create(path)?;
    let mut all = String::new();
    for line in lines.by_ref() {
        let line = line?;
        writeln!(file, "{line}")?;
        if line.contains(" started: ") {
            thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| writeln!(file, "{line}")));
            return Ok(());
        }
        all.push_str(&line);
        all.push('\n');
    }
    Err(failure(format!("the server did not start:\n{all}")))
}
