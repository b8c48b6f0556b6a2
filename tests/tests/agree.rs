//! The page and the Rust programs take the same documents and refuse the same ones.
//!
//! `client-web/tests/core-agree.ts` makes documents, sound and damaged, each time others, and says which of them the
//! page takes. A failure prints the document.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use bisik_formats::answers::{self, Answer};
use bisik_formats::card::VerifiedCard;
use bisik_formats::edition::VerifiedHeader;
use bisik_formats::ids::{AgencyId, DeskId};
use bisik_formats::json::from_json;
use bisik_formats::keys::{Signature, VerifyKey};
use bisik_sealing::hybrid::Identity;
use bisik_sealing::letter::{LetterPlace, open_letter};
use bisik_sealing::receipt::Receipt;
use bisik_tests::run::workspace;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Rounds of the script, each with a document of every kind.
const ROUNDS: usize = 300;
const AGENCY: &str = "C94Q73K2NKR8JV9D3QDGSWCS2Y1TJFXC";

/// A document, and whether the page takes it.
#[derive(Deserialize)]
struct Case {
    kind: String,
    input: String,
    taken: bool,
}

/// What documents are judged against.
struct Judge {
    agency: AgencyId,
    card: VerifiedCard,
    identity: Identity,
    place: Value,
}

#[test]
fn both_take_the_same_documents() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cases");
    let client = workspace().join("client-web");
    assert!(client.join("node_modules").is_dir(), "run `cargo xtask web`, or `cargo xtask test`");
    let mut command = Command::new("node");
    command.args(["bench/run.mjs", "tests/core-agree.ts"]).arg(&path).arg(ROUNDS.to_string());
    assert!(command.current_dir(client).status().unwrap().success());
    let text = fs::read_to_string(path).unwrap();
    let mut cases = text.lines().map(|line| serde_json::from_str::<Case>(line).unwrap());
    let judge = Judge::new(&cases.next().unwrap());
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for case in cases {
        let bytes = base16ct::lower::decode_vec(&case.input).unwrap();
        assert_eq!(
            judge.takes(&case.kind, &bytes),
            case.taken,
            "{} {}",
            case.kind,
            String::from_utf8_lossy(&bytes)
        );
        counts.entry(case.kind).or_default()[usize::from(case.taken)] += 1;
    }
    // Documents that are all refused, or all taken, would compare nothing.
    assert_eq!(counts.len(), 6);
    assert!(counts.values().all(|[refused, taken]| *refused > 20 && *taken > 10), "{counts:?}");
}

impl Judge {
    fn new(identity: &Case) -> Self {
        let agency = AGENCY.parse().unwrap();
        let read = |name: &str| -> Value {
            let path = workspace().join("tests/vectors").join(name);
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
        };
        let bundle = base16ct::lower::decode_vec(read("card.json")["bundle"].as_str().unwrap()).unwrap();
        let seed = base16ct::lower::decode_vec(&identity.input).unwrap();
        Self {
            agency,
            card: VerifiedCard::verify(&bundle, &agency).unwrap(),
            identity: Identity::from_seed(Zeroizing::new(seed.try_into().unwrap())),
            place: read("letter.json")["place"].clone(),
        }
    }

    fn takes(&self, kind: &str, bytes: &[u8]) -> bool {
        match kind {
            "card" => VerifiedCard::verify(bytes, &self.agency).is_ok(),
            "header" => VerifiedHeader::verify(bytes, &self.card).is_ok(),
            "answers" => self.takes_answers(bytes),
            "letter" => self.takes_letter(bytes),
            "receipt" => Receipt::parse(std::str::from_utf8(bytes).unwrap(), &self.agency).is_ok(),
            "signature" => takes_signature(bytes),
            kind => panic!("no such kind: {kind}"),
        }
    }

    fn takes_answers(&self, bytes: &[u8]) -> bool {
        let given = from_json::<Vec<Answer>>(bytes, 1 << 16);
        given.is_ok_and(|given| answers::check(&self.card.card().form, &given).is_ok())
    }

    fn takes_letter(&self, bytes: &[u8]) -> bool {
        let text = |name: &str| self.place[name].as_str().unwrap();
        let desk: DeskId = text("desk").parse().unwrap();
        let thread: VerifyKey = text("thread").parse().unwrap();
        let edition = text("edition").parse().unwrap();
        let place = LetterPlace { agency: &self.agency, desk: &desk, edition, thread: &thread };
        open_letter(bytes, &self.identity, &place).is_ok()
    }
}

/// Key, signature, message.
fn takes_signature(bytes: &[u8]) -> bool {
    let (key, rest) = bytes.split_at(32);
    let (signature, message) = rest.split_first_chunk::<64>().unwrap();
    let signature = Signature::from_bytes(*signature);
    VerifyKey::from_bytes(key).is_ok_and(|key| key.verify(message, &signature).is_ok())
}
