//! The gate over message files: both languages say the same, and the sources ask only for what is there.
//!
//! It holds for the programs and for the reporter's page alike.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a gate fails by panicking

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use self::ftl::{Messages, read_messages};

#[path = "messages/ftl.rs"]
mod ftl;
#[path = "messages/page.rs"]
mod page;
#[path = "messages/rust.rs"]
mod rust;

/// The most words of a sentence.
const MAX_WORDS: usize = 20;

/// The reporter's page.
const PAGE: &str = "client-web";

#[test]
fn both_languages_have_the_same_messages_and_values() {
    for unit in crates() {
        let (indonesian, english) = (&unit.indonesian, &unit.english);
        let ids = |messages: &Messages| messages.keys().cloned().collect::<BTreeSet<_>>();
        let differing: Vec<_> = ids(indonesian).symmetric_difference(&ids(english)).cloned().collect();
        assert!(differing.is_empty(), "{}: only in one language: {differing:?}", unit.name);
        for (id, message) in indonesian {
            assert_eq!(message.variables, english[id].variables, "{}: values of {id}", unit.name);
        }
    }
}

#[test]
fn no_message_is_left_untranslated() {
    for unit in crates() {
        for (id, message) in &unit.indonesian {
            let same = message.text.trim() == unit.english[id].text.trim();
            assert!(!same || message.words() < 4, "{}: {id} says the same in both languages", unit.name);
        }
    }
}

#[test]
fn sentences_are_short() {
    let long: Vec<String> = crates()
        .iter()
        .flat_map(|unit| {
            unit.indonesian.iter().chain(&unit.english).map(move |(id, message)| (unit, id, message))
        })
        .filter(|(_, _, message)| message.longest_sentence() > MAX_WORDS)
        .map(|(unit, id, message)| format!("{}: {id}: {} words", unit.name, message.longest_sentence()))
        .collect();
    assert!(long.is_empty(), "sentences of more than {MAX_WORDS} words:\n{}", long.join("\n"));
}

#[test]
fn sentences_outside_of_the_message_files_are_short_too() {
    // What stands in the page before any script: it can be in no message file.
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(PAGE).join("src/page/template.html");
    let html = fs::read_to_string(path).unwrap();
    let texts = html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text);
    let sentences: Vec<&str> = texts.flat_map(|text| text.split(['.', '?', '!', ':', ';'])).collect();
    let long: Vec<_> =
        sentences.iter().filter(|sentence| sentence.split_whitespace().count() > MAX_WORDS).collect();
    assert!(long.is_empty(), "{long:?}");
    assert!(sentences.iter().any(|sentence| sentence.split_whitespace().count() > 8));
}

#[test]
fn every_cause_has_an_advice() {
    for unit in crates() {
        // The page calls its refusals so; what it says beside a field is cause and advice in one.
        let families: &[&str] = if unit.name == PAGE { &["refusal-"] } else { &["err-", "error-", "usage-"] };
        let causes = |id: &&String| families.iter().any(|family| id.starts_with(family));
        for id in unit.indonesian.keys().filter(causes).filter(|id| !id.contains('.')) {
            assert!(
                unit.indonesian.contains_key(&format!("{id}.advice")),
                "{}: {id} gives no advice",
                unit.name
            );
        }
    }
}

