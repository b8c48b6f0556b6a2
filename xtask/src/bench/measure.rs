//! Clocks, medians, memory and scratch space.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::{Duration, Instant};

use crate::shell::{Outcome, command, failure, output};

/// The first argument of this program when it runs one part of a measurement, see [`child`].
pub(crate) const PART: &str = "bench-part";

/// Runs something and returns how long it took.
pub(crate) fn time<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Duration)> {
    #[expect(clippy::disallowed_methods, reason = "measuring time is the purpose")]
    let start = Instant::now();
    let result = work()?;
    Ok((result, start.elapsed()))
}

/// Returns the middle one of the values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns bytes a second in MB (10^6 bytes).
pub(crate) fn megabytes_a_second(bytes: u64, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure of three digits")]
    let bytes = bytes as f64;
    bytes / 1e6 / took.as_secs_f64()
}

/// Runs a part of a measurement in a process of its own and returns the most memory it held, in MiB.
pub(crate) fn child_memory(words: &[&str]) -> Outcome<f64> {
    let program = env::current_exe()?;
    let said = output(&mut command(program, [&[PART], words].concat()))?;
    said.trim().parse().map_err(|_| failure(format!("{} does not tell its memory", words.join(" "))))
}

/// Returns the command that runs a part of a measurement in a process of its own.
pub(crate) fn child(words: &[&str]) -> Outcome<Command> {
    Ok(command(env::current_exe()?, [&[PART], words].concat()))
}

/// Returns a figure of `/proc/PID/status` in MiB, such as `VmHWM`, the most memory a process held so far.
pub(crate) fn memory(pid: u32, figure: &str) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0).ok_or_else(|| failure(format!("the kernel does not tell {figure}")))
}

/// A folder that vanishes when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes a folder in memory (tmpfs) with room for so many bytes.
    pub(crate) fn in_memory(needed: u64) -> Outcome<Self> {
        Self::make(Path::new("/dev/shm"), needed)
    }

    /// Makes a folder, with room for so many bytes, below another.
    pub(crate) fn make(parent: &Path, needed: u64) -> Outcome<Self> {
        fs::create_dir_all(parent)?;
        let room = rustix::fs::statvfs(parent).map_err(std::io::Error::from)?;
        if room.f_bavail.saturating_mul(room.f_frsize) < needed {
            return Err(failure(format!("{} needs {} MiB of room", parent.display(), needed >> 20)));
        }
        let folder = parent.join(format!("bisik-bench-{}", process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}
