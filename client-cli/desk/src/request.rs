//! The request of a desk to the root: "put this key on the card".
//!
//! Line 1 is strict JSON, line 2 the signature by the key in it: it proves that the desk has the key. Whose key it
//! is, the root operator finds out by comparing fingerprints with the desk on another way.

use bisik_formats::crockford;
use bisik_formats::day::Day;
use bisik_formats::form::Text;
use bisik_formats::ids::{AgencyId, DeskId, Hasher};
use bisik_formats::json::{JsonError, from_json, to_json};
use bisik_formats::keys::{KeyError, Signature, SigningKey, VerifyKey};
use serde::{Deserialize, Serialize};

/// The longest request, in bytes.
pub const MAX_REQUEST: usize = 4096;

const LABEL: &[u8] = b"bisik/desk-request/1\n";
const FINGERPRINT_LABEL: &[u8] = b"bisik/desk-key/1\n";
const FINGERPRINT_LEN: usize = 20;

/// A request is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum RequestError {
    /// It is not two lines of the right kind.
    #[error("the request is malformed")]
    Malformed,
    /// Its first line is not strict JSON of its schema.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is not signed by its own key.
    #[error("the request is not signed by its own key")]
    Signature,
    /// A signing key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The version of a request.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
pub enum RequestFormat {
    /// The only one.
    #[serde(rename = "bisik/desk-request/1")]
    V1,
}

/// What a desk asks the root to sign.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct DeskRequest {
    /// Names the format.
    pub format: RequestFormat,
    /// The agency.
    pub agency: AgencyId,
    /// The desk's id on the card.
    pub desk: DeskId,
    /// The desk's names for people.
    pub names: Text,
    /// The key by which the desk signs.
    pub key: VerifyKey,
    /// The day it was made.
    pub made: Day,
}

impl DeskRequest {
    /// Writes the request, signed by the key in it.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if `key` is not that key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, RequestError> {
        if key.verify_key() != self.key {
            return Err(RequestError::Signature);
        }
        let json = to_json(self)?;
        let signature = key.sign(&[LABEL, &json].concat())?;
        Ok([json.as_slice(), b"\n", signature.to_string().as_bytes(), b"\n"].concat())
    }

    /// Reads a request and checks its signature.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let text = std::str::from_utf8(bytes).map_err(|_| RequestError::Malformed)?;
        let (json, signature) =
            text.strip_suffix('\n').and_then(|text| text.split_once('\n')).ok_or(RequestError::Malformed)?;
        let request: Self = from_json(json.as_bytes(), MAX_REQUEST)?;
        let signature: Signature = signature.parse().map_err(|_| RequestError::Malformed)?;
        let signed = [LABEL, json.as_bytes()].concat();
        request.key.verify(&signed, &signature).map_err(|_| RequestError::Signature)?;
        Ok(request)
    }
}

/// Returns the fingerprint of a desk's key for people: eight groups of four symbols.
pub fn fingerprint(key: &VerifyKey) -> String {
    let mut hasher = Hasher::new();
    hasher.update(FINGERPRINT_LABEL);
    hasher.update(key.as_bytes());
    let digest = hasher.finish();
    let start = digest.as_bytes().get(..FINGERPRINT_LEN).unwrap_or_default();
    crockford::grouped(&crockford::encode(start))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
    }

    fn request() -> DeskRequest {
        DeskRequest {
            format: RequestFormat::V1,
            agency: AgencyId::from_first_root(&key(1).verify_key()),
            desk: "pusat".parse().unwrap(),
            names: Text { id: "Pusat".to_owned(), en: "Centre".to_owned() },
            key: key(2).verify_key(),
            made: "2026-11-22".parse().unwrap(),
        }
    }

    #[test]
    fn a_signed_request_is_read() {
        let bytes = request().sign(&key(2)).unwrap();
        assert_eq!(DeskRequest::parse(&bytes), Ok(request()));
        assert_eq!(request().sign(&key(3)), Err(RequestError::Signature));
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let good = request().sign(&key(2)).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            *bad.get_mut(place).unwrap() ^= 1;
            assert!(DeskRequest::parse(&bad).is_err(), "{place}");
        }
        assert_eq!(DeskRequest::parse(good.get(..good.len() - 1).unwrap()), Err(RequestError::Malformed));
    }

    #[test]
    fn fingerprints_differ_and_have_eight_groups() {
        assert_eq!(fingerprint(&key(2).verify_key()).split('-').count(), 8);
        assert_ne!(fingerprint(&key(2).verify_key()), fingerprint(&key(3).verify_key()));
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in any::<Vec<u8>>()) {
            prop_assert!(DeskRequest::parse(&bytes).is_err());
        }

        #[test]
        fn what_is_signed_is_read(name in ".{1,60}", offset in 0..3000i32) {
            let made = "2026-11-22".parse::<Day>().unwrap().plus(offset);
            let request = DeskRequest { names: Text { id: name.clone(), en: name }, made, ..request() };
            prop_assert_eq!(DeskRequest::parse(&request.sign(&key(2)).unwrap()), Ok(request));
        }
    }
}
