//! The gate over message files: both languages say the same, and the sources ask only for what is there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a gate fails by panicking

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_syntax::ast;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Functions whose first argument is the id of a message and whose second are its values.
const LOOKUPS: [&str; 6] = ["find", "has", "progress", "status", "text", "warn"];

/// Beginnings of ids; a literal of this shape is an id wherever it stands.
const FAMILIES: [&str; 5] = ["ask-", "err-", "error-", "usage-", "warn-"];

/// The most words of a sentence.
const MAX_WORDS: usize = 20;

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
fn every_cause_has_an_advice() {
    for unit in crates() {
        let causes =
            |id: &&String| id.starts_with("err-") || id.starts_with("error-") || id.starts_with("usage-");
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
fn the_reader_of_sources_sees_what_it_should() {
    let source = r#"
        fn f() {
            ui.status("one", &[("a", 1.into()), ("b", x("two", 3))]);
            let list = vec![messages.text("three.part", &[])];
            Err(CommandError::new(ErrorKind::Io, "err-four").with("c", 1).with("d", 2))
        }
    "#;
    let usages = usages_in(source.parse().unwrap(), Path::new("x.rs"));
    let seen: Vec<_> = usages.iter().map(|usage| (usage.id.as_str(), usage.values.clone())).collect();
    let set = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    assert!(seen.contains(&("one", set(&["a", "b"]))), "{seen:?}");
    assert!(seen.contains(&("three.part", set(&[]))), "{seen:?}");
    assert!(seen.contains(&("err-four", set(&["c", "d"]))), "{seen:?}");
}

/// The messages of one language, attributes as `id.attribute`.
type Messages = BTreeMap<String, Message>;

#[derive(Default)]
struct Message {
    /// The text, with a single letter for each value.
    text: String,
    variables: BTreeSet<String>,
}

impl Message {
    fn words(&self) -> usize {
        self.text.split_whitespace().count()
    }

    fn longest_sentence(&self) -> usize {
        let sentences = self.text.split(['.', '?', '!', ':', ';', '\n']);
        sentences.map(|sentence| sentence.split_whitespace().count()).max().unwrap_or_default()
    }
}

/// A place in the sources that asks for a message.
struct Usage {
    file: PathBuf,
    id: String,
    /// The names of the values given, where they can be told.
    values: Option<BTreeSet<String>>,
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
    let crates: Vec<Crate> = names
        .filter(|name| root.join(name).join("messages").is_dir())
        .map(|name| read_crate(name, &root.join(name)))
        .collect();
    assert!(!crates.is_empty(), "no message files were found");
    crates
}

fn read_crate(name: &str, folder: &Path) -> Crate {
    let mut unit = Crate {
        name: name.to_owned(),
        indonesian: read_messages(&folder.join("messages/id")),
        english: read_messages(&folder.join("messages/en")),
        usages: Vec::new(),
        literals: BTreeSet::new(),
    };
    for file in files_under(&folder.join("src"), "rs") {
        let source = fs::read_to_string(&file).unwrap();
        let tokens: TokenStream =
            source.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        collect_literals(tokens.clone(), &mut unit.literals);
        unit.usages.extend(usages_in(tokens, &file));
    }
    unit
}

fn read_messages(folder: &Path) -> Messages {
    let mut messages = Messages::new();
    for file in files_under(folder, "ftl") {
        let source = fs::read_to_string(&file).unwrap();
        let resource = fluent_syntax::parser::parse(source.as_str())
            .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", file.display()));
        for entry in &resource.body {
            let ast::Entry::Message(message) = entry else { continue };
            let id = message.id.name.to_owned();
            let attributes = message.attributes.iter();
            let parts =
                message.value.iter().map(|pattern| (id.clone(), pattern)).chain(
                    attributes.map(|attribute| (format!("{id}.{}", attribute.id.name), &attribute.value)),
                );
            for (id, pattern) in parts {
                let mut message = Message::default();
                read_pattern(pattern, &mut message);
                assert!(
                    messages.insert(id.clone(), message).is_none(),
                    "{}: {id} stands twice",
                    file.display()
                );
            }
        }
    }
    messages
}

fn read_pattern(pattern: &ast::Pattern<&str>, message: &mut Message) {
    for element in &pattern.elements {
        match element {
            ast::PatternElement::TextElement { value } => message.text.push_str(value),
            ast::PatternElement::Placeable { expression } => read_expression(expression, message),
        }
    }
}

fn read_expression(expression: &ast::Expression<&str>, message: &mut Message) {
    match expression {
        ast::Expression::Inline(inline) => read_inline(inline, message),
        ast::Expression::Select { selector, variants } => {
            let mut ignored = Message::default();
            read_inline(selector, &mut ignored);
            message.variables.append(&mut ignored.variables);
            for variant in variants {
                read_pattern(&variant.value, message);
                // Only one variant is shown: each is a sentence of its own here.
                message.text.push('\n');
            }
        }
    }
}

fn read_inline(inline: &ast::InlineExpression<&str>, message: &mut Message) {
    match inline {
        ast::InlineExpression::StringLiteral { value } => message.text.push_str(value),
        ast::InlineExpression::VariableReference { id } => {
            message.text.push('x');
            message.variables.insert(id.name.to_owned());
        }
        ast::InlineExpression::Placeable { expression } => read_expression(expression, message),
        other => panic!("the gate does not know {other:?}"),
    }
}

fn collect_literals(tokens: TokenStream, literals: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_literals(group.stream(), literals),
            TokenTree::Literal(_) => literals.extend(literal(&token)),
            _ => {}
        }
    }
}

