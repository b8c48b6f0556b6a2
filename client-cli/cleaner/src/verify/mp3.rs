//! A clean MP3: frames of one stream, and nothing else.

use super::hold;
use crate::source::{Source, Stop};

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    let mut at = 0;
    let mut stream = None;
    while at < source.len() {
        let [first, second, third, fourth] = source.array(at)?;
        hold(first == 0xFF && second >> 5 == 7 && (second >> 1) & 3 == 1)?;
        let same = (second & 0x18, third & 0x0C);
        hold(*stream.get_or_insert(same) == same)?;
        let len = length(second, third);
        hold(len > 4)?;
        if at == 0 {
            let mono = fourth & 0xC0 == 0xC0;
            encoder_is_silent(source, second & 0x18 == 0x18, mono, len)?;
        }
        at = at.saturating_add(len);
    }
    hold(at == source.len() && at > 0)
}

/// Returns the length of a frame; 0 if its header is none.
fn length(second: u8, third: u8) -> u64 {
    let index = usize::from(third >> 4);
    let steps: [u64; 16] = match second & 0x18 {
        0x18 => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
        _ => [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
    };
    let thousands = steps.get(index).copied().unwrap_or_default();
    let hertz: u64 = match (second & 0x18, third & 0x0C) {
        (0x18, 0) => 44_100,
        (0x18, 4) => 48_000,
        (0x18, 8) => 32_000,
        (0x10, 0) => 22_050,
        (0x10, 4) => 24_000,
        (0x10, 8) => 16_000,
        (0x00, 0) => 11_025,
        (0x00, 4) => 12_000,
        (0x00, 8) => 8_000,
        _ => return 0,
    };
    let slots = if second & 0x18 == 0x18 { 144_000 } else { 72_000 };
    if thousands == 0 { 0 } else { slots * thousands / hertz + u64::from((third & 2) >> 1) }
}

/// The first frame may describe the stream, but not the program that made it.
fn encoder_is_silent(
    source: &mut Source<'_>,
    is_first_version: bool,
    mono: bool,
    len: u64,
) -> Result<(), Stop> {
    let start = match (is_first_version, mono) {
        (true, false) => 36,
        (true, true) | (false, false) => 21,
        (false, true) => 13,
    };
    let name = source.at_most(start, 4)?;
    if name != b"Xing" && name != b"Info" {
        return Ok(());
    }
    let flags = source.byte(start.saturating_add(7))?;
    let told = [4, 4, 100, 4].iter().zip(0..).filter(|(_, bit)| flags & (1 << bit) != 0);
    let encoder = start.saturating_add(8).saturating_add(told.map(|(len, _)| len).sum());
    let gap = encoder.saturating_add(21);
    let named = source.at_most(encoder, 9)? == b"LAME3.100";
    let silent = if named { encoder.saturating_add(9) } else { encoder };
    hold(source.is_zero(silent, gap.min(len).saturating_sub(silent))?)?;
    let after = gap.saturating_add(3);
    hold(source.is_zero(after.min(len), len.saturating_sub(after))?)
}
