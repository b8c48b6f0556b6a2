//! The hoard, and what a malicious hand does to a thing of it.

use std::sync::OnceLock;

use bisik_formats::bundle::{read_frames, write_frames};
use bisik_formats::ids::{Digest, ReportId};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::documents::{Agency, DESKS, INTERVAL, seal};

/// The last day on which something new is signed.
pub(crate) const LAST: i32 = 27;

/// A genuine object and the day from which the adversary has it.
pub(crate) struct Object {
    pub(crate) made: i32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) what: What,
}

/// What an object is. Agency 0 is the one that is visited; desks count from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    Card { agency: usize, serial: u32, fork: bool },
    Header { agency: usize, desk: usize, date: i32 },
    Body { agency: usize, desk: usize, date: i32 },
    Acknowledgement { agency: usize, desk: usize, second: bool, ids: u8 },
    Report { agency: usize, number: usize },
}

/// Everything that two agencies and four reporters have made.
pub(crate) struct Hoard {
    pub(crate) agencies: [Agency; 2],
    pub(crate) objects: Vec<Object>,
}

/// Returns the hoard, which is made once.
pub(crate) fn hoard() -> &'static Hoard {
    static HOARD: OnceLock<Hoard> = OnceLock::new();
    HOARD.get_or_init(Hoard::make)
}

/// Returns the serial of the card that a desk holds on a day.
pub(crate) const fn serial_on(date: i32) -> u32 {
    if date >= 10 { 2 } else { 1 }
}

impl Hoard {
    fn make() -> Self {
        let agencies = [Agency::new(0), Agency::new(1)];
        let mut rng = StdRng::seed_from_u64(10);
        let mut objects = Vec::new();
        let mut add = |made, bytes, what| objects.push(Object { made, bytes, what });
        for (number, agency) in agencies.iter().enumerate() {
            for (serial, fork, made) in [(1, false, 0), (2, false, 10), (2, true, 10)] {
                add(made, agency.bundle(serial, fork), What::Card { agency: number, serial, fork });
            }
            let cards = [agency.verified(1), agency.verified(2)];
            for (date, desk) in (0..=LAST).step_by(3).flat_map(|date| [(date, 0), (date, 1)]) {
                const { assert!(INTERVAL == 3 && DESKS.len() == 2) };
                let card = &cards[serial_on(date) as usize - 1];
                let edition = agency.edition(desk, date, card, &mut rng);
                add(date, edition.header, What::Header { agency: number, desk, date });
                add(date, edition.body, What::Body { agency: number, desk, date });
            }
            let reports = reports(agency, &mut rng);
            for (place, sealed) in reports.iter().enumerate() {
                let what = What::Report { agency: number, number: place };
                add(0, sealed.clone(), what);
            }
            let ids: Vec<ReportId> = reports.iter().map(|sealed| ReportId::of(sealed)).collect();
            for (desk, second, mask) in
                [(0, false, 1), (1, false, 1), (0, true, 63), (1, true, 63), (0, true, 6)]
            {
                let chosen: Vec<ReportId> =
                    (0..ids.len()).filter(|id| mask >> id & 1 == 1).map(|id| ids[id]).collect();
                let note = agency.acknowledgement(desk, second, &chosen);
                let what = What::Acknowledgement { agency: number, desk, second, ids: mask };
                add(if second { 12 } else { 3 }, note, what);
            }
        }
        objects.sort_by_key(|object| object.made);
        Self { agencies, objects }
    }

    /// Returns the bytes of an object, if there is one.
    pub(crate) fn bytes(&self, what: What) -> Option<&[u8]> {
        self.objects.iter().find(|object| object.what == what).map(|object| object.bytes.as_slice())
    }

    /// Returns what bytes are, if they are genuine to the last bit.
    pub(crate) fn judge(&self, bytes: &[u8]) -> Option<What> {
        self.objects.iter().find(|object| object.bytes == bytes).map(|object| object.what)
    }

    /// Returns what the adversary holds on a day.
    fn held(&self, now: i32) -> &[Object] {
        &self.objects[..self.objects.partition_point(|object| object.made <= now)]
    }

