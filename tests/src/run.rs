//! Running the real programs in a world of their own.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

/// Returns a program of this workspace, built as the tests are. Each has the name of its package.
///
/// The first call lets cargo bring the program up to date, so that no story tests an old one.
pub fn program(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut built = BUILT.lock().unwrap();
    let test = std::env::current_exe().unwrap();
    // target/<profile>/deps/<test>, or target/<profile>/<program> for a chore.
    let folder = test.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).unwrap();
    // Who has just built the whole workspace says so: `cargo xtask test` does.
    let fresh = std::env::var_os("BISIK_BUILT").is_some();
    if built.insert(name.to_owned()) && !fresh {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(workspace()).args(["build", "--quiet", "--package", name, "--target-dir"]);
        cargo.arg(folder.parent().unwrap());
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "{name} does not build");
    }
    folder.join(name)
}

/// Returns the folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A user's home: the only folder that programs run here know, with an environment of their own.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// Makes an empty home.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("bisik-").unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    /// Returns a path in this home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Prepares a program: hermetic environment, working folder is this home.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.env_clear().env("HOME", self.folder.path()).env("TMPDIR", self.path("tmp"));
        command.env("PATH", "/usr/bin:/bin").current_dir(self.folder.path());
        command
    }

    /// Runs a program with lines on its standard input, and waits for its end.
    #[must_use = "judge it: success(), refused(..) or fails(..)"]
    pub fn run<A: AsRef<OsStr>>(&self, name: &str, args: &[A], input: &str) -> Output {
        let mut command = self.command(name);
        command.args(args);
        let shown = format!("{command:?}");
        finish(spawn(command, input), shown)
    }
}

/// Starts a prepared program with lines on its standard input.
pub fn spawn(mut command: Command, input: &str) -> Child {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    // From a thread, since a program may write more than a pipe holds before it reads; it may also end without reading.
    thread::spawn(move || stdin.write_all(input.as_bytes()).ok());
    child
}

/// Waits for the end of a program.
#[must_use = "judge it: success(), refused(..) or fails(..)"]
pub fn finish(child: Child, shown: String) -> Output {
    let output = child.wait_with_output().unwrap();
    Output {
        shown,
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What a program did.
pub struct Output {
    /// The command line.
    pub shown: String,
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Output {
    /// Demands exit code 0.
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}\n{}", self.shown, self.out, self.err);
        self
    }

    /// Demands this exit code.
    #[track_caller]
    pub fn fails(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}\n{}", self.shown, self.out, self.err);
        self
    }

    /// Demands one of these exit codes.
    #[track_caller]
    pub fn code_in(&self, codes: &[i32]) {
        let found = self.code.is_some_and(|code| codes.contains(&code));
        assert!(found, "{:?} {}\n{}\n{}", self.code, self.shown, self.out, self.err);
    }

    /// Demands this exit code, and that the error has this message id; the program must have run with `--json`.
    #[track_caller]
    pub fn refused(self, code: i32, id: &str) -> Self {
        let refused = self.fails(code);
        let line = refused.err.lines().rev().find(|line| line.starts_with('{'));
        let error: Value = serde_json::from_str(line.unwrap_or("{}")).unwrap();
        assert_eq!(error["error"], id, "{}\n{}", refused.shown, refused.err);
        for part in ["cause", "advice"] {
            assert!(error[part].as_str().is_some_and(|text| !text.is_empty()), "{part} of {id}");
        }
        refused
    }

    /// Returns the last line of standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let line = self.out.lines().last().unwrap_or_default();
        serde_json::from_str(line)
            .unwrap_or_else(|_| panic!("{}\nno JSON: {}\n{}", self.shown, self.out, self.err))
    }
}
