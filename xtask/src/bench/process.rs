//! The real server program on loopback, in a folder of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::agency::{Agency, PATH};
use super::http::Connection;
use super::measure::memory;
use crate::shell::{Outcome, command, failure, target};

/// How long a server may take to answer for the first time, with a million reports too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clock ticks a second in `/proc/PID/stat`: fixed by the kernel's interface.
const TICKS: f64 = 100.0;

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    /// Where reporters reach it.
    pub(super) public: SocketAddr,
    /// Where the courier reaches it.
    pub(super) courier: SocketAddr,
    folder: PathBuf,
}

impl Server {
    /// Starts a server with what is in the folder, or nothing yet, and waits for its first answer.
    pub(super) fn start(folder: &Path, agency: &Agency) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let (config, ready) = (folder.join("server.toml"), folder.join("ready"));
        agency.configure(&config, &folder.join("data"))?;
        fs::remove_file(&ready).ok();
        let log = fs::File::create(folder.join("log"))?;
        let mut child = command(target().join("release/bisik-server"), ["run", "--config"])
            .arg(&config)
            .arg("--ready-file")
            .arg(&ready)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let Some((public, courier)) = addresses(&ready, &mut child) else {
            child.kill().ok();
            let log = fs::read_to_string(folder.join("log"))?;
            return Err(failure(format!("the server does not start: {log}")));
        };
        let server = Self { child, public, courier, folder: folder.to_owned() };
        let head = format!("GET /{PATH}/challenge HTTP/1.1\r\nHost: localhost\r\n");
        Connection::open(public)?.get(&head)?;
        Ok(server)
    }

    /// Brings card and edition, as the courier does.
    pub(super) fn publish(&self, agency: &Agency) -> Outcome {
        self.upload("PUT", &format!("/{PATH}/card"), agency, &agency.bundle)?;
        self.upload("POST", &agency.edition_upload(), agency, &agency.edition)
    }

    /// Returns the memory of the process in MiB; see [`memory`].
    pub(super) fn memory(&self, figure: &str) -> Outcome<f64> {
        memory(self.child.id(), figure)
    }

    /// Returns the processor time used so far, in milliseconds.
    pub(super) fn processor(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in brackets may hold anything; what counts stands behind it.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: Vec<f64> = fields.skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
        match ticks.as_slice() {
            [user, system] => Ok((user + system) / TICKS * 1000.0),
            _ => Err(failure("the kernel does not tell the processor time")),
        }
    }

    /// Returns the folder with the server's data and log.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the server as an operator does.
    pub(super) fn stop(mut self) -> Outcome {
        kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(std::io::Error::from)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(failure("the server did not stop in order")) }
    }

    /// Kills the server without a warning, as a power cut does to a process.
    pub(super) fn kill(&mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn upload(&self, method: &str, path: &str, agency: &Agency, body: &[u8]) -> Outcome {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}Content-Type: application/octet-stream\r\n",
            agency.authorization()
        );
        let status = Connection::open(self.courier)?.send(&head, body)?.status;
        if status == 204 { Ok(()) } else { Err(failure(format!("{method} {path}: {status}"))) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill().ok();
    }
}

/// Waits for the file in which the server writes where it listens.
#[expect(clippy::disallowed_methods, reason = "waits for another process, which tells only by a file")]
fn addresses(ready: &Path, child: &mut Child) -> Option<(SocketAddr, SocketAddr)> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE && child.try_wait().is_ok_and(|ended| ended.is_none()) {
        if let Ok(text) = fs::read_to_string(ready) {
            let address = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
            return address("public=").zip(address("courier="));
        }
        thread::sleep(Duration::from_millis(1));
    }
    None
}
