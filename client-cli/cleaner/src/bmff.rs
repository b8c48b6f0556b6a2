//! MP4, MOV and M4A (ISO/IEC 14496-12, QuickTime): every box keeps its place and size, so that no offset moves. What
//! may not stay becomes a `free` box of zeros; of the media data, whatever no kept track refers to becomes zeros.

mod entries;
mod messages;
mod ranges;
mod tree;

use crate::plan::Draft;
use crate::source::{DAMAGED, Source, Stop, TOO_LARGE, UNSUPPORTED};
use crate::types::{Trace, Traces};
use crate::words;

/// A part of the file: its start and end.
type Range = (u64, u64);

/// The largest index of a film, in bytes: it is held in memory.
const MAX_INDEX: u64 = 64 << 20;
/// A file may not have more boxes at its top.
const MAX_BOXES: usize = 10_000;
/// The most that is read of a box in order to tell what it says, in bytes.
const MAX_TEXT: u64 = 1 << 20;

pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
    let boxes = top(source)?;
    let mut indices = boxes.iter().filter(|found| found.kind == *b"moov");
    let (Some(index), None) = (indices.next(), indices.next()) else { return Err(DAMAGED) };
    if index.end.saturating_sub(index.start) > MAX_INDEX {
        return Err(TOO_LARGE);
    }
    let old = source.bytes(index.start, usize::try_from(index.len()).map_err(|_| TOO_LARGE)?)?;
    let mut new = old.clone();
    let used = tree::clean(&mut new, &mut draft.traces)?;
    let kept = &used.kept;
    let media: Vec<(u64, u64)> =
        boxes.iter().filter(|found| found.kind == *b"mdat").map(|found| (found.body, found.end)).collect();
    if !kept.iter().all(|(start, end)| media.iter().any(|(body, last)| body <= start && end <= last)) {
        return Err(DAMAGED);
    }
    let messages = messages::places(source, &used.coded)?;
    for found in &boxes {
        match &found.kind {
            b"ftyp" => draft.keep(found.start, found.len()),
            b"moov" => draft.replace(found.start, &old, &new),
            b"mdat" => {
                draft.keep(found.start, found.body.saturating_sub(found.start));
                media_data(source, (found.body, found.end), (kept, &messages), draft)?;
            }
            _ => blank(source, found, draft)?,
        }
    }
    Ok(())
}

