//! HKDF-SHA-256 (RFC 5869) and HMAC-SHA-256 over `ring`, in the shapes the other modules need.

use ring::{hkdf, hmac};
use zeroize::Zeroizing;

/// The one way a derivation can fail: `ring` refuses, which no input of ours can cause.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
#[error("the cryptographic library refused to work")]
pub struct CryptoError;

impl From<ring::error::Unspecified> for CryptoError {
    fn from(_: ring::error::Unspecified) -> Self {
        CryptoError
    }
}

/// Returns `HKDF-Expand(HKDF-Extract(salt, ikm), info, N)`, where `info` is the concatenation of its parts.
pub(crate) fn hkdf<const N: usize>(
    salt: &[u8],
    ikm: &[u8],
    info: &[&[u8]],
) -> Result<Zeroizing<[u8; N]>, CryptoError> {
    expand(&hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(ikm), info)
}

/// Returns `HKDF-Expand(prk, info, N)`.
pub(crate) fn expand<const N: usize>(
    prk: &hkdf::Prk,
    info: &[&[u8]],
) -> Result<Zeroizing<[u8; N]>, CryptoError> {
    let mut out = Zeroizing::new([0; N]);
    prk.expand(info, OutputLen(N))?.fill(out.as_mut_slice())?;
    Ok(out)
}

/// Returns `HMAC-SHA-256(key, parts[0] || parts[1] || ..)`.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    context.sign()
}

/// The length that `ring` wants as a type.
struct OutputLen(usize);

impl hkdf::KeyType for OutputLen {
    fn len(&self) -> usize {
        self.0
    }
}