    /// Returns an object of the same kind as another, or any.
    fn other(&self, now: i32, like: Option<What>, index: &Index) -> &Object {
        let kind = |what: What| std::mem::discriminant(&what);
        let fits = |object: &&Object| like.is_none_or(|like| kind(like) == kind(object.what));
        let held: Vec<&Object> = self.held(now).iter().filter(fits).collect();
        // Before there is one of that kind, any other does.
        if held.is_empty() { self.other(now, None, index) } else { held[index.index(held.len())] }
    }
}

/// Three reports of each of two threads: to both desks, to the first, to the second; all of the first week.
fn reports(agency: &Agency, rng: &mut StdRng) -> Vec<Vec<u8>> {
    let recipients = [0, 1].map(|desk| agency.identity(desk, 0).recipient());
    let mut reports = Vec::new();
    for (number, thread) in agency.threads.iter().enumerate() {
        for to in [&[0, 1][..], &[0], &[1]] {
            let content = agency.content(thread, to, &format!("Laporan {number} {to:?}."), rng);
            let slots = [0, 1].map(|desk| to.contains(&desk).then_some(&recipients[desk]));
            reports.push(seal(&content, thread, slots, rng));
        }
    }
    reports
}

/// What is handed over in the place of a genuine object.
#[derive(Clone, Debug)]
pub(crate) enum Pick {
    /// What an honest hand would give.
    Right,
    /// Another object of the same kind.
    Same(Index),
    /// Any object.
    Any(Index),
    /// What an honest hand would give, changed.
    Changed(Change),
    /// Another object of the same kind, changed.
    OtherChanged(Index, Change),
    /// Random bytes.
    Noise(Vec<u8>),
}

impl Pick {
    /// Returns a strategy that gives the right object mostly; it shrinks towards it.
    pub(crate) fn strategy() -> BoxedStrategy<Self> {
        prop_oneof![
            12 => Just(Self::Right),
            4 => any::<Index>().prop_map(Self::Same),
            1 => any::<Index>().prop_map(Self::Any),
            3 => Change::strategy().prop_map(Self::Changed),
            1 => (any::<Index>(), Change::strategy()).prop_map(|(index, change)| Self::OtherChanged(index, change)),
            1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Self::Noise),
        ]
        .boxed()
    }

    /// Returns the bytes; `right` is what an honest hand would give.
    pub(crate) fn bytes(&self, now: i32, right: What) -> Vec<u8> {
        let hoard = hoard();
        let genuine = || hoard.bytes(right).unwrap_or_default().to_vec();
        match self {
            Self::Right => genuine(),
            Self::Same(index) => hoard.other(now, Some(right), index).bytes.clone(),
            Self::Any(index) => hoard.other(now, None, index).bytes.clone(),
            Self::Changed(change) => change.apply(genuine(), now),
            Self::OtherChanged(index, change) => {
                change.apply(hoard.other(now, Some(right), index).bytes.clone(), now)
            }
            Self::Noise(bytes) => bytes.clone(),
        }
    }
}

/// A change to bytes. Some lead back to what was there before, which the models must see.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Turns a bit.
    Flip(Index, u8),
    /// Cuts the end off.
    Cut(Index),
    /// Adds to the end.
    Append(Vec<u8>),
    /// Takes bytes out.
    Drop(Index, u8),
    /// Has bytes twice.
    Repeat(Index, u8),
    /// Overwrites a byte.
    Write(Index, u8),
    /// Goes on with another object from a place on.
    Splice(Index, Index),
    /// Puts the signatures of another object below the text.
    Resign(Index),
    /// Changes a part of framed bytes and frames them again.
    InFrame(Index, Box<Change>),
    /// Frames parts of framed objects anew.
    Frames(Vec<(Index, Index)>),
}

