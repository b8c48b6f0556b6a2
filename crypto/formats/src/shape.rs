//! The outer shape of a sealed report, judged by its bytes alone, before anything is stored or any age code runs.
//!
//! Header: `age-encryption.org/v1`, then for each desk of the card a line `-> mlkem768x25519` with 1494 base64
//! symbols and a body line of 43, then `---` with 43. All reports of a card look alike, whoever can open them.

use crate::padding::{MAX_DESKS, TEXT_SIZE, header_len, padded_size_of};

/// Sealed bytes do not have the one shape that reports have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// The header is not the fixed sequence of lines.
    #[error("the sealed file does not have the header of a report")]
    Header,
    /// The header has another number of stanzas than the card has desks.
    #[error("the sealed file is made for another number of desks")]
    Desks,
    /// The length is not one of the listed ones.
    #[error("the length of the sealed file is not one of the listed ones")]
    Length,
}

/// The outer shape of a sealed report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    desks: usize,
    padded: u64,
}

impl Shape {
    /// Judges a sealed report by its first bytes (at least [`MAX_HEADER_LEN`], or all there are) and its length.
    pub fn judge(first: &[u8], len: u64) -> Result<Self, ShapeError> {
        Self::of_len(len, header_desks(first)?)
    }

    /// Returns the shape of a sealed report of `len` bytes with `desks` stanzas.
    pub fn of_len(len: u64, desks: usize) -> Result<Self, ShapeError> {
        let padded = padded_size_of(len, desks).ok_or(ShapeError::Length)?;
        Ok(Self { desks, padded })
    }

    /// Returns the number of stanzas.
    pub const fn desks(self) -> usize {
        self.desks
    }

    /// Returns the padded size inside, in bytes.
    pub const fn padded(self) -> u64 {
        self.padded
    }

    /// Tells whether this is the one size of text reports.
    pub const fn is_text(self) -> bool {
        self.padded == TEXT_SIZE
    }

    /// Returns the length of the header, in bytes.
    pub const fn header_len(self) -> u64 {
        header_len(self.desks)
    }
}

/// The longest header of a report, in bytes: 12,526 for [`MAX_DESKS`] stanzas.
pub const MAX_HEADER_LEN: usize = 70 + 1557 * MAX_DESKS;

const VERSION: &[u8] = b"age-encryption.org/v1\n";
const STANZA: &[u8] = b"-> mlkem768x25519 ";
const ENC_SYMBOLS: usize = 1494;
const BODY_SYMBOLS: usize = 43;
const MAC: &[u8] = b"--- ";
const MAC_SYMBOLS: usize = 43;

/// Returns the number of stanzas of the header at the start of `bytes`: from 1 to [`MAX_DESKS`].
pub fn header_desks(bytes: &[u8]) -> Result<usize, ShapeError> {
    let mut rest = bytes.strip_prefix(VERSION).ok_or(ShapeError::Header)?;
    for desks in 0..=MAX_DESKS {
        if let Some(mac) = rest.strip_prefix(MAC) {
            symbols_line(mac, MAC_SYMBOLS)?;
            return if desks == 0 { Err(ShapeError::Header) } else { Ok(desks) };
        }
        let enc = rest.strip_prefix(STANZA).ok_or(ShapeError::Header)?;
        rest = symbols_line(symbols_line(enc, ENC_SYMBOLS)?, BODY_SYMBOLS)?;
    }
    Err(ShapeError::Header)
}

/// Takes a line of exactly `count` base64 symbols and LF; returns what follows.
fn symbols_line(bytes: &[u8], count: usize) -> Result<&[u8], ShapeError> {
    let (line, rest) = bytes.split_at_checked(count).ok_or(ShapeError::Header)?;
    let symbol = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    if line.iter().all(symbol) {
        rest.strip_prefix(b"\n").ok_or(ShapeError::Header)
    } else {
        Err(ShapeError::Header)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::padding::sealed_len;

    fn header(desks: usize) -> Vec<u8> {
        let stanza = format!("-> mlkem768x25519 {}\n{}\n", "A".repeat(1494), "B".repeat(43));
        format!("age-encryption.org/v1\n{}--- {}\n", stanza.repeat(desks), "C".repeat(43)).into_bytes()
    }

    #[test]
    fn headers_have_the_length_that_padding_says() {
        for desks in 1..=MAX_DESKS {
            let header = header(desks);
            assert_eq!(header.len() as u64, header_len(desks));
            assert_eq!(header_desks(&header), Ok(desks));
            let shape = Shape::judge(&header, sealed_len(desks, TEXT_SIZE)).unwrap();
            assert!(shape.is_text() && shape.desks() == desks);
        }
        assert_eq!(header(MAX_DESKS).len(), MAX_HEADER_LEN);
    }

    #[test]
    fn other_headers_are_refused() {
        for bad in [header(0), header(9), Vec::new(), vec![0; 20_000], header(1).split_off(1)] {
            assert_eq!(header_desks(&bad), Err(ShapeError::Header));
        }
        let good = header(2);
        for place in 0..good.len() {
            let mut bad = good.clone();
            *bad.get_mut(place).unwrap() = b'*';
            assert_eq!(header_desks(&bad), Err(ShapeError::Header), "{place}");
            assert_eq!(header_desks(good.get(..place).unwrap()), Err(ShapeError::Header), "{place}");
        }
        assert_eq!(Shape::judge(&good, 40_000), Err(ShapeError::Length));
    }
}
