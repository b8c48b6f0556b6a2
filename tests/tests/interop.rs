//! Sealed files against implementations that nobody here wrote: `age-encryption` in Node, the public CCTV vectors,
//! stock `tar` and `sha256sum`. The packages lie in `tests/interop`; `cargo xtask test` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use age::secrecy::SecretString;
use bisik_formats::answers::{Answer, Value};
use bisik_formats::ids::{AgencyId, DeskId, Digest};
use bisik_sealing::hybrid::Identity;
use bisik_sealing::letter::{LETTER_TEXT_LEN, decoy_letter};
use bisik_sealing::reader::{AgeReader, OpenError, open, open_any};
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    EvidenceEntry, EvidenceNote, EvidenceSource, Holders, Kind, Language, ReportContent, ReportFormat,
    ReportNonce, Slot, ThreadPublic, seal_report,
};
use bisik_sealing::writer::AgeWriter;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Deserialize;
use tempfile::TempDir;

/// The number of public vectors; fewer would mean that some are skipped.
const VECTORS: usize = 143;
/// The work factor up to which passphrase vectors must open, and above which one must not.
const MAX_WORK_FACTOR: u8 = 22;

#[derive(Deserialize)]
struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    identities: Vec<String>,
    passphrases: Vec<String>,
    armored: bool,
}

/// What became of a vector, in the words of the vectors.
struct Outcome {
    class: &'static str,
    payload: Vec<u8>,
}

impl Outcome {
    fn failed(error: &OpenError) -> Self {
        let class = match error {
            OpenError::Shape(_) | OpenError::Header => "header failure",
            OpenError::Mac => "HMAC failure",
            OpenError::NoMatch => "no match",
            OpenError::Payload => "payload failure",
            OpenError::Crypto(_) | OpenError::Io(_) => panic!("{error}"),
        };
        Self { class, payload: Vec::new() }
    }

    /// Reads what opens; of a payload that breaks off, what came before.
    fn of<R: Read>(opened: Result<AgeReader<R>, OpenError>) -> Self {
        let mut payload = Vec::new();
        match opened.and_then(|mut reader| Ok(reader.read_to_end(&mut payload)?)) {
            Ok(_) => Self { class: "success", payload },
            Err(error) => Self { payload, ..Self::failed(&error) },
        }
    }
}

#[test]
fn all_public_vectors_do_as_they_say() {
    let directory = TempDir::new().unwrap();
    node(&["cctv.mjs", directory.path().to_str().unwrap()], "");
    let index = fs::read(directory.path().join("index.json")).unwrap();
    let vectors: Vec<Vector> = serde_json::from_slice(&index).unwrap();
    assert_eq!(vectors.len(), VECTORS);
    for vector in &vectors {
        let path = directory.path().join(&vector.name).with_extension("age");
        let identities = identities_of(vector);
        let identities: Vec<&dyn age::Identity> = identities.iter().map(Box::as_ref).collect();
        let found = Outcome::of(open_any(BufReader::new(File::open(&path).unwrap()), &identities));
        if vector.armored {
            // Nothing of ours reads armor, so all of these are refused before any of it is looked at. That closes
            // `armor_whitespace_outside`, which the `age` crate gets wrong.
            assert_eq!(found.class, "header failure", "{}", vector.name);
            continue;
        }
        // No other deviation is left: `stanza_missing_body` and `stanza_missing_final_line`, which the `age` crate
        // accepts, are refused by our own check of the grammar.
        assert_eq!(found.class, vector.expect, "{}", vector.name);
        // Of a payload that breaks off we may give less than the vector lists, never more.
        if let (Some(payload), "success") = (&vector.payload, found.class) {
            assert_eq!(&Digest::of(&found.payload).to_string(), payload, "{}", vector.name);
        }
    }
}

/// The way that reports and letters take: the fixed shape, and hybrid identities only.
#[test]
fn hybrid_vectors_of_the_fixed_shape_do_as_they_say_and_others_are_refused() {
    let directory = TempDir::new().unwrap();
    node(&["cctv.mjs", directory.path().to_str().unwrap()], "");
    let index = fs::read(directory.path().join("index.json")).unwrap();
    let vectors: Vec<Vector> = serde_json::from_slice(&index).unwrap();
    let mut of_our_shape = BTreeMap::new();
    for vector in &vectors {
        let path = directory.path().join(&vector.name).with_extension("age");
        let identities: Vec<Identity> =
            vector.identities.iter().filter_map(|text| Identity::parse(text).ok()).collect();
        let identities: Vec<&Identity> = identities.iter().collect();
        let opened = open(File::open(&path).unwrap(), &identities);
        if !matches!(opened, Err(OpenError::Shape(_))) {
            of_our_shape.insert(vector.name.as_str(), Outcome::of(opened).class == vector.expect);
        }
    }
    assert!(of_our_shape.values().all(|as_expected| *as_expected), "{of_our_shape:?}");
    for name in [
        "hybrid",
        "hybrid_bad_tag",
        "hybrid_currupted_enc_mlkem",
        "hybrid_currupted_enc_x25519",
        "hybrid_identity",
        "hybrid_low_order",
        "hybrid_multiple_recipients",
        "hybrid_no_match",
        "hybrid_not_canonical_body",
        "hybrid_not_canonical_enc",
    ] {
        assert!(of_our_shape.remove(name).is_some(), "{name}");
    }
    assert!(of_our_shape.is_empty(), "{of_our_shape:?}");
}

