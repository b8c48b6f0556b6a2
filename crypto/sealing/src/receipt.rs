//! The receipt: 128 random bits and a check, the only thing a reporter keeps.
//!
//! `128 bits || CRC-12/GSM("bisik/receipt/1\n" || agency id || the 16 bytes)`, most significant bit first, is
//! written as 28 Crockford symbols in seven groups of four. The check finds every wrong symbol, every swap of
//! neighbours and every two wrong symbols; and since it covers the agency, a receipt of another agency is refused.

use base32::Alphabet;
use bisik_formats::crockford;
use bisik_formats::ids::AgencyId;
use crc::{CRC_12_GSM, Crc};
use rand::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::schedule::{ScheduleError, ThreadKeys};

/// Groups of symbols in the text of a receipt.
pub const GROUPS: usize = 7;
/// Symbols in a group.
pub const GROUP_LEN: usize = 4;

const SYMBOLS: usize = GROUPS * GROUP_LEN;
const SECRET_LEN: usize = 16;
/// Secret and check are 17.5 bytes; the last four bits of the last byte are zero.
const PACKED_LEN: usize = SECRET_LEN + 2;
const CHECK_LABEL: &[u8] = b"bisik/receipt/1\n";
const CHECK: Crc<u16> = Crc::<u16>::new(&CRC_12_GSM);

/// Why a typed receipt is refused. None of these tells what was typed.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum ReceiptError {
    /// Too few or too many symbols.
    #[error("a receipt has 28 symbols, this one has {found}")]
    Length {
        /// Symbols that were typed.
        found: usize,
    },
    /// A character that no receipt contains.
    #[error("the character at place {place} is in no receipt")]
    Symbol {
        /// The place among the symbols, from 1.
        place: usize,
    },
    /// The check does not fit: a mistyped symbol, or a receipt of another agency.
    #[error("the receipt is mistyped or belongs to another agency")]
    Check,
}

/// A receipt of one agency. Zeroized on drop.
pub struct Receipt {
    secret: Zeroizing<[u8; SECRET_LEN]>,
    agency: AgencyId,
}

impl Receipt {
    /// Makes a new receipt for an agency.
    pub fn generate(agency: &AgencyId, rng: &mut impl CryptoRng) -> Self {
        let mut secret = Zeroizing::new([0; SECRET_LEN]);
        rng.fill_bytes(secret.as_mut_slice());
        Self { secret, agency: *agency }
    }

    /// Reads a receipt as people type it: any case, spaces, dashes, O for 0, I and L for 1.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`] says what is wrong with the text.
    pub fn parse(text: &str, agency: &AgencyId) -> Result<Self, ReceiptError> {
        let mut symbols = Zeroizing::new(
            crockford::normalize(text).map_err(|before| ReceiptError::Symbol { place: before + 1 })?,
        );
        if symbols.len() != SYMBOLS {
            return Err(ReceiptError::Length { found: symbols.len() });
        }
        // A 29th symbol fills the last of the 18 bytes with zero bits.
        symbols.push('0');
        let packed = base32::decode(Alphabet::Crockford, &symbols).map(Zeroizing::new);
        let packed = packed.ok_or(ReceiptError::Check)?;
        let (secret, check) = packed.split_first_chunk::<SECRET_LEN>().ok_or(ReceiptError::Check)?;
        let receipt = Self { secret: Zeroizing::new(*secret), agency: *agency };
        if check == receipt.check() { Ok(receipt) } else { Err(ReceiptError::Check) }
    }

    /// Returns the text: seven groups of four symbols, joined by dashes.
    pub fn expose_text(&self) -> Zeroizing<String> {
        let mut packed = Zeroizing::new(Vec::with_capacity(PACKED_LEN));
        packed.extend_from_slice(self.secret.as_slice());
        packed.extend_from_slice(&self.check());
        let mut symbols = Zeroizing::new(base32::encode(Alphabet::Crockford, &packed));
        symbols.truncate(SYMBOLS);
        Zeroizing::new(crockford::grouped(&symbols))
    }

    /// Returns one group of the text, counted from 0; `None` from [`GROUPS`] on.
    pub fn expose_group(&self, group: usize) -> Option<Zeroizing<String>> {
        self.expose_text().split('-').nth(group).map(|text| Zeroizing::new(text.to_owned()))
    }

    /// Derives the keys of the thread that this receipt opens.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`] if the cryptographic library refuses, which no receipt can cause.
    pub fn keys(&self) -> Result<ThreadKeys, ScheduleError> {
        ThreadKeys::derive(&self.secret, &self.agency)
    }

