#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use age_core::primitives::bech32_encode;
use proptest::prelude::*;

use super::*;
use crate::testing::rng;

fn public_key_bytes() -> Vec<u8> {
    Identity::generate(&mut rng(1)).recipient().key.to_bytes()
}

fn recipient_of(bytes: &[u8]) -> Result<Recipient, KeyTextError> {
    encode(RECIPIENT_PREFIX, bytes).parse()
}

/// Sets the first coefficient of the ML-KEM half: 12 bits, little-endian.
fn with_first_coefficient(value: u16) -> Vec<u8> {
    let mut bytes = public_key_bytes();
    let [low, high] = value.to_le_bytes();
    bytes[0] = low;
    bytes[1] = (bytes[1] & 0xf0) | high;
    bytes
}

fn error<T>(result: Result<T, KeyTextError>) -> Option<KeyTextError> {
    result.err()
}

#[test]
fn texts_have_the_stock_lengths() {
    let identity = Identity::generate(&mut rng(1));
    assert_eq!(identity.expose_text().len(), 77);
    assert!(identity.expose_text().starts_with("AGE-SECRET-KEY-PQ-1"));
    assert_eq!(identity.recipient().to_string().len(), 1959);
    assert!(identity.recipient().to_text().is_ok());
}

#[test]
fn coefficients_from_3329_on_are_refused() {
    assert!(recipient_of(&with_first_coefficient(3328)).is_ok());
    for value in [3329, 3330, 4095] {
        let refused = error(recipient_of(&with_first_coefficient(value)));
        assert_eq!(refused, Some(KeyTextError::Key(HybridKeyError::Coefficient)), "{value}");
    }
}

/// The points of small order of Curve25519 and its twist, and their non-canonical spellings.
#[test]
fn low_order_points_are_refused() {
    const ORDER_8_A: &str = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    const ORDER_8_B: &str = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157";
    let prime = |low: u8| format!("{low:02x}{}7f", "ff".repeat(30));
    let zero_and_one = ["00".repeat(32), format!("01{}", "00".repeat(31))];
    let others = [ORDER_8_A.to_owned(), ORDER_8_B.to_owned(), prime(0xec), prime(0xed), prime(0xee)];
    for point in zero_and_one.iter().chain(&others) {
        let mut bytes = public_key_bytes();
        bytes.truncate(PUBLIC_LEN - 32);
        bytes.extend(base16ct::lower::decode_vec(point).unwrap());
        let refused = error(recipient_of(&bytes));
        assert_eq!(refused, Some(KeyTextError::Key(HybridKeyError::LowOrder)), "{point}");
    }
}

#[test]
fn a_low_order_share_in_a_file_is_refused() {
    use age::Identity as _;
    let identity = Identity::generate(&mut rng(1));
    let (mut enc, body) = identity.recipient().wrap(&[1; 16], &mut rng(2)).unwrap();
    let stanza = |enc: &[u8], body: &[u8]| Stanza {
        tag: STANZA_TAG.into(),
        args: vec![BASE64_STANDARD_NO_PAD.encode(enc)],
        body: body.to_vec(),
    };
    assert!(matches!(identity.unwrap_stanza(&stanza(&enc, &body)), Some(Ok(_))));
    let short = identity.unwrap_stanza(&stanza(&enc[1..], &body));
    assert!(matches!(short, Some(Err(age::DecryptError::InvalidHeader))));
    let long = identity.unwrap_stanza(&stanza(&enc, &[body.as_slice(), &[0]].concat()));
    assert!(matches!(long, Some(Err(age::DecryptError::InvalidHeader))));
    enc[ENC_LEN - 32..].fill(0);
    let low = identity.unwrap_stanza(&stanza(&enc, &body));
    assert!(matches!(low, Some(Err(age::DecryptError::InvalidHeader))));
}

#[test]
fn other_keys_and_spellings_are_refused() {
    let identity = Identity::generate(&mut rng(1));
    let recipient = identity.recipient().to_string();
    assert_eq!(error(recipient.to_uppercase().parse::<Recipient>()), Some(KeyTextError::Encoding));
    assert_eq!(error(format!("{recipient} ").parse::<Recipient>()), Some(KeyTextError::Encoding));
    assert_eq!(error(identity.expose_text().parse::<Recipient>()), Some(KeyTextError::Prefix));
    assert_eq!(error(Identity::parse(&identity.expose_text().to_lowercase())), Some(KeyTextError::Encoding));
    assert_eq!(error(Identity::parse(&recipient)), Some(KeyTextError::Prefix));
    let classical = age::x25519::Identity::generate();
    assert_eq!(error(classical.to_public().to_string().parse::<Recipient>()), Some(KeyTextError::Prefix));
    let length = Some(KeyTextError::Key(HybridKeyError::Length));
    assert_eq!(error(recipient_of(&[0; PUBLIC_LEN - 1])), length);
    assert_eq!(error(recipient_of(&[0; PUBLIC_LEN + 1])), length);
    let short = bech32_encode(Hrp::parse_unchecked(IDENTITY_PREFIX), &[0; 31]).to_uppercase();
    assert_eq!(error(Identity::parse(&short)), length);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn texts_round_trip(seed: [u8; 32]) {
        let identity = Identity::from_seed(Zeroizing::new(seed));
        let parsed = Identity::parse(&identity.expose_text()).unwrap();
        prop_assert_eq!(parsed.expose_seed(), &seed);
        let recipient = identity.recipient();
        let parsed: Recipient = recipient.to_string().parse().unwrap();
        prop_assert_eq!(parsed.to_string(), recipient.to_string());
        prop_assert_eq!(recipient.to_text().unwrap().to_string(), recipient.to_string());
    }

    #[test]
    fn wrapped_keys_are_found_by_their_identity_only(seed: [u8; 32], file_key: [u8; 16]) {
        let identity = Identity::from_seed(Zeroizing::new(seed));
        let (enc, body) = identity.recipient().wrap(&file_key, &mut rng(3)).unwrap();
        let found = identity.unwrap(&enc, &body).unwrap().unwrap();
        prop_assert_eq!(age_core::secrecy::ExposeSecret::expose_secret(&found), &file_key);
        let other = Identity::from_seed(Zeroizing::new(seed.map(|byte| !byte)));
        prop_assert!(other.unwrap(&enc, &body).unwrap().is_none());
    }

    #[test]
    fn one_wrong_symbol_in_a_key_is_found(place in 19..77usize, seed: [u8; 32]) {
        let text = Identity::from_seed(Zeroizing::new(seed)).expose_text();
        let mut typed = text.as_bytes().to_vec();
        typed[place] = if typed[place] == b'Q' { b'P' } else { b'Q' };
        let refused = error(Identity::parse(std::str::from_utf8(&typed).unwrap()));
        prop_assert_eq!(refused, Some(KeyTextError::Encoding));
    }
}