#[test]
fn every_id_in_the_sources_is_there_with_its_values() {
    let crates = crates();
    let shared = &crates.iter().find(|unit| unit.name == "client-cli/term").expect("bisik-term").indonesian;
    let mut wrong = Vec::new();
    for unit in &crates {
        let find = |id: &str| unit.indonesian.get(id).or_else(|| shared.get(id));
        for usage in &unit.usages {
            let Some(message) = find(&usage.id) else {
                wrong.push(format!("{}: {} is missing", usage.file.display(), usage.id));
                continue;
            };
            let mut needed = message.variables.clone();
            needed.extend(
                find(&format!("{}.advice", usage.id)).iter().flat_map(|advice| advice.variables.clone()),
            );
            let given = usage.values.as_ref().unwrap_or(&needed);
            let lacking: Vec<_> = needed.difference(given).collect();
            if !lacking.is_empty() {
                wrong.push(format!("{}: {} lacks {lacking:?}", usage.file.display(), usage.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_message_is_used() {
    let mut unused = Vec::new();
    for unit in crates() {
        // Help texts are found by their place in the command line; a test of each program counts them.
        let ids = unit.indonesian.keys().filter(|id| !id.contains('.') && !id.starts_with("help-"));
        unused.extend(ids.filter(|id| !unit.mentions(id)).map(|id| format!("{}: {id}", unit.name)));
    }
    assert!(unused.is_empty(), "used nowhere:\n{}", unused.join("\n"));
}

#[test]
fn the_reader_of_rust_sees_what_it_should() {
    let source = r#"
        fn f() {
            ui.status("one", &[("a", 1.into()), ("b", x("two", 3))]);
            let list = vec![messages.text("three.part", &[])];
            Err(CommandError::new(ErrorKind::Io, "err-four").with("c", 1).with("d", 2))
        }
    "#;
    let usages = rust::usages_in(source.parse().unwrap(), Path::new("x.rs"));
    let seen: Vec<_> = usages.iter().map(|usage| (usage.id.as_str(), usage.values.clone())).collect();
    let set = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    assert!(seen.contains(&("one", set(&["a", "b"]))), "{seen:?}");
    assert!(seen.contains(&("three.part", set(&[]))), "{seen:?}");
    assert!(seen.contains(&("err-four", set(&["c", "d"]))), "{seen:?}");
}

#[test]
fn the_reader_of_typescript_sees_what_it_should() {
    let source = r#"
        // t("no") is a comment, "quoted
        /* t("no") */
        const a = t("one", { a: f({ c: 1 }), b, "c": "x" });
        <p title={t(is ? "two" : "three")}>{advice("four", { ...all })}</p>;
        const other = `head-${t("five", values)}-tail` + text("no") + t(`six-${code}`);
        if (x === "plain") advice(y === "id" ? "seven" : `no`, {});
    "#;
    let tokens = page::tokens(source);
    let usages = page::usages_in(&tokens, Path::new("x.tsx"));
    let seen: Vec<_> = usages.iter().map(|usage| (usage.id.as_str(), usage.values.clone())).collect();
    let set = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    let expected = [
        ("one", set(&["a", "b", "c"])),
        ("two", set(&[])),
        ("three", set(&[])),
        ("four.advice", None),
        ("five", None),
        ("seven.advice", set(&[])),
    ];
    assert_eq!(seen, expected);
    let literals: Vec<&String> = page::literals(&tokens).collect();
    assert!(["plain", "head-{x}-tail", "six-{x}"].iter().all(|text| literals.iter().any(|own| own == text)));
    assert!(!literals.iter().any(|text| text.contains("quoted")));
}

#[test]
fn every_refusal_of_the_page_has_words() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(PAGE);
    let source = fs::read_to_string(folder.join("src/formats/refusal.ts")).unwrap();
    let tokens = page::tokens(&source);
    let codes: BTreeSet<&String> = page::literals(&tokens).filter(|text| text.contains('-')).collect();
    assert!(codes.len() > 30, "{codes:?}");
    let unit = read_page(&folder);
    let silent: Vec<_> =
        codes.iter().filter(|code| !unit.indonesian.contains_key(&format!("refusal-{code}"))).collect();
    assert!(silent.is_empty(), "without words: {silent:?}");
}

/// A place in the sources that asks for a message.
pub(crate) struct Usage {
    pub(crate) file: PathBuf,
    pub(crate) id: String,
    /// The names of the values given, where they can be told.
    pub(crate) values: Option<BTreeSet<String>>,
}

/// A crate with message files.
struct Crate {
    name: String,
    indonesian: Messages,
    english: Messages,
    usages: Vec<Usage>,
    literals: BTreeSet<String>,
}

impl Crate {
    /// Says whether an id stands in the sources, in full or as a literal with holes such as `status-{name}`.
    fn mentions(&self, id: &str) -> bool {
        self.literals.contains(id) || self.literals.iter().any(|literal| is_pattern_of(literal, id))
    }
}

fn is_pattern_of(literal: &str, id: &str) -> bool {
    let Some((head, rest)) = literal.split_once('{') else { return false };
    let Some((_, tail)) = rest.split_once('}') else { return false };
    head.len() >= 3
        && head.ends_with('-')
        && !tail.contains('{')
        && id.starts_with(head)
        && id.ends_with(tail)
}

fn crates() -> Vec<Crate> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest: toml::Table = fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let names = members.iter().map(|member| member.as_str().unwrap());
    let mut crates: Vec<Crate> = names
        .filter(|name| root.join(name).join("messages").is_dir())
        .map(|name| read_crate(name, &root.join(name)))
        .collect();
    assert!(!crates.is_empty(), "no message files were found");
    crates.push(read_page(&root.join(PAGE)));
    crates
}

/// Reads the message files of a crate or the page, and nothing else yet.
fn read_unit(name: &str, folder: &Path) -> Crate {
    Crate {
        name: name.to_owned(),
        indonesian: read_messages(&folder.join("messages/id")),
        english: read_messages(&folder.join("messages/en")),
        usages: Vec::new(),
        literals: BTreeSet::new(),
    }
}

fn read_page(folder: &Path) -> Crate {
    let mut unit = read_unit(PAGE, folder);
    for file in ["ts", "tsx"].iter().flat_map(|extension| files_under(&folder.join("src"), extension)) {
        let tokens = page::tokens(&fs::read_to_string(&file).unwrap());
        unit.literals.extend(page::literals(&tokens).cloned());
        unit.usages.extend(page::usages_in(&tokens, &file));
    }
    unit
}

fn read_crate(name: &str, folder: &Path) -> Crate {
    let mut unit = read_unit(name, folder);
    for file in files_under(&folder.join("src"), "rs") {
        let source = fs::read_to_string(&file).unwrap();
        let tokens: TokenStream =
            source.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        rust::collect_literals(tokens.clone(), &mut unit.literals);
        unit.usages.extend(rust::usages_in(tokens, &file));
    }
    unit
}

/// Returns the files with this extension below a folder.
pub(crate) fn files_under(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
