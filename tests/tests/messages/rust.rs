//! Where the programs ask for messages: their sources as tokens.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::Usage;

/// Functions whose first argument is the id of a message and whose second are its values.
const LOOKUPS: [&str; 6] = ["find", "has", "progress", "status", "text", "warn"];

/// Beginnings of ids; a literal of this shape is an id wherever it stands.
const FAMILIES: [&str; 5] = ["ask-", "err-", "error-", "usage-", "warn-"];

/// Adds the texts of all string literals.
pub(crate) fn collect_literals(tokens: TokenStream, literals: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_literals(group.stream(), literals),
            TokenTree::Literal(_) => literals.extend(literal(&token)),
            _ => {}
        }
    }
}

/// Returns every place that asks for a message.
pub(crate) fn usages_in(tokens: TokenStream, file: &Path) -> Vec<Usage> {
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
