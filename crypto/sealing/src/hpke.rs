//! HPKE (RFC 9180) base mode, single shot, for the one suite of `mlkem768x25519` recipients:
//! KEM 0x647a (X-Wing), KDF HKDF-SHA256, AEAD ChaCha20Poly1305, empty associated data.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use zeroize::Zeroizing;

use crate::kdf::{CryptoError, expand, hmac_sha256};

const VERSION: &[u8] = b"HPKE-v1";
/// `"HPKE" || kem_id || kdf_id || aead_id`.
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const MODE_BASE: &[u8] = &[0];

/// The key and nonce of one message, from the KEM's shared secret.
pub(crate) struct Context {
    key: LessSafeKey,
    nonce: [u8; 12],
}

impl Context {
    /// Runs the key schedule of base mode (RFC 9180, section 5.1).
    pub(crate) fn new(shared_secret: &[u8; 32], info: &[u8]) -> Result<Self, CryptoError> {
        let psk_id_hash = labeled_hash(b"psk_id_hash", b"");
        let info_hash = labeled_hash(b"info_hash", info);
        let context = [MODE_BASE, psk_id_hash.as_ref(), info_hash.as_ref()].concat();
        let label = [VERSION, SUITE, b"secret".as_slice()].concat();
        let secret = Salt::new(HKDF_SHA256, shared_secret).extract(&label);
        let key: Zeroizing<[u8; 32]> = labeled_expand(&secret, b"key", &context)?;
        let nonce: Zeroizing<[u8; 12]> = labeled_expand(&secret, b"base_nonce", &context)?;
        let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.as_slice())?);
        Ok(Self { key, nonce: *nonce })
    }

    /// Encrypts `message` in place and appends the tag. The context is used up: a nonce serves once.
    pub(crate) fn seal(self, message: &mut Vec<u8>) -> Result<(), CryptoError> {
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        Ok(self.key.seal_in_place_append_tag(nonce, Aad::empty(), message)?)
    }

    /// Decrypts `message` in place and returns the plaintext part of it.
    pub(crate) fn open(self, message: &mut [u8]) -> Result<&mut [u8], CryptoError> {
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        Ok(self.key.open_in_place(nonce, Aad::empty(), message)?)
    }
}

/// `LabeledExtract("", label, ikm)` for public values.
fn labeled_hash(label: &[u8], ikm: &[u8]) -> ring::hmac::Tag {
    hmac_sha256(b"", &[VERSION, SUITE, label, ikm])
}

/// `LabeledExpand(prk, label, info, N)`.
fn labeled_expand<const N: usize>(
    prk: &Prk,
    label: &[u8],
    info: &[u8],
) -> Result<Zeroizing<[u8; N]>, CryptoError> {
    let length = u16::try_from(N).map_err(|_| CryptoError)?.to_be_bytes();
    expand(prk, &[&length, VERSION, SUITE, label, info])
}
