//! Crockford base32, the alphabet of receipts, fingerprints and message ids.

use base32::Alphabet;

/// Returns the upper-case Crockford symbols of `bytes`, most significant bit first.
pub fn encode(bytes: &[u8]) -> String {
    base32::encode(Alphabet::Crockford, bytes)
}

/// Returns the bytes of `text` when it is exactly what [`encode`] writes for them, else `None`.
pub fn decode_strict(text: &str) -> Option<Vec<u8>> {
    let bytes = base32::decode(Alphabet::Crockford, text)?;
    (encode(&bytes) == text).then_some(bytes)
}

/// Returns what people type as canonical symbols: spaces and dashes dropped, upper case, O as 0, I and L as 1.
///
/// `Err` carries the position (counted in symbols, from 0) of the first character that is no symbol.
pub fn normalize(text: &str) -> Result<String, usize> {
    let typed = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'));
    typed
        .enumerate()
        .map(|(position, symbol)| match symbol.to_ascii_uppercase() {
            'O' => Ok('0'),
            'I' | 'L' => Ok('1'),
            'U' => Err(position),
            other if other.is_ascii_alphanumeric() => Ok(other),
            _ => Err(position),
        })
        .collect()
}

/// Returns `symbols` in groups of four with dashes between.
pub fn grouped(symbols: &str) -> String {
    let mut text = String::with_capacity(symbols.len() + symbols.len() / 4);
    for (place, symbol) in symbols.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(symbol);
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn normalize_takes_what_people_type() {
        assert_eq!(normalize("o0-iIlL 1a").unwrap(), "0011111A");
        assert_eq!(normalize("AB!C"), Err(2));
        assert_eq!(normalize("u"), Err(0));
    }

    #[test]
    fn decode_refuses_slack_bits_and_lower_case() {
        assert_eq!(decode_strict("ZZ"), None);
        assert_eq!(decode_strict("zw"), None);
        assert_eq!(decode_strict("ZW"), Some(vec![0xff]));
    }

    proptest! {
        #[test]
        fn decode_reads_what_encode_writes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(decode_strict(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn normalize_undoes_grouping(bytes in proptest::collection::vec(any::<u8>(), 20)) {
            let symbols = encode(&bytes);
            prop_assert_eq!(normalize(&grouped(&symbols).to_lowercase()), Ok(symbols));
        }
    }
}
