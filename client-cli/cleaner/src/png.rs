//! PNG (ISO/IEC 15948, third edition): chunks that the picture needs stay.

use crate::exif::{self, orientation_block};
use crate::plan::Draft;
use crate::source::{DAMAGED, Source, Stop, UNSUPPORTED};
use crate::types::{Trace, Traces};
use crate::words;

/// The most that is read of a chunk in order to tell what it says, in bytes.
const MAX_TEXT: u64 = 1 << 20;
/// A file may not have more chunks.
const MAX_CHUNKS: usize = 1_000_000;

/// The chunks that stay, beside the orientation.
const KEPT: [&[u8; 4]; 12] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"sBIT", b"cICP", b"acTL", b"fcTL",
    b"fdAT",
];

pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
    draft.keep(0, 8);
    let mut at: u64 = 8;
    let mut turned = false;
    for index in 0..MAX_CHUNKS {
        let chunk = Chunk::read(source, at)?;
        if (index == 0) != (chunk.name == *b"IHDR") {
            return Err(DAMAGED);
        }
        let next = chunk.end();
        match &chunk.name {
            b"eXIf" => turned = chunk.turn(source, draft, turned)?,
            name if KEPT.contains(&name) => {
                chunk.check(source)?;
                draft.keep(at, next.saturating_sub(at));
            }
            [first, ..] if first.is_ascii_uppercase() => return Err(UNSUPPORTED),
            _ => draft.traces.extend(chunk.traces(source)?),
        }
        if chunk.name == *b"IEND" {
            if next < source.len() {
                draft.found(Trace::Other);
            }
            return Ok(());
        }
        at = next;
    }
    Err(DAMAGED)
}

struct Chunk {
    at: u64,
    len: u64,
    name: [u8; 4],
}

impl Chunk {
    fn read(source: &mut Source<'_>, at: u64) -> Result<Self, Stop> {
        let len = u64::from(u32::from_be_bytes(source.array(at)?));
        let name = source.array(at.saturating_add(4))?;
        let chunk = Self { at, len, name };
        let sound = name.iter().all(u8::is_ascii_alphabetic) && len < 1 << 31 && chunk.end() <= source.len();
        if sound { Ok(chunk) } else { Err(DAMAGED) }
    }

    fn data(&self) -> u64 {
        self.at.saturating_add(8)
    }

    fn end(&self) -> u64 {
        self.at.saturating_add(12).saturating_add(self.len)
    }

    /// Checks the checksum.
    fn check(&self, source: &mut Source<'_>) -> Result<(), Stop> {
        let mut crc = Crc::default();
        source.each(self.at.saturating_add(4), self.len.saturating_add(4), |piece| crc.add(piece))?;
        let written = u32::from_be_bytes(source.array(self.data().saturating_add(self.len))?);
        if crc.sum() == written { Ok(()) } else { Err(DAMAGED) }
    }

    /// Puts a chunk with the orientation only in the place of an EXIF chunk; `turned` says that there is one already.
    fn turn(&self, source: &mut Source<'_>, draft: &mut Draft, turned: bool) -> Result<bool, Stop> {
        let whole = source.at_most(self.at, 12 + usize::try_from(self.len.min(MAX_TEXT)).unwrap_or(0))?;
        let told = exif::read(whole.get(8..).unwrap_or_default());
        draft.traces.extend(told.traces);
        if let Some(orientation) = told.orientation.filter(|_| !turned) {
            draft.replace(self.at, &whole, &chunk(b"eXIf", &orientation_block(orientation)));
            return Ok(true);
        }
        Ok(turned)
    }

    /// Returns what a chunk that goes tells.
    fn traces(&self, source: &mut Source<'_>) -> Result<Traces, Stop> {
        let text = source.bytes(self.data(), usize::try_from(self.len.min(MAX_TEXT)).unwrap_or(0))?;
        let keyword = text.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(match &self.name {
            b"tIME" => Traces::from([Trace::Time]),
            b"iTXt" if keyword == b"XML:com.adobe.xmp" => words::of_xmp(&text),
            b"tEXt" | b"zTXt" | b"iTXt" => Traces::from([words::of_name(&String::from_utf8_lossy(keyword))]),
            _ => Traces::from([Trace::Other]),
        })
    }
}

/// Returns a chunk.
pub(crate) fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::default();
    crc.add(name);
    crc.add(data);
    let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
    [&len.to_be_bytes(), name.as_slice(), data, &crc.sum().to_be_bytes()].concat()
}

/// The checksum of PNG and ZIP (ISO 3309).
#[derive(Clone, Copy)]
pub(crate) struct Crc(u32);

impl Default for Crc {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let index = (self.0 ^ u32::from(*byte)) & 0xFF;
            let entry = usize::try_from(index).ok().and_then(|index| TABLE.get(index)).copied();
            self.0 = entry.unwrap_or_default() ^ (self.0 >> 8);
        }
    }

    pub(crate) fn sum(self) -> u32 {
        !self.0
    }
}

const TABLE: [u32; 256] = table();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "computed by the compiler")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}
