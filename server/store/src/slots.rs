//! Where an unfinished upload says how much of it is durable: two slots behind its last byte.
//!
//! A slot and the bytes that it speaks of are made durable by one `fdatasync`. Its checksum covers both, so a power
//! cut that left the slot without the bytes, or the reverse, is found out, and the other slot still holds.
//!
//! The checksum tells bytes that are there from blocks that the disk never got. Nobody has to be kept from making two
//! pieces with the same one, and a CRC costs next to nothing beside the hash of the whole upload.

use std::fs::File;
use std::os::unix::fs::FileExt;

use bisik_formats::ids::{Digest, Hasher};
use bisik_formats::upload::MAX_PIECE;

use crate::StoreError;

/// Bytes between the two slots: a torn sector or block never takes both.
const BLOCK: u64 = 4096;

/// Bytes of a slot: first byte of the piece, byte after its last, checksum.
const SLOT: usize = 48;

/// The slots of a file with this much room for the upload itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slots {
    length: u64,
}

/// How far an upload has come, and the slot that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) offset: u64,
    second: bool,
}

impl Slots {
    /// Takes the length of the whole upload.
    pub(crate) fn new(length: u64) -> Self {
        Self { length }
    }

    /// Gives an upload its slots, saying that nothing has come; nothing is made durable yet.
    pub(crate) fn lay(self, file: &File) -> Result<Mark, StoreError> {
        // Never by way of a file of the upload's own length, which says that all of it has come.
        file.set_len(0)?;
        file.set_len(self.full())?;
        self.mark(file, &Mark { offset: 0, second: true }, Piece::new(0))
    }

    /// Gives slots to an upload whose bytes have all come and are durable, saying that those before `offset` have; in the
    /// end that is durable, too.
    ///
    /// The file has the length of one with slots only when it has a slot that holds: until then a power cut leaves it
    /// recognisable as one that is whole.
    pub(crate) fn lay_behind(self, file: &File, offset: u64) -> Result<Mark, StoreError> {
        file.set_len(self.length)?;
        let mark = self.mark(file, &Mark { offset, second: true }, Piece::new(offset))?;
        file.sync_data()?;
        file.set_len(self.full())?;
        file.sync_data()?;
        Ok(mark)
    }

    /// Tells whether a file has the length of one with slots.
    pub(crate) fn are_in(self, file: &File) -> Result<bool, StoreError> {
        Ok(file.metadata()?.len() == self.full())
    }

    /// Tells whether a file without slots is one whose bytes have all come: they go only after that is durable.
    pub(crate) fn were_in(self, file: &File) -> Result<bool, StoreError> {
        Ok((self.length..self.full()).contains(&file.metadata()?.len()))
    }

    /// Says that a piece has come, in the slot that does not hold the present mark; nothing is made durable yet.
    pub(crate) fn mark(self, file: &File, present: &Mark, piece: Piece) -> Result<Mark, StoreError> {
        let mark = Mark { offset: piece.end, second: !present.second };
        let mut slot = [0; SLOT];
        let (start, end) = (piece.start.to_be_bytes(), piece.end.to_be_bytes());
        let checksum = piece.finish();
        let parts = start.iter().chain(&end).chain(checksum.as_bytes());
        slot.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        file.write_all_at(&slot, self.place(mark.second))?;
        Ok(mark)
    }

    /// Reads the mark that holds, and of two the later one.
    pub(crate) fn read(self, file: &File) -> Result<Option<Mark>, StoreError> {
        if !self.are_in(file)? {
            return Ok(None);
        }
        let (first, second) = (self.read_one(file, false)?, self.read_one(file, true)?);
        Ok(first.into_iter().chain(second).max_by_key(|mark| mark.offset))
    }

    fn read_one(self, file: &File, second: bool) -> Result<Option<Mark>, StoreError> {
        let mut slot = [0; SLOT];
        file.read_exact_at(&mut slot, self.place(second))?;
        let Some((start, rest)) = slot.split_first_chunk() else { return Ok(None) };
        let Some((end, checksum)) = rest.split_first_chunk() else { return Ok(None) };
        let (start, end) = (u64::from_be_bytes(*start), u64::from_be_bytes(*end));
        let sensible = start <= end && end <= self.length && end - start <= MAX_PIECE;
        if !sensible {
            return Ok(None);
        }
        let mut piece = Piece::new(start);
        each_block(file, start, end, |bytes| piece.update(bytes))?;
        let holds = piece.finish().as_bytes() == checksum;
        Ok(holds.then_some(Mark { offset: end, second }))
    }

    /// Returns the length of a file with slots.
    fn full(self) -> u64 {
        self.place(true).saturating_add(BLOCK)
    }

    fn place(self, second: bool) -> u64 {
        self.length.next_multiple_of(BLOCK).saturating_add(if second { BLOCK } else { 0 })
    }
}

