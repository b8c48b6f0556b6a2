//! Every chore of the project is a subcommand: `cargo xtask <chore>`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the developer who started it"
)]

mod bench;
mod demo;
mod fuzz;
mod screens;
mod shell;
mod test;
mod torture;
mod vectors;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::shell::Outcome;

/// Chores of the project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Tell the whole story on this machine, with a throw-away agency.
    Demo(demo::Args),
    /// Run every gate and test; install what is missing where that is possible.
    Test(test::Args),
    /// Measure the speed and memory that docs/performance.md promises.
    Bench(bench::Args),
    /// Build the reporter's page into client-web/dist.
    Web,
    /// Take a picture of every screen of the reporter's page.
    Screens(screens::Args),
    /// Write the test vectors anew, after a change of a format that is meant.
    Vectors,
    /// Run the real programs under load and do them every harm; nothing acknowledged may be lost.
    Torture(torture::Args),
    /// Run the fuzz targets, each for some seconds.
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    if let Some(part) = bench::part_asked_for() {
        return part;
    }
    match run(Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Outcome {
    match chore {
        Chore::Demo(args) => demo::chore(&args),
        Chore::Vectors => vectors::chore(),
        Chore::Web => web::chore(),
        Chore::Screens(args) => screens::chore(&args),
        Chore::Test(args) => test::chore(&args),
        Chore::Bench(args) => bench::chore(&args),
        Chore::Torture(args) => torture::chore(&args),
        Chore::Fuzz(args) => fuzz::chore(&args),
    }
}
