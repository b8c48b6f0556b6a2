//! Identifiers: agency, desk, report, message, address, and the digests behind them.

use std::fmt;
use std::str::FromStr;

use ring::digest::{Context, SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::crockford;
use crate::keys::VerifyKey;

/// An identifier is not written as its format demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not lower-case hexadecimal of the exact length.
    #[error("not lower-case hex of the expected length")]
    Hex,
    /// Not upper-case Crockford symbols of the exact length.
    #[error("not Crockford symbols of the expected length")]
    Crockford,
    /// A desk id is not `[a-z0-9][a-z0-9-]{0,31}`.
    #[error("not a desk id")]
    Desk,
    /// Not an `age1pq1` recipient of 1216 bytes by its characters and length.
    #[error("not an age1pq1 recipient")]
    Recipient,
}

/// Implements text and JSON forms (lower-case hex) for a newtype over a byte array.
macro_rules! hex_bytes {
    ($name:ident, $len:literal) => {
        impl $name {
            /// Wraps the bytes as they are.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base16ct::lower::encode_string(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; $len];
                match base16ct::lower::decode(text, &mut bytes) {
                    Ok(decoded) if decoded.len() == $len => Ok(Self(bytes)),
                    _ => Err(IdError::Hex),
                }
            }
        }

        crate::ids::text_serde!($name);
    };
}

/// Implements `Serialize` and `Deserialize` through `Display` and `FromStr`.
macro_rules! text_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use {hex_bytes, text_serde};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);
hex_bytes!(Digest, 32);

impl Digest {
    /// Returns the SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_ring(&digest(&SHA256, bytes))
    }

    fn from_ring(value: &ring::digest::Digest) -> Self {
        let mut bytes = [0; 32];
        // SHA-256 output always has 32 bytes, so nothing is cut.
        for (to, from) in bytes.iter_mut().zip(value.as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }
}

/// SHA-256 over bytes that arrive in pieces.
#[derive(Clone)]
pub struct Hasher(Context);

impl Hasher {
    /// Starts an empty hash.
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Ends and returns the digest.
    pub fn finish(self) -> Digest {
        Digest::from_ring(&self.0.finish())
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

/// The id of a report: SHA-256 of its sealed bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportId([u8; 32]);
hex_bytes!(ReportId, 32);

impl ReportId {
    /// Returns the id of these sealed bytes.
    pub fn of(sealed: &[u8]) -> Self {
        Digest::of(sealed).into()
    }
}

impl From<Digest> for ReportId {
    fn from(digest: Digest) -> Self {
        Self(digest.0)
    }
}

/// The address of a letter in an edition: 16 bytes of an HMAC that only the thread and the desks can compute.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 16]);
hex_bytes!(Address, 16);

/// The salt of an edition, which makes its addresses unlinkable to those of other editions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);
hex_bytes!(Salt, 32);

/// The agency: first 20 bytes of SHA-256 over `bisik/root/1\n` and its first root key; constant for ever.
///
/// Written as 32 upper-case Crockford symbols; shown to people by [`AgencyId::fingerprint`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgencyId([u8; 20]);

impl AgencyId {
    /// Returns the id with these bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Returns the agency that this first root key founds.
    pub fn from_first_root(root: &VerifyKey) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(b"bisik/root/1\n");
        hasher.update(root.as_bytes());
        let mut bytes = [0; 20];
        for (to, from) in bytes.iter_mut().zip(hasher.finish().0) {
            *to = from;
        }
        Self(bytes)
    }

    /// Returns the 20 raw bytes, as used inside hashes, HKDF and HMAC.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Returns the fingerprint for people: eight groups of four symbols with dashes.
    pub fn fingerprint(&self) -> String {
        crockford::grouped(&self.to_string())
    }

    /// Reads a fingerprint as people type it: any case, spaces, dashes, O for 0, I and L for 1.
    pub fn parse_fingerprint(text: &str) -> Result<Self, IdError> {
        crockford::normalize(text).map_err(|_| IdError::Crockford)?.parse()
    }
}

impl fmt::Display for AgencyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crockford::encode(&self.0))
    }
}

impl fmt::Debug for AgencyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgencyId({self})")
    }
}

impl FromStr for AgencyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes = crockford::decode_strict(text).ok_or(IdError::Crockford)?;
        Ok(Self(bytes.try_into().map_err(|_| IdError::Crockford)?))
    }
}
text_serde!(AgencyId);

