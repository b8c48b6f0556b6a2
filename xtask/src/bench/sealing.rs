//! Sealing and opening of one large piece of evidence, from memory to memory.

use std::fs::File;
use std::hint;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::iter;
use std::path::Path;
use std::process;
use std::str::FromStr;
use std::time::Duration;

use bisik_formats::ids::{AgencyId, DeskId, Digest};
use bisik_sealing::hybrid::Identity;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    EvidenceEntry, EvidenceNote, EvidenceSink, EvidenceSource, Expected, Holders, Kind, Language,
    ReportContent, ReportFormat, ReportNonce, Slot, ThreadPublic, open_report, seal_report,
};
use bisik_sealing::schedule::ThreadKeys;
use bisik_sealing::tar::Extension;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::measure::{Scratch, child_memory, median, megabytes_a_second, memory, time};
use super::{Amount, Line};
use crate::shell::{Outcome, failure};

/// Figures of speed.
pub(super) const SPEEDS: [&str; 4] = ["seal_1gib", "seal_1gib_to_ring", "open_1gib", "open_1gib_to_ring"];

/// Figures of memory.
pub(super) const MEMORIES: [&str; 2] = ["seal_rss", "open_rss"];

/// The most memory that sealing or opening may take, in MiB.
const MEMORY_LIMIT: f64 = 32.0;

/// The chunk of the age format.
const CHUNK: usize = 64 * 1024;

/// The seed of everything random here: no key of a bench protects anybody, and runs can be compared.
const SEED: u64 = 1;

/// Bytes of evidence: with the archive around it just the padded size of 1 GiB, so that both sides write as much.
fn size(amount: Amount) -> u64 {
    let padded: u64 = if amount.quick { 128 << 20 } else { 1 << 30 };
    padded - CHUNK as u64
}

/// Sealing and opening beside the bare `age` crate and beside the cipher alone.
pub(super) fn speeds(amount: Amount) -> Outcome<Vec<Line>> {
    let size = size(amount);
    let scratch = Scratch::in_memory(size * 4)?;
    let (input, sealed, opened) = (scratch.file("input"), scratch.file("sealed"), scratch.file("opened"));
    let bare = scratch.file("age");
    fill(&input, size)?;
    let (case, age_identity) = (Case::new()?, age::x25519::Identity::generate());
    let [mut seals, mut opens, mut age_seals, mut age_opens, mut ciphers] = [const { Vec::new() }; 5];
    for _ in 0..amount.rounds() {
        let speed = |((), took): ((), Duration)| megabytes_a_second(size, took);
        age_seals.push(speed(time(|| age_seal(&age_identity, &input, &bare))?));
        seals.push(speed(time(|| case.seal(&input, size, &sealed))?));
        age_opens.push(speed(time(|| age_open(&age_identity, &bare, &opened))?));
        opens.push(speed(time(|| case.open(&sealed, &opened))?));
        ciphers.push(speed(time(|| cipher(size))?));
    }
    let [seal, open, age_seal, age_open, cipher] = [seals, opens, age_seals, age_opens, ciphers].map(median);
    let (age, ring) = ("bare age crate", "ring ChaCha20-Poly1305, no I/O");
    Ok(vec![
        Line::new("seal_1gib", seal, "MB/s", age, age_seal),
        Line::new("seal_1gib_to_ring", seal, "MB/s", ring, cipher),
        Line::new("open_1gib", open, "MB/s", age, age_open),
        Line::new("open_1gib_to_ring", open, "MB/s", ring, cipher),
    ])
}

/// The most memory of a process that does nothing but seal or open.
pub(super) fn memories(amount: Amount) -> Outcome<Vec<Line>> {
    let size = size(amount);
    let scratch = Scratch::in_memory(size * 3)?;
    let [input, sealed, opened] =
        ["input", "sealed", "opened"].map(|name| scratch.file(name).display().to_string());
    fill(Path::new(&input), size)?;
    let [mut seals, mut opens] = [const { Vec::new() }; 2];
    for _ in 0..amount.rounds() {
        seals.push(child_memory(&["seal", &input, &sealed])?);
        opens.push(child_memory(&["open", &sealed, &opened])?);
    }
    Ok(vec![
        Line::new("seal_rss", median(seals), "MiB", "limit", MEMORY_LIMIT),
        Line::new("open_rss", median(opens), "MiB", "limit", MEMORY_LIMIT),
    ])
}

/// Runs a part in a process of its own, and prints the most memory it held.
pub(super) fn part(words: &[String]) -> Outcome {
    let case = Case::new()?;
    match words {
        [what, from, to] if what == "seal" => {
            case.seal(Path::new(from), Path::new(from).metadata()?.len(), Path::new(to))?
        }
        [what, from, to] if what == "open" => case.open(Path::new(from), Path::new(to))?,
        _ => return Err(failure("there is no such part")),
    }
    println!("{}", memory(process::id(), "VmHWM")?);
    Ok(())
}

