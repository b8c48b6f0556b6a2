//! The X-Wing key encapsulation (X25519 + ML-KEM-768), as the C2SP age specification uses it.
//!
//! Two checks are ours, because the libraries below do not make them: ML-KEM keys with coefficients of 3329
//! and more are refused (FIPS 203, section 7.2), and X25519 results that do not depend on our secret are
//! refused (RFC 7748, section 6.1).

use ml_kem::array::Array;
use ml_kem::kem::{Decapsulate, DecapsulationKey, EncapsulationKey};
use ml_kem::{B32, EncapsulateDeterministic, Encoded, EncodedSizeUser, KemCore, MlKem768, MlKem768Params};
use rand::CryptoRng;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Digest, Sha3_256, Shake256};
use x25519_dalek::{PublicKey as XPublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use crate::kdf::CryptoError;

/// Length of a secret key: the seed everything is expanded from.
pub(crate) const SEED_LEN: usize = 32;
/// Length of a public key: ML-KEM-768 key, then X25519 key.
pub(crate) const PUBLIC_LEN: usize = MLKEM_PUBLIC_LEN + 32;
/// Length of an encapsulated key: ML-KEM-768 ciphertext, then X25519 share.
pub(crate) const ENC_LEN: usize = MLKEM_CIPHERTEXT_LEN + 32;

const MLKEM_PUBLIC_LEN: usize = 1184;
const MLKEM_CIPHERTEXT_LEN: usize = 1088;
/// `\.//^\`, drawn as an X-wing.
const LABEL: &[u8; 6] = b"\\.//^\\";

type MlKemPublic = EncapsulationKey<MlKem768Params>;
type MlKemSecret = DecapsulationKey<MlKem768Params>;
type MlKemCiphertext = ml_kem::Ciphertext<MlKem768>;

/// Why a public key or an encapsulated key is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum HybridKeyError {
    /// The bytes have another length than the format gives them.
    #[error("the hybrid key has the wrong length")]
    Length,
    /// The ML-KEM half holds a coefficient that is not reduced.
    #[error("the ML-KEM half of the key is not reduced")]
    Coefficient,
    /// The X25519 half has low order: the result would not depend on the secret.
    #[error("the X25519 half of the key has low order")]
    LowOrder,
    /// The library refused.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

/// A public key whose two halves have passed every check.
#[derive(Clone)]
pub(crate) struct PublicKey {
    mlkem: Box<MlKemPublic>,
    x25519: XPublicKey,
}

impl PublicKey {
    /// Parses and checks 1216 bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, HybridKeyError> {
        let (mlkem_bytes, x_bytes) =
            bytes.split_at_checked(MLKEM_PUBLIC_LEN).ok_or(HybridKeyError::Length)?;
        let x_bytes: [u8; 32] = x_bytes.try_into().map_err(|_| HybridKeyError::Length)?;
        let encoded = Encoded::<MlKemPublic>::try_from(mlkem_bytes).map_err(|_| HybridKeyError::Length)?;
        let mlkem = Box::new(MlKemPublic::from_bytes(&encoded));
        // The library reduces silently; a key that does not come back the same was not reduced.
        if mlkem.as_bytes() != encoded {
            return Err(HybridKeyError::Coefficient);
        }
        let key = Self { mlkem, x25519: XPublicKey::from(x_bytes) };
        // A low-order point gives zero for every secret, so one trial decides for all.
        key.encapsulate_with(&[1; 32], [1; 32])?;
        Ok(key)
    }

    /// Returns the 1216 bytes of the key.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        [self.mlkem.as_bytes().as_slice(), self.x25519.as_bytes()].concat()
    }

    /// Makes a fresh shared secret and the encapsulated key that carries it.
    pub(crate) fn encapsulate(
        &self,
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Zeroizing<[u8; 32]>), HybridKeyError> {
        let mut m = Zeroizing::new([0; 32]);
        let mut x = Zeroizing::new([0; 32]);
        rng.fill_bytes(m.as_mut_slice());
        rng.fill_bytes(x.as_mut_slice());
        self.encapsulate_with(&m, *x)
    }

    fn encapsulate_with(
        &self,
        m: &[u8; 32],
        x: [u8; 32],
    ) -> Result<(Vec<u8>, Zeroizing<[u8; 32]>), HybridKeyError> {
        let mut m = B32::from(*m);
        let (ct_m, mut ss_m) = self.mlkem.encapsulate_deterministic(&m).map_err(|()| CryptoError)?;
        m.zeroize();
        let ephemeral = StaticSecret::from(x);
        let ct_x = XPublicKey::from(&ephemeral);
        let ss_x = ephemeral.diffie_hellman(&self.x25519);
        let secret = combine(ss_m.as_slice(), &ss_x, ct_x.as_bytes(), self.x25519.as_bytes());
        ss_m.zeroize();
        Ok(([ct_m.as_slice(), ct_x.as_bytes()].concat(), secret?))
    }
}

