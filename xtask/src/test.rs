//! Every gate and test in one run, with a summary at the end. A check that cannot run has failed.

mod gates;
mod tools;

use std::time::{Duration, Instant};

use crate::shell::{Outcome, failure};

/// How the run may be shortened while working.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only the gates whose names contain this text.
    #[arg(long)]
    only: Option<String>,
    /// Run every test in its long size, for the night: hours instead of minutes.
    #[arg(long)]
    long: bool,
    /// Seconds for each fuzz target; 5, or 60 in the long size.
    #[arg(long)]
    fuzz_seconds: Option<u64>,
    /// Name what is missing instead of installing it.
    #[arg(long)]
    no_install: bool,
}

impl Args {
    fn size(&self) -> Size {
        let usual = if self.long { 60 } else { 5 };
        Size { long: self.long, fuzz_seconds: self.fuzz_seconds.unwrap_or(usual) }
    }
}

/// How much the gates do.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Every test that has a long size runs in it.
    pub(crate) long: bool,
    /// Seconds for each fuzz target.
    pub(crate) fuzz_seconds: u64,
}

/// One check that passes or fails.
pub(crate) struct Gate {
    name: &'static str,
    check: Box<dyn Fn() -> Outcome>,
}

impl Gate {
    fn new(name: &'static str, check: impl Fn() -> Outcome + 'static) -> Self {
        Self { name, check: Box::new(check) }
    }
}

/// How a gate ended.
struct Verdict {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

/// Runs the gates one after the other, all of them, whatever fails.
pub(crate) fn chore(args: &Args) -> Outcome {
    let install = !args.no_install;
    let mut gates = vec![Gate::new("tools", move || tools::ensure(install))];
    gates.extend(gates::all(args.size()));
    let chosen = gates.iter().filter(|gate| args.only.as_deref().is_none_or(|part| gate.name.contains(part)));
    let verdicts: Vec<Verdict> = chosen.map(judge).collect();
    summarise(&verdicts)
}

fn judge(gate: &Gate) -> Verdict {
    println!("\n==> {}", gate.name);
    let start = now();
    let outcome = (gate.check)();
    if let Err(reason) = &outcome {
        println!("==> {} failed: {reason}", gate.name);
    }
    Verdict { name: gate.name, took: start.elapsed(), outcome }
}

fn summarise(verdicts: &[Verdict]) -> Outcome {
    println!("\n{:<16} {:<6} {:>8}", "gate", "result", "seconds");
    for verdict in verdicts {
        let result = if verdict.outcome.is_ok() { "passed" } else { "FAILED" };
        println!("{:<16} {result:<6} {:>8.1}", verdict.name, verdict.took.as_secs_f64());
    }
    let failed: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.outcome.is_err()).collect();
    for verdict in &failed {
        if let Err(reason) = &verdict.outcome {
            println!("{}: {reason}", verdict.name);
        }
    }
    let passed = verdicts.len().saturating_sub(failed.len());
    println!("{passed} passed, {} failed", failed.len());
    if verdicts.is_empty() {
        return Err(failure("no gate has such a name"));
    }
    if failed.is_empty() { Ok(()) } else { Err(failure("not every gate passed")) }
}

#[expect(clippy::disallowed_methods, reason = "how long a gate took is shown, nothing more")]
fn now() -> Instant {
    Instant::now()
}
