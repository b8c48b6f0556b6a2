//! WebP (RFC 9649): chunks that the picture needs stay; the flags and sizes of the container follow.

use crate::bytes::len;
use crate::exif::{self, orientation_block};
use crate::plan::Draft;
use crate::source::{DAMAGED, Source, Stop};
use crate::types::Trace;
use crate::words;

/// The most that is read of a chunk in order to tell what it says, in bytes.
const MAX_TEXT: u64 = 1 << 20;
/// A file may not have more chunks.
const MAX_CHUNKS: usize = 100_000;

/// Flags of the extended header: ICC profile, EXIF, XMP.
const FLAG_ICC: u8 = 0x20;
const FLAG_EXIF: u8 = 0x08;
const FLAG_XMP: u8 = 0x04;

pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
    let said = u64::from(u32::from_le_bytes(source.array(4)?));
    let end = said.saturating_add(8);
    // An odd size is an error that some writers make.
    if end > source.len() || said < 4 {
        return Err(DAMAGED);
    }
    if end.next_multiple_of(2) < source.len() {
        draft.found(Trace::Other);
    }
    let mut body = Body::default();
    for chunk in chunks(source, 12, end)? {
        body.chunk(&chunk, source, draft)?;
    }
    if !body.has_picture {
        return Err(DAMAGED);
    }
    body.finish(source, draft)
}

struct Chunk {
    at: u64,
    len: u64,
    name: [u8; 4],
}

impl Chunk {
    fn data(&self) -> u64 {
        self.at.saturating_add(8)
    }

    /// Keeps it, with a zero where a byte is only there to make it even.
    fn keep(&self, source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
        draft.keep(self.at, self.len.saturating_add(8));
        if self.len % 2 == 1 {
            let place = self.data().saturating_add(self.len);
            let padding = source.at_most(place, 1)?;
            draft.replace(place, &padding, &[0]);
        }
        Ok(())
    }
}

/// Splits a range into chunks.
fn chunks(source: &mut Source<'_>, start: u64, end: u64) -> Result<Vec<Chunk>, Stop> {
    let mut chunks = Vec::new();
    let mut at = start;
    while at < end {
        let name = source.array(at)?;
        let len = u64::from(u32::from_le_bytes(source.array(at.saturating_add(4))?));
        let chunk = Chunk { at, len, name };
        at = chunk.data().saturating_add(len);
        if at > end || chunks.len() == MAX_CHUNKS {
            return Err(DAMAGED);
        }
        at = at.saturating_add(len % 2);
        chunks.push(chunk);
    }
    Ok(chunks)
}

#[derive(Default)]
struct Body {
    /// The extended header: place and content.
    extended: Option<(u64, [u8; 10])>,
    rest: Draft,
    orientation: Option<u16>,
    exif: Option<(u64, Vec<u8>)>,
    has_picture: bool,
}

impl Body {
    fn chunk(&mut self, chunk: &Chunk, source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
        match &chunk.name {
            b"VP8X" if self.extended.is_none() && self.rest.len() == 0 && chunk.len == 10 => {
                self.extended = Some((chunk.at, source.array(chunk.data())?));
            }
            b"VP8X" => return Err(DAMAGED),
            b"VP8 " | b"VP8L" => {
                self.has_picture = true;
                chunk.keep(source, &mut self.rest)?;
            }
            b"ALPH" => chunk.keep(source, &mut self.rest)?,
            b"ANIM" if chunk.len == 6 => chunk.keep(source, &mut self.rest)?,
            b"ANMF" => {
                self.has_picture = true;
                self.frame(chunk, source, draft)?;
            }
            b"EXIF" => self.exif(chunk, source, draft)?,
            b"XMP " => {
                let text = source.bytes(chunk.data(), text_len(chunk.len))?;
                draft.traces.extend(words::of_xmp(&text));
            }
            _ => draft.found(Trace::Other),
        }
        Ok(())
    }

    fn exif(&mut self, chunk: &Chunk, source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
        let block = source.bytes(chunk.data(), text_len(chunk.len))?;
        let told = exif::read(&block);
        draft.traces.extend(told.traces);
        self.orientation = self.orientation.or(told.orientation);
        self.exif.get_or_insert((chunk.at, block));
        Ok(())
    }

    /// Copies a frame of an animation without what else is in it.
    fn frame(&mut self, chunk: &Chunk, source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
        let head = source.bytes(chunk.data(), 16)?;
        let end = chunk.data().saturating_add(chunk.len);
        let mut inner = Draft::default();
        for part in chunks(source, chunk.data().saturating_add(16), end)? {
            match &part.name {
                b"VP8 " | b"VP8L" | b"ALPH" => part.keep(source, &mut inner)?,
                _ => draft.found(Trace::Other),
            }
        }
        if inner.len() == 0 {
            return Err(DAMAGED);
        }
        let size = inner.len().saturating_add(16);
        let old = source.bytes(chunk.at, 8)?;
        self.rest.replace(chunk.at, &old, &header(b"ANMF", size)?);
        self.rest.replace(chunk.data(), &head, &head);
        self.rest.append(inner);
        Ok(())
    }

    fn finish(self, source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
        let mut body = Draft::default();
        // Without the extended header there is no place for an orientation, nor was there.
        let orientation = self.orientation.filter(|_| self.extended.is_some());
        if let Some((at, data)) = self.extended {
            let mut new = [header(b"VP8X", 10)?.as_slice(), &data].concat();
            if let Some(flags) = new.get_mut(8) {
                *flags &= !(FLAG_ICC | FLAG_EXIF | FLAG_XMP);
                *flags |= if orientation.is_some() { FLAG_EXIF } else { 0 };
            }
            body.replace(at, &source.bytes(at, 18)?, &new);
        }
        body.append(self.rest);
        if let Some(orientation) = orientation {
            let block = orientation_block(orientation);
            let new = [header(b"EXIF", len(&block))?.as_slice(), &block].concat();
            match self.exif {
                Some((at, old)) if old == block => body.keep(at, len(&new)),
                _ => body.put(&new),
            }
        }
        let old = source.bytes(0, 12)?;
        let new = [header(b"RIFF", body.len().saturating_add(4))?.as_slice(), b"WEBP"].concat();
        draft.replace(0, &old, &new);
        draft.append(body);
        Ok(())
    }
}

fn text_len(len: u64) -> usize {
    usize::try_from(len.min(MAX_TEXT)).unwrap_or_default()
}

fn header(name: &[u8; 4], len: u64) -> Result<Vec<u8>, Stop> {
    let len = u32::try_from(len).map_err(|_| DAMAGED)?;
    Ok([name.as_slice(), &len.to_le_bytes()].concat())
}
