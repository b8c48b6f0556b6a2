//! Media data: whatever no track uses must be zeros.

use super::units::Units;
use super::{Found, hold};
use crate::bytes::{be16, be32, be64};
use crate::source::{DAMAGED, Source, Stop};

/// Checks that everything between the chunks is zero.
pub(super) fn judge(
    source: &mut Source<'_>,
    media: &[(u64, u64)],
    mut chunks: Vec<(u64, u64)>,
) -> Result<(), Stop> {
    chunks.sort_unstable();
    let mut chunks = chunks.into_iter().peekable();
    for (body, last) in media {
        let mut at = *body;
        while let Some((start, end)) = chunks.next_if(|(start, _)| start < last) {
            hold(start >= *body && end <= *last)?;
            hold(source.is_zero(at, start.saturating_sub(at))?)?;
            at = at.max(end);
        }
        hold(source.is_zero(at, last.saturating_sub(at))?)?;
    }
    hold(chunks.next().is_none())
}

/// Returns the chunks that the tables of a track name.
pub(super) fn chunks(source: &mut Source<'_>, parts: &[Found]) -> Result<Vec<(u64, u64)>, Stop> {
    let mut content = |name: &[u8; 4]| match parts.iter().find(|part| part.0 == *name) {
        Some((_, body, last)) => {
            let len = usize::try_from(last.saturating_sub(*body)).map_err(|_| DAMAGED)?;
            source.bytes(*body, len)
        }
        None => Ok(Vec::new()),
    };
    let mut offsets: Vec<u64> = Vec::new();
    offsets.extend(
        content(b"stco")?.get(8..).unwrap_or_default().chunks(4).filter_map(|b| be32(b, 0)).map(u64::from),
    );
    offsets.extend(content(b"co64")?.get(8..).unwrap_or_default().chunks(8).filter_map(|b| be64(b, 0)));
    let stsd = content(b"stsd")?;
    let mut sizes = sizes(&content(b"stsz")?, &content(b"stz2")?, &stsd);
    let units = Units::of(&stsd);
    let table = content(b"stsc")?;
    let runs = table.get(8..).unwrap_or_default().chunks(12);
    let mut runs = runs.filter_map(|run| Some((be32(run, 0)?, be32(run, 4)?))).peekable();
    let mut current = 0;
    let (mut found, mut samples) = (Vec::new(), Vec::new());
    for (number, start) in (1..).zip(offsets) {
        while let Some((_, samples)) = runs.next_if(|(first, _)| *first <= number) {
            current = samples;
        }
        let mut end = start;
        for _ in 0..units.as_ref().map_or(0, |_| current) {
            let next = sizes.take(1).and_then(|len| end.checked_add(len)).ok_or(DAMAGED)?;
            samples.push((end, next));
            end = next;
        }
        let len = if units.is_some() { 0 } else { sizes.take(u64::from(current)).ok_or(DAMAGED)? };
        found.push((start, end.checked_add(len).ok_or(DAMAGED)?));
    }
    for (start, end) in samples {
        units.as_ref().map_or(Ok(()), |units| units.judge(source, start, end))?;
    }
    Ok(found)
}

/// Sizes of samples, taken one after the other.
enum Sizes {
    Listed(std::vec::IntoIter<u64>),
    Equal { samples: u64, bytes: u64 },
}

impl Sizes {
    fn take(&mut self, count: u64) -> Option<u64> {
        match self {
            Self::Listed(sizes) => (0..count).try_fold(0_u64, |sum, _| sum.checked_add(sizes.next()?)),
            Self::Equal { samples, bytes } => Some(count.checked_mul(*bytes)?.div_ceil(*samples)),
        }
    }
}

fn sizes(plain: &[u8], compact: &[u8], stsd: &[u8]) -> Sizes {
    let table = |bytes: &[u8], width: usize| {
        bytes.get(12..).unwrap_or_default().chunks(width).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let listed = |sizes: Vec<u64>| Sizes::Listed(sizes.into_iter());
    match (be32(plain, 4), compact.get(7)) {
        (Some(0), _) => {
            listed(table(plain, 4).iter().filter_map(|size| be32(size, 0)).map(u64::from).collect())
        }
        (Some(1), _) => sound(stsd),
        (Some(size), _) => Sizes::Equal { samples: 1, bytes: u64::from(size) },
        (None, Some(16)) => {
            listed(table(compact, 2).iter().filter_map(|size| be16(size, 0)).map(u64::from).collect())
        }
        (None, _) => listed(compact.iter().skip(12).copied().map(u64::from).collect()),
    }
}

/// Sound whose samples are counted as one byte each.
fn sound(stsd: &[u8]) -> Sizes {
    let word = |at| be32(stsd, at).map_or(0, u64::from);
    let depth = be16(stsd, 32).map_or(0, u64::from) * be16(stsd, 34).map_or(0, u64::from) / 8;
    let (samples, bytes) = match be16(stsd, 24) {
        Some(1) => (word(44), word(52)),
        Some(2) => (word(80), word(76)),
        _ => (1, depth),
    };
    match (samples, bytes) {
        (1.., 1..) => Sizes::Equal { samples, bytes },
        _ if depth > 0 => Sizes::Equal { samples: 1, bytes: depth },
        _ => Sizes::Equal { samples: 1, bytes: 1 },
    }
}
