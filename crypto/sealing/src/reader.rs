//! Opens age v1 files of the fixed shape.
//!
//! The shape is judged before any other code sees a byte: the header parser of the `age` crate takes quadratic
//! time and accepts two malformed stanzas that the specification refuses, neither of which has our shape. The
//! `age` crate then unwraps the file key with our [`Identity`] and verifies the header's MAC; the payload is
//! opened over `ring`, which is faster and lets a second thread hash and check what the first has opened.

mod header;

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use bisik_formats::shape::ShapeError;
use zeroize::Zeroizing;

pub(crate) use self::header::SealedHeader;
use self::header::{read_any_start, unwrap_payload_key};
use crate::hybrid::Identity;
use crate::kdf::CryptoError;
use crate::stream::{CHUNK_LEN, SEALED_CHUNK_LEN, StreamKey, TAG_LEN};

/// Chunks opened at a time by the reading thread of [`open_on_two_threads`]: 1 MiB.
const PIPELINE_CHUNKS: usize = 16;
/// Blocks in circulation between the two threads; 4 MiB in all.
const PIPELINE_BLOCKS: usize = 4;

/// Why a sealed file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The header has not the fixed shape.
    #[error("the header of the sealed file has another shape")]
    Shape(#[from] ShapeError),
    /// None of the identities opens it.
    #[error("the file is sealed to somebody else")]
    NoMatch,
    /// A stanza is malformed.
    #[error("the header of the sealed file is malformed")]
    Header,
    /// The MAC does not fit the header.
    #[error("the header of the sealed file has been changed")]
    Mac,
    /// A chunk does not open, is missing, or follows the last one.
    #[error("the content of the sealed file has been changed or cut short")]
    Payload,
    /// The library refused.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The input could not be read.
    #[error("the sealed file could not be read")]
    Io(#[source] io::Error),
}

impl From<io::Error> for OpenError {
    /// Finds the typed error that our own readers put into an [`io::Error`].
    fn from(error: io::Error) -> Self {
        match error.downcast::<OpenError>() {
            Ok(typed) => typed,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => OpenError::Payload,
            Err(error) => OpenError::Io(error),
        }
    }
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Io(error) => error,
            error => io::Error::new(io::ErrorKind::InvalidData, error),
        }
    }
}

/// Opens a file of the fixed shape; the result gives only plaintext that has been verified, chunk by chunk.
///
/// # Errors
///
/// [`OpenError`]; while reading, the same inside an [`io::Error`].
pub fn open<R: Read>(mut input: R, identities: &[&Identity]) -> Result<AgeReader<R>, OpenError> {
    let header = SealedHeader::read(&mut input)?;
    let key = header.payload_key(&mut input, identities)?;
    Ok(AgeReader::new(input, key))
}

/// Opens any age v1 file of at most 16 KiB of header, with any identities of the `age` crate: for files that stay
/// at home, such as keys under a passphrase. Nothing that comes from outside is opened this way.
///
/// The header is first checked against the grammar of the specification, line by line; armor is not read.
///
/// # Errors
///
/// [`OpenError`]; while reading, the same inside an [`io::Error`].
pub fn open_any<R: BufRead>(
    mut input: R,
    identities: &[&dyn age::Identity],
) -> Result<AgeReader<R>, OpenError> {
    let start = read_any_start(&mut input)?;
    let key = unwrap_payload_key(&start, identities)?;
    Ok(AgeReader::new(input, key))
}

/// The plaintext of a sealed file, opened on the calling thread.
pub struct AgeReader<R> {
    source: BlockSource<R>,
    block: OpenBlock,
}

impl<R: Read> AgeReader<R> {
    pub(crate) fn new(input: R, key: StreamKey) -> Self {
        Self { source: BlockSource::new(input, key), block: OpenBlock::new(1) }
    }

    /// Returns the input, read as far as the plaintext was.
    pub(crate) fn into_input(self) -> R {
        self.source.input
    }
}

impl<R: Read> BufRead for AgeReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.block.rest().is_empty() {
            self.source.fill(&mut self.block)?;
        }
        Ok(self.block.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.block.consume(amount);
    }
}

impl<R: Read> Read for AgeReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_from_buffer(self, out)
    }
}

/// Opens the payload on a second thread while `consume` reads it here, and returns the input at its end.
///
/// # Errors
///
/// The error of `consume`, to which errors of the input and the payload are given as [`io::Error`].
pub(crate) fn open_on_two_threads<R, T, E>(
    input: R,
    key: StreamKey,
    consume: impl FnOnce(&mut PipelineReader) -> Result<T, E>,
) -> Result<(T, R), E>
where
    R: Read + Send,
    E: From<OpenError>,
{
    thread::scope(|scope| {
        let (to_consumer, blocks) = sync_channel(PIPELINE_BLOCKS);
        let (give_back, spare) = sync_channel(PIPELINE_BLOCKS);
        let mut source = BlockSource::new(input, key);
        let opener = scope.spawn(move || {
            open_blocks(&mut source, &to_consumer, &spare);
            source.input
        });
        let mut reader = PipelineReader { block: OpenBlock::new(0), blocks, give_back };
        let consumed = consume(&mut reader);
        // Hanging up ends the other thread if it still has something to send.
        drop(reader);
        let input = opener.join().map_err(|_| OpenError::Io(io::ErrorKind::Other.into()))?;
        Ok((consumed?, input))
    })
}