/// The message id shown to people: the first 8 Crockford symbols of SHA-256 over a report's SHA256SUMS.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 5]);

impl MessageId {
    /// Returns the message id of a report with these SHA256SUMS bytes.
    pub fn of_sums(sums: &[u8]) -> Self {
        Digest::of(sums).into()
    }
}

impl From<Digest> for MessageId {
    /// Takes the digest of the SHA256SUMS bytes.
    fn from(digest: Digest) -> Self {
        let [a, b, c, d, e, ..] = digest.0;
        Self([a, b, c, d, e])
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crockford::encode(&self.0))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

impl FromStr for MessageId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes = crockford::decode_strict(text).ok_or(IdError::Crockford)?;
        Ok(Self(bytes.try_into().map_err(|_| IdError::Crockford)?))
    }
}
text_serde!(MessageId);

/// The name of a desk on the card, `[a-z0-9][a-z0-9-]{0,31}`.
///
/// It never starts with a dash: a note writes `-` where no desk is meant, and a name that starts with one would
/// be an option on a command line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeskId(String);

impl DeskId {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DeskId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(IdError::Desk) }
    }
}
text_serde!(DeskId);

/// Tells whether `text` is `[a-z0-9][a-z0-9-]{0,31}`.
pub(crate) fn is_slug(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The text of an age `mlkem768x25519` recipient, checked by its characters and length only.
///
/// `bisik-sealing` checks the key itself before it seals; the server has no need to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientText(String);

/// Characters of an `age1pq1` recipient: prefix 7, 1216 bytes in 1946 Bech32 symbols, checksum 6.
const RECIPIENT_LEN: usize = 1959;

impl RecipientText {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecipientText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RecipientText {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let symbols = text.strip_prefix("age1pq1").ok_or(IdError::Recipient)?;
        let bech32 = |b: u8| b"qpzry9x8gf2tvdw0s3jn54khce6mua7l".contains(&b);
        if text.len() == RECIPIENT_LEN && symbols.bytes().all(bech32) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Recipient)
        }
    }
}
text_serde!(RecipientText);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn desk_ids_are_slugs() {
        for good in ["a", "inspektorat", "kpk-2", &"x".repeat(32)] {
            assert!(good.parse::<DeskId>().is_ok(), "{good}");
        }
        for bad in ["", "-", "-a", "A", "a_b", "a/b", "..", "é", &"x".repeat(33)] {
            assert_eq!(bad.parse::<DeskId>(), Err(IdError::Desk), "{bad}");
        }
    }

    #[test]
    fn hex_is_lower_case_and_exact() {
        let text = "ab".repeat(32);
        assert_eq!(text.parse::<Digest>().unwrap().to_string(), text);
        for bad in [text.to_uppercase(), "ab".repeat(31), "ab".repeat(33), format!("{}zz", "ab".repeat(31))] {
            assert_eq!(bad.parse::<Digest>(), Err(IdError::Hex));
        }
    }

    #[test]
    fn recipient_text_is_checked_by_shape() {
        let good = format!("age1pq1{}", "q".repeat(1952));
        assert!(good.parse::<RecipientText>().is_ok());
        assert!(good.to_uppercase().parse::<RecipientText>().is_err());
        assert!(format!("{good}q").parse::<RecipientText>().is_err());
        assert!(format!("age1pq1{}", "b".repeat(1952)).parse::<RecipientText>().is_err());
        assert!("age1qqq".parse::<RecipientText>().is_err());
    }

    proptest! {
        #[test]
        fn agency_ids_round_trip(bytes in any::<[u8; 20]>()) {
            let id = AgencyId(bytes);
            prop_assert_eq!(id.to_string().parse::<AgencyId>(), Ok(id));
            prop_assert_eq!(AgencyId::parse_fingerprint(&id.fingerprint().to_lowercase()), Ok(id));
        }

        #[test]
        fn streaming_and_one_shot_digests_agree(parts in proptest::collection::vec(any::<Vec<u8>>(), 0..5)) {
            let mut hasher = Hasher::new();
            parts.iter().for_each(|part| hasher.update(part));
            prop_assert_eq!(hasher.finish(), Digest::of(&parts.concat()));
        }
    }
}