#[test]
fn node_and_stock_tools_open_a_report() {
    let directory = TempDir::new().unwrap();
    let rng = &mut StdRng::seed_from_u64(1);
    let identity = Identity::generate(rng);
    let photo: Vec<u8> = (0..=250).cycle().take(3_000_000).collect();
    for evidence in [&[][..], &[photo.as_slice(), b"%PDF-1.7"]] {
        let sealed = directory.path().join("report.age");
        fs::write(&sealed, seal(&identity, evidence, rng)).unwrap();
        let archive = directory.path().join("report.tar");
        node(&["age.mjs", "open", text(&sealed), text(&archive)], &identity.expose_text());
        let unpacked = TempDir::new_in(directory.path()).unwrap();
        run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(unpacked.path()), "");
        run(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&unpacked), "");
        for (number, piece) in (1..).zip(evidence) {
            let name = format!("evidence/{number:04}.bin");
            assert!(fs::read(unpacked.path().join(name)).unwrap() == *piece);
        }
        assert_eq!(fs::metadata(unpacked.path().join("SHA256SUMS.sig")).unwrap().len(), 64);
    }
}

#[test]
fn node_opens_a_letter_and_derives_the_same_recipient() {
    let directory = TempDir::new().unwrap();
    let rng = &mut StdRng::seed_from_u64(2);
    let identity = Identity::generate(rng);
    let recipient = node(&["age.mjs", "recipient"], &identity.expose_text());
    assert_eq!(recipient, identity.recipient().to_string());
    let (sealed, opened) = (directory.path().join("letter.age"), directory.path().join("letter"));
    let letter = vec![b' '; LETTER_TEXT_LEN];
    let mut writer = AgeWriter::new(&[identity.recipient()], File::create(&sealed).unwrap(), rng).unwrap();
    writer.write_all(&letter).unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::metadata(&sealed).unwrap().len(), decoy_letter(rng).unwrap().len() as u64);
    node(&["age.mjs", "open", text(&sealed), text(&opened)], &identity.expose_text());
    assert!(fs::read(opened).unwrap() == letter);
}

#[test]
fn we_open_what_node_seals() {
    let directory = TempDir::new().unwrap();
    let identity = Identity::generate(&mut StdRng::seed_from_u64(3));
    let (plain, sealed) = (directory.path().join("plain"), directory.path().join("sealed"));
    for len in [0, 1, 65_535, 65_536, 65_537, 32_768, 1_500_000] {
        let content: Vec<u8> = (0..=240).cycle().take(len).collect();
        fs::write(&plain, &content).unwrap();
        node(&["age.mjs", "seal", text(&plain), text(&sealed)], &identity.recipient().to_string());
        let outcome = Outcome::of(open(File::open(&sealed).unwrap(), &[&identity]));
        assert_eq!(outcome.class, "success", "{len}");
        assert!(outcome.payload == content, "{len}");
    }
}

fn identities_of(vector: &Vector) -> Vec<Box<dyn age::Identity>> {
    let mut identities: Vec<Box<dyn age::Identity>> = Vec::new();
    for text in &vector.identities {
        identities.push(match Identity::parse(text) {
            Ok(identity) => Box::new(identity),
            Err(_) => Box::new(text.parse::<age::x25519::Identity>().unwrap()),
        });
    }
    for text in &vector.passphrases {
        let mut identity = age::scrypt::Identity::new(SecretString::from(text.clone()));
        identity.set_max_work_factor(MAX_WORK_FACTOR);
        identities.push(Box::new(identity));
    }
    identities
}

fn seal(identity: &Identity, evidence: &[&[u8]], rng: &mut StdRng) -> Vec<u8> {
    let agency: AgencyId = "00000000000000000000000000000000".parse().unwrap();
    let keys = Receipt::generate(&agency, rng).keys().unwrap();
    let extension = "bin".parse().unwrap();
    let note = |number| EvidenceNote {
        entry: EvidenceEntry { number, extension },
        kind: "lainnya".into(),
        name: None,
        holders: Holders::Unknown,
        note: String::new(),
        cleaned: false,
    };
    let content = ReportContent {
        format: ReportFormat::V1,
        agency,
        card: 1.into(),
        to: vec!["inspektorat".parse::<DeskId>().unwrap()],
        kind: Kind::Report,
        nonce: ReportNonce::generate(rng),
        seen: BTreeMap::new(),
        language: Language::Id,
        form: "kpk".into(),
        answers: vec![Answer { field: "apa".into(), entry: None, part: None, value: Value::Unknown }],
        message: "Mohon diperiksa.".into(),
        evidence: (1..).take(evidence.len()).map(note).collect(),
        thread: ThreadPublic::of(&keys).unwrap(),
    };
    let mut readers = evidence.to_vec();
    let mut sources: Vec<EvidenceSource<'_>> = readers
        .iter_mut()
        .map(|reader| EvidenceSource { extension, len: reader.len() as u64, reader })
        .collect();
    let slots = [Slot::LeftOut, Slot::For(Box::new(identity.recipient()))];
    let mut sealed = Vec::new();
    seal_report(&content, &mut sources, &keys, &slots, &mut sealed, rng).unwrap();
    sealed
}

/// Runs a script of `tests/interop` and returns what it printed.
fn node(arguments: &[&str], input: &str) -> String {
    let directory: PathBuf = [env!("CARGO_MANIFEST_DIR"), "interop"].iter().collect();
    assert!(directory.join("node_modules").is_dir(), "run `npm ci` in tests/interop, or `cargo xtask test`");
    run(Command::new("node").args(arguments).current_dir(directory), input)
}

fn run(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cannot start");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
