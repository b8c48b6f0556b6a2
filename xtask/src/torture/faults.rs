//! A disk that fails call by call: errors and short writes in the running server, which goes on without a restart.

use std::fs;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::disk::Disk;
use super::load::under_load;
use super::power::{SMALL, SYNCS, send_one};
use super::stage::Stage;
use super::{Patience, Torture, below, pause, scene_folder};
use crate::shell::{Outcome, command, failure};

/// Calls that fail, and how. `write` is not among them: the runtime wakes itself by it.
const FAULTS: [(&str, &str); 12] = [
    (SYNCS, "EIO"),
    (SYNCS, "ENOSPC"),
    ("pwrite64", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("ftruncate", "EIO"),
    ("ftruncate", "ENOSPC"),
    ("rename", "EIO"),
    ("rename", "ENOSPC"),
    ("unlink", "EIO"),
    ("utimensat", "EIO"),
    ("mkdir", "ENOSPC"),
    ("openat", "ENOSPC"),
];

/// Milliseconds until a tracer must have done what it was asked for.
const TRACER: u64 = 20_000;

/// Milliseconds after the last fault within which a report must be taken again.
const AGAIN: u64 = 30_000;

/// Has calls of the server fail for a while.
pub(super) fn play(torture: &Torture) -> Outcome {
    let mut disk = Disk::make(&scene_folder("faults.disk")?, &["mkfs.ext4"], 400)?;
    let mut stage = Stage::set(torture, "faults", Some(disk.path()), SMALL)?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    for round in 0..torture.rounds(1, 4) {
        for (call, error) in FAULTS {
            stage.count();
            let (first, step) = (1 + below(10, &mut stage.rng), 1 + below(4, &mut stage.rng));
            let fault = format!("error={error}:when={first}+{step}");
            let id = server.id()?;
            under_load(&mut stage, server.at, |rng, _| {
                pause(below(100, rng));
                let tracer = Tracer::attach(id, call, &fault)?;
                pause(200 + below(300, rng));
                tracer.detach()
            })?;
            works_again(&mut stage, &server)
                .map_err(|reason| failure(format!("after {call} {fault}: {reason}")))?;
            // A failed call may have left something in memory that looks as if it were on the disk.
            if below(2, &mut stage.rng) == 0 {
                disk.cut()?;
            }
            server.kill()?;
            disk.again()?;
            stage.look()?;
            server = stage.recover()?;
        }
        server.kill()?;
        short_writes(&mut stage, round)?;
        server = stage.up()?;
    }
    server.kill()?;
    stage.end()
}

/// Writes that take fewer bytes than they were given.
fn short_writes(stage: &mut Stage<'_>, round: u64) -> Outcome {
    stage.count();
    let short = format!("enable_random name=posix/io/rw/pwrite/reduce,probability=0.{}", 1 + round % 8);
    stage.around = ["fiu-run", "-x", "-c", &short].map(str::to_owned).into();
    let mut server = stage.up()?;
    stage.around = Vec::new();
    under_load(stage, server.at, |_, _| {
        pause(500);
        server.kill()
    })?;
    stage.look()?;
    stage.recover()?.kill()
}

/// Demands that a server whose faults are over takes reports without a restart.
pub(super) fn works_again(stage: &mut Stage<'_>, server: &super::server::Server) -> Outcome {
    for is_text in [true, false] {
        let patience = Patience::new(AGAIN);
        loop {
            match send_one(stage, server, is_text) {
                Ok(()) => break,
                Err(reason) if !patience.lasts() => {
                    return Err(failure(format!("the server does not recover: {reason}")));
                }
                Err(_) => pause(50),
            }
        }
    }
    Ok(())
}

/// `strace` on a running server.
pub(super) struct Tracer(Child);

impl Tracer {
    /// Has a call fail from now on, in every thread; returns once that is so.
    pub(super) fn attach(id: Pid, call: &str, fault: &str) -> Outcome<Self> {
        let (id, call, fault) =
            (id.as_raw_nonzero().to_string(), format!("trace={call}"), format!("inject={call}:{fault}"));
        let mut strace =
            command("strace", ["-f", "-qq", "-o", "/dev/null", "-e", &call, "-e", &fault, "-p", &id]);
        let child = strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut tracer = Self(child);
        let patience = Patience::new(TRACER);
        while patience.lasts() && tracer.0.try_wait()?.is_none() {
            if is_traced(&id)? {
                return Ok(tracer);
            }
            pause(2);
        }
        Err(failure("strace does not attach"))
    }

    /// Has all calls work again.
    pub(super) fn detach(self) -> Outcome {
        kill_process(Pid::from_child(&self.0), Signal::INT).map_err(std::io::Error::from)?;
        self.ended()
    }

    /// Waits until the traced server or the tracer has ended.
    pub(super) fn ended(mut self) -> Outcome {
        let patience = Patience::new(TRACER);
        while self.0.try_wait()?.is_none() {
            if !patience.lasts() {
                self.0.kill()?;
            }
            pause(2);
        }
        Ok(())
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Says whether every thread of a process is traced.
fn is_traced(id: &str) -> Outcome<bool> {
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        // A thread may end meanwhile.
        let status = fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        if status.lines().any(|line| line == "TracerPid:\t0") {
            return Ok(false);
        }
    }
    Ok(true)
}
