//! JPEG (ITU-T T.81, JFIF, EXIF): segments that the picture needs stay, all others go, and so does what stands behind
//! the end.

use crate::exif::{self, orientation_block};
use crate::plan::Draft;
use crate::source::{DAMAGED, Source, Stop};
use crate::types::{Trace, Traces};
use crate::words;

/// A file may not have more segments: each of ours is kept in memory.
const MAX_SEGMENTS: usize = 10_000;

pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
    let mut picture = Picture::default();
    let end = picture.read(source, draft)?;
    if end < source.len() {
        draft.found(Trace::Other);
    }
    draft.keep(0, 2);
    if let Some((start, old, new)) = &picture.jfif {
        draft.replace(*start, old, new);
    }
    if let Some(orientation) = picture.orientation {
        let new = orientation_segment(orientation);
        match &picture.exif {
            // It comes where ours would come, and is ours.
            Some((start, old)) if *old == new => draft.keep(*start, old.len() as u64),
            _ => draft.put(&new),
        }
    }
    draft.append(picture.rest);
    Ok(())
}

/// Returns an EXIF segment with an orientation only.
pub(crate) fn orientation_segment(orientation: u16) -> Vec<u8> {
    let block = orientation_block(orientation);
    [b"\xff\xe1\0\x22Exif\0\0".as_slice(), &block].concat()
}

/// What is gathered from a picture.
#[derive(Default)]
struct Picture {
    /// Place, bytes and our own form of the JFIF segment.
    jfif: Option<(u64, Vec<u8>, Vec<u8>)>,
    /// Place and bytes of the first EXIF segment.
    exif: Option<(u64, Vec<u8>)>,
    orientation: Option<u16>,
    /// What follows JFIF and EXIF.
    rest: Draft,
    has_frame: bool,
    has_scan: bool,
}

impl Picture {
    /// Reads up to the end of the picture and returns its place.
    fn read(&mut self, source: &mut Source<'_>, draft: &mut Draft) -> Result<u64, Stop> {
        let mut at = 2;
        for _ in 0..MAX_SEGMENTS {
            let marker = next_marker(source, &mut at)?;
            if marker == 0xD9 {
                if !self.has_scan {
                    return Err(DAMAGED);
                }
                self.rest.keep(at.saturating_sub(2), 2);
                return Ok(at);
            }
            let [high, low] = source.array(at)?;
            let len = usize::from(u16::from_be_bytes([high, low]));
            let body = source.bytes(at.saturating_add(2), len.checked_sub(2).ok_or(DAMAGED)?)?;
            let start = at.saturating_sub(2);
            at = at.saturating_add(len as u64);
            self.segment(marker, start, &body, source, draft)?;
            if marker == 0xDA {
                let end = scan_end(source, at)?;
                self.rest.keep(at, end.saturating_sub(at));
                self.has_scan = true;
                at = end;
            }
        }
        Err(DAMAGED)
    }

    fn segment(
        &mut self,
        marker: u8,
        start: u64,
        body: &[u8],
        source: &mut Source<'_>,
        draft: &mut Draft,
    ) -> Result<(), Stop> {
        let whole = (body.len() as u64).saturating_add(4);
        match marker {
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                if self.has_frame || !frame_fits(body) {
                    return Err(DAMAGED);
                }
                self.has_frame = true;
                self.rest.keep(start, whole);
            }
            0xC4 | 0xCC | 0xDB | 0xDC | 0xDD => self.rest.keep(start, whole),
            0xDA if self.has_frame && scan_fits(body) => self.rest.keep(start, whole),
            0xDA => return Err(DAMAGED),
            0xE0 if self.jfif.is_none() && body.starts_with(b"JFIF\0") => {
                let kept = jfif(body).ok_or(DAMAGED)?;
                if body.len() > 14 {
                    draft.found(Trace::Thumbnail);
                }
                let old = source.bytes(start, body.len().saturating_add(4))?;
                self.jfif = Some((start, old, kept));
            }
            0xEE if body.starts_with(b"Adobe") && body.len() >= 12 => {
                let old = source.bytes(start, body.len().saturating_add(4))?;
                self.rest.replace(start, &old, &adobe(body));
            }
            0xE1 if body.starts_with(b"Exif\0") => {
                let told = exif::read(body);
                self.orientation = self.orientation.or(told.orientation);
                draft.traces.extend(told.traces);
                if self.exif.is_none() && self.rest.len() == 0 {
                    self.exif = Some((start, source.bytes(start, body.len().saturating_add(4))?));
                }
            }
            0xE0..=0xEF | 0xFE => draft.traces.extend(traces_of(marker, body)),
            // Lossless hierarchies, reserved markers: nothing that a camera or an editor writes.
            _ => return Err(DAMAGED),
        }
        Ok(())
    }
}

/// Steps over fill bytes to a marker and behind it.
fn next_marker(source: &mut Source<'_>, at: &mut u64) -> Result<u8, Stop> {
    if source.byte(*at)? != 0xFF {
        return Err(DAMAGED);
    }
    loop {
        *at = at.saturating_add(1);
        let byte = source.byte(*at)?;
        if byte != 0xFF {
            *at = at.saturating_add(1);
            return Ok(byte);
        }
    }
}

/// Returns the end of the coded data that begin at `at`.
fn scan_end(source: &mut Source<'_>, at: u64) -> Result<u64, Stop> {
    let mut place = at;
    loop {
        place = source.find(place, 0xFF)?.ok_or(DAMAGED)?;
        match source.byte(place.saturating_add(1))? {
            0x00 | 0xD0..=0xD7 => place = place.saturating_add(2),
            _ => return Ok(place),
        }
    }
}

fn frame_fits(body: &[u8]) -> bool {
    body.get(5).is_some_and(|count| *count > 0 && body.len() == 6 + 3 * usize::from(*count))
}

fn scan_fits(body: &[u8]) -> bool {
    body.first().is_some_and(|count| *count > 0 && body.len() == 4 + 2 * usize::from(*count))
}

/// Returns a JFIF segment with the version and density of `body`, without its thumbnail.
fn jfif(body: &[u8]) -> Option<Vec<u8>> {
    let kept = body.get(..12)?;
    Some([b"\xff\xe0\0\x10".as_slice(), kept, &[0, 0]].concat())
}

/// Returns an Adobe segment that tells the colour transform only.
fn adobe(body: &[u8]) -> Vec<u8> {
    let transform = body.get(11).copied().unwrap_or_default();
    [b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat()
}

/// Returns what a segment that goes tells.
fn traces_of(marker: u8, body: &[u8]) -> Traces {
    let xmp = b"http://ns.adobe.com/xap/1.0/\0";
    match marker {
        0xE1 if body.starts_with(xmp) => words::of_xmp(body),
        0xED => words::of_resources(body.strip_prefix(b"Photoshop 3.0\0").unwrap_or_default()),
        0xE0 if body.starts_with(b"JFXX\0") => Traces::from([Trace::Thumbnail]),
        0xFE => Traces::from([Trace::Caption]),

        _ => Traces::from([Trace::Other]),
    }
}
