//! The gates, in the order in which they tell most the soonest.

use std::fs;
use std::path::Path;

use super::Gate;
use crate::fuzz;
use crate::shell::{Outcome, cargo, command, failure, root, run, succeeds};

/// Returns every gate behind that of the tools.
pub(super) fn all(fuzz_seconds: u64) -> Vec<Gate> {
    vec![
        Gate::new("format", format),
        Gate::new("clippy", || clippy(&["--workspace"])),
        // The workspace unifies features; the desk is also looked at as it ships.
        Gate::new("clippy, desk", || clippy(&["--package", "bisik-desk"])),
        Gate::new("docs", docs),
        Gate::new("build", || run(&mut cargo(["build", "--workspace", "--bins", "--locked"]))),
        Gate::new("tests", tests),
        Gate::new("doctests", || run(&mut cargo(["test", "--workspace", "--doc", "--locked", "--quiet"]))),
        Gate::new("node reader", node),
        Gate::new("python reader", python),
        Gate::new("fuzz", move || fuzz::run_for(fuzz_seconds, None)),
    ]
}

fn format() -> Outcome {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    run(cargo(["fmt", "--check"]).current_dir(root().join("crypto/fuzz")))
}

fn clippy(packages: &[&str]) -> Outcome {
    run(cargo(["clippy", "--all-targets", "--locked", "--quiet"])
        .args(packages)
        .args(["--", "-D", "warnings"]))
}

fn docs() -> Outcome {
    let args = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked", "--quiet"];
    run(cargo(args).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Unit, integration and end-to-end tests; one process a test where `cargo nextest` is installed.
fn tests() -> Outcome {
    if succeeds("cargo", &["nextest", "--version"]) {
        return run(&mut cargo(["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]));
    }
    run(&mut cargo(["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]))
}

/// `age-encryption` in Node opens what we write, and writes what we open.
fn node() -> Outcome {
    let folder = existing("tests/interop")?;
    run(command("npm", ["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    run(command("npm", ["test"]).current_dir(&folder))
}

/// A reader written from docs/protocol.md alone, in Python, opens the vectors.
fn python() -> Outcome {
    let folder = existing("tests/python-reader")?;
    let (venv, wanted) = (folder.join(".venv"), folder.join("requirements.txt"));
    let installed = venv.join("requirements.txt");
    if fs::read(&installed).ok() != Some(fs::read(&wanted)?) {
        run(command("python3", ["-m", "venv", "--clear"]).arg(&venv))?;
        run(command(venv.join("bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&wanted))?;
        fs::copy(&wanted, &installed)?;
    }
    run(command(venv.join("bin/python"), ["-m", "unittest", "discover", "-v"]).current_dir(&folder))
}

fn existing(folder: &str) -> Outcome<std::path::PathBuf> {
    let path = root().join(folder);
    if Path::is_dir(&path) { Ok(path) } else { Err(failure(format!("{folder} is missing"))) }
}
