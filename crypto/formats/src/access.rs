//! The courier's access token: 32 random bytes, which the server knows only by their hash.

use std::fmt;
use std::str::FromStr;

use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::ids::{Digest, IdError, hex_bytes};

/// The secret that lets a courier fetch ciphertext and bring editions. It forges and deletes nothing.
pub struct AccessToken(Zeroizing<[u8; 32]>);

impl AccessToken {
    /// Makes a new token.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// Reads a token from its 64 lower-case hex digits.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let mut bytes = Zeroizing::new([0; 32]);
        match base16ct::lower::decode(text, &mut *bytes) {
            Ok(decoded) if decoded.len() == 32 => Ok(Self(bytes)),
            _ => Err(IdError::Hex),
        }
    }

    /// Returns the 64 hex digits, for the courier's token file and the request header only.
    pub fn expose_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base16ct::lower::encode_string(&*self.0))
    }

    /// Returns the hash that the server keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash(*Digest::of(&*self.0).as_bytes())
    }
}

/// SHA-256 of an [`AccessToken`], as it stands in the server's configuration.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);
hex_bytes!(TokenHash, 32);

impl TokenHash {
    /// Tells in constant time whether this is the hash of `token`.
    pub fn admits(&self, token: &AccessToken) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn only_the_right_token_is_admitted() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(5);
        let (mine, other) = (AccessToken::generate(&mut rng), AccessToken::generate(&mut rng));
        let again = AccessToken::parse(&mine.expose_text()).unwrap();
        assert!(mine.hash().admits(&again));
        assert!(!mine.hash().admits(&other));
        assert!(AccessToken::parse("ab").is_err());
        assert!(AccessToken::parse(&mine.expose_text().to_uppercase()).is_err());
    }
}
