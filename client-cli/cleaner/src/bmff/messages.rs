//! Messages between the pictures of H.264 and H.265 (SEI): cameras and programs sign there, and name settings and places.
//! Those that decoding does not need are overwritten in their place, with bytes that need no escaping.

use super::tree::{Child, children};
use crate::bytes::be16;
use crate::source::{DAMAGED, Source, Stop, UNSUPPORTED};

/// What stands in the place of a message.
pub(super) const OVERWRITTEN: u8 = 0xFF;

/// Timing, recovery, colours and other messages for decoders.
const KEPT: [usize; 19] = [0, 1, 2, 3, 6, 9, 10, 19, 45, 47, 128, 129, 130, 131, 132, 133, 137, 144, 147];
/// The longest unit of messages, in bytes, and the most messages of a film.
const LONGEST: u64 = 1 << 20;
const MOST: usize = 100_000;

/// How the samples of a track are cut into units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    is_hevc: bool,
    /// Bytes of the length before each unit.
    width: u8,
}

/// Samples of one coding, as ranges of the file.
pub(super) struct Coded {
    pub(super) coding: Coding,
    pub(super) samples: Vec<(u64, u64)>,
}

/// Returns the coding of a track's descriptions, if they are cut into units.
pub(super) fn coding(bytes: &[u8], stsd: &Child) -> Result<Option<Coding>, Stop> {
    let mut found = None;
    for entry in children(bytes, stsd.body + 8, stsd.end)? {
        if !matches!(
            &entry.kind,
            [b'a', b'v', b'c', _] | [b'h', b'v', b'c', _] | [b'h', b'e', b'v', _] | [b'd', b'v', b'h', _]
        ) {
            continue;
        }
        let settings = children(bytes, entry.start + 86, entry.end)?;
        let setting =
            settings.iter().find(|setting| matches!(&setting.kind, b"avcC" | b"hvcC")).ok_or(DAMAGED)?;
        let is_hevc = setting.kind == *b"hvcC";
        let width = bytes.get(setting.body + if is_hevc { 21 } else { 4 }).ok_or(DAMAGED)?;
        let coding = Coding { is_hevc, width: (width & 3) + 1 };
        if found.is_some_and(|found| found != coding) {
            return Err(UNSUPPORTED);
        }
        found = Some(coding);
    }
    Ok(found)
}

/// Returns the places of the messages that go, in order.
pub(super) fn places(source: &mut Source<'_>, all: &[Coded]) -> Result<Vec<(u64, u64)>, Stop> {
    let mut found = Vec::new();
    for Coded { coding, samples } in all {
        for (start, end) in samples {
            let mut at = *start;
            while at.saturating_add(u64::from(coding.width)) < *end {
                let digits = source.bytes(at, usize::from(coding.width))?;
                let len = digits.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
                let unit = at.saturating_add(u64::from(coding.width));
                at = unit.saturating_add(len);
                if at > *end {
                    return Err(DAMAGED);
                }
                if len == 0 || !is_messages(source.byte(unit)?, coding.is_hevc) {
                    continue;
                }
                let unit_bytes =
                    source.bytes(unit, usize::try_from(len.min(LONGEST + 1)).map_err(|_| DAMAGED)?)?;
                if len > LONGEST || found.len() > MOST {
                    return Err(UNSUPPORTED);
                }
                for (from, to) in in_unit(&unit_bytes, coding.is_hevc)? {
                    found.push((unit.saturating_add(from as u64), unit.saturating_add(to as u64)));
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Overwrites the messages among the parameters of an `hvcC` box; says whether there were any.
pub(super) fn overwrite_parameters(bytes: &mut [u8], setting: &Child) -> Result<bool, Stop> {
    let mut changed = false;
    let mut at = setting.body + 23;
    for _ in 0..*bytes.get(setting.body + 22).ok_or(DAMAGED)? {
        let units = be16(bytes, at + 1).ok_or(DAMAGED)?;
        at += 3;
        for _ in 0..units {
            let unit = at + 2;
            at = unit + usize::from(be16(bytes, at).ok_or(DAMAGED)?);
            let whole = bytes.get(unit..at).filter(|_| at <= setting.end).ok_or(DAMAGED)?.to_vec();
            if !whole.first().is_some_and(|head| is_messages(*head, true)) {
                continue;
            }
            for (from, to) in in_unit(&whole, true)? {
                let place = bytes.get_mut(unit + from..unit + to).ok_or(DAMAGED)?;
                changed |= place.iter().any(|byte| *byte != OVERWRITTEN);
                place.fill(OVERWRITTEN);
            }
        }
    }
    Ok(changed)
}

fn is_messages(head: u8, is_hevc: bool) -> bool {
    if is_hevc { matches!((head >> 1) & 63, 39 | 40) } else { head & 31 == 6 }
}

/// Returns the places of the payloads that go, in a unit.
fn in_unit(unit: &[u8], is_hevc: bool) -> Result<Vec<(usize, usize)>, Stop> {
    let mut found = Vec::new();
    let mut at = if is_hevc { 2 } else { 1 };
    // A last byte of 0x80 ends the list.
    while at + 2 <= unit.len() && unit.get(at) != Some(&0x80) {
        let kind = number(unit, &mut at)?;
        let size = number(unit, &mut at)?;
        let start = at;
        at = behind(unit, start, size)?;
        if !KEPT.contains(&kind) {
            found.push((start, at));
        }
    }
    Ok(found)
}

fn number(unit: &[u8], at: &mut usize) -> Result<usize, Stop> {
    let mut sum = 0;
    loop {
        let byte = *unit.get(*at).ok_or(DAMAGED)?;
        *at += 1;
        sum += usize::from(byte);
        if byte != 0xFF {
            return Ok(sum);
        }
    }
}

/// Returns the place behind `size` bytes; a 3 behind two zeros is no byte of them.
fn behind(unit: &[u8], start: usize, size: usize) -> Result<usize, Stop> {
    let (mut at, mut zeros, mut left) = (start, 0, size);
    while left > 0 {
        let byte = *unit.get(at).ok_or(DAMAGED)?;
        at += 1;
        left -= usize::from(!(zeros >= 2 && byte == 3));
        zeros = if byte == 0 { zeros + 1 } else { 0 };
    }
    Ok(at)
}
