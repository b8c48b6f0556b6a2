//! What the reporter's page seals and what the command line seals cannot be told apart by their shape, and both open.
//!
//! `client-web/tests/core-shapes.ts` seals in Node; `cargo xtask test` installs its packages.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use bisik_formats::ids::{AgencyId, DeskId, Digest, MessageId};
use bisik_formats::padding::{TEXT_SIZE, header_len, sealed_len};
use bisik_formats::shape::Shape;
use bisik_sealing::hybrid::Identity;
use bisik_sealing::reader::OpenError;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    Expected, Kind, Language, NoEvidence, OpenedReport, ReportContent, ReportError, ReportFormat,
    ReportNonce, Slot, ThreadPublic, open_report, seal_decoy, seal_report,
};
use bisik_tests::run::workspace;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Deserialize;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Messages of each maker.
const COUNT: usize = 1000;
const DESKS: usize = 2;
const AGENCY: &str = "C94Q73K2NKR8JV9D3QDGSWCS2Y1TJFXC";
const DESK_NAMES: [&str; DESKS] = ["inspektorat", "walikota"];
/// How far chance may take one position: one in 10^10, of which there are some ten thousand.
const FAR: f64 = 6.5;

/// What the page's script says about what it sealed.
#[derive(Deserialize)]
struct Index {
    texts: Vec<SealedText>,
    files: Vec<SealedFiles>,
}

/// A text, or a decoy, which is for nobody.
#[derive(Deserialize)]
struct SealedText {
    to: Vec<DeskId>,
    message: Option<MessageId>,
}

/// A report with evidence.
#[derive(Deserialize)]
struct SealedFiles {
    message: MessageId,
    evidence: Vec<Digest>,
}

#[test]
fn the_page_and_the_command_line_seal_alike() {
    let folder = TempDir::new().unwrap();
    let mut script = seal_in_node(folder.path());
    let rust = seal_here();
    assert!(script.wait().unwrap().success());
    let index: Index = serde_json::from_slice(&fs::read(folder.path().join("index.json")).unwrap()).unwrap();
    let len = usize::try_from(sealed_len(DESKS, TEXT_SIZE)).unwrap();
    let bytes = fs::read(folder.path().join("texts.bin")).unwrap();
    assert_eq!((index.texts.len(), bytes.len()), (COUNT, COUNT * len));
    let page: Vec<&[u8]> = bytes.chunks(len).collect();
    for (sealed, text) in page.iter().zip(&index.texts) {
        opens_for(sealed, text);
    }
    for (number, report) in index.files.iter().enumerate() {
        let sealed = fs::read(folder.path().join(format!("evidence-{number}.age"))).unwrap();
        let opened = open(&sealed, 0).unwrap();
        let hashes: Vec<Digest> = opened.evidence.iter().map(|piece| piece.hash).collect();
        assert!(opened.message() == report.message && hashes == report.evidence);
    }
    let rust: Vec<&[u8]> = rust.iter().map(Vec::as_slice).collect();
    for sealed in page.iter().chain(&rust) {
        let shape = Shape::judge(sealed, sealed.len() as u64).unwrap();
        assert!(shape.is_text() && shape.desks() == DESKS && sealed.len() == len);
    }
    nothing_repeats(&page, &rust);
    every_position_is_alike(&page, &rust);
}

#[test]
fn the_comparison_sees_a_maker_that_leaves_a_mark() {
    let mut rng = StdRng::seed_from_u64(5);
    let mut column =
        || -> Vec<u8> { (0..COUNT).map(|_| rand::Rng::next_u32(&mut rng).to_be_bytes()[0]).collect() };
    let (one, other) = (column(), column());
    assert!(distance(&one, &other).normal() < FAR);
    let marked: Vec<u8> = other.iter().map(|byte| byte & 0x7f).collect();
    assert!(distance(&one, &marked).normal() > FAR);
    assert!(distance(&vec![b'A'; COUNT], &vec![b'B'; COUNT]).normal() > FAR);
    assert!(distance(&vec![b'A'; COUNT], &vec![b'A'; COUNT]).freedom == 0.0);
}

/// Starts the script.
fn seal_in_node(folder: &Path) -> Child {
    let client = workspace().join("client-web");
    assert!(client.join("node_modules").is_dir(), "run `cargo xtask web`, or `cargo xtask test`");
    let mut command = Command::new("node");
    command.args(["bench/run.mjs", "tests/core-shapes.ts"]).arg(folder).arg(COUNT.to_string());
    command.current_dir(client).spawn().unwrap()
}

/// The identities for which the script seals.
fn identity(desk: usize) -> Identity {
    Identity::from_seed(Zeroizing::new([[0x61; 32], [0x62; 32]][desk]))
}

fn open(sealed: &[u8], desk: usize) -> Result<OpenedReport, ReportError> {
    let expected = Expected {
        identities: &[&identity(desk)],
        agency: &AGENCY.parse().unwrap(),
        desk: &DESK_NAMES[desk].parse().unwrap(),
        desk_counts: &[DESKS],
    };
    open_report(sealed, sealed.len() as u64, &expected, &mut NoEvidence)
}

