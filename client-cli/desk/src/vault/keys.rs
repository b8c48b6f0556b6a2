//! The keys of the vault, all derived from its master key; one label for each use.

use bisik_sealing::hybrid::Identity;
use rand::CryptoRng;
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use zeroize::Zeroizing;

use super::VaultError;

const EXTRACT_SALT: &[u8] = b"bisik/vault/1";
const EVIDENCE: &[u8] = b"bisik/vault-evidence/1";

/// Bytes of every key here.
pub(super) const KEY_LEN: usize = 32;

/// The key above all others of a vault. Zeroized on drop.
pub(super) struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

impl MasterKey {
    pub(super) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        rng.fill_bytes(key.as_mut_slice());
        Self(key)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        (bytes.len() == KEY_LEN).then(|| key.copy_from_slice(bytes))?;
        Some(Self(key))
    }

    pub(super) fn expose(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// Returns the key of one use.
    pub(super) fn derive(&self, label: &[u8]) -> Result<Zeroizing<[u8; KEY_LEN]>, VaultError> {
        expand(&Salt::new(HKDF_SHA256, EXTRACT_SALT).extract(self.0.as_slice()), &[label])
    }

    /// Returns the identity that opens evidence in the vault.
    pub(super) fn evidence_identity(&self) -> Result<Identity, VaultError> {
        Ok(Identity::from_seed(self.derive(EVIDENCE)?))
    }
}

struct KeyLen;

impl KeyType for KeyLen {
    fn len(&self) -> usize {
        KEY_LEN
    }
}

/// HKDF-Expand to one key.
pub(super) fn expand(prk: &Prk, info: &[&[u8]]) -> Result<Zeroizing<[u8; KEY_LEN]>, VaultError> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    let okm = prk.expand(info, KeyLen).map_err(|_| VaultError::Crypto)?;
    okm.fill(key.as_mut_slice()).map_err(|_| VaultError::Crypto)?;
    Ok(key)
}
