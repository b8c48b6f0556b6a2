//! The reporter's page: its packages, `cargo xtask web`, and the gates over client-web.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{Outcome, command, root, run};

/// Builds the page into client-web/dist and prints its sizes; fails above the budgets.
pub(crate) fn chore() -> Outcome {
    packages(&folder())?;
    node(&["build/build.mjs"])
}

/// Installs the packages of a folder at the versions of its lock file, unless those are there.
pub(crate) fn packages(folder: &Path) -> Outcome {
    let wanted = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).ok() == Some(fs::read(&wanted)?) {
        return Ok(());
    }
    // Not `npm ci`: it refuses a lock file that lacks the binaries of platforms which a registry does not have.
    let install = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    run(command("npm", install).current_dir(folder))?;
    fs::copy(&wanted, &installed)?;
    Ok(())
}

/// Returns the folder of the page.
pub(crate) fn folder() -> PathBuf {
    root().join("client-web")
}

/// Gate: the sources are formatted and linted.
pub(crate) fn lint() -> Outcome {
    tool("biome", &["ci", "--error-on-warnings"])
}

/// Gate: the types hold.
pub(crate) fn types() -> Outcome {
    tool("tsc", &[])
}

/// Gate: the unit tests pass.
pub(crate) fn tests() -> Outcome {
    node(&["build/test.mjs"])
}

/// Gate: the committed page is what a rebuild gives, and within the budgets.
pub(crate) fn reproduced() -> Outcome {
    node(&["build/build.mjs", "--check"])
}

fn node(args: &[&str]) -> Outcome {
    run(command("node", args).current_dir(folder()))
}

fn tool(name: &str, args: &[&str]) -> Outcome {
    let program = folder().join("node_modules/.bin").join(name);
    run(command(program, args).current_dir(folder()))
}