/// Opens for exactly the desks it is for.
fn opens_for(sealed: &[u8], text: &SealedText) {
    for (place, name) in DESK_NAMES.iter().enumerate() {
        match open(sealed, place) {
            Ok(opened) => {
                assert!(opened.content.to == text.to && Some(opened.message()) == text.message);
                assert!(text.to.iter().any(|desk| desk.as_str() == *name), "{name}");
            }
            // Not refused for its list of readers: nothing in it opens.
            Err(error) => {
                assert!(matches!(error, ReportError::Open(OpenError::NoMatch)), "{error}");
                assert!(text.to.iter().all(|desk| desk.as_str() != *name), "{name}");
            }
        }
    }
}

/// Seals as many messages as the script, of the same kinds.
fn seal_here() -> Vec<Vec<u8>> {
    let rng = &mut StdRng::seed_from_u64(4);
    (0..COUNT)
        .map(|number| {
            let mut sealed = Vec::new();
            match number % 3 {
                0 => seal_decoy(DESKS, &mut sealed, rng).unwrap(),
                open => seal_text(if open == 1 { DESKS } else { 1 }, number, &mut sealed, rng),
            }
            sealed
        })
        .collect()
}

/// Seals a text to the first desks.
fn seal_text(open: usize, number: usize, out: &mut Vec<u8>, rng: &mut StdRng) {
    let agency: AgencyId = AGENCY.parse().unwrap();
    let keys = Receipt::generate(&agency, rng).keys().unwrap();
    let content = ReportContent {
        format: ReportFormat::V1,
        agency,
        card: 3.into(),
        to: DESK_NAMES[..open].iter().map(|name| name.parse().unwrap()).collect(),
        kind: Kind::FollowUp,
        nonce: ReportNonce::generate(rng),
        seen: BTreeMap::new(),
        language: Language::Id,
        form: "contoh_1".into(),
        answers: Vec::new(),
        message: "x".repeat(number * 20),
        evidence: Vec::new(),
        thread: ThreadPublic::of(&keys).unwrap(),
    };
    let slot = |desk: usize| match desk < open {
        true => Slot::For(Box::new(identity(desk).recipient())),
        false => Slot::LeftOut,
    };
    let slots: Vec<Slot> = (0..DESKS).map(slot).collect();
    seal_report(&content, &mut [], &keys, &slots, out, rng).unwrap();
}

/// No line with key material and no nonce stands in two files, whoever made them.
fn nothing_repeats(page: &[&[u8]], rust: &[&[u8]]) {
    let header = usize::try_from(header_len(DESKS)).unwrap();
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    for sealed in page.iter().chain(rust) {
        let lines = sealed[..header].split(|&byte| byte == b'\n').filter(|line| line.len() > 40);
        for part in lines.chain([&sealed[header..header + 16]]) {
            assert!(seen.insert(part));
        }
    }
}

/// At every place of the file, bytes come as often from one maker as from the other; what is constant is the same.
fn every_position_is_alike(page: &[&[u8]], rust: &[&[u8]]) {
    let column =
        |files: &[&[u8]], place: usize| -> Vec<u8> { files.iter().map(|file| file[place]).collect() };
    let mut total = Distance { chi: 0.0, freedom: 0.0 };
    for place in 0..page[0].len() {
        let distance = distance(&column(page, place), &column(rust, place));
        assert!(distance.normal() < FAR, "byte {place}: {:.1}", distance.normal());
        total = Distance { chi: total.chi + distance.chi, freedom: total.freedom + distance.freedom };
    }
    // All places together see what is too small to show at one.
    assert!(total.freedom > 1e6 && total.normal().abs() < FAR, "{:.1}", total.normal());
}

/// How far two samples are apart: chi-square, and its degrees of freedom.
struct Distance {
    chi: f64,
    freedom: f64,
}

impl Distance {
    /// Returns it on the scale of the normal distribution (Wilson and Hilferty).
    fn normal(&self) -> f64 {
        if self.freedom == 0.0 {
            return 0.0;
        }
        let spread = 2.0 / (9.0 * self.freedom);
        ((self.chi / self.freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
    }
}

/// Compares two samples of equal size.
fn distance(one: &[u8], other: &[u8]) -> Distance {
    let mut counts = [[0u32; 2]; 256];
    for (maker, sample) in [one, other].into_iter().enumerate() {
        for &byte in sample {
            counts[usize::from(byte)][maker] += 1;
        }
    }
    let (mut chi, mut values) = (0.0, 0.0);
    for [one, other] in counts.into_iter().filter(|[one, other]| one + other > 0) {
        chi += f64::from(one.abs_diff(other)).powi(2) / f64::from(one + other);
        values += 1.0;
    }
    // Samples without replacement from one urn come out a little farther apart than the formula assumes.
    let all = (one.len() + other.len()) as f64;
    Distance { chi: chi * (all - 1.0) / all, freedom: values - 1.0 }
}
