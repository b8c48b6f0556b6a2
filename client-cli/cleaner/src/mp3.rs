//! MP3 (ISO/IEC 11172-3 and 13818-3, layer III): frames stay; ID3, APE and Lyrics3 tags go, wherever they stand.

use crate::bytes::{be32, find, le32};
use crate::plan::Draft;
use crate::source::{DAMAGED, Source, Stop};
use crate::types::{Trace, Traces};
use crate::words;

/// The most that is read of a tag in order to tell what it says, in bytes.
const MAX_TEXT: usize = 1 << 20;
/// The encoder that every file names.
const ENCODER: [u8; 9] = *b"LAME3.100";
/// So many frames in a row are no accident.
const SURE: usize = 3;

/// Says whether frames stand at the beginning.
pub(crate) fn begins(source: &mut Source<'_>) -> Result<bool, Stop> {
    Ok(run_at(source, 0)?.is_some())
}

pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
    let mut stream: Option<Frame> = None;
    let mut at = 0;
    while at < source.len() {
        match frame_at(source, at)?.filter(|frame| stream.is_none_or(|first| frame.fits(first))) {
            Some(frame) if stream.is_some() || run_at(source, at)?.is_some() => {
                if stream.is_none() {
                    first_frame(source, at, frame, draft)?;
                    stream = Some(frame);
                } else {
                    draft.keep(at, frame.len);
                }
                at = at.saturating_add(frame.len);
            }
            _ => at = past_tag(source, at, stream, draft)?,
        }
    }
    if stream.is_some() { Ok(()) } else { Err(DAMAGED) }
}

/// Steps over what is no frame: a tag that tells its size, or everything up to the next frames.
fn past_tag(source: &mut Source<'_>, at: u64, stream: Option<Frame>, draft: &mut Draft) -> Result<u64, Stop> {
    let head = source.at_most(at, 32)?;
    let size = tag_size(&head).map(|size| at.saturating_add(size));
    let end = match size {
        Some(end) if end <= source.len() => end,
        Some(_) => return Err(DAMAGED),
        None => next_run(source, at.saturating_add(1), stream)?.unwrap_or(source.len()),
    };
    let len = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(MAX_TEXT);
    let text = source.bytes(at, len)?;
    if text.iter().any(|byte| *byte != 0) {
        draft.traces.extend(traces_of(&text));
    }
    Ok(end)
}

/// Returns the length of an ID3v2 tag, or of an APE tag that begins with its header.
fn tag_size(head: &[u8]) -> Option<u64> {
    if head.starts_with(b"ID3") {
        let size = head
            .get(6..10)?
            .iter()
            .try_fold(0_u64, |sum, byte| (*byte < 0x80).then_some((sum << 7) | u64::from(*byte)))?;
        let footer = if head.get(5)? & 0x10 == 0 { 0 } else { 10 };
        Some(size + footer + 10)
    } else if head.starts_with(b"APETAGEX") && le32(head, 20)? & 0x2000_0000 != 0 {
        Some(u64::from(le32(head, 12)?) + 32)
    } else {
        None
    }
}

/// What a frame's header tells.
#[derive(Debug, Clone, Copy)]
struct Frame {
    len: u64,
    version: u8,
    rate: u8,
    is_mono: bool,
}

impl Frame {
    fn parse(header: u32) -> Option<Self> {
        let [sync, second, third, fourth] = header.to_be_bytes();
        let version = (second >> 3) & 3;
        let rate = (third >> 2) & 3;
        // Layer III only; no free bit rate, none of the reserved numbers.
        if sync != 0xFF || second & 0xE6 != 0xE2 || version == 1 || rate == 3 {
            return None;
        }
        let first = version == 3;
        let rates = if first { BIT_RATES_1 } else { BIT_RATES_2 };
        let bits = u64::from(*rates.get(usize::from(third >> 4))?);
        let samples = [44_100, 48_000, 32_000].get(usize::from(rate)).copied()?
            >> match version {
                3 => 0,
                2 => 1,
                _ => 2,
            };
        let padding = u64::from((third >> 1) & 1);
        let len = if first { 144_000 } else { 72_000 } * bits / samples + padding;
        (bits > 0).then_some(Self { len, version, rate, is_mono: fourth >> 6 == 3 })
    }

    fn fits(self, other: Self) -> bool {
        (self.version, self.rate) == (other.version, other.rate)
    }
}

