//! A real server process on free ports of this machine.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use crate::run::Home;

/// The path of the agency on test servers.
pub const PATH: &str = "kpk";

/// A server that ends with the test.
pub struct TestServer {
    home: Home,
    child: Option<Child>,
    log: Option<JoinHandle<()>>,
    public: String,
    courier: String,
}

impl TestServer {
    /// Starts a server for one agency (its fingerprint) and a new courier token, which goes into the file `token`.
    pub fn start(agency: &str, token: &Path) -> Self {
        Self::start_with(agency, token, "")
    }

    /// As [`TestServer::start`], with further sections of the configuration.
    pub fn start_with(agency: &str, token: &Path, more: &str) -> Self {
        Self::start_in(Home::new(), agency, token, more)
    }

    /// As [`TestServer::start_with`], in this home.
    pub fn start_in(home: Home, agency: &str, token: &Path, more: &str) -> Self {
        let made =
            home.run("bisik-server", &["token".as_ref(), "--out".as_ref(), token.as_os_str()], "").success();
        let hash = made.out.trim().strip_prefix("sha256=").unwrap().to_owned();
        let config = format!(
            "data = {data:?}\n\
             [public]\nlisten = \"127.0.0.1:0\"\n\
             [courier]\nlisten = \"127.0.0.1:0\"\n\
             {more}\n\
             [[agency]]\npath = \"{PATH}\"\nid = \"{agency}\"\nbatch = \"off\"\ncourier_tokens = [\"{hash}\"]\n",
            data = home.path("data"),
        );
        fs::write(home.path("server.toml"), config).unwrap();
        let mut server = Self { home, child: None, log: None, public: String::new(), courier: String::new() };
        server.up();
        server
    }

    /// Starts the process again, on new ports, with the same data.
    pub fn up(&mut self) {
        let ready = self.home.path("ready");
        fs::remove_file(&ready).ok();
        let mut command = self.home.command("bisik-server");
        command.args(["run", "--config", "server.toml", "--ready-file", "ready"]);
        let (child, log, started) = watch(command, self.log_path());
        (self.child, self.log) = (Some(child), Some(log));
        started.recv().unwrap_or_else(|_| panic!("the server did not start:\n{}", self.log()));
        let text = fs::read_to_string(&ready).unwrap();
        let address = |side: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(side)).unwrap();
            format!("http://{line}/{PATH}")
        };
        (self.public, self.courier) = (address("public="), address("courier="));
    }

    /// Ends the process as a power cut would, as far as a signal can.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
            self.log.take().unwrap().join().unwrap();
        }
    }

    /// Asks the process to stop and waits until it has.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(child.wait().unwrap().success(), "{}", self.log());
        self.log.take().unwrap().join().unwrap();
    }

    /// Does the daily maintenance; the process must have stopped.
    pub fn maintain(&self) {
        let done = self.home.run("bisik-server", &["maintain", "--config", "server.toml"], "").success();
        assert_eq!(done.err, "", "what could not be done");
    }

    /// Returns the agency's address for reporters.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Returns the agency's address for the courier.
    pub fn courier(&self) -> &str {
        &self.courier
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Returns everything that the server wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Returns the folder that holds data and log.
    pub fn folder(&self) -> PathBuf {
        self.home.path("")
    }

    fn log_path(&self) -> PathBuf {
        self.home.path("log")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Starts a process whose standard error goes to a file, and tells when it says that it has started.
fn watch(mut command: Command, log: PathBuf) -> (Child, JoinHandle<()>, Receiver<()>) {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (tell, started) = channel();
    let thread = thread::spawn(move || {
        let mut file = File::options().append(true).create(true).open(log).unwrap();
        for line in lines.map_while(Result::ok) {
            writeln!(file, "{line}").unwrap();
            if line.contains(" started: ") {
                tell.send(()).ok();
            }
        }
    });
    (child, thread, started)
}
