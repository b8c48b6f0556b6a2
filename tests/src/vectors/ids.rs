//! Identifiers, dates, Ed25519.

use bisik_formats::ids::{AgencyId, Digest, MessageId};
use serde_json::{Value, json};

use super::hex;
use super::world::signing_key;

/// Two signatures from "Taming the many EdDSAs": valid with the cofactor, not without. `ring` refuses them, and so
/// must every other implementation. noble accepts them even with `zip215: false`: a verifier in TypeScript has to
/// compute `[S]B - [k]A` and compare its encoding with R itself.
const COFACTORED: [[&str; 3]; 2] = [
    [
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
    ],
    [
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
    ],
];

pub(super) fn ids() -> Value {
    let agencies: Vec<Value> = [1, 2, 3].map(agency).into();
    let messages: Vec<Value> = ["", "abc", "00  report.json\n"].map(message).into();
    json!({
        "agencies": agencies,
        "messages": messages,
        "ed25519": ed25519(),
        "desks": {
            "accepted": ["a", "inspektorat", "kpk-2", "0", "x".repeat(32)],
            "refused": ["", "-", "-a", "A", "a_b", "a/b", "..", "é", "x".repeat(33)],
        },
        "days": {
            "accepted": ["2000-01-01", "2024-02-29", "2026-11-22", "9999-12-31"],
            "refused": ["1999-12-31", "2026-02-29", "2026-13-01", "2026-1-1", "2026-01-01 ", "20260101", ""],
        },
        "editions": {
            "accepted": ["202611220", "202402299"],
            "refused": ["20261122", "2026112200", "202602290", "2026-11-2", "20261122a", ""],
        },
    })
}

fn agency(seed: u8) -> Value {
    let root = signing_key(seed).verify_key();
    let agency = AgencyId::from_first_root(&root);
    let fingerprint = agency.fingerprint();
    json!({
        "root": root,
        "agency": agency,
        "fingerprint": fingerprint,
        "typed": [fingerprint.to_lowercase(), fingerprint.replace('-', " "), fingerprint.replace('0', "o")],
    })
}

fn message(sums: &str) -> Value {
    let digest = Digest::of(sums.as_bytes());
    json!({ "sums": sums, "digest": digest, "message": MessageId::from(digest) })
}

fn ed25519() -> Value {
    let key = signing_key(1);
    let message = b"bisik";
    let signature = key.sign(message).unwrap();
    let mut flipped = *signature.as_bytes();
    flipped[0] ^= 1;
    let refused = |name: &str, key: &str, message: &str, signature: &str| json!({ "name": name, "key": key, "message": message, "signature": signature });
    let public = key.verify_key().to_string();
    let mut signatures = vec![
        refused("another message", &public, &hex(b"bisiK"), &signature.to_string()),
        refused("a flipped bit", &public, &hex(message), &hex(&flipped)),
        refused("S raised by the group order", &public, &hex(message), &hex(&raised(signature.as_bytes()))),
    ];
    let cofactored = COFACTORED
        .iter()
        .map(|[key, message, signature]| refused("valid with the cofactor only", key, message, signature));
    signatures.extend(cofactored);
    json!({
        "valid": [{
            "seed": hex(key.expose_seed()),
            "key": key.verify_key(),
            "message": hex(message),
            "signature": signature,
        }],
        "refused_signatures": signatures,
        "refused_keys": refused_keys(),
    })
}

/// Adds the group order to S, little-endian: the same signature for a verifier that does not look.
fn raised(signature: &[u8; 64]) -> Vec<u8> {
    let order =
        base16ct::lower::decode_vec("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let (r, s) = signature.split_at(32);
    let mut carry = 0;
    let mut raised = r.to_vec();
    for (byte, add) in s.iter().zip(order.unwrap()) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        raised.push(sum.to_le_bytes()[0]);
        carry = sum >> 8;
    }
    raised
}

fn refused_keys() -> Value {
    let key = |text: String, error: &str| json!({ "key": text, "error": error });
    let prime_and = |low: &str, high: &str| format!("{low}{}{high}", "ff".repeat(30));
    json!([
        key(format!("01{}", "00".repeat(31)), "small_order"),
        key(format!("01{}80", "00".repeat(30)), "small_order"),
        key(prime_and("ec", "7f"), "small_order"),
        key("00".repeat(32), "small_order"),
        key(format!("{}80", "00".repeat(31)), "small_order"),
        key("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".into(), "small_order"),
        key("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85".into(), "small_order"),
        key("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".into(), "small_order"),
        key("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa".into(), "small_order"),
        key(prime_and("ed", "7f"), "not_canonical"),
        key(prime_and("ee", "ff"), "not_canonical"),
        key(prime_and("ff", "ff"), "not_canonical"),
        key("00".repeat(31), "length"),
        key("00".repeat(33), "length"),
    ])
}
