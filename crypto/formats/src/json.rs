//! Strict JSON, for everything that is sealed or signed.
//!
//! A document has exactly one spelling: keys in schema order, no insignificant white space, integers from 0 to
//! 2^53 - 1 in plain decimal, at most sixteen levels deep. The reader parses, writes again and compares bytes, so
//! that no two readers can understand one document differently.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A document is not strict JSON of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Longer than its format allows.
    #[error("the document is too long")]
    TooLong,
    /// Nested more than sixteen levels deep.
    #[error("the document is nested too deeply")]
    TooDeep,
    /// Not JSON of the expected schema: unknown, missing or duplicate field, wrong type or value.
    #[error("the document does not have the expected fields")]
    Schema,
    /// The same content in another spelling than the canonical one.
    #[error("the document is not written in its one canonical form")]
    NotCanonical,
}

/// The deepest nesting of objects and arrays: an option in a group of a form on a card lies fourteen deep.
const MAX_DEPTH: u32 = 16;

/// Returns the canonical bytes of a value.
pub fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, JsonError> {
    let bytes = serde_json::to_vec(value).map_err(|_| JsonError::Schema)?;
    check_depth(&bytes)?;
    Ok(bytes)
}

/// Reads a value from its canonical bytes, at most `max` of them.
pub fn from_json<T: Serialize + DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, JsonError> {
    if bytes.len() > max {
        return Err(JsonError::TooLong);
    }
    check_depth(bytes)?;
    let value: T = serde_json::from_slice(bytes).map_err(|_| JsonError::Schema)?;
    if to_json(&value)? == bytes { Ok(value) } else { Err(JsonError::NotCanonical) }
}

/// Counts brackets outside strings. Malformed text is left to the parser.
fn check_depth(bytes: &[u8]) -> Result<(), JsonError> {
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for byte in bytes {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
    }
    Ok(())
}

/// An integer from 0 to 2^53 - 1, the range that every JSON reader holds exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Count(u64);

impl Count {
    /// The greatest count, 2^53 - 1.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// Returns the number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u32> for Count {
    fn from(value: u32) -> Self {
        Self(value.into())
    }
}

impl TryFrom<u64> for Count {
    type Error = JsonError;

    fn try_from(value: u64) -> Result<Self, JsonError> {
        if value <= Self::MAX.0 { Ok(Self(value)) } else { Err(JsonError::Schema) }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        count: Count,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }

    fn read(text: &str) -> Result<Sample, JsonError> {
        from_json(text.as_bytes(), 1000)
    }

    #[test]
    fn canonical_documents_are_read() {
        let sample = read(r#"{"name":"é\n\u0001","count":9007199254740991}"#).unwrap();
        assert_eq!(sample.count, Count::MAX);
        assert_eq!(sample.name, "é\n\u{1}");
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let cases = [
            (r#"{"count":1,"name":"a"}"#, JsonError::NotCanonical),
            (r#"{"name":"a", "count":1}"#, JsonError::NotCanonical),
            (r#"{"name":"\u0061","count":1}"#, JsonError::NotCanonical),
            (r#"{"name":"\/","count":1}"#, JsonError::NotCanonical),
            (r#"{"name":"a","count":1,"note":null}"#, JsonError::NotCanonical),
            (r#"{"name":"a","count":1} "#, JsonError::NotCanonical),
            (r#"{"name":"a","count":1,"count":1}"#, JsonError::Schema),
            (r#"{"name":"a","count":1,"more":1}"#, JsonError::Schema),
            (r#"{"name":"a","count":1.0}"#, JsonError::Schema),
            (r#"{"name":"a","count":1e0}"#, JsonError::Schema),
            (r#"{"name":"a","count":-1}"#, JsonError::Schema),
            (r#"{"name":"a","count":01}"#, JsonError::Schema),
            (r#"{"name":"a","count":9007199254740992}"#, JsonError::Schema),
            (r#"{"name":"\ud800","count":1}"#, JsonError::Schema),
            ("\u{feff}{\"name\":\"a\",\"count\":1}", JsonError::Schema),
            (r#"{"name":"a"}"#, JsonError::Schema),
        ];
        for (text, error) in cases {
            assert_eq!(read(text), Err(error), "{text}");
        }
        assert_eq!(read(&format!(r#"{{"name":"{}","count":1}}"#, "a".repeat(1000))), Err(JsonError::TooLong));
        assert_eq!(
            from_json::<serde_json::Value>(b"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", 100),
            Err(JsonError::TooDeep)
        );
        assert!(from_json::<serde_json::Value>(br#"[[[[[[[["[\"["]]]]]]]]"#, 100).is_ok());
        assert_eq!(from_json::<Sample>(b"{\"name\":\"\xff\",\"count\":1}", 100), Err(JsonError::Schema));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(name in any::<String>(), count in 0..=Count::MAX.0, note in any::<Option<String>>()) {
            let sample = Sample { name, count: Count(count), note };
            let bytes = to_json(&sample).unwrap();
            prop_assert_eq!(from_json::<Sample>(&bytes, bytes.len()), Ok(sample));
        }
    }
}
