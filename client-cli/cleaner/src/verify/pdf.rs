//! A clean PDF: exactly the layout that the first pass writes, with no byte between objects, no object that nothing
//! leads to, and none of the names under which traces stand.

use std::collections::BTreeSet;
use std::io::Cursor;

use super::{hold, jpeg};
use crate::source::{DAMAGED, Source, Stop, TOO_LARGE};
use crate::types::CleanError;

/// Names of entries that tell something of makers, times or programs, or that run or carry something.
const FORBIDDEN: [&[u8]; 33] = [
    b"Author",
    b"Creator",
    b"Producer",
    b"Keywords",
    b"Subject",
    b"CreationDate",
    b"ModDate",
    b"LastModified",
    b"Info",
    b"Metadata",
    b"PieceInfo",
    b"Private",
    b"Thumb",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"EF",
    b"JavaScript",
    b"JS",
    b"XFA",
    b"OpenAction",
    b"Perms",
    b"Legal",
    b"DSS",
    b"Encrypt",
    b"StructTreeRoot",
    b"OPI",
    b"Usage",
    b"Alternates",
    b"SpiderInfo",
    b"OutputIntents",
    b"Collection",
    b"ByteRange",
    b"Lang",
];

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    let len = usize::try_from(source.len()).ok().filter(|len| *len as u64 <= 2 * crate::MAX_DOCUMENT);
    let bytes = source.at_most(0, len.ok_or(TOO_LARGE)?)?;
    let places = places(&bytes).ok_or(DAMAGED)?;
    let mut met = BTreeSet::from([1]);
    let mut at = 15;
    for (number, place) in (1_u32..).zip(&places) {
        hold(*place == at)?;
        at = object(&bytes, at, number, &mut met)?;
    }
    hold(bytes.get(at..at + 5) == Some(b"xref\n"))?;
    hold(met.len() == places.len() && met.last().is_some_and(|last| *last as usize == places.len()))
}

/// Reads the table at the end and returns the places of the objects.
fn places(bytes: &[u8]) -> Option<Vec<usize>> {
    let body = bytes.strip_suffix(b"\n%%EOF\n")?;
    let digits = body.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, start) = body.split_at_checked(body.len().checked_sub(digits)?)?;
    let start: usize = std::str::from_utf8(start).ok()?.parse().ok()?;
    let table = before.strip_suffix(b"startxref\n")?.get(start..)?;
    let text = std::str::from_utf8(table).ok()?;
    let (size, entries) = text.strip_prefix("xref\n0 ")?.split_once('\n')?;
    let count = size.parse::<usize>().ok()?.checked_sub(1)?;
    let entries = entries.strip_prefix("0000000000 65535 f \n")?;
    let end = count.checked_mul(20)?;
    if entries.get(end..)? != format!("trailer\n<</Size {size}/Root 1 0 R>>\n") {
        return None;
    }
    let entries = entries.get(..end)?.as_bytes().chunks(20);
    entries
        .map(|entry| {
            let (place, rest) = std::str::from_utf8(entry).ok()?.split_once(' ')?;
            (rest == "00000 n \n").then(|| place.parse().ok()).flatten()
        })
        .collect()
}

/// Judges one object and returns where the next begins.
fn object(bytes: &[u8], at: usize, number: u32, met: &mut BTreeSet<u32>) -> Result<usize, Stop> {
    let head = format!("{number} 0 obj\n");
    let mut tokens = Tokens { bytes, at: at + head.len() };
    hold(bytes.get(at..tokens.at) == Some(head.as_bytes()))?;
    let top = value(&mut tokens, met)?;
    let rest = bytes.get(tokens.at..).unwrap_or_default();
    let Some(data) = rest.strip_prefix(b"\nstream\n") else {
        hold(rest.starts_with(b"\nendobj\n"))?;
        return Ok(tokens.at + 8);
    };
    let len = top.length.ok_or(DAMAGED)?;
    let (data, after) = data.split_at_checked(len).ok_or(DAMAGED)?;
    let tail = b"\nendstream\nendobj\n";
    hold(after.starts_with(tail))?;
    if top.is_photo || data.starts_with(b"\xff\xd8") {
        let mut cursor = Cursor::new(data);
        let mut photo = Source::new(&mut cursor).map_err(|error| match error {
            CleanError::Read(error) => Stop::Read(error),
            _ => DAMAGED,
        })?;
        jpeg::judge(&mut photo)?;
    }
    Ok(tokens.at + 8 + len + tail.len())
}

/// What the outermost dictionary of an object says.
#[derive(Default)]
struct Top {
    length: Option<usize>,
    is_photo: bool,
}

