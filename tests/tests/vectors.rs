//! The committed test vectors: they are what the programs write today, and every case holds when replayed through
//! the public functions, refusals included.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use bisik_tests::vectors::{all, code};
use serde_json::Value;

#[path = "vectors/documents.rs"]
mod documents;
#[path = "vectors/keys.rs"]
mod keys;
#[path = "vectors/sealed.rs"]
mod sealed;
#[path = "vectors/values.rs"]
mod values;

#[test]
fn committed_vectors_are_what_the_programs_write() {
    let mut names: Vec<String> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let made = all();
    let mut expected: Vec<&str> = made.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    assert_eq!(names, expected, "run `cargo xtask vectors`");
    for (name, text) in made {
        let committed = fs::read_to_string(directory().join(name)).unwrap();
        assert!(
            committed == text,
            "{name} has changed: run `cargo xtask vectors` and see whether that is meant"
        );
    }
}

fn directory() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "vectors"].iter().collect()
}

/// Reads a vector file.
fn read(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(directory().join(name)).unwrap()).unwrap()
}

/// Returns the cases under a key; there must be some.
fn cases<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let cases = value[key].as_array().unwrap_or_else(|| panic!("{key}"));
    assert!(!cases.is_empty(), "{key}");
    cases
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key}"))
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    base16ct::lower::decode_vec(text(value, key)).unwrap_or_else(|_| panic!("{key}"))
}

/// Parses the text under a key.
fn parsed<T: std::str::FromStr<Err: Debug>>(value: &Value, key: &str) -> T {
    text(value, key).parse().unwrap()
}

/// Checks that a refused case is refused by the rule it names.
fn refused<T, E: Debug>(result: Result<T, E>, case: &Value) {
    match result {
        Ok(_) => panic!("accepted: {case}"),
        Err(error) => assert_eq!(code(&error), text(case, "error"), "{case}"),
    }
}

/// Checks a case whose error may be null.
fn judged<T, E: Debug>(result: Result<T, E>, case: &Value) {
    match (&case["error"], result) {
        (Value::Null, result) => drop(result.unwrap()),
        (_, result) => refused(result, case),
    }
}
