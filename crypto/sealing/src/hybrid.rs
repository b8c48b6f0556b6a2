//! The hybrid recipient `mlkem768x25519` of the C2SP age specification: keys as text, and wrapping of file keys.
//!
//! Text is the only way in and out: `age1pq1…` for recipients, `AGE-SECRET-KEY-PQ-1…` for identities, the same
//! as those of stock age from 1.3 on.

use std::fmt;
use std::str::FromStr;

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{bech32_decode, bech32_encode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::Hrp;
use bisik_formats::ids::RecipientText;
use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::hpke::Context;
pub use crate::xwing::HybridKeyError;
use crate::xwing::{ENC_LEN, PUBLIC_LEN, PublicKey, SEED_LEN, SecretKey};

/// The type of our stanzas.
pub(crate) const STANZA_TAG: &str = "mlkem768x25519";
const HPKE_INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const RECIPIENT_PREFIX: &str = "age1pq";
const IDENTITY_PREFIX: &str = "age-secret-key-pq-";
const WRAPPED_KEY_LEN: usize = FILE_KEY_BYTES + 16;

/// Why a text is not one of our keys.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum KeyTextError {
    /// The text is not Bech32, or the checksum is wrong.
    #[error("the key is not valid Bech32")]
    Encoding,
    /// The prefix names another type of key; classical keys are refused here.
    #[error("the key is not of the hybrid type")]
    Prefix,
    /// The key inside is refused.
    #[error(transparent)]
    Key(#[from] HybridKeyError),
}

/// A secret key that opens what was sealed to its [`Recipient`]. Zeroized on drop.
pub struct Identity {
    key: SecretKey,
}

impl Identity {
    /// Makes a new identity.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        rng.fill_bytes(seed.as_mut_slice());
        Self::from_seed(seed)
    }

    /// Makes the identity that belongs to a 32-byte seed.
    pub fn from_seed(seed: Zeroizing<[u8; SEED_LEN]>) -> Self {
        Self { key: SecretKey::from_seed(seed) }
    }

    /// Parses `AGE-SECRET-KEY-PQ-1…`.
    ///
    /// # Errors
    ///
    /// [`KeyTextError`] if it is not such a text; the text is in no error.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        decode(text, IDENTITY_PREFIX, seed.as_mut_slice())?;
        let identity = Self::from_seed(seed);
        // One key, one text: no lower case, no stray bits in the last symbol.
        match bool::from(identity.expose_text().as_bytes().ct_eq(text.as_bytes())) {
            true => Ok(identity),
            false => Err(KeyTextError::Encoding),
        }
    }

    /// Returns the text `AGE-SECRET-KEY-PQ-1…`.
    pub fn expose_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(encode(IDENTITY_PREFIX, self.key.seed()));
        text.make_ascii_uppercase();
        text
    }

    /// Returns the 32-byte seed.
    pub fn expose_seed(&self) -> &[u8; SEED_LEN] {
        self.key.seed()
    }

    /// Returns the public counterpart.
    pub fn recipient(&self) -> Recipient {
        Recipient { key: self.key.public_key() }
    }

    /// Unwraps a file key; `None` if the stanza was made for somebody else.
    fn unwrap(&self, enc: &[u8], body: &[u8]) -> Result<Option<FileKey>, HybridKeyError> {
        let secret = self.key.decapsulate(enc)?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let Ok(plain) = Context::new(&secret, HPKE_INFO)?.open(&mut buffer) else {
            return Ok(None);
        };
        let key = FileKey::try_init_with_mut(|key| match plain.len() == key.len() {
            true => {
                key.copy_from_slice(plain);
                Ok(())
            }
            false => Err(HybridKeyError::Length),
        })?;
        Ok(Some(key))
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        if stanza.tag != STANZA_TAG {
            return None;
        }
        let [argument] = stanza.args.as_slice() else {
            return Some(Err(age::DecryptError::InvalidHeader));
        };
        let enc = BASE64_STANDARD_NO_PAD.decode(argument).ok().filter(|enc| enc.len() == ENC_LEN);
        let Some(enc) = enc.filter(|_| stanza.body.len() == WRAPPED_KEY_LEN) else {
            return Some(Err(age::DecryptError::InvalidHeader));
        };
        self.unwrap(&enc, &stanza.body).map_err(|_| age::DecryptError::InvalidHeader).transpose()
    }
}

/// A public key that files are sealed to, fully checked.
#[derive(Clone)]
pub struct Recipient {
    key: PublicKey,
}

impl Recipient {
    /// Checks a recipient whose text form is already known to be right: coefficients, group order, and one
    /// trial encapsulation.
    ///
    /// # Errors
    ///
    /// [`KeyTextError`] if the key must not be used.
    pub fn parse(text: &RecipientText) -> Result<Self, KeyTextError> {
        text.as_str().parse()
    }

    /// Makes a recipient whose secret is forgotten at once, for places that must not be opened by anybody.
    pub fn throwaway(rng: &mut impl CryptoRng) -> Self {
        Identity::generate(rng).recipient()
    }

    /// Returns the text as it stands in signed documents.
    ///
    /// # Errors
    ///
    /// None in practice: our own encoding always has the form that documents ask for.
    pub fn to_text(&self) -> Result<RecipientText, KeyTextError> {
        self.to_string().parse().map_err(|_| KeyTextError::Encoding)
    }

    /// Wraps a file key: returns the encapsulated key and the 32-byte stanza body.
    pub(crate) fn wrap(
        &self,
        file_key: &[u8; FILE_KEY_BYTES],
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Vec<u8>), HybridKeyError> {
        let (enc, secret) = self.key.encapsulate(rng)?;
        // With room for the tag, so that the key is never left behind by a reallocation.
        let mut body = Vec::with_capacity(WRAPPED_KEY_LEN);
        body.extend_from_slice(file_key);
        match Context::new(&secret, HPKE_INFO).and_then(|context| context.seal(&mut body)) {
            Ok(()) => Ok((enc, body)),
            Err(error) => {
                body.zeroize();
                Err(error.into())
            }
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(RECIPIENT_PREFIX, &self.key.to_bytes()))
    }
}

impl FromStr for Recipient {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = vec![0; PUBLIC_LEN];
        decode(text, RECIPIENT_PREFIX, &mut bytes)?;
        let key = Self { key: PublicKey::from_bytes(&bytes)? };
        // One key, one text: no upper case, no other spelling of the same point.
        if key.to_string() == text { Ok(key) } else { Err(KeyTextError::Encoding) }
    }
}

fn encode(prefix: &'static str, data: &[u8]) -> String {
    bech32_encode(Hrp::parse_unchecked(prefix), data)
}

/// Decodes Bech32 text with the given prefix into exactly `out`.
fn decode(text: &str, prefix: &'static str, out: &mut [u8]) -> Result<(), KeyTextError> {
    bech32_decode(
        text,
        |_| KeyTextError::Encoding,
        |hrp| if hrp == Hrp::parse_unchecked(prefix) { Ok(()) } else { Err(KeyTextError::Prefix) },
        |_, mut bytes| {
            for place in out.iter_mut() {
                *place = bytes.next().ok_or(KeyTextError::Key(HybridKeyError::Length))?;
            }
            if bytes.next().is_some() { Err(KeyTextError::Key(HybridKeyError::Length)) } else { Ok(()) }
        },
    )
}

#[cfg(test)]
mod tests;
