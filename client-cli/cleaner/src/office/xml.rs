//! XML parts: copied element by element, without comments, instructions and what the rules take out.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::source::{DAMAGED, Stop, UNSUPPORTED};

/// How deep elements may stand inside each other.
const MAX_DEPTH: usize = 1000;

/// The beginning of every part.
pub(super) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    /// It goes, with everything inside.
    Drop,
    /// It stays, without the text inside.
    Hollow,
}

/// What becomes of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Keep,
    Drop,
    /// It stays, with another value.
    Become(String),
}

/// Decides what stays of a part.
pub(super) trait Rules {
    /// Decides about an element, by its name without prefix, the names around it and its attributes.
    fn element(&mut self, name: &str, around: &[String], tag: &Tag) -> Fate;

    /// Decides about an attribute of an element; `key` is its whole name.
    fn attribute(&mut self, element: &str, key: &str, value: &str) -> Value;

    /// Takes notice of a comment or an instruction.
    fn note(&mut self) {}
}

/// An element's name and attributes, values as they were written.
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

impl Tag {
    fn read(start: &BytesStart<'_>) -> Result<Self, Stop> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| DAMAGED)?;
            attributes.push((attribute.key.0.to_owned(), attribute.value.replace('"', "&quot;")));
        }
        Ok(Self { name: start.name().0.to_owned(), attributes })
    }

    /// Returns the value of the attribute with a name, prefix left out.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| local(key) == name).map(|(_, value)| value.as_str())
    }

    fn write(&self, rules: &mut dyn Rules, end: &str, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (key, value) in &self.attributes {
            let value = match rules.attribute(local(&self.name), key, value) {
                Value::Keep => value.clone(),
                Value::Drop => continue,
                Value::Become(other) => other,
            };
            out.push_str(&format!(" {key}=\"{value}\""));
        }
        out.push_str(end);
    }
}

/// Returns a name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Copies a part.
pub(super) fn scrub(bytes: &[u8], rules: &mut dyn Rules) -> Result<Vec<u8>, Stop> {
    let text = std::str::from_utf8(bytes).map_err(|_| UNSUPPORTED)?;
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut out = String::from(HEAD);
    let mut around: Vec<String> = Vec::new();
    // Depth at which an element was opened whose inside, or text, goes.
    let (mut dropped, mut hollow) = (None, None);
    loop {
        let event = reader.read_event().map_err(|_| DAMAGED)?;
        let shown = dropped.is_none();
        match event {
            Event::Start(start) => {
                let tag = Tag::read(&start)?;
                if shown {
                    let fate = rules.element(local(&tag.name), &around, &tag);
                    if fate == Fate::Drop {
                        dropped = Some(around.len());
                    } else {
                        tag.write(rules, ">", &mut out);
                    }
                    if fate == Fate::Hollow && hollow.is_none() {
                        hollow = Some(around.len());
                    }
                }
                around.push(local(&tag.name).to_owned());
                if around.len() > MAX_DEPTH {
                    return Err(DAMAGED);
                }
            }
            Event::Empty(start) if shown => {
                let tag = Tag::read(&start)?;
                if rules.element(local(&tag.name), &around, &tag) != Fate::Drop {
                    tag.write(rules, "/>", &mut out);
                }
            }
            Event::End(end) => {
                around.pop();
                if shown {
                    out.push_str(&format!("</{}>", end.name().0));
                }
                dropped = dropped.filter(|depth| *depth != around.len());
                hollow = hollow.filter(|depth| *depth != around.len());
            }
            Event::DocType(_) => return Err(UNSUPPORTED),
            Event::Comment(_) | Event::PI(_) => rules.note(),
            Event::Decl(decl) => {
                let encoding = decl.encoding().transpose().map_err(|_| DAMAGED)?;
                if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
                    return Err(UNSUPPORTED);
                }
            }
            Event::Eof if around.is_empty() && out.len() > HEAD.len() => return Ok(out.into_bytes()),
            Event::Eof => return Err(DAMAGED),
            words => text_of(&words, shown && hollow.is_none() && !around.is_empty(), &mut out)?,
        }
    }
}

fn text_of(words: &Event<'_>, shown: bool, out: &mut String) -> Result<(), Stop> {
    match words {
        Event::GeneralRef(name) => {
            let name: &str = name;
            let known = matches!(name, "lt" | "gt" | "amp" | "quot" | "apos") || name.starts_with('#');
            if !known {
                return Err(UNSUPPORTED);
            }
            out.push_str(&if shown { format!("&{name};") } else { String::new() });
        }
        Event::Text(text) if shown => out.push_str(text),
        Event::CData(text) if shown => out.push_str(&format!("<![CDATA[{}]]>", &**text)),
        _ => {}
    }
    Ok(())
}
