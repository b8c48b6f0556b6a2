//! Ed25519 (RFC 8032) keys and signatures, strict: one key, one encoding.
//!
//! `ring` verifies without cofactor and refuses `S >= L`. It accepts public keys that are not canonical
//! (`y >= p`) or of small order, so those are refused here by their bytes, before use.

use std::fmt;
use std::str::FromStr;

use rand::CryptoRng;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::ids::{IdError, hex_bytes};

/// A public key is refused before any use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes.
    #[error("an Ed25519 key has 32 bytes")]
    Length,
    /// The y coordinate is not below the field prime.
    #[error("the Ed25519 key is not canonical")]
    NotCanonical,
    /// The point has small order, so anybody could sign for it.
    #[error("the Ed25519 key has small order")]
    SmallOrder,
}

/// A signature does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureError;

/// An Ed25519 public key that is canonical and not of small order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyKey([u8; 32]);

impl VerifyKey {
    /// Checks and wraps 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Length)?;
        let mut y = bytes;
        if let Some(last) = y.last_mut() {
            *last &= 0x7f;
        }
        if !below_prime(&y) {
            return Err(KeyError::NotCanonical);
        }
        if SMALL_ORDER_Y.contains(&y) {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self(bytes))
    }

    /// Returns the 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks a signature over `message`.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, &signature.0).map_err(|_| SignatureError)
    }
}

/// Tells whether a little-endian y coordinate (sign bit cleared) is below 2^255 - 19.
fn below_prime(y: &[u8; 32]) -> bool {
    let mut prime = [0xff; 32];
    let [first, .., last] = &mut prime;
    (*first, *last) = (0xed, 0x7f);
    y.iter().rev().lt(prime.iter().rev())
}

/// The y coordinates (little-endian, sign bit cleared) of the eight points of small order.
///
/// Orders 1 (y = 1), 2 (y = -1), 4 (y = 0) and 8 (two values, each with both signs).
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
    [0; 32],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

impl fmt::Display for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base16ct::lower::encode_string(&self.0))
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyKey({self})")
    }
}

impl FromStr for VerifyKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = base16ct::lower::decode_vec(text).map_err(|_| KeyError::Length)?;
        Self::from_bytes(&bytes)
    }
}
crate::ids::text_serde!(VerifyKey);

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);
hex_bytes!(Signature, 64);

/// The secret half of a [`VerifyKey`]: an Ed25519 seed.
pub struct SigningKey {
    seed: Zeroizing<[u8; 32]>,
    public: VerifyKey,
}

impl SigningKey {
    /// Returns the key of this seed.
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        // `ring` refuses a seed only for its length, which the type fixes.
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| KeyError::Length)?;
        let public = VerifyKey::from_bytes(pair.public_key().as_ref())?;
        Ok(Self { seed, public })
    }

    /// Makes a new key from the generator.
    pub fn generate(rng: &mut impl CryptoRng) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(seed)
    }

    /// Returns the public half.
    pub const fn verify_key(&self) -> VerifyKey {
        self.public
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*self.seed).map_err(|_| KeyError::Length)?;
        let signature = pair.sign(message);
        Ok(Signature(signature.as_ref().try_into().map_err(|_| KeyError::Length)?))
    }

    /// Returns the seed, to be sealed into a key file or vault and nowhere else.
    pub fn expose_seed(&self) -> &[u8; 32] {
        &self.seed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
    }

    #[test]
    fn signs_and_verifies() {
        let signature = key(1).sign(b"text").unwrap();
        assert_eq!(key(1).verify_key().verify(b"text", &signature), Ok(()));
        assert_eq!(key(1).verify_key().verify(b"test", &signature), Err(SignatureError));
        assert_eq!(key(2).verify_key().verify(b"text", &signature), Err(SignatureError));
    }

    #[test]
    fn small_order_keys_are_refused_with_both_signs() {
        for y in SMALL_ORDER_Y {
            for sign in [0, 0x80] {
                let mut bytes = y;
                *bytes.last_mut().unwrap() |= sign;
                assert_eq!(VerifyKey::from_bytes(&bytes), Err(KeyError::SmallOrder));
            }
        }
    }

    #[test]
    fn keys_at_or_above_the_prime_are_refused() {
        let mut bytes = [0xff; 32];
        for first in 0xed..=0xff {
            for last in [0x7f, 0xff] {
                *bytes.first_mut().unwrap() = first;
                *bytes.last_mut().unwrap() = last;
                assert_eq!(VerifyKey::from_bytes(&bytes), Err(KeyError::NotCanonical));
            }
        }
    }

    #[test]
    fn text_form_is_strict() {
        let text = key(3).verify_key().to_string();
        assert_eq!(text.parse::<VerifyKey>().unwrap(), key(3).verify_key());
        assert!(text.to_uppercase().parse::<VerifyKey>().is_err());
        assert!(text.get(2..).unwrap().parse::<VerifyKey>().is_err());
    }
}
