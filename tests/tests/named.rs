//! The threat model names tests; each must exist.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a gate fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bisik_tests::run::workspace;

/// Collects the names of all test functions below a folder.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && !name.starts_with('.') {
                tests_below(&path, found);
            }
        } else if name.ends_with(".rs") {
            found.extend(tests_in(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Returns the names of functions with a test attribute.
fn tests_in(source: &str) -> Vec<String> {
    let (mut names, mut marked) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        let signature = line.strip_prefix("async ").unwrap_or(line);
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let (true, Some(rest)) = (marked, signature.strip_prefix("fn ")) {
            names.push(rest.split('(').next().unwrap().to_owned());
            marked = false;
        }
    }
    names
}

/// Returns the titles of the page's unit tests, each after `web: `.
fn tests_of_the_page() -> Vec<String> {
    let mut titles = Vec::new();
    for entry in fs::read_dir(workspace().join("client-web/tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".test.ts") {
            let source = fs::read_to_string(path).unwrap();
            let calls = source.split("\ntest(\"").skip(1);
            titles.extend(calls.map(|call| format!("web: {}", call.split('"').next().unwrap())));
        }
    }
    titles
}

/// Returns what stands in backticks on a line and looks like the name of a test.
fn named_on(line: &str) -> Vec<&str> {
    let code = line.split('`').skip(1).step_by(2);
    let is_name = |text: &&str| {
        text.starts_with("web: ")
            || text.matches('_').count() >= 2
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    code.filter(is_name).collect()
}

#[test]
fn every_named_test_exists() {
    let mut tests = BTreeSet::new();
    tests_below(workspace(), &mut tests);
    tests.extend(tests_of_the_page());
    let text = fs::read_to_string(workspace().join("docs/threat-model.md")).unwrap();
    let named: BTreeSet<&str> = text.lines().flat_map(named_on).collect();
    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert_eq!(missing, Vec::<&&str>::new());
    assert!(named.len() > 80, "{}", named.len());
}

#[test]
fn every_bad_input_and_every_threat_has_a_test_or_a_reason() {
    let text = fs::read_to_string(workspace().join("docs/threat-model.md")).unwrap();
    let rows = text.lines().filter(|line| {
        line.starts_with("| ") && !line.starts_with("| Threat") && !line.starts_with("| Input")
    });
    let (mut with, mut without) = (0, 0);
    for row in rows {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        match named_on(row).is_empty() {
            false => with += 1,
            true if last.starts_with("- ") => without += 1,
            true => assert_eq!(row, "", "a row without a test"),
        }
    }
    assert!(with > 70 && without <= 3, "{with} with, {without} without");
}

#[test]
fn names_of_tests_are_found() {
    let source =
        "#[test]\nfn one_two_three() {}\n#[tokio::test]\nasync fn four_five_six() {}\nfn no_test_here() {}\n";
    assert_eq!(tests_in(source), ["one_two_three", "four_five_six"]);
    assert_eq!(named_on("| a | `one_two_three`, `../`, `until`, `Four_five_six` |"), ["one_two_three"]);
}
