//! `bisik-server`: the only place that reads the clock and asks the operating system for randomness.

use std::process::ExitCode;
use std::time::SystemTime;

use bisik_server::clock::Clock;
use bisik_server::command;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

fn main() -> ExitCode {
    command::main(std::env::args_os(), Clock::new(now), || UnwrapErr(SysRng))
}

/// Returns the Unix time in seconds.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