    /// Returns the twelve check bits, at the top of two bytes.
    fn check(&self) -> [u8; 2] {
        let mut digest = CHECK.digest();
        digest.update(CHECK_LABEL);
        digest.update(self.agency.as_bytes());
        digest.update(self.secret.as_slice());
        let mut check = digest.finalize();
        let bytes = (check << 4).to_be_bytes();
        check.zeroize();
        bytes
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agency(byte: u8) -> AgencyId {
        crockford::encode(&[byte; 20]).parse().unwrap()
    }

    fn receipt(secret: [u8; SECRET_LEN]) -> Receipt {
        Receipt { secret: Zeroizing::new(secret), agency: agency(7) }
    }

    #[test]
    fn crc_is_the_catalogued_one() {
        assert_eq!(CHECK.checksum(b"123456789"), 0xb34);
    }

    #[test]
    fn text_has_seven_groups_of_four() {
        let text = receipt([0xff; 16]).expose_text();
        let groups: Vec<&str> = text.split('-').collect();
        assert!(groups.len() == GROUPS && groups.iter().all(|group| group.len() == GROUP_LEN));
        assert_eq!(*receipt([0xff; 16]).expose_group(6).unwrap(), groups[6]);
        assert!(receipt([0xff; 16]).expose_group(7).is_none());
    }

    #[test]
    fn a_receipt_of_another_agency_is_refused() {
        let text = receipt([3; 16]).expose_text();
        assert!(matches!(Receipt::parse(&text, &agency(8)), Err(ReceiptError::Check)));
    }

    #[test]
    fn wrong_lengths_and_characters_are_named() {
        let text = receipt([3; 16]).expose_text();
        let short = Receipt::parse(text.get(1..).unwrap(), &agency(7)).err();
        assert_eq!(short, Some(ReceiptError::Length { found: 27 }));
        let long = Receipt::parse(&format!("{}0", *text), &agency(7)).err();
        assert_eq!(long, Some(ReceiptError::Length { found: 29 }));
        let foreign = Receipt::parse(&text.replacen('-', "-!", 1), &agency(7)).err();
        assert_eq!(foreign, Some(ReceiptError::Symbol { place: 5 }));
    }

    /// Every wrong symbol, every swap of neighbours, and every two wrong symbols, for one receipt.
    #[test]
    fn the_check_finds_the_usual_mistakes() {
        let text = receipt([0x5a; 16]).expose_text().replace('-', "");
        let refused = |symbols: &[u8]| {
            let typed = std::str::from_utf8(symbols).unwrap();
            matches!(Receipt::parse(typed, &agency(7)), Err(ReceiptError::Check))
        };
        let alphabet = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        for first in 0..SYMBOLS {
            let mut symbols = text.clone().into_bytes();
            for &one in alphabet.iter().filter(|&&symbol| symbol != text.as_bytes()[first]) {
                symbols[first] = one;
                assert!(refused(&symbols));
                for second in first + 1..SYMBOLS {
                    // Every second symbol against every first one would take a minute; a stride takes seconds.
                    for &other in alphabet.iter().skip((first + second) % 5).step_by(5) {
                        if other != text.as_bytes()[second] {
                            symbols[second] = other;
                            assert!(refused(&symbols));
                        }
                    }
                    symbols[second] = text.as_bytes()[second];
                }
            }
            let mut swapped = text.clone().into_bytes();
            if first + 1 < SYMBOLS && swapped[first] != swapped[first + 1] {
                swapped.swap(first, first + 1);
                assert!(refused(&swapped));
            }
        }
    }

    proptest! {
        #[test]
        fn parse_reads_what_people_make_of_a_text(
            secret: [u8; SECRET_LEN],
            lower: bool,
            separator in "[ -]{0,2}",
            letters: bool,
        ) {
            let receipt = receipt(secret);
            let mut typed = receipt.expose_text().replace('-', &separator);
            if letters {
                typed = typed.replace('0', "o").replacen('1', "I", 1).replace('1', "l");
            }
            if lower {
                typed = typed.to_lowercase();
            }
            let parsed = Receipt::parse(&typed, &agency(7)).unwrap();
            prop_assert_eq!(parsed.expose_text(), receipt.expose_text());
        }

        #[test]
        fn parse_never_panics(text in "\\PC{0,40}") {
            let _ = Receipt::parse(&text, &agency(7)).is_ok();
        }
    }
}