/// The checksum of a piece that is coming.
pub(crate) struct Piece {
    start: u64,
    end: u64,
    sum: crc32fast::Hasher,
}

impl Piece {
    /// Begins at an offset.
    pub(crate) fn new(start: u64) -> Self {
        Self { start, end: start, sum: crc32fast::Hasher::new() }
    }

    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.end = self.end.saturating_add(bytes.len() as u64);
    }

    /// Returns where the next byte goes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    fn finish(self) -> Digest {
        let mut hasher = Hasher::new();
        hasher.update(b"bisik/upload-slot/2\n");
        hasher.update(&self.start.to_be_bytes());
        hasher.update(&self.end.to_be_bytes());
        hasher.update(&self.sum.finalize().to_be_bytes());
        hasher.finish()
    }
}

/// Hands the bytes `start..end` of a file to `take`, block by block.
pub(crate) fn each_block(
    file: &File,
    mut start: u64,
    end: u64,
    mut take: impl FnMut(&[u8]),
) -> Result<(), StoreError> {
    let mut block = vec![0; READ];
    while start < end {
        let count = usize::try_from(end - start).map_or(READ, |left| left.min(READ));
        let Some(part) = block.get_mut(..count) else { return Ok(()) };
        file.read_exact_at(part, start)?;
        take(part);
        start = start.saturating_add(count as u64);
    }
    Ok(())
}

/// Bytes read at once.
const READ: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 10_000;

    fn file() -> File {
        tempfile::tempfile().unwrap()
    }

    fn write(file: &File, present: &Mark, bytes: &[u8]) -> Mark {
        let mut piece = Piece::new(present.offset);
        file.write_all_at(bytes, present.offset).unwrap();
        piece.update(bytes);
        Slots::new(LENGTH).mark(file, present, piece).unwrap()
    }

    #[test]
    fn the_later_of_two_slots_counts() {
        let (file, slots) = (file(), Slots::new(LENGTH));
        assert_eq!(slots.read(&file).unwrap(), None);
        let mut mark = slots.lay(&file).unwrap();
        for _ in 0..5 {
            assert_eq!(slots.read(&file).unwrap(), Some(mark));
            mark = write(&file, &mark, &[7; 1000]);
        }
        assert_eq!(slots.read(&file).unwrap().unwrap().offset, 5000);
        assert_eq!(slots.lay_behind(&file, 3000).unwrap().offset, 3000);
        assert_eq!(slots.read(&file).unwrap().unwrap().offset, 3000);
        assert_eq!(slots.lay(&file).unwrap().offset, 0);
        assert_eq!(slots.read(&file).unwrap().unwrap().offset, 0);
    }

    #[test]
    fn a_whole_upload_stays_recognisable_until_its_slots_hold() {
        let (file, slots) = (file(), Slots::new(LENGTH));
        slots.lay_behind(&file, 9000).unwrap();
        // What a power cut may leave on the way there: each of these lengths, with the slot or without it.
        for length in [LENGTH, LENGTH + 1, slots.place(false), slots.place(false) + 48, slots.full() - 1] {
            file.set_len(length).unwrap();
            assert!(slots.were_in(&file).unwrap() && slots.read(&file).unwrap().is_none(), "{length}");
        }
        slots.lay_behind(&file, 9000).unwrap();
        assert!(slots.are_in(&file).unwrap() && !slots.were_in(&file).unwrap());
        // A file that never had slots that hold is none: nothing of it was acknowledged.
        file.set_len(0).unwrap();
        file.set_len(slots.full()).unwrap();
        assert!(!slots.were_in(&file).unwrap() && slots.read(&file).unwrap().is_none());
    }

    #[test]
    fn a_slot_without_its_bytes_does_not_count() {
        let (file, slots) = (file(), Slots::new(LENGTH));
        let first = write(&file, &slots.lay(&file).unwrap(), &[1; 4000]);
        let second = write(&file, &first, &[2; 4000]);
        for place in [4000, 7999, slots.place(second.second), slots.place(second.second) + 15] {
            let mut byte = [0];
            file.read_exact_at(&mut byte, place).unwrap();
            file.write_all_at(&[byte[0] ^ 1], place).unwrap();
            assert_eq!(slots.read(&file).unwrap(), Some(first), "{place}");
            file.write_all_at(&byte, place).unwrap();
            assert_eq!(slots.read(&file).unwrap(), Some(second));
        }
        // A slot that promises more than there can be, or the whole disk to be read, is none.
        for end in [LENGTH + 1, u64::MAX] {
            file.write_all_at(&end.to_be_bytes(), slots.place(second.second) + 8).unwrap();
            assert_eq!(slots.read(&file).unwrap(), Some(first));
        }
    }
}
