//! Units of H.264 and H.265: of the messages among them, only those for decoders may say something.

use super::hold;
use crate::bytes::find;
use crate::source::{DAMAGED, Source, Stop};

/// How the samples of a track are cut.
pub(super) struct Units {
    is_hevc: bool,
    width: u64,
}

impl Units {
    /// Reads it out of the description of samples.
    pub(super) fn of(stsd: &[u8]) -> Option<Self> {
        let family = stsd.get(12..15)?;
        let is_cut = matches!(family, b"avc" | b"hvc" | b"hev" | b"dvh");
        let setting = |name: &[u8], at: usize| {
            let start = find(stsd.get(16..)?, name)?.checked_add(20)?;
            stsd.get(start.checked_add(at)?).map(|byte| u64::from(byte & 3).saturating_add(1))
        };
        let hevc = setting(b"hvcC", 21).filter(|_| is_cut);
        let avc = setting(b"avcC", 4).filter(|_| is_cut);
        match (hevc, avc) {
            (Some(width), _) => Some(Self { is_hevc: true, width }),
            (None, width) => width.map(|width| Self { is_hevc: false, width }),
        }
    }

    /// Judges one sample.
    pub(super) fn judge(&self, source: &mut Source<'_>, start: u64, end: u64) -> Result<(), Stop> {
        let mut at = start;
        while at.saturating_add(self.width) < end {
            let mut len: u64 = 0;
            source.each(at, self.width, |piece| {
                len = piece
                    .iter()
                    .fold(len, |sum, byte| sum.saturating_mul(256).saturating_add(u64::from(*byte)));
            })?;
            let unit = at.saturating_add(self.width);
            at = unit.saturating_add(len);
            hold(at <= end)?;
            if len > 0 {
                judge_unit(source, unit, at, self.is_hevc)?;
            }
        }
        Ok(())
    }
}

/// Judges the units among the parameters of H.265.
pub(super) fn judge_parameters(source: &mut Source<'_>, body: u64, last: u64) -> Result<(), Stop> {
    let mut at = body.saturating_add(23);
    for _ in 0..source.byte(body.saturating_add(22))? {
        let units = u16::from_be_bytes(source.array(at.saturating_add(1))?);
        at = at.saturating_add(3);
        for _ in 0..units {
            let unit = at.saturating_add(2);
            at = unit.saturating_add(u64::from(u16::from_be_bytes(source.array(at)?)));
            hold(at <= last)?;
            if at > unit {
                judge_unit(source, unit, at, true)?;
            }
        }
    }
    Ok(())
}

fn judge_unit(source: &mut Source<'_>, start: u64, end: u64, is_hevc: bool) -> Result<(), Stop> {
    let head = source.byte(start)?;
    let messages = if is_hevc { matches!(head & 0x7E, 0x4E | 0x50) } else { head & 0x1F == 6 };
    if !messages {
        return Ok(());
    }
    let len = usize::try_from(end.saturating_sub(start)).map_err(|_| DAMAGED)?;
    hold(len <= 1 << 20)?;
    let unit = source.bytes(start, len)?;
    // Undo the escapes, so that lengths count what they mean.
    let mut plain: Vec<u8> = Vec::with_capacity(len);
    let mut zeros = 0;
    for byte in unit.iter().skip(if is_hevc { 2 } else { 1 }) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    let mut rest = plain.as_slice();
    while rest.len() >= 2 && rest.first() != Some(&0x80) {
        let kind = number(&mut rest)?;
        let size = number(&mut rest)?;
        let (message, after) = rest.split_at_checked(size).ok_or(DAMAGED)?;
        let serves = matches!(kind, 0..=3 | 6 | 9 | 10 | 19 | 45 | 47 | 128..=133 | 137 | 144 | 147);
        hold(serves || message.iter().all(|byte| *byte == 0xFF))?;
        rest = after;
    }
    Ok(())
}

fn number(rest: &mut &[u8]) -> Result<usize, Stop> {
    let mut sum = 0;
    while let Some((byte, after)) = rest.split_first() {
        *rest = after;
        sum += usize::from(*byte);
        if *byte != 0xFF {
            return Ok(sum);
        }
    }
    Err(DAMAGED)
}
