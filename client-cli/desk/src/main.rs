//! The program of a desk.

use std::alloc::System;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use bisik_desk::cli::{self, Surroundings};
use bisik_desk::harden;
use bisik_desk::vault::WorkFactor;
use bisik_formats::day::Day;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use zeroizing_alloc::ZeroAlloc;

/// Wipes what is given back: no key or word of a case stays in memory behind its use.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    // Before anything else: from here on there is no network.
    let hardened = harden::apply();
    cli::run(hardened, surroundings)
}

/// Reads the clock and seeds the generator; `None` if either fails.
fn surroundings() -> Option<Surroundings> {
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let today = Day::from_unix_seconds(now.as_secs()).ok()?;
    let rng = StdRng::try_from_rng(&mut SysRng).ok()?;
    Some(Surroundings { today, rng, work: WorkFactor::SHIPPED })
}
