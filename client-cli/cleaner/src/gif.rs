//! GIF (89a): pictures, their controls and the number of loops stay.

use crate::plan::Draft;
use crate::source::{DAMAGED, Source, Stop};
use crate::types::{Trace, Traces};
use crate::words;

/// The most that is read of an extension in order to tell what it says, in bytes.
const MAX_TEXT: usize = 1 << 20;
/// A file may not have more blocks.
const MAX_BLOCKS: usize = 1_000_000;

pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
    let mut at = 13_u64.saturating_add(palette(source.byte(10)?));
    source.bytes(0, usize::try_from(at).unwrap_or(usize::MAX))?;
    draft.keep(0, at);
    let mut has_picture = false;
    for _ in 0..MAX_BLOCKS {
        match source.byte(at)? {
            0x2C => {
                let table = palette(source.byte(at.saturating_add(9))?);
                // Descriptor, table, code size.
                let coded = at.saturating_add(11).saturating_add(table);
                let end = skip(source, coded)?;
                draft.keep(at, end.saturating_sub(at));
                has_picture = true;
                at = end;
            }
            0x21 => at = extension(source, at, draft)?,
            0x3B if has_picture => {
                draft.keep(at, 1);
                if at.saturating_add(1) < source.len() {
                    draft.found(Trace::Other);
                }
                return Ok(());
            }
            _ => return Err(DAMAGED),
        }
    }
    Err(DAMAGED)
}

/// Returns the length of the colour table that flags announce.
fn palette(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << (u64::from(flags & 7) + 1) }
}

/// Returns the end of the sub-blocks at `at`.
fn skip(source: &mut Source<'_>, at: u64) -> Result<u64, Stop> {
    let mut place = at;
    loop {
        let len = u64::from(source.byte(place)?);
        place = place.saturating_add(len).saturating_add(1);
        if len == 0 {
            return Ok(place);
        }
    }
}

/// Keeps or drops an extension and returns its end.
fn extension(source: &mut Source<'_>, at: u64, draft: &mut Draft) -> Result<u64, Stop> {
    let label = source.byte(at.saturating_add(1))?;
    let end = skip(source, at.saturating_add(2))?;
    let len = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
    let whole = source.bytes(at, len.min(MAX_TEXT))?;
    if is_kept(&whole) {
        draft.keep(at, end.saturating_sub(at));
        return Ok(end);
    }
    draft.traces.extend(match label {
        0xFE | 0x01 => Traces::from([Trace::Caption]),
        0xFF if whole.get(3..14) == Some(b"XMP DataXMP") => words::of_xmp(&whole),
        _ => Traces::from([Trace::Other]),
    });
    Ok(end)
}

/// Says whether an extension is a control of a picture, or the number of loops.
fn is_kept(whole: &[u8]) -> bool {
    match whole {
        [0x21, 0xF9, 4, _, _, _, _, 0] => true,
        [0x21, 0xFF, 11, rest @ ..] if rest.len() == 16 => {
            let (name, loops) = (rest.get(..11), rest.get(11..13));
            let known = name == Some(b"NETSCAPE2.0") || name == Some(b"ANIMEXTS1.0");
            known && loops == Some(&[3, 1])
        }
        _ => false,
    }
}
