//! Opening on three threads: one reads (and hashes what it reads), one decrypts, the calling one checks and keeps.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::blocks::{Block, BlockOpener, BlockSource};
use super::{OpenError, read_from_buffer};
use crate::stream::StreamKey;

/// Chunks in a block: 1 MiB.
const BLOCK_CHUNKS: usize = 16;
/// Blocks in circulation; 5 MiB in all.
const BLOCKS: usize = 5;

/// A block on its way, or what ends the way.
type Passed = io::Result<Block>;

/// Opens the payload on other threads while `consume` reads it here, and returns the input at its end.
///
/// # Errors
///
/// The error of `consume`, to which errors of the input and the payload are given as [`io::Error`].
pub(crate) fn open_on_threads<R, T, E>(
    input: R,
    key: StreamKey,
    consume: impl FnOnce(&mut PipelineReader) -> Result<T, E>,
) -> Result<(T, R), E>
where
    R: Read + Send,
    E: From<OpenError>,
{
    thread::scope(|scope| {
        let (to_opener, sealed) = sync_channel(BLOCKS);
        let (to_consumer, opened) = sync_channel(BLOCKS);
        let (give_back, spare) = sync_channel(BLOCKS);
        let mut source = BlockSource::new(input);
        let reader = scope.spawn(move || {
            read_blocks(&mut source, &to_opener, &spare);
            source.into_input()
        });
        scope.spawn(move || open_blocks(BlockOpener::new(key), &sealed, &to_consumer));
        let mut consumer = PipelineReader { block: Block::new(0), opened, give_back };
        let consumed = consume(&mut consumer);
        // Hanging up ends the other threads if they still have something to send.
        drop(consumer);
        let input = reader.join().map_err(|_| OpenError::Io(io::ErrorKind::Other.into()))?;
        Ok((consumed?, input))
    })
}

/// The reading thread: sends sealed blocks, or the error that ends them, until the last or until nobody listens.
fn read_blocks<R: Read>(
    source: &mut BlockSource<R>,
    to_opener: &SyncSender<Passed>,
    spare: &Receiver<Block>,
) {
    for made in 0.. {
        let block = if made < BLOCKS { Ok(Block::new(BLOCK_CHUNKS)) } else { spare.recv() };
        let Ok(mut block) = block else { return };
        let filled = source.fill(&mut block);
        let ends = filled.is_err() || block.is_last();
        if to_opener.send(filled.map(|()| block)).is_err() || ends {
            return;
        }
    }
}

/// The decrypting thread: passes on what it opens, and stops at the first error.
fn open_blocks(mut opener: BlockOpener, sealed: &Receiver<Passed>, to_consumer: &SyncSender<Passed>) {
    for passed in sealed {
        let opened = passed.and_then(|mut block| opener.open(&mut block).map(|()| block));
        let ends = opened.is_err();
        if to_consumer.send(opened).is_err() || ends {
            return;
        }
    }
}

/// The consuming end.
pub(crate) struct PipelineReader {
    block: Block,
    opened: Receiver<Passed>,
    give_back: SyncSender<Block>,
}

impl BufRead for PipelineReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.block.rest().is_empty() && !self.block.is_last() {
            // Closed before the last block: the error that closed it was given before.
            let next = self.opened.recv().map_err(|_| OpenError::Payload)?;
            let used = std::mem::replace(&mut self.block, next?);
            if used.capacity() > 0 {
                // The reading thread ends as soon as it has sent the last block; then this one is dropped.
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
