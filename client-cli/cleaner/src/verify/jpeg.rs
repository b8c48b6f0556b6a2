//! A clean JPEG.

use super::hold;
use super::orientation::is_only_orientation;
use crate::source::{Source, Stop};

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    hold(source.array(0)? == [0xFF, 0xD8])?;
    let mut at = 2;
    let mut singles = Vec::new();
    loop {
        let [escape, marker] = source.array(at)?;
        hold(escape == 0xFF)?;
        if marker == 0xD9 {
            return hold(at.saturating_add(2) == source.len());
        }
        let len = u16::from_be_bytes(source.array(at.saturating_add(2))?);
        let body = source.bytes(at.saturating_add(4), usize::from(len).saturating_sub(2))?;
        at = at.saturating_add(2).saturating_add(u64::from(len));
        hold(len >= 2 && is_allowed(marker, &body))?;
        // Application data stand once, and frames too.
        if matches!(marker, 0xE0..=0xEF) {
            hold(!singles.contains(&marker))?;
            singles.push(marker);
        }
        if marker == 0xDA {
            at = after_coded_data(source, at)?;
        }
    }
}

fn is_allowed(marker: u8, body: &[u8]) -> bool {
    match marker {
        0xC4 => tables_fill(body, |table| {
            let counts = table.get(1..17)?.iter().map(|count| usize::from(*count)).sum::<usize>();
            Some(counts + 17)
        }),
        0xDB => tables_fill(body, |table| Some(if *table.first()? < 0x10 { 65 } else { 129 })),
        0xCC => body.len().is_multiple_of(2),
        0xC8 => false,
        0xC0..=0xCF => body.get(5).is_some_and(|count| body.len() == 6 + usize::from(*count) * 3),
        0xDA => body.first().is_some_and(|count| body.len() == 4 + usize::from(*count) * 2),
        0xDC | 0xDD => body.len() == 2,
        0xE0 => body.len() == 14 && body.starts_with(b"JFIF\0") && body.ends_with(&[0, 0]),
        0xE1 => body.strip_prefix(b"Exif\0\0").is_some_and(is_only_orientation),
        0xEE => body.len() == 12 && body.starts_with(&[65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0]),
        _ => false,
    }
}

/// Says whether tables, each as long as `size` tells, fill a segment.
fn tables_fill(body: &[u8], size: impl Fn(&[u8]) -> Option<usize>) -> bool {
    let mut rest = body;
    while !rest.is_empty() {
        match size(rest).and_then(|size| rest.get(size..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

fn after_coded_data(source: &mut Source<'_>, start: u64) -> Result<u64, Stop> {
    let mut at = start;
    while let Some(escape) = source.find(at, 0xFF)? {
        match source.byte(escape.saturating_add(1))? {
            0 | 0xD0..=0xD7 => at = escape.saturating_add(2),
            _ => return Ok(escape),
        }
    }
    Ok(source.len())
}
