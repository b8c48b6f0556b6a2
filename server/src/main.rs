//! `bisik-server`: the only place that reads the clock and asks the operating system for randomness.

use std::alloc::System;
use std::process::ExitCode;
use std::time::SystemTime;

use bisik_server::clock::Clock;
use bisik_server::command;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use zeroizing_alloc::ZeroAlloc;

/// Wipes what is given back: what a request said is gone from memory with the request.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    command::main(std::env::args_os(), Clock::new(now), || UnwrapErr(SysRng))
}

/// Returns the Unix time in seconds.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
