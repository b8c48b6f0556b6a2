//! A package without times, comments, extra fields and gaps.

use super::hold;
use crate::bytes::{le16, le32};
use crate::source::{DAMAGED, Stop};

/// The most that may come out of one part, in bytes.
const MAX_PART: usize = 256 << 20;

pub(super) struct Part {
    pub(super) name: String,
    pub(super) data: Vec<u8>,
}

/// Reads the parts from the first byte to the last.
pub(super) fn parts(bytes: &[u8]) -> Result<Vec<Part>, Stop> {
    let mut parts = Vec::new();
    let mut directory = Vec::new();
    let mut at = 0;
    let mut left = MAX_PART;
    while bytes.get(at..at + 4) == Some(b"PK\x03\x04") {
        let common = bytes.get(at + 4..at + 30).ok_or(DAMAGED)?;
        let method = le16(common, 4).ok_or(DAMAGED)?;
        let is_plain = matches!(le16(common, 2), Some(0 | 0x800))
            && matches!(method, 0 | 8)
            && le32(common, 6) == Some(0x0021_0000)
            && le16(common, 24) == Some(0);
        hold(is_plain)?;
        let number = |at| le32(common, at).and_then(|value| usize::try_from(value).ok()).ok_or(DAMAGED);
        let (packed, size) = (number(14)?, number(18)?);
        let start = at + 30 + usize::from(le16(common, 22).ok_or(DAMAGED)?);
        let name = bytes.get(at + 30..start).ok_or(DAMAGED)?;
        let data = bytes.get(start..start.saturating_add(packed)).ok_or(DAMAGED)?;
        left = left.checked_sub(size).ok_or(DAMAGED)?;
        let data = match method {
            0 => data.to_vec(),
            _ => {
                miniz_oxide::inflate::decompress_to_vec_with_limit(data, size.max(1)).map_err(|_| DAMAGED)?
            }
        };
        hold(data.len() == size && Some(sum(&data)) == le32(common, 10))?;
        let offset = u32::try_from(at).map_err(|_| DAMAGED)?.to_le_bytes();
        directory.extend_from_slice(&[b"PK\x01\x02\x14\0", common, &[0; 10], &offset, name].concat());
        let name = String::from_utf8(name.to_vec()).map_err(|_| DAMAGED)?;
        parts.push(Part { name, data });
        at = start + packed;
    }
    let (start, end) = (at, at + directory.len());
    hold(bytes.get(start..end) == Some(&directory))?;
    let count = u16::try_from(parts.len()).map_err(|_| DAMAGED)?.to_le_bytes();
    let numbers =
        [directory.len(), start].map(|number| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    let tail = [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &numbers.concat(), &[0, 0]].concat();
    hold(bytes.get(end..) == Some(&tail))?;
    Ok(parts)
}

/// The checksum, bit by bit.
fn sum(data: &[u8]) -> u32 {
    let mut table = Vec::with_capacity(256);
    for byte in 0..256_u32 {
        table
            .push((0..8).fold(byte, |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 }));
    }
    let step = |sum: u32, byte: &u8| {
        let index = usize::from(sum.to_le_bytes().first().copied().unwrap_or_default() ^ byte);
        (sum >> 8) ^ table.get(index).copied().unwrap_or_default()
    };
    !data.iter().fold(u32::MAX, step)
}
