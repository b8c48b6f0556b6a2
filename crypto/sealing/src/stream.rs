//! STREAM of age v1 over `ring`: 64 KiB chunks of ChaCha20-Poly1305, a counter and a last-chunk mark in the
//! nonce; and the two other keys that age derives from a file key.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;

use crate::kdf::{CryptoError, hkdf, hmac_sha256};

/// Plaintext bytes of a chunk; only the last one is shorter.
pub(crate) const CHUNK_LEN: usize = 65_536;
/// Bytes that sealing adds to a chunk.
pub(crate) const TAG_LEN: usize = 16;
/// Bytes of a full chunk in the file.
pub(crate) const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;
/// Bytes between header and first chunk, from which the payload key is derived.
pub(crate) const NONCE_LEN: usize = 16;

/// Returns the MAC over `header`, which reaches up to and including `---`.
pub(crate) fn header_mac(file_key: &[u8; 16], header: &[u8]) -> Result<hmac::Tag, CryptoError> {
    let key = hkdf::<32>(b"", file_key, &[b"header"])?;
    Ok(hmac_sha256(key.as_slice(), &[header]))
}

/// The payload key of one file.
pub(crate) struct StreamKey(LessSafeKey);

impl StreamKey {
    /// Derives the payload key from the file key and the file's nonce.
    pub(crate) fn new(file_key: &[u8; 16], nonce: &[u8; NONCE_LEN]) -> Result<Self, CryptoError> {
        let key = hkdf::<32>(nonce, file_key, &[b"payload"])?;
        Ok(Self(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.as_slice())?)))
    }

    /// Seals a chunk in place and returns its tag.
    pub(crate) fn seal(
        &self,
        counter: u64,
        last: bool,
        chunk: &mut [u8],
    ) -> Result<[u8; TAG_LEN], CryptoError> {
        let tag = self.0.seal_in_place_separate_tag(nonce(counter, last), Aad::empty(), chunk)?;
        tag.as_ref().try_into().map_err(|_| CryptoError)
    }

    /// Opens a chunk (with its tag) in place; the plaintext stands at its start afterwards.
    pub(crate) fn open(&self, counter: u64, last: bool, chunk: &mut [u8]) -> Result<(), CryptoError> {
        self.0.open_in_place(nonce(counter, last), Aad::empty(), chunk)?;
        Ok(())
    }
}

/// Eleven bytes of big-endian counter, one byte that marks the last chunk. 2^64 chunks are 2^80 bytes.
fn nonce(counter: u64, last: bool) -> Nonce {
    let [a, b, c, d, e, f, g, h] = counter.to_be_bytes();
    Nonce::assume_unique_for_key([0, 0, 0, a, b, c, d, e, f, g, h, u8::from(last)])
}
