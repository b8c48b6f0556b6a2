//! Rules about the npm packages of the reporter's page: pinned, few, licensed, each with a reason.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a gate fails by panicking

use std::collections::BTreeSet;
use std::fs;

use bisik_tests::run::workspace;
use serde_json::{Map, Value};

/// The most packages inside of the page, and the most besides for building and testing it. Each further one is
/// somebody else's code to trust: raise them only together with the reason in the commit.
const MAX_SHIPPED: usize = 14;
const MAX_OTHERS: usize = 131;

/// Licences that may stand in the page besides those of deny.toml: they ask for nothing at all.
const SHIPPED_TOO: [&str; 1] = ["0BSD"];

/// Licences of tools that never become part of the page.
const TOOLS_TOO: [&str; 1] = ["MPL-2.0"];

/// A package of the lock file.
struct Package {
    path: String,
    licence: String,
    shipped: bool,
    entry: Value,
}

#[test]
fn every_npm_package_is_pinned() {
    let manifest = manifest();
    for (name, version) in direct(&manifest) {
        let exact =
            version.split('.').count() == 3 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        assert!(exact, "{name} {version}: not one version");
    }
    for package in packages() {
        let integrity = package.entry["integrity"].as_str().unwrap_or_default();
        assert!(integrity.starts_with("sha512-"), "{} has no SHA-512", package.path);
        let from = package.entry["resolved"].as_str().unwrap_or("https://registry.npmjs.org/");
        assert!(from.starts_with("https://registry.npmjs.org/"), "{} comes from {from}", package.path);
    }
}

#[test]
fn the_lock_file_of_npm_fits_the_manifest() {
    let (manifest, lock) = (manifest(), lock());
    for key in ["dependencies", "devDependencies"] {
        assert_eq!(lock["packages"][""][key], manifest[key], "{key}: run `npm install`");
    }
}

#[test]
fn npm_packages_stay_few() {
    let packages = packages();
    let shipped = packages.iter().filter(|package| package.shipped).count();
    let others = packages.len() - shipped;
    assert!(shipped <= MAX_SHIPPED, "{shipped} packages may enter the page");
    assert!(others <= MAX_OTHERS, "{others} packages for building and testing");
}

#[test]
fn every_npm_dependency_has_a_reason() {
    let manifest = manifest();
    let direct: BTreeSet<String> = direct(&manifest).into_iter().map(|(name, _)| name).collect();
    let reasons = manifest["reasons"].as_object().unwrap();
    assert_eq!(direct, reasons.keys().cloned().collect());
    for (name, reason) in reasons {
        assert!(reason.as_str().unwrap().len() > 10, "{name} has no reason");
    }
}

#[test]
fn npm_licences_are_on_the_list() {
    let rules: toml::Table = fs::read_to_string(workspace().join("deny.toml")).unwrap().parse().unwrap();
    let list = rules["licenses"]["allow"].as_array().unwrap();
    let list: BTreeSet<&str> = list.iter().map(|licence| licence.as_str().unwrap()).collect();
    let is_allowed = |package: &Package, licence: &str| {
        list.contains(licence)
            || SHIPPED_TOO.contains(&licence)
            || (!package.shipped && TOOLS_TOO.contains(&licence))
    };
    for package in packages() {
        let fits = package.licence.split(" OR ").any(|licence| is_allowed(&package, licence));
        assert!(fits, "{} is under `{}`", package.path, package.licence);
    }
}

#[test]
fn what_npm_installed_is_what_is_locked() {
    let lock = lock();
    let installed = read("node_modules/.package-lock.json");
    for (path, package) in installed["packages"].as_object().unwrap() {
        let locked = &lock["packages"][path];
        assert_eq!(
            (&package["version"], &package["integrity"]),
            (&locked["version"], &locked["integrity"]),
            "{path}"
        );
    }
}

#[test]
fn no_npm_package_runs_a_script_while_it_is_installed() {
    let settings = fs::read_to_string(workspace().join("client-web/.npmrc")).unwrap();
    assert!(settings.lines().any(|line| line == "ignore-scripts=true"), "{settings}");
}

#[test]
fn the_page_names_every_package_inside() {
    let text = fs::read_to_string(workspace().join("client-web/dist/licences.txt")).unwrap();
    let packages = packages();
    let line = "-".repeat(80);
    let mut parts = text.split(&line).skip(1).peekable();
    assert!(parts.peek().is_some());
    for part in parts {
        let head = part.trim().lines().next().unwrap();
        let known = packages.iter().filter(|package| package.shipped).any(|package| {
            let name = package.path.rsplit("node_modules/").next().unwrap();
            head == format!("{name} {}: {}", package.entry["version"].as_str().unwrap(), package.licence)
        });
        assert!(known, "{head}: not a package that may enter the page");
        assert!(part.contains("Copyright") || part.contains("Apache License"), "{head}: without its licence");
    }
}

fn manifest() -> Value {
    read("package.json")
}

fn lock() -> Value {
    read("package-lock.json")
}

fn read(name: &str) -> Value {
    let text = fs::read(workspace().join("client-web").join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Returns the direct dependencies with their versions.
fn direct(manifest: &Value) -> Vec<(String, String)> {
    let tables = ["dependencies", "devDependencies"].map(|key| manifest[key].as_object().unwrap());
    let pair = |(name, version): (&String, &Value)| (name.clone(), version.as_str().unwrap().to_owned());
    tables.into_iter().flat_map(Map::iter).map(pair).collect()
}

/// Returns every package of the lock file that this machine may install.
fn packages() -> Vec<Package> {
    let lock = lock();
    let packages = lock["packages"].as_object().unwrap().iter().filter(|(path, _)| !path.is_empty());
    packages
        .map(|(path, entry)| Package {
            path: path.clone(),
            licence: entry["license"].as_str().unwrap_or_default().to_owned(),
            shipped: entry["dev"] != Value::Bool(true),
            entry: entry.clone(),
        })
        .collect()
}
