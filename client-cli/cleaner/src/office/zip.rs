//! ZIP (PKWARE APPNOTE): read within bounds, written without times, comments and extra fields.

use crate::bytes::{le16, le32};
use crate::inflate::Budget;
use crate::png::Crc;
use crate::source::{DAMAGED, Stop, TOO_LARGE, UNSUPPORTED};
use crate::types::Reason;

/// A package may not have more parts.
const MAX_PARTS: usize = 20_000;
/// 1 January 1980, the earliest day.
const DAY: u16 = 0x21;
/// The effort of packing.
const LEVEL: u8 = 6;

/// A part of a package.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) data: Vec<u8>,
}

/// What stands in the directory about a part.
struct Entry {
    name: String,
    method: u16,
    crc: u32,
    packed: usize,
    size: usize,
    at: usize,
}

/// Reads all parts; folders count as nothing.
pub(super) fn read(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Part>, Stop> {
    let entries = directory(bytes)?;
    let mut parts: Vec<Part> = Vec::new();
    for entry in entries {
        let data = content(bytes, &entry, budget)?;
        if entry.name.ends_with('/') {
            continue;
        }
        parts.push(Part { name: entry.name, data });
    }
    let mut names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) { Err(DAMAGED) } else { Ok(parts) }
}

fn directory(bytes: &[u8]) -> Result<Vec<Entry>, Stop> {
    let from = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let tail = bytes.get(from..).unwrap_or_default();
    let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or(DAMAGED)? + from;
    let short = |at: usize| le16(bytes, at).map(usize::from).ok_or(DAMAGED);
    let long = |at: usize| le32(bytes, at).and_then(|value| usize::try_from(value).ok()).ok_or(DAMAGED);
    let (count, start) = (short(end + 10)?, long(end + 16)?);
    // So many or so far means that the true numbers stand elsewhere (ZIP64).
    if count == usize::from(u16::MAX) || start == u32::MAX as usize {
        return Err(UNSUPPORTED);
    }
    if count > MAX_PARTS {
        return Err(TOO_LARGE);
    }
    let mut entries = Vec::with_capacity(count);
    let mut at = start;
    for _ in 0..count {
        if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
            return Err(DAMAGED);
        }
        if short(at + 8)? & 0x2041 != 0 {
            return Err(Stop::Refuse(Reason::Encrypted));
        }
        let name = bytes.get(at + 46..at + 46 + short(at + 28)?).ok_or(DAMAGED)?;
        let name = std::str::from_utf8(name).ok().filter(|name| is_plain(name)).ok_or(DAMAGED)?;
        entries.push(Entry {
            name: name.to_owned(),
            method: le16(bytes, at + 10).ok_or(DAMAGED)?,
            crc: le32(bytes, at + 16).ok_or(DAMAGED)?,
            packed: long(at + 20)?,
            size: long(at + 24)?,
            at: long(at + 42)?,
        });
        at += 46 + name.len() + short(at + 30)? + short(at + 32)?;
    }
    Ok(entries)
}

/// Says whether a name leads to a place inside the package.
fn is_plain(name: &str) -> bool {
    let steps = name.strip_suffix('/').unwrap_or(name).split('/');
    !name.contains(['\\', '\0']) && steps.into_iter().all(|step| !matches!(step, "" | "." | ".."))
}

fn content(bytes: &[u8], entry: &Entry, budget: &mut Budget) -> Result<Vec<u8>, Stop> {
    let at = entry.at;
    if bytes.get(at..at.saturating_add(4)) != Some(b"PK\x03\x04") {
        return Err(DAMAGED);
    }
    let short = |at: usize| le16(bytes, at).map(usize::from).ok_or(DAMAGED);
    let start = at + 30 + short(at + 26)? + short(at + 28)?;
    let packed = bytes.get(start..start.saturating_add(entry.packed)).ok_or(DAMAGED)?;
    let data = match entry.method {
        0 => {
            budget.count(packed.len())?;
            packed.to_vec()
        }
        8 => budget.raw(packed)?,
        _ => return Err(UNSUPPORTED),
    };
    let mut crc = Crc::default();
    crc.add(&data);
    if data.len() == entry.size && crc.sum() == entry.crc { Ok(data) } else { Err(DAMAGED) }
}

/// Writes a package of parts, in this order.
pub(super) fn write(parts: &[Part]) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for part in parts {
        let at = u32::try_from(out.len()).map_err(|_| TOO_LARGE)?;
        // The type of a document must be readable without unpacking; pictures are packed already.
        let is_packed = part.name != "mimetype" && !is_picture(&part.name);
        let packed = match is_packed {
            true => miniz_oxide::deflate::compress_to_vec(&part.data, LEVEL),
            false => part.data.clone(),
        };
        let mut crc = Crc::default();
        crc.add(&part.data);
        let number = |value: usize| u32::try_from(value).map_err(|_| TOO_LARGE);
        let name_len = u16::try_from(part.name.len()).map_err(|_| DAMAGED)?;
        // Names beyond ASCII are marked as UTF-8.
        let flags: u16 = if part.name.is_ascii() { 0 } else { 0x800 };
        let method: u16 = if is_packed { 8 } else { 0 };
        let mut common = Vec::new();
        for value in [20, flags, method, 0, DAY] {
            common.extend_from_slice(&value.to_le_bytes());
        }
        for value in [crc.sum(), number(packed.len())?, number(part.data.len())?] {
            common.extend_from_slice(&value.to_le_bytes());
        }
        common.extend_from_slice(&name_len.to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(part.name.as_bytes());
        out.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(part.name.as_bytes());
    }
    let start = u32::try_from(out.len()).map_err(|_| TOO_LARGE)?;
    let size = u32::try_from(directory.len()).map_err(|_| TOO_LARGE)?;
    let count = u16::try_from(parts.len()).map_err(|_| TOO_LARGE)?;
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&[count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend_from_slice(&[size.to_le_bytes(), start.to_le_bytes()].concat());
    out.extend_from_slice(&[0, 0]);
    Ok(out)
}

fn is_picture(name: &str) -> bool {
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".mp4", ".m4a", ".mp3", ".mov"]
        .iter()
        .any(|end| name.ends_with(end))
}
