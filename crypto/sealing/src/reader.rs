//! Opens age v1 files of the fixed shape.
//!
//! The shape is judged before any other code sees a byte: the header parser of the `age` crate takes quadratic
//! time and accepts two malformed stanzas that the specification refuses, neither of which has our shape. The
//! `age` crate then unwraps the file key with our [`Identity`] and verifies the header's MAC; the payload is
//! opened over `ring`, which is faster and lets one thread hash and check what another has opened.

mod blocks;
mod header;
mod pipeline;

use std::io::{self, BufRead, Read};

use bisik_formats::shape::ShapeError;

use self::blocks::{Block, BlockOpener, BlockSource};
pub(crate) use self::header::SealedHeader;
use self::header::{read_any_start, unwrap_payload_key};
pub(crate) use self::pipeline::open_on_threads;
use crate::hybrid::Identity;
use crate::kdf::CryptoError;
use crate::stream::StreamKey;

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
    opener: BlockOpener,
    block: Block,
}

impl<R: Read> AgeReader<R> {
    pub(crate) fn new(input: R, key: StreamKey) -> Self {
        Self { source: BlockSource::new(input), opener: BlockOpener::new(key), block: Block::new(1) }
    }

    /// Returns the input, read as far as the plaintext was.
    pub(crate) fn into_input(self) -> R {
        self.source.into_input()
    }
}

impl<R: Read> BufRead for AgeReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.block.rest().is_empty() && !self.block.is_last() {
            self.source.fill(&mut self.block)?;
            self.opener.open(&mut self.block)?;
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

fn read_from_buffer(reader: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let mut buffered = reader.fill_buf()?;
    let count = buffered.read(out)?;
    reader.consume(count);
    Ok(count)
}

#[cfg(test)]
mod tests;
