//! A program that nobody here wrote reads the description of the routes and asks a real server everything that fits
//! it, and much that does not: no answer is a fault of the server, and none is one that the description does not know.
//!
//! `schemathesis` lies in `tests/foreign`; `cargo xtask test` installs it.

#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bisik_tests::run::{Output, finish, spawn, workspace};
use bisik_tests::server::PATH;
use bisik_tests::world::{World, report};
use serde_json::{Map, Value};

const DESK: &str = "inspektorat";
/// What is looked at in every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,ignored_auth";

/// Requests for each route: examples made by chance, beside those at every edge of the description.
fn examples() -> &'static str {
    if std::env::var_os("BISIK_LONG").is_some() { "300" } else { "12" }
}

/// Writes the routes with these tags, for the one agency that the server has.
fn description(folder: &Path, tags: &[&str]) -> PathBuf {
    let text = fs::read_to_string(workspace().join("docs/openapi.json")).unwrap();
    let mut whole: Value = serde_json::from_str(&text).unwrap();
    let mut paths = Map::new();
    for (path, methods) in whole["paths"].as_object().unwrap() {
        let mut methods = methods.as_object().unwrap().clone();
        methods.retain(|_, route| tags.contains(&route["tags"][0].as_str().unwrap()));
        for route in methods.values_mut() {
            if let Some(parameters) = route.get_mut("parameters") {
                parameters.as_array_mut().unwrap().retain(|parameter| parameter["name"] != "path");
            }
        }
        if !methods.is_empty() {
            paths.insert(path.replace("{path}", PATH), methods.into());
        }
    }
    assert!(paths.len() > 4);
    whole["paths"] = paths.into();
    let file = folder.join(format!("{}.json", tags[0]));
    fs::write(&file, whole.to_string()).unwrap();
    file
}

/// Asks everything.
fn ask(world: &World, server: &str, tags: &[&str], more: &[&str]) -> Output {
    let folder = workspace().join("tests/foreign");
    let program = folder.join(".venv/bin/schemathesis");
    assert!(program.is_file(), "run `cargo xtask test`");
    let (base, _) = server.rsplit_once('/').unwrap();
    let mut command = Command::new(program);
    command.current_dir(world.home.path("")).arg("run").arg(description(&world.home.path(""), tags));
    command.env("PYTHONPATH", &folder).env("SCHEMATHESIS_HOOKS", "hooks");
    command.args(["--url", base, "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    command.args(["--max-examples", examples(), "--seed", "4", "--generation-deterministic"]);
    command.args(["--no-shrink", "--no-color", "--continue-on-failure"]);
    command.args(["--request-timeout", "20", "--warnings", "off"]).args(more);
    let asked = finish(spawn(command, ""), format!("schemathesis {tags:?}"));
    let count = asked.out.lines().rfind(|line| line.contains(" generated")).unwrap_or_default();
    eprintln!("{}: {}", asked.shown, count.trim());
    asked
}

#[test]
fn whatever_is_asked_is_answered_as_described() {
    let world = World::open(&[DESK]);
    world.send(&report("Kepala gudang menjual pupuk bersubsidi di luar kabupaten setiap akhir bulan."), &[]);
    let public = ask(&world, world.server.public(), &["public"], &["-H", "Tus-Resumable: 1.0.0"]);
    let token = fs::read_to_string(world.home.path("token")).unwrap();
    let header = format!("Authorization: Bearer {}", token.trim());
    let courier = ask(&world, world.server.courier(), &["courier", "operator"], &["-H", &header]);
    for asked in [public, courier] {
        asked.success();
    }
    // It is as well as before.
    world.answer(DESK);
    world.send(&report("Tanda terima pupuk itu ditulis ulang dengan nama petani yang sudah meninggal."), &[]);
    assert!(world.deliver(DESK)["new_cases"].as_array().is_some_and(|cases| !cases.is_empty()));
}
