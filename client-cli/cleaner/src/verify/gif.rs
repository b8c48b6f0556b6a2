//! A clean GIF.

use super::hold;
use crate::source::{Source, Stop};

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    let mut at = 13_u64.saturating_add(table(source.byte(10)?));
    loop {
        match source.array(at)? {
            [0x3B] => return hold(at.saturating_add(1) == source.len()),
            [0x2C] => {
                let coded = table(source.byte(at.saturating_add(9))?).saturating_add(11);
                at = after_blocks(source, at.saturating_add(coded))?;
            }
            _ => match source.at_most(at, 19)?.as_slice() {
                [0x21, 0xF9, 4, _, _, _, _, 0, ..] => at = at.saturating_add(8),
                [0x21, 0xFF, 11, name @ .., 3, 1, _, _, 0] => {
                    hold(name == b"NETSCAPE2.0" || name == b"ANIMEXTS1.0")?;
                    at = at.saturating_add(19);
                }
                _ => return hold(false),
            },
        }
    }
}

fn table(flags: u8) -> u64 {
    match flags {
        0x80.. => 3_u64 << ((flags & 7) + 1),
        _ => 0,
    }
}

fn after_blocks(source: &mut Source<'_>, start: u64) -> Result<u64, Stop> {
    let mut at = start;
    while let len @ 1.. = source.byte(at)? {
        at = at.saturating_add(1).saturating_add(u64::from(len));
    }
    Ok(at.saturating_add(1))
}
