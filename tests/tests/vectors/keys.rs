//! Receipts, addresses, hybrid keys and files.

use std::io::{Read, Write};

use bisik_formats::ids::Digest;
use bisik_sealing::hybrid::{Identity, Recipient};
use bisik_sealing::reader::open;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::schedule::LetterKey;
use bisik_sealing::writer::AgeWriter;
use bisik_tests::vectors::random::Tape;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{bytes, cases, parsed, read, refused, text};

fn key(case: &Value, name: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(bytes(case, name).try_into().unwrap())
}

#[test]
fn receipts() {
    let file = read("receipt.json");
    let agency = parsed(&file, "agency");
    for case in cases(&file, "cases") {
        let made = Receipt::generate(&agency, &mut Tape::new(text(case, "secret")));
        assert_eq!(*made.expose_text(), text(case, "receipt"));
        let keys = Receipt::parse(text(case, "receipt"), &agency).unwrap().keys().unwrap();
        assert_eq!(keys.identity.expose_seed().to_vec(), bytes(case, "reply_seed"));
        assert_eq!(keys.signing.expose_seed().to_vec(), bytes(case, "signing_seed"));
        assert_eq!(keys.letter_key.expose_bytes().to_vec(), bytes(case, "letter_key"));
        assert_eq!(*keys.identity.expose_text(), text(case, "identity"));
        assert_eq!(keys.identity.recipient().to_string(), text(case, "recipient"));
        assert_eq!(keys.signing.verify_key().to_string(), text(case, "verify_key"));
    }
    let typed = &file["typed"];
    for spelling in cases(typed, "accepted") {
        let receipt = Receipt::parse(spelling.as_str().unwrap(), &agency).unwrap();
        assert_eq!(*receipt.expose_text(), text(typed, "receipt"));
    }
    for case in cases(&file, "refused") {
        refused(Receipt::parse(text(case, "typed"), &agency), case);
    }
}

#[test]
fn addresses() {
    let file = read("address.json");
    let letter_key = LetterKey::from_bytes(key(&file, "letter_key"));
    for case in cases(&file, "cases") {
        let (desk, edition, salt) = (parsed(case, "desk"), parsed(case, "edition"), parsed(case, "salt"));
        let (agency, thread) = (parsed(&file, "agency"), parsed(&file, "thread"));
        let address = letter_key.address(&agency, &desk, edition, &salt, &thread);
        assert_eq!(address.to_string(), text(case, "address"));
    }
}

#[test]
fn hybrid_keys() {
    let file = read("hybrid.json");
    for case in cases(&file, "keys") {
        let identity = Identity::from_seed(key(case, "seed"));
        assert_eq!(*identity.expose_text(), text(case, "identity"));
        assert_eq!(identity.recipient().to_string(), text(case, "recipient"));
        let parsed = Identity::parse(text(case, "identity")).unwrap();
        assert_eq!(parsed.expose_seed(), identity.expose_seed());
        assert!(text(case, "recipient").parse::<Recipient>().is_ok());
    }
    for case in cases(&file, "refused_recipients") {
        refused(text(case, "text").parse::<Recipient>(), case);
    }
    for case in cases(&file, "refused_identities") {
        refused(Identity::parse(text(case, "text")), case);
    }
}

#[test]
fn hybrid_files() {
    for case in cases(&read("hybrid.json"), "files") {
        let identities: Vec<Identity> = cases(case, "identities")
            .iter()
            .map(|text| Identity::parse(text.as_str().unwrap()).unwrap())
            .collect();
        let recipients: Vec<Recipient> = identities.iter().map(Identity::recipient).collect();
        let len = usize::try_from(case["plaintext"]["len"].as_u64().unwrap()).unwrap();
        let plain = text(&case["plaintext"], "repeat").repeat(len);
        let mut random = Tape::new(text(case, "randomness"));
        let mut writer = AgeWriter::new(&recipients, Vec::new(), &mut random).unwrap();
        writer.write_all(plain.as_bytes()).unwrap();
        let sealed = writer.finish().unwrap();
        assert!(random.is_used_up());
        assert_eq!(Digest::of(&sealed).to_string(), text(case, "sealed_sha256"));
        if !case["sealed"].is_null() {
            assert!(bytes(case, "sealed") == sealed);
        }
        for identity in &identities {
            let mut opened = String::new();
            open(sealed.as_slice(), &[identity]).unwrap().read_to_string(&mut opened).unwrap();
            assert!(opened == plain);
        }
    }
}
