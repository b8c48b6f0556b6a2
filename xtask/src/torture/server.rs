//! The real server program, alone or under a program that does it harm.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{Patience, pause};
use crate::shell::{Outcome, failure, target};

/// Milliseconds until a server must be there, also under a tracer.
const START: u64 = 60_000;

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    pub(super) at: Addresses,
}

/// Where a server listens.
#[derive(Clone, Copy)]
pub(super) struct Addresses {
    /// For reporters.
    pub(super) public: SocketAddr,
    /// For the courier.
    pub(super) courier: SocketAddr,
}

impl Server {
    /// Starts the program and waits until it listens; none when it ended instead.
    pub(super) fn start(folder: &Path, config: &Path, around: &[String]) -> Outcome<Option<Self>> {
        let (mut child, ready) = spawn(folder, config, around)?;
        let patience = Patience::new(START);
        while patience.lasts() && child.try_wait()?.is_none() {
            if let Ok(text) = fs::read_to_string(&ready) {
                let address =
                    |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
                let (Some(public), Some(courier)) = (address("public="), address("courier=")) else {
                    return Err(failure("the ready file cannot be read"));
                };
                return Ok(Some(Self { child, at: Addresses { public, courier } }));
            }
            pause(2);
        }
        child.kill().ok();
        child.wait()?;
        Ok(None)
    }

    /// Starts the program and kills it so many milliseconds later, wherever it is then.
    pub(super) fn start_and_kill(folder: &Path, config: &Path, after: u64) -> Outcome {
        let (mut child, _) = spawn(folder, config, &[])?;
        pause(after);
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Returns the process id of the server itself, which may be the child of a tracer.
    pub(super) fn id(&self) -> Outcome<Pid> {
        let outer = self.child.id();
        let children = fs::read_to_string(format!("/proc/{outer}/task/{outer}/children"))?;
        let id =
            children.split_whitespace().next().and_then(|id| id.parse().ok()).map_or(outer, |id: u32| id);
        i32::try_from(id).ok().and_then(Pid::from_raw).ok_or_else(|| failure("a process without an id"))
    }

    /// Kills the server without a warning.
    pub(super) fn kill(&mut self) -> Outcome {
        if self.child.try_wait()?.is_none() {
            kill_process(self.id()?, Signal::KILL).ok();
        }
        self.child.wait()?;
        Ok(())
    }

    /// Asks the server to stop and waits until it has, or until so many milliseconds have passed.
    pub(super) fn stop(&mut self, within: u64) -> Outcome<Option<ExitStatus>> {
        kill_process(self.id()?, Signal::TERM).map_err(std::io::Error::from)?;
        self.ended(within)
    }

    /// Waits for the end of the server for so many milliseconds.
    pub(super) fn ended(&mut self, within: u64) -> Outcome<Option<ExitStatus>> {
        let patience = Patience::new(within);
        loop {
            let ended = self.child.try_wait()?;
            if ended.is_some() || !patience.lasts() {
                return Ok(ended);
            }
            pause(5);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill().ok();
    }
}

fn spawn(folder: &Path, config: &Path, around: &[String]) -> Outcome<(Child, PathBuf)> {
    let ready = folder.join("ready");
    fs::remove_file(&ready).ok();
    let program = target().join("debug/bisik-server");
    let words = around.iter().map(Into::into).chain([program.into_os_string()]);
    let mut words = words.collect::<Vec<std::ffi::OsString>>().into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).args(["run", "--config"]).arg(config).arg("--ready-file").arg(&ready);
    let log = File::options().append(true).create(true).open(folder.join("log"))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok((command.spawn()?, ready))
}