/// In thousands of bits a second; 0 is a free rate.
const BIT_RATES_1: [u16; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BIT_RATES_2: [u16; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// Returns the frame at a place, if it is whole.
fn frame_at(source: &mut Source<'_>, at: u64) -> Result<Option<Frame>, Stop> {
    let header = be32(&source.at_most(at, 4)?, 0);
    let end = source.len();
    Ok(header.and_then(Frame::parse).filter(|frame| at.saturating_add(frame.len) <= end))
}

/// Returns the frame at a place if others follow it, or the end.
fn run_at(source: &mut Source<'_>, at: u64) -> Result<Option<Frame>, Stop> {
    let first = frame_at(source, at)?;
    let Some(frame) = first else { return Ok(None) };
    let mut place = at;
    for _ in 0..SURE {
        match frame_at(source, place)?.filter(|next| next.fits(frame)) {
            Some(next) => place = place.saturating_add(next.len),
            // Behind a short file there may be tags only.
            None if place > at && is_end(source, place)? => return Ok(first),
            None => return Ok(None),
        }
    }
    Ok(first)
}

fn is_end(source: &mut Source<'_>, at: u64) -> Result<bool, Stop> {
    let head = source.at_most(at, 8)?;
    Ok(head.is_empty() || head.starts_with(b"TAG") || head.starts_with(b"APETAGEX"))
}

fn next_run(source: &mut Source<'_>, at: u64, stream: Option<Frame>) -> Result<Option<u64>, Stop> {
    let mut place = at;
    while let Some(found) = source.find(place, 0xFF)? {
        let frame = run_at(source, found)?;
        if frame.is_some_and(|frame| stream.is_none_or(|first| frame.fits(first))) {
            return Ok(Some(found));
        }
        place = found.saturating_add(1);
    }
    Ok(None)
}

/// Keeps the first frame. If it tells about the stream (Xing, Info), what it tells about the encoder goes; only the
/// samples to skip at both ends stay.
fn first_frame(source: &mut Source<'_>, at: u64, frame: Frame, draft: &mut Draft) -> Result<(), Stop> {
    let old = source.bytes(at, usize::try_from(frame.len).map_err(|_| DAMAGED)?)?;
    let side = match (frame.version, frame.is_mono) {
        (3, false) => 32,
        (3, true) | (_, false) => 17,
        (_, true) => 9,
    };
    let start = 4 + side;
    let mut new = old.clone();
    if matches!(old.get(start..start + 4), Some(b"Xing" | b"Info")) {
        let flags = be32(&old, start + 4).ok_or(DAMAGED)?;
        let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let told: usize = fields.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, len)| len).sum();
        let encoder = start + 8 + told;
        // Decoders skip samples only for encoders they know, so that all of these become one.
        let name = old.get(encoder..encoder + 4);
        let known = matches!(name, Some(b"LAME" | b"Lavc" | b"Lavf"));
        let written = if known { ENCODER } else { [0; 9] };
        for (place, byte) in new.iter_mut().enumerate().skip(encoder) {
            let offset = place - encoder;
            if !(21..24).contains(&offset) {
                *byte = written.get(offset).copied().unwrap_or_default();
            }
        }
        if new != old {
            draft.found(Trace::Software);
        }
    }
    draft.replace(at, &old, &new);
    Ok(())
}

/// Frames of ID3 tags, and what they tell; for all others their names do.
const ID3: [(&[u8], Trace); 22] = [
    (b"TPE", Trace::Author),
    (b"TCOM", Trace::Author),
    (b"TCOP", Trace::Author),
    (b"TOWN", Trace::Author),
    (b"TENC", Trace::Author),
    (b"TPUB", Trace::Author),
    (b"TSSE", Trace::Software),
    (b"TIT", Trace::Caption),
    (b"TALB", Trace::Caption),
    (b"COMM", Trace::Caption),
    (b"USLT", Trace::Caption),
    (b"TDR", Trace::Time),
    (b"TYER", Trace::Time),
    (b"TDAT", Trace::Time),
    (b"APIC", Trace::Thumbnail),
    (b"UFID", Trace::Identifier),
    (b"PRIV", Trace::Identifier),
    (b"MCDI", Trace::Identifier),
    (b"GEOB", Trace::Other),
    (b"LYRICSBEGIN", Trace::Caption),
    (b"AUT0", Trace::Author),
    (b"APETAGEX", Trace::Other),
];

/// Returns what a tag tells.
fn traces_of(text: &[u8]) -> Traces {
    let named = ID3.iter().filter(|(name, _)| find(text, name).is_some());
    let mut traces: Traces = named.map(|(_, trace)| *trace).collect();
    let old =
        text.len().checked_sub(128).and_then(|start| text.get(start..)).filter(|old| old.starts_with(b"TAG"));
    if let Some(old) = old {
        let told = |range: std::ops::Range<usize>| {
            old.get(range).is_some_and(|field| field.iter().any(|byte| !matches!(byte, 0 | b' ')))
        };
        traces.extend(told(3..33).then_some(Trace::Caption));
        traces.extend(told(33..63).then_some(Trace::Author));
        traces.extend(told(93..97).then_some(Trace::Time));
    }
    if find(text, b"APETAGEX").is_some() {
        traces.extend(["Artist", "Title", "Year", "Comment"].iter().filter_map(|name| {
            find(text, name.as_bytes())
                .map(|_| if *name == "Year" { Trace::Time } else { words::of_name(name) })
        }));
    }
    if traces.is_empty() { Traces::from([Trace::Other]) } else { traces }
}
