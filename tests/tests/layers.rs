//! Rules about what depends on what, over `cargo metadata` and the manifests.
//!
//! A border that protects somebody is a crate: the server and the courier cannot decrypt because they do not link
//! what decrypts, and the desk reaches no network because nothing below it can.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a gate fails by panicking

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use toml::Table;

/// The most packages that `Cargo.lock` may hold. Each further one is somebody else's code to trust: raise it only
/// together with the reason in the commit.
const MAX_LOCKED_PACKAGES: usize = 327;

/// What decrypts.
const DECRYPTION: [&str; 3] = ["age", "age-core", "bisik-sealing"];

/// What opens sockets, or exists only to do so.
const NETWORK: [&str; 14] = [
    "async-io",
    "curl",
    "h2",
    "hyper",
    "hyper-util",
    "mio",
    "polling",
    "quinn",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "ureq",
];

/// Which of our crates each of our crates may depend on directly, left to right.
const LAYERS: [(&str, &[&str]); 9] = [
    ("bisik-formats", &[]),
    ("bisik-sealing", &["bisik-formats"]),
    ("bisik-store", &["bisik-formats"]),
    ("bisik-server", &["bisik-formats", "bisik-store"]),
    ("bisik-term", &[]),
    ("bisik-cleaner", &[]),
    ("bisik", &["bisik-cleaner", "bisik-formats", "bisik-sealing", "bisik-term"]),
    ("bisik-courier", &["bisik-formats", "bisik-term"]),
    ("bisik-desk", &["bisik-formats", "bisik-sealing", "bisik-term"]),
];

#[test]
fn server_and_courier_cannot_decrypt() {
    let graph = Graph::load();
    for name in ["bisik-server", "bisik-store", "bisik-courier"] {
        graph.assert_apart(name, &DECRYPTION);
    }
}

#[test]
fn the_desk_reaches_no_network() {
    Graph::load().assert_apart("bisik-desk", &NETWORK);
}

#[test]
fn what_reads_hostile_files_reaches_no_network_and_no_key() {
    let graph = Graph::load();
    graph.assert_apart("bisik-cleaner", &NETWORK);
    graph.assert_apart("bisik-cleaner", &DECRYPTION);
    for name in ["bisik-server", "bisik-courier", "bisik-desk"] {
        graph.assert_apart(name, &["bisik-cleaner"]);
    }
}

#[test]
fn formats_decrypt_nothing_and_store_nothing() {
    let graph = Graph::load();
    graph.assert_apart("bisik-formats", &DECRYPTION);
    graph.assert_apart("bisik-formats", &NETWORK);
    graph.assert_apart("bisik-formats", &["rusqlite", "libsqlite3-sys"]);
    graph.assert_apart("bisik-sealing", &NETWORK);
    graph.assert_apart("bisik-sealing", &["rusqlite", "libsqlite3-sys"]);
}

#[test]
fn our_crates_depend_only_to_the_left() {
    let graph = Graph::load();
    for (name, allowed) in LAYERS {
        let direct = graph.package(name).dependencies.iter();
        let ours: BTreeSet<&str> = direct
            .filter(|dependency| dependency.kind != DependencyKind::Development && dependency.path.is_some())
            .map(|dependency| dependency.name.as_str())
            .collect();
        assert!(ours.iter().all(|ours| allowed.contains(ours)), "{name} depends on {ours:?}");
    }
    let known: BTreeSet<&str> =
        LAYERS.iter().map(|(name, _)| *name).chain(["bisik-tests", "xtask"]).collect();
    for member in graph.members() {
        assert!(known.contains(member.name.as_str()), "{} has no place among the layers", member.name);
    }
}

#[test]
fn banned_crates_are_linked_only_where_named() {
    let graph = Graph::load();
    for ban in rules()["bans"]["deny"].as_array().unwrap() {
        let banned = ban["crate"].as_str().unwrap();
        assert!(!ban["reason"].as_str().unwrap().is_empty(), "{banned} is banned without a reason");
        let wrappers = ban.get("wrappers").map(texts).unwrap_or_default();
        for dependent in graph.dependents(banned) {
            assert!(wrappers.contains(&dependent), "{dependent} depends on {banned}");
        }
    }
}

