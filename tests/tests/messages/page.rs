//! Where the reporter's page asks for messages: its TypeScript as tokens, as far as this gate needs them.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

use crate::Usage;

/// Functions whose first argument is the id of a message, and the attribute that they show.
const LOOKUPS: [(&str, &str); 2] = [("t", ""), ("advice", ".advice")];

/// A piece of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// Any other character.
    Sign(char),
    /// A string.
    Text(String),
    /// A template; each hole stands as `{x}`. What stands in the holes follows as tokens of its own.
    Template(String),
}

/// Parts a source into tokens. Strings stand in double quotes, as the formatter writes them.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    read_code(&mut source.chars().peekable(), &mut found);
    found
}

/// Returns the texts of strings and templates.
pub(crate) fn literals(tokens: &[Token]) -> impl Iterator<Item = &String> {
    tokens.iter().filter_map(|token| match token {
        Token::Text(text) | Token::Template(text) => Some(text),
        _ => None,
    })
}

/// Returns every place that asks for a message by an id that is written out.
pub(crate) fn usages_in(tokens: &[Token], file: &Path) -> Vec<Usage> {
    let mut usages = Vec::new();
    for (index, window) in tokens.windows(2).enumerate() {
        let [Token::Word(called), Token::Sign('(')] = window else { continue };
        let Some((_, attribute)) = LOOKUPS.iter().find(|(name, _)| name == called) else { continue };
        let (ids, rest) = ids_of_argument(&tokens[index + 2..]);
        let values = values_of_argument(rest);
        usages.extend(ids.into_iter().map(|id| Usage {
            file: file.to_owned(),
            id: format!("{id}{attribute}"),
            values: values.clone(),
        }));
    }
    usages
}

/// Returns the ids of the first argument, of which a condition may choose one, and what follows the argument.
fn ids_of_argument(tokens: &[Token]) -> (Vec<&str>, &[Token]) {
    let mut ids = Vec::new();
    let (mut depth, mut last) = (0, '(');
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign(',' | ')') if depth == 0 => return (ids, &tokens[index..]),
            Token::Sign(sign) => {
                depth += change_of_depth(*sign);
                last = *sign;
            }
            Token::Text(id) => {
                let ends = matches!(tokens.get(index + 1), Some(Token::Sign(',' | ')' | ':')));
                if depth == 0 && ends && matches!(last, '(' | '?' | ':') {
                    ids.push(id.as_str());
                }
                last = ' ';
            }
            _ => last = ' ',
        }
    }
    (ids, &[])
}

/// Returns the names in `, { name: value, other }`; `None` if the values are not written out on the spot.
fn values_of_argument(rest: &[Token]) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let inside = match rest {
        [Token::Sign(')'), ..] => return Some(names),
        [Token::Sign(','), Token::Sign('{'), inside @ ..] => inside,
        _ => return None,
    };
    let (mut depth, mut begins) = (0, true);
    for token in inside {
        match token {
            Token::Sign('}') if depth == 0 => return Some(names),
            Token::Sign('.') if begins => return None,
            Token::Sign(sign) => {
                depth += change_of_depth(*sign);
                begins = depth == 0 && *sign == ',';
            }
            Token::Word(name) | Token::Text(name) => {
                if begins {
                    names.insert(name.clone());
                }
                begins = false;
            }
            Token::Template(_) => begins = false,
        }
    }
    None
}

fn change_of_depth(sign: char) -> i32 {
    match sign {
        '(' | '[' | '{' => 1,
        ')' | ']' | '}' => -1,
        _ => 0,
    }
}

/// Reads until the brace that closes the code, or the end.
fn read_code(source: &mut Peekable<Chars<'_>>, found: &mut Vec<Token>) {
    let mut depth = 0;
    while let Some(c) = source.next() {
        match c {
            '/' if source.peek() == Some(&'/') => while source.next_if(|&c| c != '\n').is_some() {},
            '/' if source.peek() == Some(&'*') => skip_comment(source),
            '"' => read_text(source, found),
            '`' => read_template(source, found),
            '}' if depth == 0 => return,
            c if is_of_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = source.next_if(|&c| is_of_word(c)) {
                    word.push(c);
                }
                found.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            c => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                found.push(Token::Sign(c));
            }
        }
    }
}

fn skip_comment(source: &mut Peekable<Chars<'_>>) {
    let mut last = ' ';
    source.next();
    for c in source.by_ref() {
        if (last, c) == ('*', '/') {
            return;
        }
        last = c;
    }
}

/// Reads a string; a quote that no quote of the same line ends was none.
fn read_text(source: &mut Peekable<Chars<'_>>, found: &mut Vec<Token>) {
    let mut text = String::new();
    while let Some(c) = source.next_if(|&c| c != '\n') {
        match c {
            '"' => return found.push(Token::Text(text)),
            '\\' => text.extend(source.next()),
            c => text.push(c),
        }
    }
}

fn read_template(source: &mut Peekable<Chars<'_>>, found: &mut Vec<Token>) {
    let (mut text, mut inside) = (String::new(), Vec::new());
    while let Some(c) = source.next() {
        match c {
            '`' => break,
            '\\' => text.extend(source.next()),
            '$' if source.next_if_eq(&'{').is_some() => {
                text.push_str("{x}");
                read_code(source, &mut inside);
            }
            c => text.push(c),
        }
    }
    found.push(Token::Template(text));
    found.append(&mut inside);
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
