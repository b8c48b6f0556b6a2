//! Writes age v1 files whose shape is fixed to the byte: one `mlkem768x25519` stanza per recipient, in order, and
//! nothing else. The `age` crate adds a random stanza to every header, which would tell our programs apart and
//! change lengths, so it serves only as the oracle of the tests.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::hybrid::{HybridKeyError, Recipient, STANZA_TAG};
use crate::stream::{CHUNK_LEN, NONCE_LEN, SEALED_CHUNK_LEN, StreamKey, TAG_LEN, header_mac};

/// First line of every file.
pub(crate) const VERSION_LINE: &str = "age-encryption.org/v1\n";

/// Chunks that travel together from the producing to the sealing thread: 1 MiB.
const PIPELINE_CHUNKS: usize = 16;
/// Blocks in circulation between the two threads; with their tags 4 MiB in all.
const PIPELINE_BLOCKS: usize = 4;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A recipient key could not be used.
    #[error(transparent)]
    Recipient(#[from] HybridKeyError),
    /// The output refused bytes.
    #[error("the sealed file could not be written")]
    Io(#[from] io::Error),
}

/// Seals what is written to it, on the calling thread. The file is complete only after [`AgeWriter::finish`].
pub struct AgeWriter<W: Write> {
    block: Block,
    key: StreamKey,
    out: W,
}

impl<W: Write> AgeWriter<W> {
    /// Writes the header and starts the payload.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if a recipient or the output refuses.
    pub fn new(recipients: &[Recipient], mut out: W, rng: &mut impl CryptoRng) -> Result<Self, WriteError> {
        let start = FileStart::new(recipients, rng)?;
        out.write_all(&start.bytes)?;
        Ok(Self { block: Block::new(1), key: start.key, out })
    }

    /// Writes the last chunk and returns the output.
    ///
    /// # Errors
    ///
    /// [`io::Error`] of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.block.last = true;
        self.out.write_all(self.block.seal(&self.key)?)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for AgeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full block waits until more comes: only then is it certain that it is not the last.
        if self.block.is_full() && !bytes.is_empty() {
            self.out.write_all(self.block.seal(&self.key)?)?;
            self.block.clear_for_next();
        }
        Ok(self.block.fill(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Seals what `produce` writes, with a second thread that encrypts and writes while this one produces.
///
/// # Errors
///
/// The error of the output first, else that of `produce`.
pub(crate) fn seal_on_two_threads<W, T, E>(
    recipients: &[Recipient],
    mut out: W,
    rng: &mut impl CryptoRng,
    produce: impl FnOnce(&mut PipelineWriter) -> Result<T, E>,
) -> Result<(T, W), E>
where
    W: Write + Send,
    E: From<WriteError>,
{
    let start = FileStart::new(recipients, rng)?;
    out.write_all(&start.bytes).map_err(WriteError::Io)?;
    let key = start.key;
    thread::scope(|scope| {
        let (to_sealer, blocks) = sync_channel(PIPELINE_BLOCKS);
        let (give_back, spare) = sync_channel(PIPELINE_BLOCKS);
        let sealer = scope.spawn(move || seal_blocks(out, &key, &blocks, &give_back));
        let mut writer = PipelineWriter { block: Block::new(PIPELINE_CHUNKS), made: 1, to_sealer, spare };
        let produced = produce(&mut writer);
        // A file cut short by an error must not look complete: the last block is sent only on success.
        let finished = if produced.is_ok() { writer.finish() } else { writer.abandon() };
        let out = sealer.join().map_err(|_| WriteError::Io(io::ErrorKind::Other.into()))?;
        let out = out.map_err(WriteError::Io)?;
        finished.map_err(WriteError::Io)?;
        Ok((produced?, out))
    })
}

/// The sealing thread: seals and writes blocks until the other side hangs up.
fn seal_blocks<W: Write>(
    mut out: W,
    key: &StreamKey,
    blocks: &Receiver<Block>,
    give_back: &SyncSender<Block>,
) -> io::Result<W> {
    for mut block in blocks {
        out.write_all(block.seal(key)?)?;
        block.clear_for_next();
        // The producer may have gone already; then the block is simply dropped.
        drop(give_back.send(block));
    }
    Ok(out)
}

/// The producing end of [`seal_on_two_threads`].
pub(crate) struct PipelineWriter {
    block: Block,
    made: usize,
    to_sealer: SyncSender<Block>,
    spare: Receiver<Block>,
}

impl PipelineWriter {
    fn finish(mut self) -> io::Result<()> {
        self.block.last = true;
        self.to_sealer.send(self.block).map_err(|_| stopped())
    }

    /// Hangs up without a last block.
    fn abandon(self) -> io::Result<()> {
        Ok(())
    }

    fn send_block(&mut self) -> io::Result<()> {
        let mut next = if self.made < PIPELINE_BLOCKS {
            self.made += 1;
            Block::new(PIPELINE_CHUNKS)
        } else {
            self.spare.recv().map_err(|_| stopped())?
        };
        next.counter = self.block.counter_after();
        self.to_sealer.send(std::mem::replace(&mut self.block, next)).map_err(|_| stopped())
    }
}

impl Write for PipelineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.block.is_full() && !bytes.is_empty() {
            self.send_block()?;
        }
        Ok(self.block.fill(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stopped() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the sealing thread has stopped")
}

/// Everything before the first chunk, and the key of the chunks.
struct FileStart {
    bytes: Vec<u8>,
    key: StreamKey,
}

impl FileStart {
    fn new(recipients: &[Recipient], rng: &mut impl CryptoRng) -> Result<Self, WriteError> {
        let mut file_key = Zeroizing::new([0; 16]);
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(file_key.as_mut_slice());
        rng.fill_bytes(&mut nonce);
        let mut header = String::from(VERSION_LINE);
        for recipient in recipients {
            let (enc, body) = recipient.wrap(&file_key, rng)?;
            let (enc, body) = (BASE64_STANDARD_NO_PAD.encode(enc), BASE64_STANDARD_NO_PAD.encode(body));
            header.push_str(&format!("-> {STANZA_TAG} {enc}\n{body}\n"));
        }
        header.push_str("---");
        let mac = header_mac(&file_key, header.as_bytes()).map_err(HybridKeyError::from)?;
        header.push_str(&format!(" {}\n", BASE64_STANDARD_NO_PAD.encode(mac)));
        let mut bytes = header.into_bytes();
        bytes.extend_from_slice(&nonce);
        Ok(Self { bytes, key: StreamKey::new(&file_key, &nonce).map_err(HybridKeyError::from)? })
    }
}

/// Consecutive chunks of plaintext with room for their tags, so that they are sealed where they lie.
struct Block {
    bytes: Zeroizing<Vec<u8>>,
    /// Used bytes, tags of the chunks before the current one included.
    used: usize,
    /// Plaintext bytes that still fit.
    room: usize,
    counter: u64,
    last: bool,
}

impl Block {
    fn new(chunks: usize) -> Self {
        let bytes = Zeroizing::new(vec![0; chunks * SEALED_CHUNK_LEN]);
        Self { bytes, used: 0, room: chunks * CHUNK_LEN, counter: 0, last: false }
    }

    fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Takes as much of `input` as fits into the current chunk and returns how much that was.
    fn fill(&mut self, input: &[u8]) -> usize {
        // Behind a full chunk stands its tag; step over it when more comes.
        if !input.is_empty() && self.used % SEALED_CHUNK_LEN == CHUNK_LEN {
            self.used += TAG_LEN;
        }
        let in_chunk = CHUNK_LEN - self.used % SEALED_CHUNK_LEN;
        let take = input.len().min(in_chunk);
        let place = self.bytes.get_mut(self.used..self.used + take);
        let (Some(place), Some(input)) = (place, input.get(..take)) else { return 0 };
        place.copy_from_slice(input);
        self.used += take;
        self.room -= take;
        take
    }

    /// Seals every chunk and returns the bytes of the file.
    fn seal(&mut self, key: &StreamKey) -> io::Result<&[u8]> {
        let end = self.used + TAG_LEN;
        let (counter, last_of_file) = (self.counter, self.last);
        let sealed = self.bytes.get_mut(..end).ok_or(io::ErrorKind::InvalidInput)?;
        let chunks = end.div_ceil(SEALED_CHUNK_LEN);
        for (index, chunk) in (1..).zip(sealed.chunks_mut(SEALED_CHUNK_LEN)) {
            let (plain, tag_place) =
                chunk.split_at_mut_checked(chunk.len() - TAG_LEN).ok_or(io::ErrorKind::InvalidInput)?;
            let number = counter + index as u64 - 1;
            let tag = key.seal(number, last_of_file && index == chunks, plain).map_err(io::Error::other)?;
            tag_place.copy_from_slice(&tag);
        }
        Ok(sealed)
    }

    fn counter_after(&self) -> u64 {
        self.counter + (self.used + TAG_LEN).div_ceil(SEALED_CHUNK_LEN) as u64
    }

    /// Makes the block empty again, to follow what it held.
    fn clear_for_next(&mut self) {
        self.counter = self.counter_after();
        self.room = self.bytes.len() / SEALED_CHUNK_LEN * CHUNK_LEN;
        self.used = 0;
    }
}