#[test]
fn licences_are_on_the_list() {
    let allowed = texts(&rules()["licenses"]["allow"]);
    for package in &Graph::load().metadata.packages {
        let licence = package.license.as_deref().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{} {} is under `{licence}`", package.name, package.version);
    }
}

#[test]
fn licence_expressions_are_read_right() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "ISC".to_owned()]);
    for licence in [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0/MIT",
        "MIT AND ISC",
        "(MIT OR GPL-3.0) AND ISC",
        "MIT OR GPL-3.0 AND ISC",
    ] {
        assert!(is_allowed(licence, &allowed), "{licence}");
    }
    for licence in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "GPL-3.0 OR AGPL-3.0"] {
        assert!(!is_allowed(licence, &allowed), "{licence}");
    }
}

#[test]
fn packages_come_from_one_registry() {
    let allowed = texts(&rules()["sources"]["allow-registry"]);
    for package in &Graph::load().metadata.packages {
        let Some(source) = &package.source else { continue };
        let registry = source.repr.strip_prefix("registry+").unwrap_or(&source.repr);
        assert!(allowed.contains(registry), "{} comes from {registry}", package.name);
    }
}

#[test]
fn the_lock_file_stays_small() {
    let lock: Table = read("Cargo.lock").parse().unwrap();
    let count = lock["package"].as_array().unwrap().len();
    assert!(count <= MAX_LOCKED_PACKAGES, "{count} packages are locked");
}

