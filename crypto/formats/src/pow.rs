//! Proof of work: what a report costs its sender while the server is flooded; nothing when it is idle.
//!
//! `SHA-256("bisik/pow/1\n" || challenge || SHA-256(age header) || nonce)` must start with the published number of
//! zero bits. The challenge is the same for everybody for ten minutes, so it tells nobody apart.

use std::fmt;
use std::str::FromStr;

use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::ids::{Digest, Hasher, IdError, hex_bytes};

/// Request header that carries the nonce, in hex.
pub const NONCE_HEADER: &str = "bisik-pow";
/// Request header that carries SHA-256 of the age header, in hex.
pub const HEADER_DIGEST_HEADER: &str = "bisik-header-sha256";
/// The most zero bits that a server asks for and a client works for.
pub const MAX_BITS: u8 = 18;

/// The 16 bytes of a challenge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChallengeBytes([u8; 16]);
hex_bytes!(ChallengeBytes, 16);

/// The nonce that solves a challenge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; 8]);
hex_bytes!(Nonce, 8);

/// The challenge of the current ten minutes, the JSON document of `GET challenge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// The bytes to hash.
    pub challenge: ChallengeBytes,
    /// Leading zero bits asked for, 0 to [`MAX_BITS`].
    pub bits: u8,
}

impl Challenge {
    /// Finds a nonce for a report with this header digest, starting at a random one.
    ///
    /// Returns `None` when more bits are asked for than [`MAX_BITS`]: no honest server does.
    pub fn solve(&self, header: &Digest, rng: &mut impl CryptoRng) -> Option<Nonce> {
        if self.bits > MAX_BITS {
            return None;
        }
        let mut number = rng.next_u64();
        loop {
            let nonce = Nonce(number.to_be_bytes());
            if self.check(header, &nonce) {
                return Some(nonce);
            }
            number = number.wrapping_add(1);
        }
    }

    /// Tells whether the nonce solves this challenge for a report with this header digest.
    pub fn check(&self, header: &Digest, nonce: &Nonce) -> bool {
        let mut hasher = Hasher::new();
        hasher.update(b"bisik/pow/1\n");
        hasher.update(&self.challenge.0);
        hasher.update(header.as_bytes());
        hasher.update(&nonce.0);
        leading_zero_bits(hasher.finish().as_bytes()) >= u32::from(self.bits)
    }
}

fn leading_zero_bits(bytes: &[u8]) -> u32 {
    let mut bits = 0;
    for byte in bytes {
        bits += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    bits
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn challenge(bits: u8) -> Challenge {
        Challenge { challenge: ChallengeBytes([7; 16]), bits }
    }

    #[test]
    fn a_solution_solves_only_its_own_report_and_challenge() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let (mine, other) = (Digest::of(b"mine"), Digest::of(b"other"));
        let nonce = challenge(12).solve(&mine, &mut rng).unwrap();
        assert!(challenge(12).check(&mine, &nonce));
        assert!(!challenge(12).check(&other, &nonce));
        assert!(!Challenge { challenge: ChallengeBytes([8; 16]), bits: 12 }.check(&mine, &nonce));
    }

    #[test]
    fn idle_servers_ask_for_nothing_and_greedy_ones_get_nothing() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        assert!(challenge(0).check(&Digest::of(b""), &Nonce([0; 8])));
        assert_eq!(challenge(MAX_BITS + 1).solve(&Digest::of(b""), &mut rng), None);
    }

    #[test]
    fn bits_are_counted_from_the_left() {
        assert_eq!(leading_zero_bits(&[0, 0x10, 0]), 11);
        assert_eq!(leading_zero_bits(&[0xff]), 0);
        assert_eq!(leading_zero_bits(&[0; 2]), 16);
    }
}
