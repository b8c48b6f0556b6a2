//! Identifiers, sizes, tar headers, JSON, answers, proof of work.

use bisik_formats::answers::{Answer, check, gaps};
use bisik_formats::card::Limits;
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::form::{Form, Text};
use bisik_formats::ids::{AgencyId, DeskId, Digest, MessageId};
use bisik_formats::json::{from_json, to_json};
use bisik_formats::keys::{Signature, SigningKey, VerifyKey};
use bisik_formats::padding::{header_len, padded_size, padded_size_of, sealed_len};
use bisik_formats::pow::Challenge;
use bisik_sealing::tar::{Entry, EntryName};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{bytes, cases, judged, parsed, read, refused, text};

/// Parses what is accepted, writes it back, and refuses the rest.
fn spellings<T: std::str::FromStr + ToString>(file: &Value, key: &str) {
    for case in cases(&file[key], "accepted") {
        let parsed = case.as_str().unwrap().parse::<T>().ok().unwrap_or_else(|| panic!("{case}"));
        assert_eq!(parsed.to_string(), case.as_str().unwrap());
    }
    for case in cases(&file[key], "refused") {
        assert!(case.as_str().unwrap().parse::<T>().is_err(), "{case}");
    }
}

#[test]
fn identifiers() {
    let file = read("ids.json");
    for case in cases(&file, "agencies") {
        let agency = AgencyId::from_first_root(&parsed(case, "root"));
        assert_eq!(agency, parsed(case, "agency"));
        assert_eq!(agency.fingerprint(), text(case, "fingerprint"));
        for typed in cases(case, "typed") {
            assert_eq!(AgencyId::parse_fingerprint(typed.as_str().unwrap()), Ok(agency));
        }
    }
    for case in cases(&file, "messages") {
        assert_eq!(Digest::of(text(case, "sums").as_bytes()), parsed(case, "digest"));
        assert_eq!(MessageId::of_sums(text(case, "sums").as_bytes()), parsed(case, "message"));
    }
    spellings::<DeskId>(&file, "desks");
    spellings::<Day>(&file, "days");
    spellings::<EditionNumber>(&file, "editions");
}

#[test]
fn signatures() {
    let file = read("ids.json");
    for case in cases(&file["ed25519"], "valid") {
        let seed = Zeroizing::new(bytes(case, "seed").try_into().unwrap());
        let key = SigningKey::from_seed(seed).unwrap();
        let (message, signature) = (bytes(case, "message"), parsed::<Signature>(case, "signature"));
        assert_eq!(key.verify_key(), parsed(case, "key"));
        assert!(key.sign(&message).unwrap() == signature);
        assert!(key.verify_key().verify(&message, &signature).is_ok());
    }
    for case in cases(&file["ed25519"], "refused_signatures") {
        let key: VerifyKey = parsed(case, "key");
        assert!(key.verify(&bytes(case, "message"), &parsed(case, "signature")).is_err(), "{case}");
    }
    for case in cases(&file["ed25519"], "refused_keys") {
        refused(VerifyKey::from_bytes(&bytes(case, "key")), case);
    }
}

#[test]
fn sizes() {
    let file = read("padding.json");
    let number = |value: &Value| value.as_u64().unwrap();
    let sizes: Vec<u64> = cases(&file, "sizes").iter().map(number).collect();
    for pair in sizes.windows(2) {
        assert_eq!(padded_size(pair[0]), Some(pair[0]));
        assert_eq!(padded_size(pair[0] + 1), Some(pair[1]));
    }
    for case in cases(&file, "padded") {
        assert_eq!(padded_size(number(&case["len"])), Some(number(&case["padded"])));
    }
    for (desks, len) in (1..).zip(cases(&file, "headers")) {
        assert_eq!(header_len(desks), number(len));
    }
    for case in cases(&file, "sealed") {
        for (desks, sealed) in (1..).zip(cases(case, "sealed")) {
            assert_eq!(sealed_len(desks, number(&case["padded"])), number(sealed));
            assert_eq!(padded_size_of(number(sealed), desks), Some(number(&case["padded"])));
        }
    }
    let refused = &file["refused_lengths"];
    let desks = usize::try_from(number(&refused["desks"])).unwrap();
    for len in cases(refused, "sealed") {
        assert_eq!(padded_size_of(number(len), desks), None, "{len}");
    }
}

#[test]
fn tar_headers() {
    let file = read("tar.json");
    for case in cases(&file, "accepted") {
        let entry = Entry { name: parsed(case, "name"), size: case["size"].as_u64().unwrap() };
        assert_eq!(entry.header().unwrap().to_vec(), bytes(case, "header"));
        assert_eq!(Entry::parse(&bytes(case, "header").try_into().unwrap()), Ok(entry));
    }
    for name in cases(&file, "refused_names") {
        assert!(name.as_str().unwrap().parse::<EntryName>().is_err(), "{name}");
    }
    for case in cases(&file, "refused") {
        refused(Entry::parse(&bytes(case, "header").try_into().unwrap()), case);
    }
}

#[test]
fn strict_json() {
    let file = read("json.json");
    let limits = |text: &str| from_json::<Limits>(text.as_bytes(), 1000);
    for case in cases(&file["limits"], "accepted") {
        let value = limits(case.as_str().unwrap()).unwrap();
        assert_eq!(to_json(&value).unwrap(), case.as_str().unwrap().as_bytes());
    }
    for case in cases(&file["limits"], "refused") {
        refused(limits(text(case, "text")), case);
    }
    for case in cases(&file, "texts") {
        judged(from_json::<Text>(text(case, "text").as_bytes(), 1000), case);
    }
}

#[test]
fn answers() {
    let file = read("answers.json");
    let form: Form = from_json(text(&file, "form").as_bytes(), 1 << 16).unwrap();
    form.check().unwrap();
    let answers_of =
        |case: &Value| from_json::<Vec<Answer>>(text(case, "answers").as_bytes(), 1 << 16).unwrap();
    for case in cases(&file, "accepted") {
        let answers = answers_of(case);
        check(&form, &answers).unwrap();
        let found = gaps(&form, &answers, case["files"].as_bool().unwrap());
        assert_eq!(serde_json::json!(found.required), case["required"]);
        assert_eq!(serde_json::json!(found.expected), case["expected"]);
    }
    for case in cases(&file, "refused") {
        let error = check(&form, &answers_of(case)).unwrap_err();
        assert!(format!("{error:?}").ends_with(&format!("({})", case["at"])), "{case}");
        refused(Err::<(), _>(error), case);
    }
}

#[test]
fn proof_of_work() {
    for case in cases(&read("pow.json"), "cases") {
        let challenge: Challenge = from_json(text(case, "challenge").as_bytes(), 1000).unwrap();
        let header = parsed(case, "header_sha256");
        assert!(challenge.check(&header, &parsed(case, "nonce")), "{case}");
        if !case["refused_nonce"].is_null() {
            assert!(!challenge.check(&header, &parsed(case, "refused_nonce")), "{case}");
        }
    }
}
