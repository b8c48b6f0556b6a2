//! A clean PNG.

use super::hold;
use super::orientation::is_only_orientation;
use crate::source::{Source, Stop};

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    let mut at = 8;
    loop {
        let len = u64::from(u32::from_be_bytes(source.array(at)?));
        let name: [u8; 4] = source.array(at.saturating_add(4))?;
        let data = at.saturating_add(8);
        let fixed = match &name {
            b"IDAT" | b"fdAT" => None,
            b"IHDR" => Some(13..=13),
            b"PLTE" => Some(3..=768),
            b"tRNS" => Some(1..=256),
            b"gAMA" | b"cICP" => Some(4..=4),
            b"sRGB" => Some(1..=1),
            b"sBIT" => Some(1..=4),
            b"acTL" => Some(8..=8),
            b"fcTL" => Some(26..=26),
            b"eXIf" => Some(26..=26),
            b"IEND" => Some(0..=0),
            _ => return hold(false),
        };
        hold(fixed.is_none_or(|fixed| fixed.contains(&len)))?;
        if name == *b"eXIf" {
            hold(is_only_orientation(&source.bytes(data, 26)?))?;
        }
        at = data.saturating_add(len).saturating_add(4);
        if name == *b"IEND" {
            return hold(at == source.len());
        }
    }
}
