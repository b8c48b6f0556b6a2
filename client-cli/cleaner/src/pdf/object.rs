//! Objects of a PDF, and how they are written.

/// An object that stands inside another, or alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    Null,
    Bool(bool),
    /// As it was written.
    Number(Vec<u8>),
    /// Without the slash, escapes undone.
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    Ref(u32),
}

/// The entries of a dictionary, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dict(pub(super) Vec<(Vec<u8>, Object)>);

/// An object with a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Whole {
    Plain(Object),
    Stream(Dict, Vec<u8>),
}

impl Dict {
    /// Returns the value of the first entry with a name.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Object> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(super) fn number(&self, name: &[u8]) -> Option<u64> {
        self.get(name)?.number()
    }

    pub(super) fn is(&self, name: &[u8], value: &[u8]) -> bool {
        matches!(self.get(name), Some(Object::Name(found)) if found == value)
    }

    pub(super) fn put(&mut self, name: &[u8], value: Object) {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.to_vec(), value));
    }
}

impl Object {
    /// Returns a number that is whole and not negative.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn name(name: &[u8]) -> Self {
        Self::Name(name.to_vec())
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Number(digits) => out.extend_from_slice(digits),
            Self::Name(name) => write_name(name, out),
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    out.extend_from_slice(if index == 0 { b"" } else { b" " });
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Dict(dict) => dict.write(out),
            Self::Ref(number) => out.extend_from_slice(format!("{number} 0 R").as_bytes()),
        }
    }
}

impl Dict {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<<");
        for (key, value) in &self.0 {
            write_name(key, out);
            out.push(b' ');
            value.write(out);
        }
        out.extend_from_slice(b">>");
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_graphic() && !b"()<>[]{}/%#".contains(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("#{byte:02X}").as_bytes());
        }
    }
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'(');
    for byte in text {
        match byte {
            b'(' | b')' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\r' => out.extend_from_slice(b"\\r"),
            _ => out.push(*byte),
        }
    }
    out.push(b')');
}