/// A secret key: the seed and what it expands to. Zeroized on drop.
pub(crate) struct SecretKey {
    seed: Zeroizing<[u8; SEED_LEN]>,
    mlkem: Box<MlKemSecret>,
    x25519: StaticSecret,
    x25519_public: XPublicKey,
}

impl SecretKey {
    /// Expands a seed: `SHAKE256(seed, 96)` gives ML-KEM's `d` and `z` and the X25519 scalar.
    pub(crate) fn from_seed(seed: Zeroizing<[u8; SEED_LEN]>) -> Self {
        let mut xof = Shake256::default();
        Update::update(&mut xof, seed.as_slice());
        let mut reader = xof.finalize_xof();
        let (mut d, mut z) = (B32::default(), B32::default());
        let mut x = Zeroizing::new([0; 32]);
        reader.read(&mut d);
        reader.read(&mut z);
        reader.read(x.as_mut_slice());
        let (mlkem, _) = MlKem768::generate_deterministic(&d, &z);
        d.zeroize();
        z.zeroize();
        let x25519 = StaticSecret::from(*x);
        let x25519_public = XPublicKey::from(&x25519);
        Self { seed, mlkem: Box::new(mlkem), x25519, x25519_public }
    }

    /// Returns the seed.
    pub(crate) fn seed(&self) -> &[u8; SEED_LEN] {
        &self.seed
    }

    /// Returns the public key that belongs to this secret.
    pub(crate) fn public_key(&self) -> PublicKey {
        PublicKey { mlkem: Box::new(self.mlkem.encapsulation_key().clone()), x25519: self.x25519_public }
    }

    /// Recovers the shared secret. A foreign ML-KEM ciphertext gives a random-looking secret, not an error.
    pub(crate) fn decapsulate(&self, enc: &[u8]) -> Result<Zeroizing<[u8; 32]>, HybridKeyError> {
        let (ct_m, ct_x) = enc.split_at_checked(MLKEM_CIPHERTEXT_LEN).ok_or(HybridKeyError::Length)?;
        let ct_m = MlKemCiphertext::try_from(ct_m).map_err(|_| HybridKeyError::Length)?;
        let ct_x: [u8; 32] = ct_x.try_into().map_err(|_| HybridKeyError::Length)?;
        let mut ss_m: Array<u8, _> = self.mlkem.decapsulate(&ct_m).map_err(|()| CryptoError)?;
        let ss_x = self.x25519.diffie_hellman(&XPublicKey::from(ct_x));
        let secret = combine(ss_m.as_slice(), &ss_x, &ct_x, self.x25519_public.as_bytes());
        ss_m.zeroize();
        secret
    }
}

/// The combiner: `SHA3-256(ss_M || ss_X || ct_X || pk_X || label)`.
fn combine(
    ss_m: &[u8],
    ss_x: &x25519_dalek::SharedSecret,
    ct_x: &[u8; 32],
    pk_x: &[u8; 32],
) -> Result<Zeroizing<[u8; 32]>, HybridKeyError> {
    if !ss_x.was_contributory() {
        return Err(HybridKeyError::LowOrder);
    }
    let mut hash = Sha3_256::new();
    for part in [ss_m, ss_x.as_bytes(), ct_x, pk_x, LABEL] {
        Digest::update(&mut hash, part);
    }
    let mut out = Zeroizing::new([0; 32]);
    hash.finalize_into((&mut *out).into());
    Ok(out)
}
