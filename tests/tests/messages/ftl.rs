//! Message files, read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_syntax::ast;

use crate::files_under;

/// The messages of one language, attributes as `id.attribute`.
pub(crate) type Messages = BTreeMap<String, Message>;

#[derive(Default)]
pub(crate) struct Message {
    /// The text, with a single letter for each value.
    pub(crate) text: String,
    pub(crate) variables: BTreeSet<String>,
}

impl Message {
    pub(crate) fn words(&self) -> usize {
        self.text.split_whitespace().count()
    }

    pub(crate) fn longest_sentence(&self) -> usize {
        let sentences = self.text.split(['.', '?', '!', ':', ';', '\n']);
        sentences.map(|sentence| sentence.split_whitespace().count()).max().unwrap_or_default()
    }
}

/// Reads every message file below a folder.
pub(crate) fn read_messages(folder: &Path) -> Messages {
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