impl Change {
    pub(crate) fn strategy() -> BoxedStrategy<Self> {
        let simple = prop_oneof![
            4 => (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Self::Flip(at, bit)),
            2 => any::<Index>().prop_map(Self::Cut),
            1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Self::Append),
            2 => (any::<Index>(), 1u8..).prop_map(|(at, len)| Self::Drop(at, len)),
            1 => (any::<Index>(), 1u8..).prop_map(|(at, len)| Self::Repeat(at, len)),
            2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Self::Write(at, byte)),
            3 => (any::<Index>(), any::<Index>()).prop_map(|(other, at)| Self::Splice(other, at)),
            3 => any::<Index>().prop_map(Self::Resign),
        ]
        .boxed();
        let pairs = prop::collection::vec((any::<Index>(), any::<Index>()), 0..5);
        prop_oneof![
            4 => simple.clone(),
            2 => (any::<Index>(), simple).prop_map(|(part, change)| Self::InFrame(part, Box::new(change))),
            1 => pairs.prop_map(Self::Frames),
        ]
        .boxed()
    }

    /// Changes bytes, with what is held on a day at hand.
    pub(crate) fn apply(&self, mut bytes: Vec<u8>, now: i32) -> Vec<u8> {
        let place = |at: &Index| at.index(bytes.len().max(1)).min(bytes.len());
        let other = |index: &Index| &hoard().other(now, hoard().judge(&bytes), index).bytes;
        match self {
            Self::Flip(at, bit) => change_byte(&mut bytes, at, |byte| byte ^ (1 << bit)),
            Self::Write(at, new) => change_byte(&mut bytes, at, |_| *new),
            Self::Cut(at) => bytes.truncate(place(at)),
            Self::Append(more) => bytes.extend_from_slice(more),
            Self::Drop(at, len) => {
                let from = place(at);
                bytes.drain(from..(from + usize::from(*len)).min(bytes.len()));
            }
            Self::Repeat(at, len) => {
                let from = place(at);
                let again = bytes[from..(from + usize::from(*len)).min(bytes.len())].to_vec();
                bytes.splice(from..from, again);
            }
            Self::Splice(index, at) => {
                let (from, other) = (place(at), other(index).clone());
                bytes.truncate(from);
                bytes.extend_from_slice(other.get(from..).unwrap_or_default());
            }
            Self::Resign(index) => {
                let signatures = split(other(index)).1.to_vec();
                bytes = [split(&bytes).0, &signatures].concat();
            }
            Self::InFrame(part, change) => return in_frame(&bytes, part, change, now),
            Self::Frames(parts) => return reframed(parts, now),
        }
        bytes
    }
}

fn change_byte(bytes: &mut [u8], at: &Index, change: impl Fn(u8) -> u8) {
    if !bytes.is_empty() {
        let byte = at.get_mut(bytes);
        *byte = change(*byte);
    }
}

/// Parts a note before its signatures.
fn split(note: &[u8]) -> (&[u8], &[u8]) {
    let end = note.windows(2).rposition(|two| two == b"\n\n").map_or(note.len(), |end| end + 2);
    note.split_at(end)
}

fn in_frame(bytes: &[u8], part: &Index, change: &Change, now: i32) -> Vec<u8> {
    match read_frames(bytes, 100, bytes.len()) {
        Ok(frames) if !frames.is_empty() => {
            let mut frames: Vec<Vec<u8>> = frames.iter().map(|frame| frame.to_vec()).collect();
            let place = part.index(frames.len());
            frames[place] = change.apply(std::mem::take(&mut frames[place]), now);
            write_frames(&frames.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
        }
        _ => change.apply(bytes.to_vec(), now),
    }
}

/// Frames parts of cards, and notes as they are.
fn reframed(parts: &[(Index, Index)], now: i32) -> Vec<u8> {
    let mut all = Vec::new();
    for (object, part) in parts {
        let object = hoard().other(now, None, object);
        match read_frames(&object.bytes, 100, object.bytes.len()) {
            Ok(frames) if !frames.is_empty() => all.push(*part.get(&frames)),
            _ => all.push(object.bytes.as_slice()),
        }
    }
    write_frames(&all).unwrap()
}

/// Returns the parts of framed bytes, as the protocol says and without the code under test.
pub(crate) fn unframed(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let len = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        parts.push(bytes.get(4..)?.get(..len)?);
        bytes = &bytes[4 + len..];
    }
    Some(parts)
}

/// Returns a runner of so many cases. The same cases come in every run, unless `BISIK_SEED` names others.
pub(crate) fn runner(cases: u32) -> TestRunner {
    let seed = std::env::var("BISIK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1u64);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, Digest::of(&seed.to_be_bytes()).as_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, rng)
}

/// Counts what became of cases and prints it in one line.
#[derive(Default)]
pub(crate) struct Tally(std::collections::BTreeMap<String, u64>);

impl Tally {
    /// Counts one.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    /// Returns how many there are of one.
    pub(crate) fn count(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// Prints the line.
    pub(crate) fn print(&self, model: &str, cases: u32) {
        eprintln!("adversary of the {model}: {cases} cases, {:?}", self.0);
    }
}
