//! Reads the objects of a PDF (ISO 32000-1, 7.2 and 7.3).

use super::object::{Dict, Object, Whole};
use crate::bytes::find;
use crate::source::{DAMAGED, Stop};

/// How deep arrays and dictionaries may stand inside each other.
const MAX_DEPTH: usize = 64;

/// A place in a file, and what is read from there.
pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Steps over white space and comments.
    pub(super) fn space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let line = self.rest().iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                self.at = line.map_or(self.bytes.len(), |line| self.at + line);
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Takes a keyword if it comes next.
    pub(super) fn word(&mut self, word: &[u8]) -> bool {
        self.space();
        let found = self.rest().starts_with(word)
            && self.bytes.get(self.at + word.len()).is_none_or(|next| !is_regular(*next));
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Takes a whole number that is not negative.
    pub(super) fn whole(&mut self) -> Option<u64> {
        self.space();
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.rest().get(..digits)?;
        let number = std::str::from_utf8(text).ok()?.parse().ok()?;
        self.at += digits;
        Some(number)
    }

    pub(super) fn object(&mut self) -> Result<Object, Stop> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Object, Stop> {
        if depth > MAX_DEPTH {
            return Err(DAMAGED);
        }
        self.space();
        match self.peek().ok_or(DAMAGED)? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.text(),
            b'[' => self.array(depth),
            b'<' if self.rest().starts_with(b"<<") => self.dict(depth).map(Object::Dict),
            b'<' => self.hex(),
            b'+' | b'-' | b'.' | b'0'..=b'9' => Ok(self.reference().unwrap_or_else(|| self.number())),
            _ if self.word(b"true") => Ok(Object::Bool(true)),
            _ if self.word(b"false") => Ok(Object::Bool(false)),
            _ if self.word(b"null") => Ok(Object::Null),
            _ => Err(DAMAGED),
        }
    }

    fn reference(&mut self) -> Option<Object> {
        let start = self.at;
        let number = self.whole().and_then(|number| u32::try_from(number).ok());
        let found =
            number.filter(|_| self.peek().is_some_and(is_space) && self.whole().is_some() && self.word(b"R"));
        if found.is_none() {
            self.at = start;
        }
        found.map(Object::Ref)
    }

    fn number(&mut self) -> Object {
        let len =
            self.rest().iter().take_while(|byte| matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9')).count();
        let digits = self.rest().get(..len).unwrap_or_default().to_vec();
        self.at += len;
        Object::Number(digits)
    }

    fn name(&mut self) -> Result<Vec<u8>, Stop> {
        self.at += 1;
        let len = self.rest().iter().take_while(|byte| is_regular(**byte)).count();
        let mut rest = self.rest().get(..len).ok_or(DAMAGED)?;
        self.at += len;
        let mut name = Vec::with_capacity(len);
        while let Some((byte, after)) = rest.split_first() {
            let escaped = after.get(..2).filter(|_| *byte == b'#').and_then(hex_byte);
            name.push(escaped.unwrap_or(*byte));
            rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
        }
        Ok(name)
    }

    fn array(&mut self, depth: usize) -> Result<Object, Stop> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.nested(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Dict, Stop> {
        self.at += 2;
        let mut dict = Dict::default();
        loop {
            self.space();
            match self.peek().ok_or(DAMAGED)? {
                b'>' if self.rest().starts_with(b">>") => {
                    self.at += 2;
                    return Ok(dict);
                }
                b'/' => {
                    let key = self.name()?;
                    let value = self.nested(depth + 1)?;
                    dict.0.push((key, value));
                }
                _ => return Err(DAMAGED),
            }
        }
    }

    fn hex(&mut self) -> Result<Object, Stop> {
        self.at += 1;
        let len = self.rest().iter().position(|byte| *byte == b'>').ok_or(DAMAGED)?;
        let text = self.rest().get(..len).ok_or(DAMAGED)?;
        self.at += len + 1;
        let mut digits: Vec<u8> = text.iter().copied().filter(|byte| !is_space(*byte)).collect();
        if digits.len() % 2 == 1 {
            digits.push(b'0');
        }
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(hex_byte).collect();
        bytes.map(Object::Text).ok_or(DAMAGED)
    }

    fn text(&mut self) -> Result<Object, Stop> {
        self.at += 1;
        let mut text = Vec::new();
        let mut open = 1;
        while open > 0 {
            let byte = self.peek().ok_or(DAMAGED)?;
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => {
                    self.escape(&mut text)?;
                    continue;
                }
                _ => {}
            }
            if open > 0 {
                text.push(byte);
            }
        }
        Ok(Object::Text(text))
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Stop> {
        let byte = self.peek().ok_or(DAMAGED)?;
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'0'..=b'7' => {
                let mut number = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    number = number * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push(u8::try_from(number & 0xFF).unwrap_or_default());
            }
            other => text.push(other),
        }
        Ok(())
    }

    /// Reads an object with its number; `length` finds the length of a stream that stands elsewhere.
    pub(super) fn numbered(&mut self, length: impl Fn(u32) -> Option<u64>) -> Result<(u32, Whole), Stop> {
        let number = self.whole().and_then(|number| u32::try_from(number).ok()).ok_or(DAMAGED)?;
        let sound = self.whole().is_some() && self.word(b"obj");
        if !sound {
            return Err(DAMAGED);
        }
        let object = self.object()?;
        let Object::Dict(dict) = object else { return Ok((number, Whole::Plain(object))) };
        if !self.word(b"stream") {
            return Ok((number, Whole::Plain(Object::Dict(dict))));
        }
        self.at += usize::from(self.peek() == Some(b'\r'));
        self.at += usize::from(self.peek() == Some(b'\n'));
        let said = match dict.get(b"Length") {
            Some(Object::Ref(other)) => length(*other),
            Some(value) => value.number(),
            None => None,
        };
        let data = self.stream_data(said)?;
        Ok((number, Whole::Stream(dict, data)))
    }

    /// Takes as many bytes as are said, or, if that is wrong, up to the end that is written.
    fn stream_data(&mut self, said: Option<u64>) -> Result<Vec<u8>, Stop> {
        let start = self.at;
        if let Some(data) = said.and_then(|len| self.rest().get(..usize::try_from(len).ok()?)) {
            self.at += data.len();
            if self.word(b"endstream") {
                return Ok(data.to_vec());
            }
            self.at = start;
        }
        let len = find(self.rest(), b"endstream").ok_or(DAMAGED)?;
        let data = self.rest().get(..len).ok_or(DAMAGED)?;
        self.at += len + b"endstream".len();
        let data = data.strip_suffix(b"\n").unwrap_or(data);
        Ok(data.strip_suffix(b"\r").unwrap_or(data).to_vec())
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !b"()<>[]{}/%".contains(&byte)
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let text =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}