#[derive(PartialEq, Eq, Clone, Debug)]
enum Token<'a> {
    Open,
    Close,
    OpenList,
    CloseList,
    Name(&'a [u8]),
    Text(&'a [u8]),
    Word(&'a [u8]),
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        while self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        let rest = self.bytes.get(self.at..)?;
        let regular = |rest: &[u8]| {
            rest.iter().take_while(|byte| byte.is_ascii_graphic() && !b"()<>[]{}/%".contains(byte)).count()
        };
        let (token, len) = match rest {
            [b'<', b'<', ..] => (Token::Open, 2),
            [b'>', b'>', ..] => (Token::Close, 2),
            [b'[', ..] => (Token::OpenList, 1),
            [b']', ..] => (Token::CloseList, 1),
            [b'/', name @ ..] => (Token::Name(name.get(..regular(name))?), 1 + regular(name)),
            [b'(', ..] => (Token::Text(rest.get(1..text_len(rest)?)?), text_len(rest)?),
            _ => (Token::Word(rest.get(..regular(rest)).filter(|word| !word.is_empty())?), regular(rest)),
        };
        self.at += len;
        Some(token)
    }
}

/// Returns the length of a text; inside, brackets stand only behind a backslash.
fn text_len(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match rest.get(at)? {
            b'\\' => at += 2,
            b')' => return Some(at + 1),
            b'(' => return None,
            _ => at += 1,
        }
    }
}

/// A dictionary or list that is open.
struct Open<'a> {
    is_dict: bool,
    /// In a dictionary: the names so far, and whether a name comes next.
    names: Vec<&'a [u8]>,
    wants_name: bool,
    is_widget: bool,
}

/// Judges a value and returns what its outermost dictionary says.
fn value<'a>(tokens: &mut Tokens<'a>, met: &mut BTreeSet<u32>) -> Result<Top, Stop> {
    let mut open: Vec<Open<'a>> = Vec::new();
    let mut top = Top::default();
    let mut words: Vec<&[u8]> = Vec::new();
    loop {
        let token = tokens.next().ok_or(DAMAGED)?;
        let depth = open.len();
        if let (Some(dict), Token::Name(name)) = (open.last_mut().filter(|dict| dict.wants_name), &token) {
            hold(!FORBIDDEN.contains(name) && !dict.names.contains(name))?;
            dict.names.push(name);
            dict.wants_name = false;
            words.clear();
            continue;
        }
        match &token {
            Token::Open | Token::OpenList => {
                let is_dict = token == Token::Open;
                open.push(Open { is_dict, names: Vec::new(), wants_name: is_dict, is_widget: false });
                hold(open.len() < 100)?;
                words.clear();
                continue;
            }
            Token::Close | Token::CloseList => {
                let closed = open.pop().ok_or(DAMAGED)?;
                hold(closed.is_dict == (token == Token::Close) && is_harmless(&closed))?;
            }
            Token::Name(name) => {
                let key = open.last().and_then(|dict| dict.names.last()).copied();
                if let Some(dict) = open.last_mut().filter(|_| key == Some(b"Subtype")) {
                    dict.is_widget = *name == b"Widget";
                }
                top.is_photo |= depth == 1 && key == Some(b"Filter") && *name == b"DCTDecode";
            }
            Token::Word(word) => {
                words.push(word);
                if open.last().is_some_and(|dict| dict.names.last() == Some(&b"Length".as_slice()))
                    && depth == 1
                {
                    top.length = number(word);
                }
                if let [.., number, b"0", b"R"] = words.as_slice() {
                    let number = self::number(number).and_then(|number| u32::try_from(number).ok());
                    met.insert(number.filter(|number| *number > 0).ok_or(DAMAGED)?);
                    words.clear();
                }
            }
            Token::Text(text) => {
                let target = text.to_ascii_lowercase();
                let is_link = open.last().and_then(|dict| dict.names.last()) == Some(&b"URI".as_slice());
                hold(!is_link || leads_out(&target))?;
            }
        }
        let follows = tokens.bytes.get(tokens.at..).unwrap_or_default();
        let goes_on = matches!(token, Token::Word(_)) && is_reference_next(follows, &words);
        if let Some(outer) = open.last_mut() {
            outer.wants_name = outer.is_dict && !goes_on;
        } else if !goes_on {
            return Ok(top);
        }
    }
}

/// Says whether a number is the first or second part of a reference.
fn is_reference_next(follows: &[u8], words: &[&[u8]]) -> bool {
    follows.starts_with(b" 0 R")
        || (words.last() == Some(&b"0".as_slice()) && words.len() > 1 && follows.starts_with(b" R"))
}

/// Says whether a link leads to a page of the web, or to an address.
fn leads_out(target: &[u8]) -> bool {
    [b"http://".as_slice(), b"https://", b"mailto:", b"tel:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Says whether a dictionary is no note with author, date or name.
fn is_harmless(dict: &Open<'_>) -> bool {
    let has = |name: &[u8]| dict.names.contains(&name);
    let is_note = has(b"Subtype") && has(b"Rect");
    let is_field = dict.is_widget || has(b"FT") || has(b"Kids");
    !(is_note && (has(b"M") || has(b"NM") || (has(b"T") && !is_field)))
}

fn number(word: &[u8]) -> Option<usize> {
    std::str::from_utf8(word).ok()?.parse().ok()
}
