//! The key schedule of a thread: everything that a receipt stands for.
//!
//! `prk = HKDF-Extract(salt "bisik/receipt/1", the 16 bytes)`, `key(label) = HKDF-Expand(prk, label || 0x00 ||
//! agency id, 32)`; one label for each use.

use bisik_formats::day::EditionNumber;
use bisik_formats::ids::{Address, AgencyId, DeskId, Salt};
use bisik_formats::keys::{KeyError, SigningKey, VerifyKey};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::hybrid::Identity;
use crate::kdf::{CryptoError, hkdf, hmac_sha256};

const EXTRACT_SALT: &[u8] = b"bisik/receipt/1";
const REPLY_IDENTITY: &[u8] = b"bisik/reply-identity/1";
const THREAD_SIGNING: &[u8] = b"bisik/thread-signing/1";
const LETTER_ADDRESS: &[u8] = b"bisik/letter-address/1";
const ADDRESS_LABEL: &[u8] = b"bisik/letter/1\n";

/// Why keys could not be derived; no input of ours causes either.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum ScheduleError {
    /// The library refused.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The library refused the derived signing seed.
    #[error(transparent)]
    SigningKey(#[from] KeyError),
}

/// The three secrets of a thread. Each is zeroized on drop.
pub struct ThreadKeys {
    /// Opens the letters.
    pub identity: Identity,
    /// Signs the reports of the thread.
    pub signing: SigningKey,
    /// Finds the letters.
    pub letter_key: LetterKey,
}

impl ThreadKeys {
    pub(crate) fn derive(secret: &[u8; 16], agency: &AgencyId) -> Result<Self, ScheduleError> {
        let key = |label| hkdf::<32>(EXTRACT_SALT, secret, &[label, &[0], agency.as_bytes()]);
        Ok(Self {
            identity: Identity::from_seed(key(REPLY_IDENTITY)?),
            signing: SigningKey::from_seed(key(THREAD_SIGNING)?)?,
            letter_key: LetterKey::from_bytes(key(LETTER_ADDRESS)?),
        })
    }
}

/// The secret that thread and desks share to compute where the thread's letters lie. Zeroized on drop.
pub struct LetterKey(Zeroizing<[u8; 32]>);

impl LetterKey {
    /// Wraps 32 bytes.
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Makes the copy that travels inside a report.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Returns the address of the thread's letter in one edition of one desk.
    pub fn address(
        &self,
        agency: &AgencyId,
        desk: &DeskId,
        edition: EditionNumber,
        salt: &Salt,
        thread: &VerifyKey,
    ) -> Address {
        let (desk, edition) = (format!("{desk}\n"), format!("{edition}\n"));
        let parts = [
            ADDRESS_LABEL,
            agency.as_bytes(),
            desk.as_bytes(),
            edition.as_bytes(),
            salt.as_bytes(),
            thread.as_bytes(),
        ];
        let tag = hmac_sha256(self.0.as_slice(), &parts);
        let mut address = [0; 16];
        for (to, from) in address.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        Address::from_bytes(address)
    }
}

impl PartialEq for LetterKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for LetterKey {}

/// The letter key as it travels inside a sealed report: lower-case hex. For `#[serde(with)]` on that one field.
pub(crate) mod letter_key_hex {
    use std::borrow::Cow;

    use base16ct::lower;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    use super::LetterKey;

    pub(crate) fn serialize<S: Serializer>(key: &LetterKey, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(lower::encode_string(key.expose_bytes())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LetterKey, D::Error> {
        let text = Zeroizing::new(Cow::<'de, str>::deserialize(deserializer)?.into_owned());
        let mut bytes = Zeroizing::new([0; 32]);
        match lower::decode(text.as_bytes(), bytes.as_mut_slice()) {
            Ok(decoded) if decoded.len() == 32 => Ok(LetterKey(bytes)),
            _ => Err(D::Error::custom("a letter key has 64 hex digits")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::{agency, desk};

    fn derive(secret: [u8; 16], agency: &AgencyId) -> [[u8; 32]; 3] {
        let keys = ThreadKeys::derive(&secret, agency).unwrap();
        [*keys.identity.expose_seed(), *keys.signing.expose_seed(), *keys.letter_key.expose_bytes()]
    }

    /// RFC 5869 by hand, over HMAC alone.
    #[test]
    fn the_schedule_is_hkdf_with_one_label_a_use() {
        let prk = hmac_sha256(EXTRACT_SALT, &[&[7; 16]]);
        let by_hand = |label| hmac_sha256(prk.as_ref(), &[label, &[0], agency().as_bytes(), &[1]]);
        let derived = derive([7; 16], &agency());
        for (key, label) in derived.iter().zip([REPLY_IDENTITY, THREAD_SIGNING, LETTER_ADDRESS]) {
            assert_eq!(key, by_hand(label).as_ref());
        }
    }

    #[test]
    fn an_address_depends_on_everything_it_is_made_from() {
        let key = |byte| LetterKey::from_bytes(Zeroizing::new([byte; 32]));
        let thread = |byte| SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap().verify_key();
        let other_agency = AgencyId::from_first_root(&thread(9));
        let edition = |text: &str| text.parse::<EditionNumber>().unwrap();
        let salt = |byte| Salt::from_bytes([byte; 32]);
        let (one, two) = (edition("202601011"), edition("202601012"));
        let addresses = [
            key(1).address(&agency(), &desk("a"), one, &salt(1), &thread(1)),
            key(2).address(&agency(), &desk("a"), one, &salt(1), &thread(1)),
            key(1).address(&other_agency, &desk("a"), one, &salt(1), &thread(1)),
            key(1).address(&agency(), &desk("b"), one, &salt(1), &thread(1)),
            key(1).address(&agency(), &desk("a"), two, &salt(1), &thread(1)),
            key(1).address(&agency(), &desk("a"), one, &salt(2), &thread(1)),
            key(1).address(&agency(), &desk("a"), one, &salt(1), &thread(2)),
        ];
        assert_eq!(addresses.iter().collect::<HashSet<_>>().len(), addresses.len());
        assert_eq!(addresses[0], key(1).address(&agency(), &desk("a"), one, &salt(1), &thread(1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn another_receipt_or_agency_gives_other_keys(one: [u8; 16], other: [u8; 16], root in 0..200u8) {
            prop_assume!(one != other);
            let seed = SigningKey::from_seed(Zeroizing::new([root; 32])).unwrap();
            let elsewhere = AgencyId::from_first_root(&seed.verify_key());
            let keys = [derive(one, &agency()), derive(other, &agency()), derive(one, &elsewhere)].concat();
            prop_assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        }
    }
}