#[test]
fn every_dependency_is_used_and_has_a_reason() {
    let manifest = read("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let used: BTreeSet<String> = members()
        .iter()
        .flat_map(|(_, manifest)| dependency_tables(manifest))
        .flat_map(|table| table.keys().cloned().collect::<Vec<_>>())
        .collect();
    let mut wrong = Vec::new();
    for line in section.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')) {
        let name = line.split(' ').next().unwrap();
        if !used.contains(name) {
            wrong.push(format!("{name} is used by no member"));
        }
        let reason = line.split(" # ").nth(1).is_some_and(|reason| !reason.trim().is_empty());
        if !reason && !line.contains("path = ") {
            wrong.push(format!("{name} has no reason"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn members_use_what_they_declare() {
    let mut unused = Vec::new();
    for (path, manifest) in members() {
        let folder = path.parent().unwrap();
        let sources: String =
            ["src", "tests", "examples"].iter().map(|part| sources(&folder.join(part))).collect();
        for dependency in dependency_tables(&manifest).into_iter().flat_map(|table| table.keys()) {
            // The macro that declares message files names it.
            let by_macro = dependency == "fluent-templates" && sources.contains("bisik_term::messages!");
            if !by_macro && !sources.contains(&dependency.replace('-', "_")) {
                unused.push(format!("{} does not use {dependency}", folder.display()));
            }
        }
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

#[test]
fn members_inherit_lints_edition_and_versions() {
    for (path, manifest) in members() {
        let name = manifest["package"]["name"].as_str().unwrap();
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{name} has its own lints");
        for key in ["edition", "license", "publish", "rust-version", "version"] {
            assert_eq!(manifest["package"][key]["workspace"].as_bool(), Some(true), "{name}: {key}");
        }
        for (dependency, value) in dependency_tables(&manifest).into_iter().flatten() {
            let inherits = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
            assert!(inherits, "{}: {dependency} has a version of its own", path.display());
        }
    }
}

#[test]
fn the_rules_of_the_desk_hold_those_of_the_root() {
    let root: Table = read("clippy.toml").parse().unwrap();
    let desk: Table = read("client-cli/desk/clippy.toml").parse().unwrap();
    for (key, value) in &root {
        match (value.as_array(), desk.get(key).and_then(toml::Value::as_array)) {
            (Some(rules), Some(repeated)) => {
                assert!(rules.iter().all(|rule| repeated.contains(rule)), "{key} is not repeated in full");
            }
            _ => assert_eq!(desk.get(key), Some(value), "{key}"),
        }
    }
    let banned = desk["disallowed-types"].to_string();
    for kind in ["TcpListener", "TcpStream", "ToSocketAddrs", "UdpSocket"] {
        assert!(banned.contains(&format!("std::net::{kind}")), "the desk may use {kind}");
    }
}

/// What is linked: every package with its normal and build dependencies, for all targets and with the features
/// of the whole workspace. This is more than any one program links, never less.
struct Graph {
    metadata: Metadata,
    edges: BTreeMap<PackageId, BTreeSet<PackageId>>,
}

impl Graph {
    fn load() -> Self {
        let mut command = MetadataCommand::new();
        command.manifest_path(root().join("Cargo.toml")).other_options(["--locked".to_owned()]);
        let metadata = command.exec().expect("cargo metadata");
        let nodes = &metadata.resolve.as_ref().expect("a resolved graph").nodes;
        let edges = nodes.iter().map(|node| {
            let linked = node.deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
            });
            (node.id.clone(), linked.map(|dependency| dependency.pkg.clone()).collect())
        });
        Self { edges: edges.collect(), metadata }
    }

    fn members(&self) -> Vec<&Package> {
        self.metadata.workspace_packages()
    }

    fn package(&self, name: &str) -> &Package {
        self.members()
            .into_iter()
            .find(|package| package.name == name)
            .unwrap_or_else(|| panic!("no crate {name}"))
    }

    /// Fails with the chain of dependencies if a crate reaches one of the forbidden.
    fn assert_apart(&self, from: &str, forbidden: &[&str]) {
        let mut chains = vec![vec![self.package(from).id.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(chain) = chains.pop() {
            let last = chain.last().unwrap();
            if !seen.insert(last.clone()) {
                continue;
            }
            let names: Vec<&str> = chain.iter().map(|id| self.metadata[id].name.as_str()).collect();
            assert!(!forbidden.contains(names.last().unwrap()), "forbidden chain: {}", names.join(" -> "));
            chains.extend(
                self.edges[last].iter().map(|next| [chain.as_slice(), std::slice::from_ref(next)].concat()),
            );
        }
        assert!(seen.len() > 1, "{from} depends on nothing: the graph was not read");
    }

    fn dependents(&self, name: &str) -> BTreeSet<String> {
        let depends = |ids: &BTreeSet<PackageId>| ids.iter().any(|id| self.metadata[id].name == name);
        let found = self.edges.iter().filter(|(_, ids)| depends(ids));
        found.map(|(id, _)| self.metadata[id].name.to_string()).collect()
    }
}

/// Evaluates an SPDX expression: the best choice at each `OR` (or `/`) counts, at each `AND` all must be allowed.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.trim();
    if let Some(inner) = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
        && !inner.contains('(')
    {
        return is_allowed(inner, allowed);
    }
    for (operator, all) in [(" OR ", false), ("/", false), (" AND ", true)] {
        let parts = split_outside_brackets(expression, operator);
        if parts.len() > 1 {
            let mut results = parts.iter().map(|part| is_allowed(part, allowed));
            return if all { results.all(|allowed| allowed) } else { results.any(|allowed| allowed) };
        }
    }
    allowed.contains(expression)
}

fn split_outside_brackets(text: &str, operator: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if depth == 0
            && let Some(after) = rest.strip_prefix(operator)
        {
            parts.push(String::new());
            rest = after;
            continue;
        }
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        parts.last_mut().unwrap().push(c);
        rest = rest.strip_prefix(c).unwrap();
    }
    parts
}

fn rules() -> Table {
    read("deny.toml").parse().unwrap()
}

fn texts(value: &toml::Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The manifest of every member of the workspace.
fn members() -> Vec<(PathBuf, Table)> {
    let manifest: Table = read("Cargo.toml").parse().unwrap();
    let members = texts(&manifest["workspace"]["members"]);
    members
        .iter()
        .map(|member| {
            let path = Path::new(member).join("Cargo.toml");
            let manifest = read(path.to_str().unwrap()).parse().unwrap();
            (path, manifest)
        })
        .collect()
}

fn dependency_tables(manifest: &Table) -> Vec<&Table> {
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|key| manifest.get(*key).and_then(toml::Value::as_table))
        .collect()
}

/// All Rust sources below a folder, one after the other.
fn sources(folder: &Path) -> String {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return String::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    };
    paths.map(read).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
