//! EXIF: what it tells, and the one tag that stays, since without it a photo would lie on its side.

use crate::bytes::{be16, be32, le16, le32};
use crate::types::{Trace, Traces};
use crate::words;

/// The most directories that are looked at, and the most entries of each.
const MAX_DIRECTORIES: usize = 16;
const MAX_ENTRIES: usize = 512;

/// Everything before the orientation in a block that holds nothing else: header, one entry, tag, type, count.
const PREFIX: [u8; 18] = *b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01";
/// The length of such a block.
pub(crate) const ORIENTATION_LEN: usize = 26;

/// Returns the block that holds an orientation only.
pub(crate) fn orientation_block(orientation: u16) -> [u8; ORIENTATION_LEN] {
    let mut block = [0; ORIENTATION_LEN];
    let number = orientation.to_be_bytes();
    for (place, byte) in block.iter_mut().zip(PREFIX.iter().chain(&number)) {
        *place = *byte;
    }
    block
}

/// What an EXIF block tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// From 2 to 8, if the picture is to be turned.
    pub(crate) orientation: Option<u16>,
    pub(crate) traces: Traces,
}

/// Reads an EXIF block, with or without its `Exif` prefix; what cannot be read tells nothing more.
pub(crate) fn read(block: &[u8]) -> Told {
    let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let mut told = Told::default();
    let little = match tiff.get(..4) {
        Some(b"II*\0") => true,
        Some(b"MM\0*") => false,
        _ => {
            told.traces.insert(Trace::Other);
            return told;
        }
    };
    let mut walk = Walk { tiff, little, pending: Vec::new(), seen: Vec::new() };
    walk.queue(walk.long(4), Directory::Main);
    while let Some((at, directory)) = walk.pending.pop() {
        walk.directory(at, directory, &mut told);
    }
    told
}

/// Which directory is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directory {
    Main,
    Detail,
    Gps,
    Thumbnail,
}

struct Walk<'a> {
    tiff: &'a [u8],
    little: bool,
    pending: Vec<(usize, Directory)>,
    seen: Vec<usize>,
}

impl Walk<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        if self.little { le16(self.tiff, at) } else { be16(self.tiff, at) }
    }

    fn long(&self, at: usize) -> Option<u32> {
        if self.little { le32(self.tiff, at) } else { be32(self.tiff, at) }
    }

    fn queue(&mut self, at: Option<u32>, directory: Directory) {
        let Some(at) = at.and_then(|at| usize::try_from(at).ok()).filter(|at| *at >= 8) else { return };
        if self.seen.len() < MAX_DIRECTORIES && !self.seen.contains(&at) {
            self.seen.push(at);
            self.pending.push((at, directory));
        }
    }

    fn directory(&mut self, at: usize, directory: Directory, told: &mut Told) {
        let Some(count) = self.short(at).map(usize::from) else { return };
        if directory == Directory::Thumbnail {
            told.traces.insert(Trace::Thumbnail);
        }
        for index in 0..count.min(MAX_ENTRIES) {
            let Some(tag) = self.short(at + 2 + index * 12) else { return };
            self.entry(tag, at + 2 + index * 12, directory, told);
        }
        if directory == Directory::Main {
            self.queue(self.long(at + 2 + count * 12), Directory::Thumbnail);
        }
    }

    fn entry(&mut self, tag: u16, at: usize, directory: Directory, told: &mut Told) {
        match (directory, tag) {
            (Directory::Main, 0x0112) => {
                // A number of two bytes, in the first of the four that an entry has for its value.
                let number = self.short(at + 8).filter(|number| (2..=8).contains(number));
                told.orientation = told.orientation.or(number);
            }
            (Directory::Main, 0x8769) => self.queue(self.long(at + 8), Directory::Detail),
            (Directory::Main, 0x8825) => self.queue(self.long(at + 8), Directory::Gps),
            (Directory::Main, 0x02BC) => told.traces.extend(words::of_xmp(self.value(at))),
            (Directory::Gps, 0) | (Directory::Thumbnail, _) => {}
            (Directory::Gps, _) => drop(told.traces.insert(Trace::Location)),
            (Directory::Main | Directory::Detail, _) => told.traces.extend(trace_of(tag)),
        }
    }

    fn value(&self, at: usize) -> &[u8] {
        let place = |at| self.long(at).and_then(|number| usize::try_from(number).ok());
        let (Some(len), Some(start)) = (place(at + 4), place(at + 8)) else { return &[] };
        self.tiff.get(start..start.saturating_add(len)).unwrap_or_default()
    }
}

/// Returns what a tag of the main or the detail directory tells; nothing for what any picture has.
fn trace_of(tag: u16) -> Option<Trace> {
    Some(match tag {
        // Dimensions, resolution, colour space, versions.
        0x0100..=0x0103 | 0x0106 | 0x0111 | 0x0115..=0x0117 | 0x011A..=0x011C | 0x0128 => return None,
        0x0211..=0x0214 | 0x9000 | 0x9101 | 0xA000..=0xA003 | 0xA005 => return None,
        0x0132 | 0x9003 | 0x9004 | 0x9010..=0x9012 | 0x9290..=0x9292 => Trace::Time,
        0x010F | 0x0110 | 0x013C | 0x927C | 0xA432..=0xA434 => Trace::Device,
        0x013B | 0x8298 | 0x9C9D | 0xA430 => Trace::Author,
        0x000B | 0x0131 => Trace::Software,
        0x010E | 0x9286 | 0x9C9B | 0x9C9C | 0x9C9E | 0x9C9F => Trace::Caption,
        0xA420 | 0xA431 | 0xA435 => Trace::Identifier,
        _ => Trace::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orientation_is_written_as_it_is_read() {
        for orientation in 2..=8 {
            let block = orientation_block(orientation);
            assert_eq!(read(&block), Told { orientation: Some(orientation), traces: Traces::new() });
        }
        assert_eq!(read(&orientation_block(1)).orientation, None);
        assert_eq!(read(&orientation_block(9)).orientation, None);
    }

    #[test]
    fn directories_in_a_circle_come_to_an_end() {
        // The next directory is the first one again, and so is the detail directory.
        let mut block = b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0".to_vec();
        assert_eq!(read(&block), Told::default());
        block.truncate(20);
        assert_eq!(read(&block), Told::default());
    }
}
