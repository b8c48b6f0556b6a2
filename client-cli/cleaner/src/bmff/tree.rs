//! The index of a film: a tree of boxes, cleaned in its place.

use super::messages::Coded;
use super::ranges::ranges;
use super::{entries, traces_of};
use crate::bytes::{array, be32, be64};
use crate::source::{DAMAGED, Stop, UNSUPPORTED};
use crate::types::{Trace, Traces};

/// The language of a track that tells none.
const UNDETERMINED: [u8; 2] = [0x55, 0xC4];

/// What the kept tracks use.
#[derive(Default)]
pub(super) struct Used {
    /// Ranges of media data, in order.
    pub(super) kept: Vec<(u64, u64)>,
    /// Samples that may hold messages.
    pub(super) coded: Vec<Coded>,
}

/// Cleans the `moov` box in `bytes` and returns what the kept tracks use.
pub(super) fn clean(bytes: &mut [u8], traces: &mut Traces) -> Result<Used, Stop> {
    let moov = children(bytes, 0, bytes.len())?.into_iter().next().ok_or(DAMAGED)?;
    let mut used = Used::default();
    let mut tracks = 0;
    for child in children(bytes, moov.body, moov.end)? {
        match &child.kind {
            b"mvhd" => movie_header(bytes, &child, traces)?,
            b"trak" if track(bytes, &child, traces)? => {
                let (chunks, coded) = ranges(bytes, &child)?;
                used.kept.extend(chunks);
                used.coded.extend(coded);
                tracks += 1;
            }
            b"trak" => {}
            b"mvex" | b"cmov" | b"rmra" => return Err(UNSUPPORTED),
            _ => blank(bytes, &child, traces),
        }
    }
    used.kept = merged(used.kept);
    if tracks == 0 { Err(DAMAGED) } else { Ok(used) }
}

fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (start, end) in ranges {
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// A box inside another: where it starts, where its content starts and ends.
pub(super) struct Child {
    pub(super) kind: [u8; 4],
    pub(super) start: usize,
    pub(super) body: usize,
    pub(super) end: usize,
}

/// Splits a range into boxes. Less than a box at the end must be zeros, with which QuickTime ends some lists.
pub(super) fn children(bytes: &[u8], start: usize, end: usize) -> Result<Vec<Child>, Stop> {
    let mut found = Vec::new();
    let mut at = start;
    while end.saturating_sub(at) >= 8 {
        let kind = array(bytes, at + 4).ok_or(DAMAGED)?;
        let (head, size) = match be32(bytes, at).ok_or(DAMAGED)? {
            0 if kind == [0; 4] => break,
            1 => (16, be64(bytes, at + 8).ok_or(DAMAGED)?),
            size => (8, u64::from(size)),
        };
        let size = usize::try_from(size).ok().filter(|size| *size >= head).ok_or(DAMAGED)?;
        let last = at.checked_add(size).filter(|last| *last <= end).ok_or(DAMAGED)?;
        found.push(Child { kind, start: at, body: at + head, end: last });
        at = last;
    }
    let rest = bytes.get(at..end).ok_or(DAMAGED)?;
    if rest.iter().all(|byte| *byte == 0) { Ok(found) } else { Err(DAMAGED) }
}

/// Makes a `free` box of zeros of a box.
pub(super) fn blank(bytes: &mut [u8], child: &Child, traces: &mut Traces) {
    let body = bytes.get(child.body..child.end).unwrap_or_default();
    let is_room = matches!(&child.kind, b"free" | b"skip" | b"wide");
    if !is_room || body.iter().any(|byte| *byte != 0) {
        traces.extend(traces_of(child.kind, body));
    }
    if let Some(kind) = bytes.get_mut(child.start + 4..child.start + 8).filter(|_| !is_room) {
        kind.copy_from_slice(b"free");
    }
    zero(bytes, child.body, child.end);
}

/// Puts zeros; says whether something else was there.
pub(super) fn zero(bytes: &mut [u8], start: usize, end: usize) -> bool {
    let Some(range) = bytes.get_mut(start..end) else { return false };
    let changed = range.iter().any(|byte| *byte != 0);
    range.fill(0);
    changed
}

/// Zeroes the two times of a header, and says how long they are. With times of four bytes, the header has `len` bytes.
fn times(bytes: &mut [u8], child: &Child, len: usize, traces: &mut Traces) -> Result<usize, Stop> {
    // Two times and a duration are longer in the newer version.
    let (wide, len) = match bytes.get(child.body) {
        Some(0) => (4, len),
        Some(1) => (8, len + 12),
        _ => return Err(DAMAGED),
    };
    if child.end - child.body != len {
        return Err(DAMAGED);
    }
    // Only a track has flags.
    if child.kind != *b"tkhd" {
        zero(bytes, child.body + 1, child.body + 4);
    }
    if zero(bytes, child.body + 4, child.body + 4 + 2 * wide) {
        traces.insert(Trace::Time);
    }
    Ok(wide)
}

fn movie_header(bytes: &mut [u8], child: &Child, traces: &mut Traces) -> Result<(), Stop> {
    let wide = times(bytes, child, 100, traces)?;
    // Times, scale, duration; then rate, volume and matrix stay, and what QuickTime remembers of the player goes.
    let after = child.body + 4 + 3 * wide + 4 + 16 + 36;
    zero(bytes, child.body + 4 + 3 * wide + 4 + 6, child.body + 4 + 3 * wide + 4 + 16);
    zero(bytes, after, after + 24);
    Ok(())
}

/// Cleans a track; says whether it stays, which only picture and sound do.
fn track(bytes: &mut [u8], child: &Child, traces: &mut Traces) -> Result<bool, Stop> {
    let parts = children(bytes, child.body, child.end)?;
    let media = parts.iter().find(|part| part.kind == *b"mdia").ok_or(DAMAGED)?;
    let handler = handler(bytes, media)?;
    if !matches!(&handler, b"vide" | b"soun") {
        traces.insert(match &handler {
            b"meta" | b"camm" | b"gpmd" => Trace::Location,
            b"tmcd" => Trace::Time,
            b"text" | b"sbtl" | b"subt" | b"clcp" => Trace::Caption,
            _ => Trace::Other,
        });
        blank(bytes, child, traces);
        return Ok(false);
    }
    for part in &parts {
        match &part.kind {
            b"tkhd" => drop(times(bytes, part, 84, traces)?),
            b"edts" => keep_only(bytes, part, &[b"elst"], traces)?,
            b"tapt" => keep_only(bytes, part, &[b"clef", b"prof", b"enof"], traces)?,
            b"mdia" => media_box(bytes, part, handler, traces)?,
            // References lead to tracks that may be gone.
            b"tref" => blank(bytes, part, &mut Traces::new()),
            _ => blank(bytes, part, traces),
        }
    }
    Ok(true)
}

fn handler(bytes: &[u8], media: &Child) -> Result<[u8; 4], Stop> {
    let parts = children(bytes, media.body, media.end)?;
    let mut handlers = parts.iter().filter(|part| part.kind == *b"hdlr");
    match (handlers.next(), handlers.next()) {
        (Some(part), None) if part.end - part.body >= 24 => array(bytes, part.body + 8).ok_or(DAMAGED),
        _ => Err(DAMAGED),
    }
}

fn keep_only(bytes: &mut [u8], parent: &Child, kept: &[&[u8; 4]], traces: &mut Traces) -> Result<(), Stop> {
    for child in children(bytes, parent.body, parent.end)? {
        if !kept.contains(&&child.kind) {
            blank(bytes, &child, traces);
        }
    }
    Ok(())
}

fn media_box(bytes: &mut [u8], media: &Child, handler: [u8; 4], traces: &mut Traces) -> Result<(), Stop> {
    for part in children(bytes, media.body, media.end)? {
        match &part.kind {
            b"mdhd" => {
                let wide = times(bytes, &part, 24, traces)?;
                let language = part.body + 4 + 3 * wide + 4;
                let place = bytes.get_mut(language..language + 2).ok_or(DAMAGED)?;
                place.copy_from_slice(&UNDETERMINED);
            }
            b"hdlr" => names(bytes, &part, traces),
            b"minf" => information(bytes, &part, handler, traces)?,
            _ => blank(bytes, &part, traces),
        }
    }
    Ok(())
}

/// Takes maker and name out of a handler.
fn names(bytes: &mut [u8], part: &Child, traces: &mut Traces) {
    if zero(bytes, part.body + 12, part.end) {
        traces.insert(Trace::Software);
    }
}

fn information(bytes: &mut [u8], parent: &Child, handler: [u8; 4], traces: &mut Traces) -> Result<(), Stop> {
    for part in children(bytes, parent.body, parent.end)? {
        match &part.kind {
            b"vmhd" | b"smhd" => {}
            b"hdlr" => names(bytes, &part, traces),
            b"dinf" => references(bytes, &part, traces)?,
            b"stbl" => table(bytes, &part, handler, traces)?,
            _ => blank(bytes, &part, traces),
        }
    }
    Ok(())
}

/// Media data must be in this file; where else they once were goes.
fn references(bytes: &mut [u8], parent: &Child, traces: &mut Traces) -> Result<(), Stop> {
    for part in children(bytes, parent.body, parent.end)? {
        if part.kind != *b"dref" {
            blank(bytes, &part, traces);
            continue;
        }
        for entry in children(bytes, part.body + 8, part.end)? {
            if be32(bytes, entry.body).ok_or(DAMAGED)? & 1 == 0 {
                return Err(UNSUPPORTED);
            }
            if zero(bytes, entry.body + 4, entry.end) {
                traces.insert(Trace::Other);
            }
        }
    }
    Ok(())
}

/// The tables of samples that stay.
const TABLES: [&[u8; 4]; 14] = [
    b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"stsh", b"stps",
    b"sdtp", b"sbgp", b"sgpd",
];

fn table(bytes: &mut [u8], parent: &Child, handler: [u8; 4], traces: &mut Traces) -> Result<(), Stop> {
    for part in children(bytes, parent.body, parent.end)? {
        if part.kind == *b"stsd" {
            entries::clean(bytes, &part, handler, traces)?;
        } else if !TABLES.contains(&&part.kind) {
            blank(bytes, &part, traces);
        }
    }
    Ok(())
}
