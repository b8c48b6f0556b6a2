//! The fuzz targets of `crypto/fuzz`, on the stable compiler and without `cargo fuzz`.
//!
//! libFuzzer needs coverage counters, which the compiler adds by stable flags; the target is named so that build
//! scripts and macros go without them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::shell::{Outcome, cargo, command, failure, output, root, run, target};

/// The counters that libFuzzer reads.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// The longest that one input may take, in seconds.
const TIMEOUT: u64 = 10;

/// The most memory that one input may take, in MiB.
const MEMORY: u64 = 1024;

/// What to fuzz, and for how long.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only this target.
    target: Option<String>,
}

/// Runs the chosen targets one after the other; the first crash fails.
pub(crate) fn run_for(seconds: u64, only: Option<&str>) -> Outcome {
    let targets: Vec<String> =
        targets()?.into_iter().filter(|name| only.is_none_or(|only| only == name)).collect();
    if targets.is_empty() {
        return Err(failure("there is no such fuzz target"));
    }
    let triple = host()?;
    run(cargo(["build", "--release", "--locked", "--bins", "--target", &triple])
        .current_dir(project())
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", build_folder()))?;
    for name in targets {
        let inputs = run_one(&name, &triple, seconds)?;
        println!("fuzz: {name}: {inputs} inputs in {seconds} s");
    }
    Ok(())
}

/// Runs the chore.
pub(crate) fn chore(args: &Args) -> Outcome {
    run_for(args.seconds, args.target.as_deref())
}

/// Runs one target and returns how many inputs it was given. What libFuzzer says goes to a file beside the build,
/// and onto the screen after a crash.
fn run_one(name: &str, triple: &str, seconds: u64) -> Outcome<u64> {
    let log = build_folder().join(format!("{name}.log"));
    let outcome = run(fuzzer(name, triple, seconds)?.stderr(fs::File::create(&log)?));
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    if let Err(failed) = outcome {
        println!("{said}");
        return Err(failed);
    }
    let inputs = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let inputs = inputs.and_then(|inputs| inputs.trim().parse().ok()).filter(|inputs| *inputs > 0);
    inputs.ok_or_else(|| failure(format!("{name} ran no inputs: see {}", log.display())))
}

/// The command that runs one target. What it finds worth keeping stays beside the build; crashes go to
/// `crypto/fuzz/artifacts`.
fn fuzzer(name: &str, triple: &str, seconds: u64) -> Outcome<Command> {
    let corpus = build_folder().join("corpus").join(name);
    let artifacts = project().join("artifacts").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let options = [
        format!("-max_total_time={seconds}"),
        format!("-timeout={TIMEOUT}"),
        format!("-rss_limit_mb={MEMORY}"),
        format!("-artifact_prefix={}/", artifacts.display()),
        "-print_final_stats=1".to_owned(),
        "-verbosity=0".to_owned(),
    ];
    let mut fuzzer = command(build_folder().join(triple).join("release").join(name), options);
    fuzzer.arg(corpus);
    let seeds = project().join("seeds").join(name);
    if seeds.is_dir() {
        fuzzer.arg(seeds);
    }
    Ok(fuzzer)
}

/// The names of the targets: one file each.
fn targets() -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(project().join("fuzz_targets"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn host() -> Outcome<String> {
    let version = output(&mut command("rustc", ["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| failure("rustc does not name its host"))
}

fn project() -> PathBuf {
    root().join("crypto/fuzz")
}

fn build_folder() -> PathBuf {
    target().join("fuzz")
}
