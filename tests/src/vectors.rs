//! Test vectors: every derivation and every format, written by the Rust programs and read by all others.
//!
//! `cargo xtask vectors` writes [`all`] to `tests/vectors/`; a test compares the committed files with it, another
//! replays them through the public functions. Binary values are lower-case hex, texts are texts; what a case calls
//! `randomness` are the bytes drawn from the generator, in order. A case that must be refused names the rule it
//! breaks: see [`code`].

mod documents;
mod forms;
mod ids;
mod keys;
pub mod random;
mod sealed;
mod sizes;
mod world;

use std::fmt::Debug;

use serde_json::{Map, Value};

use self::world::World;

/// Returns all vector files: name and content.
pub fn all() -> Vec<(&'static str, String)> {
    let world = World::new();
    let files = [
        ("ids.json", ids::ids()),
        ("receipt.json", keys::receipt(&world)),
        ("address.json", keys::address(&world)),
        ("hybrid.json", keys::hybrid()),
        ("padding.json", sizes::padding()),
        ("tar.json", sizes::tar()),
        ("report.json", sealed::report(&world)),
        ("letter.json", sealed::letter(&world)),
        ("card.json", documents::card(&world)),
        ("edition.json", documents::edition(&world)),
        ("acknowledgement.json", documents::acknowledgement(&world)),
        ("json.json", forms::json()),
        ("answers.json", forms::answers(&world)),
        ("pow.json", forms::pow()),
    ];
    files.into_iter().map(|(name, value)| (name, pretty(value))).collect()
}

/// Returns the code by which vectors name an error: the path of its variants, such as `open.no_match`.
pub fn code(error: &impl Debug) -> String {
    let debug = format!("{error:?}");
    let path = debug.split(" {").next().unwrap_or_default();
    let names = path.split(['(', ')']).filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
    let words: Vec<String> = names.map(snake_case).collect();
    words.join(".")
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && place > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// Returns lower-case hex.
fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Writes with sorted keys, whichever way the JSON library was built.
fn pretty(value: Value) -> String {
    let mut text = serde_json::to_string_pretty(&sorted(value)).unwrap();
    text.push('\n');
    text
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(fields.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
