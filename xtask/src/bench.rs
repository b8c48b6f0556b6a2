//! What Bisik costs, each figure beside a yardstick that is measured in the same run.
//!
//! Everything measured is a release build. Rounds of a figure and of its yardstick alternate, so that whatever else
//! the machine does hits both; the medians count.

mod agency;
mod desk;
mod document;
mod floods;
mod http;
mod load;
mod measure;
mod page;
mod process;
mod sealing;
mod server;
mod upload;
mod yardstick;

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::shell::{Outcome, cargo, command, failure, run, target};

/// What to measure, and how to show it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One line of JSON for each figure.
    #[arg(long)]
    json: bool,
    /// The same figures on smaller amounts, in under five minutes.
    #[arg(long)]
    quick: bool,
    /// Only figures whose names contain this text.
    #[arg(long)]
    only: Option<String>,
    /// Put the figures into docs/performance.md.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
}

/// One figure beside its yardstick.
#[derive(Serialize)]
pub(crate) struct Line {
    name: &'static str,
    value: f64,
    unit: &'static str,
    yardstick: &'static str,
    yardstick_value: f64,
    ratio: f64,
}

impl Line {
    pub(crate) fn new(
        name: &'static str,
        value: f64,
        unit: &'static str,
        yardstick: &'static str,
        yardstick_value: f64,
    ) -> Self {
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        let ratio = round(value / yardstick_value);
        Self { name, value: round(value), unit, yardstick, yardstick_value: round(yardstick_value), ratio }
    }
}

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Amount {
    /// Smaller amounts, fewer rounds.
    pub(crate) quick: bool,
}

impl Amount {
    /// How often a figure is measured; odd, for the median.
    pub(crate) fn rounds(self) -> usize {
        if self.quick { 3 } else { 5 }
    }
}

/// Figures that are measured together.
struct Topic {
    names: &'static [&'static str],
    /// The packages whose release builds are measured, besides this program.
    packages: &'static [&'static str],
    measure: fn(Amount) -> Outcome<Vec<Line>>,
}

const TOPICS: [Topic; 9] = [
    Topic { names: &sealing::SPEEDS, packages: &[], measure: sealing::speeds },
    Topic { names: &sealing::MEMORIES, packages: &[], measure: sealing::memories },
    Topic { names: &server::LOADED, packages: &["bisik-server"], measure: server::loaded },
    Topic { names: &server::FULL, packages: &["bisik-server"], measure: server::at_full },
    Topic { names: &server::IDLE, packages: &["bisik-server"], measure: server::idle },
    Topic { names: &floods::NAMES, packages: &["bisik-server"], measure: floods::measure },
    Topic { names: &upload::NAMES, packages: &["bisik-server"], measure: upload::measure },
    Topic { names: &desk::NAMES, packages: &["bisik-desk"], measure: desk::measure },
    Topic {
        names: &page::NAMES,
        packages: &["bisik-server", "bisik-desk", "bisik-courier"],
        measure: page::measure,
    },
];

/// Measures the chosen figures and prints them.
pub(crate) fn chore(args: &Args) -> Outcome {
    let chosen = |topic: &&Topic| {
        args.only.as_deref().is_none_or(|part| topic.names.iter().any(|name| name.contains(part)))
    };
    let topics: Vec<&Topic> = TOPICS.iter().filter(chosen).collect();
    if topics.is_empty() {
        return Err(failure("no figure has such a name"));
    }
    if cfg!(debug_assertions) {
        return again_in_release(&topics);
    }
    let amount = Amount { quick: args.quick };
    if !args.json {
        println!(
            "{:<22} {:>12} {:<12} {:<34} {:>12} {:>7}",
            "name", "value", "unit", "yardstick", "value", "ratio"
        );
    }
    for topic in topics {
        let lines = (topic.measure)(amount)?;
        lines.iter().try_for_each(|line| show(line, args.json))?;
        if args.write {
            document::write(&lines)?;
        }
    }
    Ok(())
}

/// Runs one part of a measurement in this process, if it was started for that; see [`measure::child`].
pub(crate) fn part_asked_for() -> Option<ExitCode> {
    let mut words = env::args().skip(1);
    if words.next().as_deref() != Some(measure::PART) {
        return None;
    }
    let words: Vec<String> = words.collect();
    let done = match words.as_slice() {
        [what, file] if what == "axum" => yardstick::serve(Path::new(file)),
        _ => sealing::part(&words),
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}: {failure}", words.join(" "));
            ExitCode::FAILURE
        }
    })
}

fn show(line: &Line, json: bool) -> Outcome {
    if json {
        let text = serde_json::to_string(line).map_err(|error| failure(error.to_string()))?;
        println!("{text}");
    } else {
        println!(
            "{:<22} {:>12} {:<12} {:<34} {:>12} {:>7}",
            line.name, line.value, line.unit, line.yardstick, line.yardstick_value, line.ratio
        );
    }
    Ok(())
}

/// Builds what is measured, each package alone as it ships, and this program; then measures with that.
fn again_in_release(topics: &[&Topic]) -> Outcome {
    let packages: BTreeSet<&str> = topics.iter().flat_map(|topic| topic.packages).copied().collect();
    for package in packages.into_iter().chain(["xtask"]) {
        run(&mut cargo(["build", "--release", "--locked", "--quiet", "--package", package]))?;
    }
    run(&mut command(target().join("release/xtask"), env::args_os().skip(1)))
}