/// A box at the top of the file.
struct Top {
    kind: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

impl Top {
    fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

fn top(source: &mut Source<'_>) -> Result<Vec<Top>, Stop> {
    let mut boxes = Vec::new();
    let mut start = 0;
    while start < source.len() {
        let size = u64::from(u32::from_be_bytes(source.array(start)?));
        let kind = source.array(start.saturating_add(4))?;
        let (head, size) = match size {
            0 => (8, source.len().saturating_sub(start)),
            1 => (16, u64::from_be_bytes(source.array(start.saturating_add(8))?)),
            _ => (8, size),
        };
        let end =
            start.checked_add(size).filter(|end| size >= head && *end <= source.len()).ok_or(DAMAGED)?;
        if matches!(&kind, b"moof" | b"sidx" | b"styp" | b"mfra") {
            return Err(UNSUPPORTED);
        }
        if boxes.len() == MAX_BOXES || (kind == *b"ftyp" && start != 0) {
            return Err(DAMAGED);
        }
        boxes.push(Top { kind, start, body: start.saturating_add(head), end });
        start = end;
    }
    Ok(boxes)
}

/// Copies what the kept ranges cover, and zeros for the rest.
fn media_data(
    source: &mut Source<'_>,
    (body, end): (u64, u64),
    (kept, messages): (&[Range], &[Range]),
    draft: &mut Draft,
) -> Result<(), Stop> {
    let mut at = body;
    let first = kept.partition_point(|(_, last)| *last <= body);
    for (start, last) in kept.iter().skip(first).take_while(|(start, _)| *start < end) {
        zeros(source, at, start.saturating_sub(at), draft)?;
        without(source, (*start, *last), messages, draft)?;
        at = *last;
    }
    zeros(source, at, end.saturating_sub(at), draft)
}

/// Copies a range, and overwrites the messages in it.
fn without(
    source: &mut Source<'_>,
    (start, last): (u64, u64),
    messages: &[(u64, u64)],
    draft: &mut Draft,
) -> Result<(), Stop> {
    let mut at = start;
    let first = messages.partition_point(|(from, _)| *from < start);
    for (from, to) in messages.iter().skip(first).take_while(|(from, _)| *from < last) {
        if *from < at || *to > last {
            return Err(DAMAGED);
        }
        let old = source.bytes(*from, usize::try_from(to.saturating_sub(*from)).map_err(|_| DAMAGED)?)?;
        let new = vec![messages::OVERWRITTEN; old.len()];
        if old != new {
            draft.found(Trace::Software);
        }
        draft.keep(at, from.saturating_sub(at));
        draft.replace(*from, &old, &new);
        at = *to;
    }
    draft.keep(at, last.saturating_sub(at));
    Ok(())
}

/// Puts zeros in the place of bytes; zeros that are there already stay.
fn zeros(source: &mut Source<'_>, start: u64, len: u64, draft: &mut Draft) -> Result<(), Stop> {
    if source.is_zero(start, len)? {
        draft.keep(start, len);
    } else {
        draft.found(Trace::Other);
        draft.zeros(len);
    }
    Ok(())
}

/// Makes a `free` box of zeros of a box.
fn blank(source: &mut Source<'_>, found: &Top, draft: &mut Draft) -> Result<(), Stop> {
    let len = found.end.saturating_sub(found.body);
    let is_room = matches!(&found.kind, b"free" | b"skip" | b"wide");
    if is_room && source.is_zero(found.body, len)? {
        draft.keep(found.start, found.len());
        return Ok(());
    }
    let text = source.at_most(found.body, usize::try_from(len.min(MAX_TEXT)).unwrap_or_default())?;
    draft.traces.extend(traces_of(found.kind, &text));
    draft.keep(found.start, 4);
    draft.put(b"free");
    draft.keep(found.start.saturating_add(8), found.body.saturating_sub(found.start).saturating_sub(8));
    draft.zeros(len);
    Ok(())
}

/// Names in boxes of metadata, and what they tell.
const NAMES: [(&[u8], Trace); 40] = [
    (b"\xa9xyz", Trace::Location),
    (b"loci", Trace::Location),
    (b"location", Trace::Location),
    (b"\xa9day", Trace::Time),
    (b"creationdate", Trace::Time),
    (b"date", Trace::Time),
    (b"\xa9mak", Trace::Device),
    (b"\xa9mod", Trace::Device),
    (b".make", Trace::Device),
    (b".model", Trace::Device),
    (b"make", Trace::Device),
    (b"model", Trace::Device),
    (b"manu", Trace::Device),
    (b"modl", Trace::Device),
    (b"android", Trace::Device),
    (b"smta", Trace::Device),
    (b"\xa9swr", Trace::Software),
    (b"\xa9too", Trace::Software),
    (b"\xa9enc", Trace::Software),
    (b"software", Trace::Software),
    (b"encoder", Trace::Software),
    (b"\xa9ART", Trace::Author),
    (b"aART", Trace::Author),
    (b"\xa9aut", Trace::Author),
    (b"\xa9cpy", Trace::Author),
    (b"auth", Trace::Author),
    (b"cprt", Trace::Author),
    (b"artist", Trace::Author),
    (b"author", Trace::Author),
    (b"\xa9nam", Trace::Caption),
    (b"\xa9cmt", Trace::Caption),
    (b"\xa9des", Trace::Caption),
    (b"\xa9alb", Trace::Caption),
    (b"titl", Trace::Caption),
    (b"dscp", Trace::Caption),
    (b"desc", Trace::Caption),
    (b"title", Trace::Caption),
    (b"comment", Trace::Caption),
    (b"covr", Trace::Thumbnail),
    (b"identifier", Trace::Identifier),
];

/// Returns what a box that goes tells.
fn traces_of(kind: [u8; 4], body: &[u8]) -> Traces {
    if kind == *b"uuid" && crate::bytes::find(body, b"x:xmpmeta").is_some() {
        return words::of_xmp(body);
    }
    let named = NAMES.iter().filter(|(name, _)| kind == *name || crate::bytes::find(body, name).is_some());
    let traces: Traces = named.map(|(_, trace)| *trace).collect();
    if traces.is_empty() { Traces::from([Trace::Other]) } else { traces }
}