/// A report with one piece of evidence, and who may read it.
struct Case {
    agency: AgencyId,
    desk: DeskId,
    keys: ThreadKeys,
    identity: Identity,
    extension: Extension,
}

impl Case {
    fn new() -> Outcome<Self> {
        let mut rng = StdRng::seed_from_u64(SEED);
        let agency = AgencyId::from_str("00000000000000000000000000000000").map_err(other)?;
        let keys = Receipt::generate(&agency, &mut rng).keys().map_err(other)?;
        let identity = Identity::generate(&mut rng);
        let desk = DeskId::from_str("meja").map_err(other)?;
        let extension = Extension::from_str("bin").map_err(other)?;
        Ok(Self { agency, desk, keys, identity, extension })
    }

    fn seal(&self, input: &Path, size: u64, sealed: &Path) -> Outcome {
        let mut rng = StdRng::seed_from_u64(SEED);
        let content = self.content(&mut rng)?;
        let mut reader = File::open(input)?;
        let mut evidence = [EvidenceSource { extension: self.extension, len: size, reader: &mut reader }];
        let slots = [Slot::For(Box::new(self.identity.recipient()))];
        let out = File::create(sealed)?;
        seal_report(&content, &mut evidence, &self.keys, &slots, out, &mut rng).map_err(other)?;
        Ok(())
    }

    fn open(&self, sealed: &Path, opened: &Path) -> Outcome {
        let input = File::open(sealed)?;
        let len = input.metadata()?.len();
        let identities = [&self.identity];
        let expected =
            Expected { identities: &identities, agency: &self.agency, desk: &self.desk, desk_counts: &[1] };
        open_report(input, len, &expected, &mut ToFile(File::create(opened)?)).map_err(other)?;
        Ok(())
    }

    fn content(&self, rng: &mut StdRng) -> Outcome<ReportContent> {
        let note = EvidenceNote {
            entry: EvidenceEntry { number: 1, extension: self.extension },
            kind: "lain".to_owned(),
            name: None,
            holders: Holders::Unknown,
            note: String::new(),
            cleaned: false,
        };
        Ok(ReportContent {
            format: ReportFormat::V1,
            agency: self.agency,
            card: 1.into(),
            to: vec![self.desk.clone()],
            kind: Kind::Report,
            nonce: ReportNonce::generate(rng),
            seen: Default::default(),
            language: Language::Id,
            form: "kpk".to_owned(),
            answers: Vec::new(),
            message: "Bukti terlampir.".to_owned(),
            evidence: vec![note],
            thread: ThreadPublic::of(&self.keys).map_err(other)?,
        })
    }
}

/// Takes the evidence into one file, as the yardstick does.
struct ToFile(File);

impl EvidenceSink for ToFile {
    fn begin(&mut self, _: u16, _: Extension, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn end(&mut self, _: &Digest) -> io::Result<()> {
        self.0.flush()
    }
}

fn age_seal(identity: &age::x25519::Identity, input: &Path, sealed: &Path) -> Outcome {
    let recipient = identity.to_public();
    let encryptor =
        age::Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient)).map_err(other)?;
    let mut writer = encryptor.wrap_output(BufWriter::with_capacity(CHUNK, File::create(sealed)?))?;
    copy(File::open(input)?, &mut writer)?;
    writer.finish()?.flush()?;
    Ok(())
}

fn age_open(identity: &age::x25519::Identity, sealed: &Path, opened: &Path) -> Outcome {
    let input = BufReader::with_capacity(CHUNK, File::open(sealed)?);
    let decryptor = age::Decryptor::new_buffered(input).map_err(other)?;
    let reader = decryptor.decrypt(iter::once(identity as &dyn age::Identity)).map_err(other)?;
    copy(reader, &mut File::create(opened)?)
}

fn copy(mut from: impl Read, to: &mut impl Write) -> Outcome {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = from.read(&mut buffer)?;
        match buffer.get(..count) {
            Some(read) if count > 0 => to.write_all(read)?,
            _ => return Ok(()),
        }
    }
}

/// The cipher alone over as many bytes: what one core could do if nothing else had to be done.
fn cipher(size: u64) -> Outcome {
    let key = UnboundKey::new(&CHACHA20_POLY1305, Zeroizing::new([7; 32]).as_slice()).map_err(other)?;
    let key = LessSafeKey::new(key);
    let mut chunk = vec![0; CHUNK];
    for number in 0..size / CHUNK as u64 {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut chunk).map_err(other)?;
        hint::black_box(tag.as_ref());
    }
    Ok(())
}

fn fill(path: &Path, size: u64) -> Outcome {
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut file = BufWriter::new(File::create(path)?);
    let mut chunk = vec![0; CHUNK];
    for _ in 0..size / CHUNK as u64 {
        rng.fill_bytes(&mut chunk);
        file.write_all(&chunk)?;
    }
    file.flush()?;
    Ok(())
}

fn other(error: impl ToString) -> crate::shell::Failure {
    failure(error.to_string())
}
