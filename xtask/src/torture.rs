//! Torture: the real programs under load, and everything that can happen to a machine. Nothing acknowledged is lost.
//!
//! What is there afterwards is judged by a reader that shares no code with the server, `tests/python-reader/store.py`,
//! and by what the server answers after it has recovered.

mod agency;
mod clock;
mod disk;
mod faults;
mod full;
mod http;
mod judge;
mod kill;
mod ledger;
mod load;
mod office;
mod planted;
mod power;
mod server;
mod stage;

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use bisik_formats::day::Day;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::shell::{Failure, Outcome, cargo, failure, run, target};

/// How much to do, and what of it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Five hundred kills instead of fifty, and several times as much of everything else.
    #[arg(long)]
    long: bool,
    /// The seed of everything that is left to chance here; the system's own timing is not.
    #[arg(long)]
    seed: Option<u64>,
    /// Run only the scenes whose names contain this text.
    #[arg(long)]
    only: Option<String>,
}

/// One kind of fault.
struct Scene {
    name: &'static str,
    /// Whether it mounts file systems.
    mounts: bool,
    play: fn(&Torture) -> Outcome,
}

/// Everything that happens to the server, its courier and its desks.
const SCENES: [Scene; 9] = [
    // Without this one the others prove nothing.
    Scene { name: "planted", mounts: true, play: planted::play },
    Scene { name: "kill", mounts: false, play: kill::play },
    Scene { name: "stop", mounts: false, play: kill::stop },
    Scene { name: "power", mounts: true, play: power::play },
    Scene { name: "retry", mounts: true, play: power::retry },
    Scene { name: "faults", mounts: true, play: faults::play },
    Scene { name: "full", mounts: true, play: full::play },
    Scene { name: "clock", mounts: false, play: clock::play },
    Scene { name: "office", mounts: true, play: office::play },
];

/// Plays the chosen scenes and prints what they cost.
pub(crate) fn chore(args: &Args) -> Outcome {
    // Who has just built the whole workspace says so: `cargo xtask test` does.
    if std::env::var_os("BISIK_BUILT").is_none() {
        run(&mut cargo(["build", "--workspace", "--bins", "--locked", "--quiet"]))?;
    }
    let seed = args.seed.unwrap_or_else(clock_seed);
    let chosen = |scene: &&Scene| args.only.as_deref().is_none_or(|part| scene.name.contains(part));
    let scenes: Vec<&Scene> = SCENES.iter().filter(chosen).collect();
    if scenes.is_empty() {
        return Err(failure("no scene has such a name"));
    }
    println!("torture: seed {seed}");
    let root = rustix::process::geteuid().is_root();
    let torture = Torture { seed, long: args.long, score: RefCell::default() };
    let mut stopped = Vec::new();
    for scene in scenes {
        if scene.mounts && !root {
            println!("SKIPPED torture {}: mounting needs root", scene.name);
            continue;
        }
        let (before, start) = (torture.score.borrow().clone(), now());
        if let Err(reason) = (scene.play)(&torture) {
            println!("torture {}: {reason}", scene.name);
            stopped.push(scene.name);
        }
        let score = torture.score.borrow();
        println!(
            "torture {:<8} {:>4} rounds {:>7} acknowledged {:>6.1} s",
            scene.name,
            score.rounds.saturating_sub(before.rounds),
            score.acknowledged.saturating_sub(before.acknowledged),
            start.elapsed().as_secs_f64()
        );
    }
    close(&torture.score.borrow(), seed, &stopped)
}

fn close(score: &Score, seed: u64, stopped: &[&str]) -> Outcome {
    let Score { rounds, acknowledged, lost, corrupted } = score;
    println!("torture: {rounds} rounds, {acknowledged} acknowledged, {lost} lost, {corrupted} corrupted");
    if stopped.is_empty() && *lost == 0 && *corrupted == 0 {
        return Ok(());
    }
    let scenes = if stopped.is_empty() { "see above".to_owned() } else { stopped.join(", ") };
    Err(failure(format!("torture, seed {seed}: {scenes}; what was found is kept in {}", folder().display())))
}

/// One run of the harness.
struct Torture {
    seed: u64,
    long: bool,
    score: RefCell<Score>,
}

/// What all rounds came to.
#[derive(Default, Clone)]
struct Score {
    rounds: u64,
    acknowledged: u64,
    lost: usize,
    corrupted: usize,
}

impl Torture {
    /// Returns as many rounds as the size of this run asks for.
    fn rounds(&self, short: u64, long: u64) -> u64 {
        if self.long { long } else { short }
    }

    /// Returns chance for a scene: the same for the same seed.
    fn chance(&self, scene: &str) -> StdRng {
        let name = scene.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        StdRng::seed_from_u64(self.seed ^ name)
    }
}

/// Returns the folder in which everything happens.
fn folder() -> PathBuf {
    target().join("torture")
}

/// Makes the empty folder of a scene.
fn scene_folder(name: &str) -> Outcome<PathBuf> {
    let folder = folder().join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Returns a number below `limit`.
fn below(limit: u64, rng: &mut StdRng) -> u64 {
    rng.next_u64().checked_rem(limit).unwrap_or_default()
}

/// Lets so many milliseconds pass.
#[expect(
    clippy::disallowed_methods,
    reason = "the blow has to come at some moment, and other processes tell nothing"
)]
fn pause(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

/// A time within which something must happen.
struct Patience {
    start: Instant,
    limit: Duration,
}

impl Patience {
    fn new(milliseconds: u64) -> Self {
        Self { start: now(), limit: Duration::from_millis(milliseconds) }
    }

    fn lasts(&self) -> bool {
        self.start.elapsed() < self.limit
    }
}

#[expect(clippy::disallowed_methods, reason = "what hangs must be noticed")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "papers must be valid for the server's clock")]
fn today() -> Outcome<Day> {
    let since = SystemTime::UNIX_EPOCH.elapsed().map_err(other)?;
    Day::from_unix_seconds(since.as_secs()).map_err(other)
}

#[expect(clippy::disallowed_methods, reason = "another seed each time, which is printed")]
fn clock_seed() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_secs())
}

fn other(error: impl ToString) -> Failure {
    failure(error.to_string())
}