fn usages_in(tokens: TokenStream, file: &Path) -> Vec<Usage> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut usages = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let usage = |id: String, values| Usage { file: file.to_owned(), id, values };
        if let TokenTree::Group(group) = token {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let called = index.checked_sub(1).and_then(|before| tokens.get(before)).map(ToString::to_string);
            let called = called.filter(|_| group.delimiter() == Delimiter::Parenthesis).unwrap_or_default();
            if let Some(id) = inner.first().and_then(literal).filter(|_| LOOKUPS.contains(&called.as_str())) {
                usages.push(usage(id, values_of_lookup(&inner)));
            } else if let Some(id) =
                inner.iter().find_map(|token| literal(token).filter(|id| is_of_a_family(id)))
            {
                let values = (called == "new").then(|| values_of_chain(&tokens, index));
                usages.push(usage(id, values));
            }
            usages.extend(usages_in(group.stream(), file));
        }
    }
    usages
}

/// The names in `&[("name", value), ...]`; `None` if the values are not written out on the spot.
fn values_of_lookup(arguments: &[TokenTree]) -> Option<BTreeSet<String>> {
    let list = match arguments.get(2..)? {
        [TokenTree::Punct(reference), TokenTree::Group(list), ..] if reference.as_char() == '&' => list,
        _ => return None,
    };
    let tuples = list.stream().into_iter().filter_map(|token| match token {
        TokenTree::Group(tuple) => Some(tuple),
        _ => None,
    });
    Some(tuples.filter_map(|tuple| first_literal(&tuple)).collect())
}

/// The names in `.with("name", value)` that follow a call.
fn values_of_chain(tokens: &[TokenTree], call: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = tokens.get(call + 1..).unwrap_or_default();
    while let [TokenTree::Punct(_), TokenTree::Ident(method), TokenTree::Group(arguments), after @ ..] = rest
    {
        if method != "with" {
            break;
        }
        names.extend(first_literal(arguments));
        rest = after;
    }
    names
}

fn first_literal(group: &Group) -> Option<String> {
    literal(&group.stream().into_iter().next()?)
}

fn is_of_a_family(id: &str) -> bool {
    FAMILIES.iter().any(|family| id.len() > family.len() && id.starts_with(family))
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
}

/// The text of a plain string literal.
fn literal(token: &TokenTree) -> Option<String> {
    let text = token.to_string();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.to_owned())
}

fn files_under(folder: &Path, extension: &str) -> Vec<PathBuf> {
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
