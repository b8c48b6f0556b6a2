//! The gates, in the order in which they tell most the soonest.

use std::fs;

use super::{Gate, Size};
use crate::shell::{Outcome, cargo, command, failure, root, run, succeeds};
use crate::{fuzz, web};

/// Returns every gate behind that of the tools.
pub(super) fn all(size: Size) -> Vec<Gate> {
    vec![
        Gate::new("node packages", node_packages),
        Gate::new("python packages", python_packages),
        Gate::new("format", format),
        Gate::new("clippy", || clippy(&["--workspace"])),
        // The workspace unifies features; the desk is also looked at as it ships.
        Gate::new("clippy, desk", || clippy(&["--package", "bisik-desk"])),
        Gate::new("docs", docs),
        Gate::new("web lint", web::lint),
        Gate::new("web types", web::types),
        Gate::new("web tests", web::tests),
        Gate::new("web page", web::reproduced),
        Gate::new("build", || run(&mut cargo(["build", "--workspace", "--bins", "--locked"]))),
        Gate::new("tests", move || tests(size)),
        Gate::new("doctests", || run(&mut cargo(["test", "--workspace", "--doc", "--locked", "--quiet"]))),
        Gate::new("python reader", python_reader),
        Gate::new("torture", move || torture(size)),
        Gate::new("fuzz", move || fuzz::run_for(size.fuzz_seconds, None)),
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
fn tests(size: Size) -> Outcome {
    let mut tests = if succeeds("cargo", &["nextest", "--version"]) {
        let profile = if size.long { "long" } else { "default" };
        cargo(["nextest", "run", "--workspace", "--locked", "--no-fail-fast", "--profile", profile])
    } else {
        cargo(["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"])
    };
    if size.long {
        tests.env("BISIK_LONG", "1");
    }
    // The harness need not build the programs again: the gate before has done it.
    run(tests.env("BISIK_BUILT", "1"))
}

/// The real programs under load and under every fault, in a process of its own.
fn torture(size: Size) -> Outcome {
    // Not this very file: a gate before may have built it anew.
    let mut torture = cargo(["run", "--quiet", "--locked", "--package", "xtask", "--", "torture"]);
    run(torture.args(size.long.then_some("--long")).env("BISIK_BUILT", "1"))
}

/// The packages of the reporter's page and of `tests/interop`.
fn node_packages() -> Outcome {
    web::packages(&web::folder())?;
    web::packages(&root().join("tests/interop"))
}

/// The packages of `tests/python-reader` and of `tests/foreign`, at the versions of their lists, in environments of
/// their own.
fn python_packages() -> Outcome {
    ["python-reader", "foreign"].into_iter().try_for_each(environment)
}

fn environment(tests: &str) -> Outcome {
    let folder = root().join("tests").join(tests);
    let (venv, wanted) = (folder.join(".venv"), folder.join("requirements.txt"));
    let installed = venv.join("requirements.txt");
    if fs::read(&installed).ok() == Some(fs::read(&wanted)?) {
        return Ok(());
    }
    run(command("python3", ["-m", "venv", "--clear"]).arg(&venv))?;
    run(command(venv.join("bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(&wanted))?;
    fs::copy(&wanted, &installed)?;
    Ok(())
}

/// A reader written from docs/protocol.md alone opens the vectors.
fn python_reader() -> Outcome {
    let folder = root().join("tests/python-reader");
    // Older Pythons take "no tests found" for success.
    let is_test = |name: &str| name.starts_with("test_") && name.ends_with(".py");
    let names = fs::read_dir(&folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    if !names.into_iter().any(|name| is_test(&name)) {
        return Err(failure("tests/python-reader holds no tests"));
    }
    let discover = ["-m", "unittest", "discover", "--verbose"];
    run(command(folder.join(".venv/bin/python"), discover).current_dir(&folder))
}
