//! Which bytes of the media data a track uses.

use super::Range;
use super::messages::{Coded, coding};
use super::tree::{Child, children};
use crate::bytes::{be16, be32, be64};
use crate::source::{DAMAGED, Stop, UNSUPPORTED};

/// A track may not have more samples that have to be looked at.
const MAX_SAMPLES: usize = 4_000_000;

/// Returns the chunks of a track as ranges of the file, and its samples if they may hold messages.
pub(super) fn ranges(bytes: &[u8], track: &Child) -> Result<(Vec<Range>, Option<Coded>), Stop> {
    let mut here = vec![(track.body, track.end)];
    for name in [b"mdia", b"minf", b"stbl"] {
        let (start, end) = here.pop().ok_or(DAMAGED)?;
        let found = children(bytes, start, end)?.into_iter().find(|child| child.kind == *name);
        here.push(found.map(|child| (child.body, child.end)).ok_or(DAMAGED)?);
    }
    let (start, end) = here.pop().ok_or(DAMAGED)?;
    let parts = children(bytes, start, end)?;
    let table = |name: &[u8; 4]| {
        let found = parts.iter().find(|part| part.kind == *name);
        found.and_then(|part| bytes.get(part.body..part.end))
    };
    let sizes = Sizes {
        plain: table(b"stsz"),
        compact: table(b"stz2"),
        units: table(b"stsd").map(units).unwrap_or_default(),
    };
    let stsd = parts.iter().find(|part| part.kind == *b"stsd");
    let coding = stsd.map(|stsd| coding(bytes, stsd)).transpose()?.flatten();
    let mut samples = coding.map(|_| Vec::new());
    let chunks = table(b"stsc").ok_or(DAMAGED)?;
    let found = match (table(b"stco"), table(b"co64")) {
        (Some(offsets), None) => {
            gather(offsets, 4, |at| be32(offsets, at).map(u64::from), chunks, &sizes, &mut samples)
        }
        (None, Some(offsets)) => gather(offsets, 8, |at| be64(offsets, at), chunks, &sizes, &mut samples),
        _ => Err(DAMAGED),
    };
    let coded = coding.zip(samples).map(|(coding, samples)| Coded { coding, samples });
    Ok((found?, coded))
}

/// The sizes of samples.
struct Sizes<'a> {
    plain: Option<&'a [u8]>,
    compact: Option<&'a [u8]>,
    units: Units,
}

/// How many bytes so many samples of uncompressed sound fill.
#[derive(Default, Clone, Copy)]
struct Units {
    samples: u64,
    bytes: u64,
}

/// Reads the units of a sound of QuickTime, whose samples count as one byte each.
fn units(stsd: &[u8]) -> Units {
    let number = |at| be16(stsd, at).map(u64::from).unwrap_or_default();
    let wide = |at| be32(stsd, at).map(u64::from).unwrap_or_default();
    // The description begins at 8; its version stands at 16 from there.
    match be16(stsd, 24) {
        Some(1) if wide(44) > 0 && wide(52) > 0 => Units { samples: wide(44), bytes: wide(52) },
        Some(2) if wide(76) > 0 && wide(80) > 0 => Units { samples: wide(80), bytes: wide(76) },
        _ => Units { samples: 1, bytes: number(32).saturating_mul(number(34)) / 8 },
    }
}

impl Sizes<'_> {
    /// Returns how many bytes `count` samples from `first` fill.
    fn of(&self, first: u64, count: u64) -> Option<u64> {
        let place = |index: u64, width: u64| usize::try_from(index.checked_mul(width)?.checked_add(12)?).ok();
        let last = first.checked_add(count)?;
        let mut sum: u64 = 0;
        match (self.plain, self.compact) {
            (Some(table), None) => match be32(table, 4)? {
                0 => {
                    for index in first..last {
                        sum = sum.checked_add(u64::from(be32(table, place(index, 4)?)?))?;
                    }
                }
                1 if self.units.samples > 0 && self.units.bytes > 0 => {
                    sum = count.checked_mul(self.units.bytes)?.div_ceil(self.units.samples);
                }
                size => sum = count.checked_mul(u64::from(size))?,
            },
            (None, Some(table)) => {
                let width = u64::from(*table.get(7)?);
                for index in first..last {
                    let size = match width {
                        16 => u64::from(be16(table, place(index, 2)?)?),
                        8 => u64::from(*table.get(place(index, 1)?)?),
                        _ => return None,
                    };
                    sum = sum.checked_add(size)?;
                }
            }
            _ => return None,
        }
        Some(sum)
    }
}

/// Walks over the chunks: `stsc` tells how many samples each run of chunks holds.
fn gather(
    offsets: &[u8],
    width: usize,
    offset: impl Fn(usize) -> Option<u64>,
    chunks: &[u8],
    sizes: &Sizes<'_>,
    each: &mut Option<Vec<(u64, u64)>>,
) -> Result<Vec<(u64, u64)>, Stop> {
    let count = be32(offsets, 4).ok_or(DAMAGED)?;
    let runs = be32(chunks, 4).ok_or(DAMAGED)?;
    let run = |index: u32| {
        let at = usize::try_from(index).ok()?.checked_mul(12)?.checked_add(8)?;
        Some((be32(chunks, at)?, be32(chunks, at + 4)?))
    };
    let mut found = Vec::new();
    let (mut sample, mut index) = (0_u64, 0_u32);
    for chunk in 1..=count {
        while index.saturating_add(1) < runs && run(index + 1).is_some_and(|(first, _)| first <= chunk) {
            index += 1;
        }
        let (first, samples) = run(index).filter(|_| index < runs).ok_or(DAMAGED)?;
        let place = usize::try_from(chunk - 1).ok().and_then(|index| index.checked_mul(width));
        let start = place.and_then(|place| offset(place + 8)).filter(|_| first <= chunk).ok_or(DAMAGED)?;
        let len = sizes.of(sample, u64::from(samples)).ok_or(DAMAGED)?;
        if let Some(each) = each {
            let mut at = start;
            for one in sample..sample.saturating_add(u64::from(samples)) {
                let end = sizes.of(one, 1).and_then(|len| at.checked_add(len)).ok_or(DAMAGED)?;
                if each.len() == MAX_SAMPLES {
                    return Err(UNSUPPORTED);
                }
                each.push((at, end));
                at = end;
            }
        }
        sample = sample.saturating_add(u64::from(samples));
        found.push((start, start.checked_add(len).ok_or(DAMAGED)?));
    }
    Ok(found)
}
