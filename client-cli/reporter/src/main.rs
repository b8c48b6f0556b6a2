//! The reporter's program: the outermost layer, where clock and randomness come from.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bisik::cli::Cli;
use bisik::commands;
use bisik::env::Env;
use bisik_formats::day::Day;
use bisik_term::{CommandError, ErrorKind, Ui};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rustix::process::{Resource, Rlimit, setrlimit};

fn main() -> ExitCode {
    bisik_term::run(bisik::messages(), start)
}

fn start(cli: Cli, ui: &Ui) -> Result<(), CommandError> {
    // What this program holds must not end up in a core file.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(CommandError::internal)?;
    let mut rng = UnwrapErr(SysRng);
    commands::run(cli, &mut Env { ui, today: today()?, rng: &mut rng, pause: &pause })
}

/// Returns the UTC day by the clock of this device.
fn today() -> Result<Day, CommandError> {
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    let now = SystemTime::now();
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Day::from_unix_seconds(seconds).map_err(|_| CommandError::new(ErrorKind::Refused, "err-clock"))
}

fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "a pause before another attempt, not a synchronisation")]
    std::thread::sleep(time);
}
