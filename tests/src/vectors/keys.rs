//! Receipts, the key schedule, letter addresses, hybrid keys and files sealed to them.

use std::io::Write;

use bisik_sealing::hybrid::{Identity, Recipient};
use bisik_sealing::receipt::Receipt;
use bisik_sealing::writer::AgeWriter;
use serde_json::{Value, json};

use super::random::Recorded;
use super::world::{World, identity};
use super::{hex, world};

pub(super) fn receipt(world: &World) -> Value {
    let cases: Vec<Value> = (0..3).map(|number| receipt_case(world, number)).collect();
    let text = world.receipt.expose_text();
    let typed = json!([
        text.to_lowercase(),
        text.replace('-', ""),
        text.replace('-', " "),
        format!(" {} ", text.replace('-', " - ")),
        text.replace('0', "O").replace('1', "l"),
        text.replace('0', "o").replace('1', "I"),
    ]);
    let mut wrong = text.to_string();
    let first = if wrong.starts_with('7') { "8" } else { "7" };
    wrong.replace_range(..1, first);
    let other_agency = bisik_formats::ids::AgencyId::from_first_root(&world::signing_key(3).verify_key());
    let foreign = Receipt::generate(&other_agency, &mut Recorded::new("receipt"));
    let refused = |typed: &str, error: &str| json!({ "typed": typed, "error": error });
    json!({
        "agency": world.agency,
        "cases": cases,
        "typed": { "receipt": *text, "accepted": typed },
        "refused": [
            refused("", "length"),
            refused(text.get(..33).unwrap(), "length"),
            refused(&format!("{}0", *text), "length"),
            refused(&text.replacen('-', "!", 1), "symbol"),
            refused(&text.replacen('-', "U", 1), "symbol"),
            refused(&wrong, "check"),
            refused(&foreign.expose_text(), "check"),
        ],
    })
}

fn receipt_case(world: &World, number: u32) -> Value {
    let mut random = Recorded::new(&format!("receipt {number}"));
    let receipt = Receipt::generate(&world.agency, &mut random);
    let keys = receipt.keys().unwrap();
    json!({
        "secret": random.hex(),
        "receipt": *receipt.expose_text(),
        "reply_seed": hex(keys.identity.expose_seed()),
        "signing_seed": hex(keys.signing.expose_seed()),
        "letter_key": hex(keys.letter_key.expose_bytes()),
        "identity": *keys.identity.expose_text(),
        "recipient": keys.identity.recipient().to_string(),
        "verify_key": keys.signing.verify_key(),
    })
}

pub(super) fn address(world: &World) -> Value {
    let case = |desk: &str, edition: &str, salt: u8| {
        let (desk, edition) = (desk.parse().unwrap(), edition.parse().unwrap());
        let salt = bisik_formats::ids::Salt::from_bytes([salt; 32]);
        let thread = world.keys.signing.verify_key();
        let address = world.keys.letter_key.address(&world.agency, &desk, edition, &salt, &thread);
        json!({
            "desk": desk,
            "edition": edition,
            "salt": salt,
            "address": address,
        })
    };
    json!({
        "agency": world.agency,
        "letter_key": hex(world.keys.letter_key.expose_bytes()),
        "thread": world.keys.signing.verify_key(),
        "cases": [
            case("inspektorat", "202603041", 0x5a),
            case("walikota", "202603041", 0x5a),
            case("inspektorat", "202603042", 0x5a),
            case("inspektorat", "202603041", 0x5b),
        ],
    })
}

pub(super) fn hybrid() -> Value {
    let keys: Vec<Value> = [0x00, 0x11, 0xff].map(key).into();
    let files: Vec<Value> =
        [(&[0x11][..], 0), (&[0x11, 0x22], 5), (&[0x22, 0x11, 0x33], 70_000)].map(file).into();
    let recipient = identity(0x11).recipient().to_string();
    let secret = identity(0x11).expose_text().to_string();
    let refused = |text: String, error: &str| json!({ "text": text, "error": error });
    json!({
        "keys": keys,
        "files": files,
        "refused_recipients": [
            refused(recipient.to_uppercase(), "encoding"),
            refused(recipient.replacen("age1pq1", "age1pq1q", 1), "encoding"),
            refused(secret.clone(), "prefix"),
            refused("age1ykt3unwl3m0jmqxd8wd92wzq2gznqnn3g2d9ndt2s7gckx73d3lssr4j8s".into(), "encoding"),
            refused(changed_recipient(|bytes| bytes[..3].fill(0xff)), "key.coefficient"),
            refused(changed_recipient(|bytes| bytes[1184..].fill(0)), "key.low_order"),
            refused(changed_recipient(|bytes| bytes.truncate(1215)), "key.length"),
        ],
        "refused_identities": [
            refused(secret.to_lowercase(), "encoding"),
            refused(secret.replacen("PQ-1", "PQ-1Q", 1), "encoding"),
            refused(recipient, "prefix"),
        ],
    })
}

fn key(byte: u8) -> Value {
    let identity = identity(byte);
    json!({
        "seed": hex(identity.expose_seed()),
        "identity": *identity.expose_text(),
        "recipient": identity.recipient().to_string(),
    })
}

/// A file to these identities, with a plaintext of this many bytes.
fn file((seeds, len): (&[u8], usize)) -> Value {
    let identities: Vec<Identity> = seeds.iter().map(|seed| identity(*seed)).collect();
    let recipients: Vec<Recipient> = identities.iter().map(Identity::recipient).collect();
    let mut random = Recorded::new("file");
    let mut writer = AgeWriter::new(&recipients, Vec::new(), &mut random).unwrap();
    writer.write_all(&vec![b'b'; len]).unwrap();
    let sealed = writer.finish().unwrap();
    let digest = bisik_formats::ids::Digest::of(&sealed);
    let texts: Vec<String> = identities.iter().map(|identity| identity.expose_text().to_string()).collect();
    let mut case = json!({
        "identities": texts,
        "randomness": random.hex(),
        "plaintext": { "repeat": "b", "len": len },
        "sealed_sha256": digest,
    });
    // The long one is told by its hash alone.
    if sealed.len() < 10_000 {
        case["sealed"] = hex(&sealed).into();
    }
    case
}

/// Returns a recipient with right checksum around changed bytes.
fn changed_recipient(change: impl FnOnce(&mut Vec<u8>)) -> String {
    use bech32::Hrp;
    let text = identity(0x11).recipient().to_string();
    let decode = |_, bytes: bech32::primitives::decode::ByteIter<'_>| Ok::<Vec<u8>, ()>(bytes.collect());
    let mut bytes = age_core::primitives::bech32_decode(&text, |_| (), |_| Ok(()), decode).unwrap();
    change(&mut bytes);
    age_core::primitives::bech32_encode(Hrp::parse_unchecked("age1pq"), &bytes)
}
