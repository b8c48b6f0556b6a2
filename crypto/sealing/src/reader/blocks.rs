//! Blocks of consecutive chunks: read sealed, opened where they lie.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::OpenError;
use crate::stream::{CHUNK_LEN, SEALED_CHUNK_LEN, StreamKey, TAG_LEN};

/// Reads sealed blocks and finds out which is the last.
pub(super) struct BlockSource<R> {
    input: R,
    /// The first byte after the last block: only its presence tells that the block before was not the last.
    ahead: Option<u8>,
}

impl<R: Read> BlockSource<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, ahead: None }
    }

    pub(super) fn into_input(self) -> R {
        self.input
    }

    /// Fills `block` with the next sealed chunks. There must be some: nobody asks again after the last block.
    pub(super) fn fill(&mut self, block: &mut Block) -> io::Result<()> {
        block.clear();
        let len = self.read(block)?;
        // An input that ends before its first chunk has lost even the empty one.
        if len == 0 {
            return Err(OpenError::Payload.into());
        }
        (block.len, block.last) = (len, self.ahead.is_none());
        Ok(())
    }

    /// Reads as many sealed bytes as the block holds, and one more to see whether anything follows.
    fn read(&mut self, block: &mut Block) -> io::Result<usize> {
        let capacity = block.capacity();
        let mut len = 0;
        if let (Some(byte), Some(first)) = (self.ahead.take(), block.bytes.first_mut()) {
            *first = byte;
            len = 1;
        }
        // The buffer is one byte longer than the chunks, for the byte ahead.
        while let Some(place) = block.bytes.get_mut(len..).filter(|place| !place.is_empty()) {
            match self.input.read(place) {
                Ok(0) => break,
                Ok(count) => len += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if len > capacity {
            self.ahead = block.bytes.get(capacity).copied();
        }
        Ok(len.min(capacity))
    }
}

/// Opens blocks in their order.
pub(super) struct BlockOpener {
    key: StreamKey,
    counter: u64,
    failed: bool,
}

impl BlockOpener {
    pub(super) fn new(key: StreamKey) -> Self {
        Self { key, counter: 0, failed: false }
    }

    /// Opens the chunks of a block. After an error the block gives nothing, and so does every later one.
    pub(super) fn open(&mut self, block: &mut Block) -> io::Result<()> {
        let result = if self.failed { Err(OpenError::Payload) } else { self.open_chunks(block) };
        if result.is_err() {
            self.failed = true;
            block.clear();
        }
        Ok(result?)
    }

    fn open_chunks(&mut self, block: &mut Block) -> Result<(), OpenError> {
        let sealed = block.bytes.get_mut(..block.len).ok_or(OpenError::Payload)?;
        let chunks = block.len.div_ceil(SEALED_CHUNK_LEN);
        for (number, chunk) in (1..).zip(sealed.chunks_mut(SEALED_CHUNK_LEN)) {
            // An empty chunk is allowed only as the whole payload.
            if chunk.len() == TAG_LEN && self.counter > 0 {
                return Err(OpenError::Payload);
            }
            let last = block.last && number == chunks;
            self.key.open(self.counter, last, chunk).map_err(|_| OpenError::Payload)?;
            self.counter += 1;
        }
        Ok(())
    }
}

/// Consecutive chunks: sealed, then opened, each still followed by its tag.
pub(super) struct Block {
    bytes: Zeroizing<Vec<u8>>,
    /// Bytes in use, tags included.
    len: usize,
    position: usize,
    /// Whether the last chunk of the payload is among them.
    last: bool,
}

impl Block {
    /// Makes a block for so many chunks; one for none stands where no block is yet.
    pub(super) fn new(chunks: usize) -> Self {
        let len = if chunks == 0 { 0 } else { chunks * SEALED_CHUNK_LEN + 1 };
        Self { bytes: Zeroizing::new(vec![0; len]), len: 0, position: 0, last: false }
    }

    /// Returns how many sealed bytes fit.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len().saturating_sub(1)
    }

    /// Returns whether nothing comes after this block.
    pub(super) fn is_last(&self) -> bool {
        self.last
    }

    /// Returns the plaintext left in the current chunk.
    pub(super) fn rest(&self) -> &[u8] {
        let chunk_start = self.position - self.position % SEALED_CHUNK_LEN;
        let chunk_end = (chunk_start + SEALED_CHUNK_LEN).min(self.len).saturating_sub(TAG_LEN);
        self.bytes.get(self.position..chunk_end).unwrap_or_default()
    }

    pub(super) fn consume(&mut self, amount: usize) {
        self.position += amount;
        if self.position % SEALED_CHUNK_LEN == CHUNK_LEN {
            self.position += TAG_LEN;
        }
    }

    fn clear(&mut self) {
        (self.len, self.position, self.last) = (0, 0, false);
    }
}