/// The opening thread: sends opened blocks, or the error that ends them, until the end or until nobody listens.
fn open_blocks<R: Read>(
    source: &mut BlockSource<R>,
    to_consumer: &SyncSender<io::Result<OpenBlock>>,
    spare: &Receiver<OpenBlock>,
) {
    for made in 0.. {
        let block = if made < PIPELINE_BLOCKS { Ok(OpenBlock::new(PIPELINE_CHUNKS)) } else { spare.recv() };
        let Ok(mut block) = block else { return };
        let filled = source.fill(&mut block);
        let ends = !matches!(filled, Ok(true));
        if to_consumer.send(filled.map(|_| block)).is_err() || ends {
            return;
        }
    }
}

/// The consuming end of [`open_on_two_threads`].
pub(crate) struct PipelineReader {
    block: OpenBlock,
    blocks: Receiver<io::Result<OpenBlock>>,
    give_back: SyncSender<OpenBlock>,
}

impl BufRead for PipelineReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.block.rest().is_empty()
            // The channel is closed after the last block, which has been read to its end.
            && let Ok(next) = self.blocks.recv()
        {
            let used = std::mem::replace(&mut self.block, next?);
            if used.capacity() > 0 {
                // The other thread ends as soon as it has sent the last block; then this one is dropped.
                drop(self.give_back.send(used));
            }
        }
        Ok(self.block.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.block.consume(amount);
    }
}

impl Read for PipelineReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_from_buffer(self, out)
    }
}

fn read_from_buffer(reader: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let mut buffered = reader.fill_buf()?;
    let count = buffered.read(out)?;
    reader.consume(count);
    Ok(count)
}

/// Reads sealed chunks and opens them where they lie.
struct BlockSource<R> {
    input: R,
    key: StreamKey,
    counter: u64,
    /// The first byte after the last block: only its presence tells that the block before was not the last.
    ahead: Option<u8>,
    finished: bool,
}

impl<R: Read> BlockSource<R> {
    fn new(input: R, key: StreamKey) -> Self {
        Self { input, key, counter: 0, ahead: None, finished: false }
    }

    /// Fills `block` with the next opened chunks; `false` if they are the last ones.
    fn fill(&mut self, block: &mut OpenBlock) -> io::Result<bool> {
        block.clear();
        if self.finished {
            return Ok(false);
        }
        let sealed_len = self.read_sealed(block)?;
        let more = self.ahead.is_some();
        let sealed = block.bytes.get_mut(..sealed_len).ok_or(OpenError::Payload)?;
        let chunks = sealed_len.div_ceil(SEALED_CHUNK_LEN);
        for (number, chunk) in (1..).zip(sealed.chunks_mut(SEALED_CHUNK_LEN)) {
            let last = !more && number == chunks;
            // An empty chunk is allowed only as the whole payload.
            if chunk.len() == TAG_LEN && self.counter > 0 {
                return Err(OpenError::Payload.into());
            }
            self.key.open(self.counter, last, chunk).map_err(|_| OpenError::Payload)?;
            self.counter += 1;
        }
        block.len = sealed_len;
        self.finished = !more;
        // An input that ends before its first chunk has lost even the empty one.
        if sealed_len == 0 { Err(OpenError::Payload.into()) } else { Ok(more) }
    }

    /// Reads as many sealed bytes as the block holds, and one more to see whether anything follows.
    fn read_sealed(&mut self, block: &mut OpenBlock) -> io::Result<usize> {
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

/// Consecutive opened chunks, each still followed by its tag.
struct OpenBlock {
    bytes: Zeroizing<Vec<u8>>,
    /// Bytes in use, tags included.
    len: usize,
    position: usize,
}

impl OpenBlock {
    fn new(chunks: usize) -> Self {
        let len = if chunks == 0 { 0 } else { chunks * SEALED_CHUNK_LEN + 1 };
        Self { bytes: Zeroizing::new(vec![0; len]), len: 0, position: 0 }
    }

    /// Returns how many sealed bytes fit.
    fn capacity(&self) -> usize {
        self.bytes.len().saturating_sub(1)
    }

    fn clear(&mut self) {
        self.len = 0;
        self.position = 0;
    }

    /// Returns the plaintext left in the current chunk.
    fn rest(&self) -> &[u8] {
        let chunk_start = self.position - self.position % SEALED_CHUNK_LEN;
        let chunk_end = (chunk_start + SEALED_CHUNK_LEN).min(self.len).saturating_sub(TAG_LEN);
        self.bytes.get(self.position..chunk_end).unwrap_or_default()
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount;
        if self.position % SEALED_CHUNK_LEN == CHUNK_LEN {
            self.position += TAG_LEN;
        }
    }
}

#[cfg(test)]
mod tests;
