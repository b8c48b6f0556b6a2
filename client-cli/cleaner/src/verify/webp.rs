//! A clean WebP.

use super::hold;
use super::orientation::is_only_orientation;
use crate::source::{Source, Stop};

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    let said = u64::from(u32::from_le_bytes(source.array(4)?));
    hold(source.array(0)? == *b"RIFF" && source.array(8)? == *b"WEBP")?;
    hold(said.saturating_add(8) == source.len())?;
    let mut at = 12;
    let mut flags = 0;
    let mut turned = false;
    while at < source.len() {
        let (name, len, next) = chunk(source, at)?;
        let data = at.saturating_add(8);
        match &name {
            b"VP8X" => {
                hold(len == 10 && at == 12)?;
                flags = source.byte(data)?;
            }
            b"ANIM" => hold(len == 6)?,
            b"ANMF" => frame(source, data, data.saturating_add(len))?,
            b"EXIF" => {
                hold(len == 26 && !turned && is_only_orientation(&source.bytes(data, 26)?))?;
                turned = true;
            }
            b"VP8 " | b"VP8L" | b"ALPH" => {}
            _ => hold(false)?,
        }
        at = next;
    }
    // Of the flags only alpha, animation and, with an orientation, EXIF.
    hold(flags & !0x1A == 0 && turned == (flags & 8 != 0))
}

fn chunk(source: &mut Source<'_>, at: u64) -> Result<([u8; 4], u64, u64), Stop> {
    let name = source.array(at)?;
    let len = u64::from(u32::from_le_bytes(source.array(at.saturating_add(4))?));
    let end = at.saturating_add(8).saturating_add(len);
    let padding = len % 2;
    hold(end.saturating_add(padding) <= source.len() && source.is_zero(end, padding)?)?;
    Ok((name, len, end.saturating_add(padding)))
}

fn frame(source: &mut Source<'_>, start: u64, end: u64) -> Result<(), Stop> {
    let mut at = start.saturating_add(16);
    while at < end {
        let (name, _, next) = chunk(source, at)?;
        hold(matches!(&name, b"VP8 " | b"VP8L" | b"ALPH") && next <= end)?;
        at = next;
    }
    hold(at == end)
}
