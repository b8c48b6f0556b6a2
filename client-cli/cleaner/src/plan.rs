//! How a clean file is put together: pieces of the source, and bytes of our own.

use std::io::{self, Read, Seek, SeekFrom};

use crate::source::Input;
use crate::types::{Cleaned, Trace, Traces};

/// A part of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Source { start: u64, len: u64 },
    Bytes(Vec<u8>),
    Zeros(u64),
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Source { len, .. } | Self::Zeros(len) => *len,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

/// A plan in the making.
#[derive(Default)]
pub(crate) struct Draft {
    pieces: Vec<Piece>,
    pub(crate) traces: Traces,
}

impl Draft {
    /// Keeps bytes of the source.
    pub(crate) fn keep(&mut self, start: u64, len: u64) {
        match self.pieces.last_mut() {
            _ if len == 0 => {}
            Some(Piece::Source { start: first, len: before }) if first.saturating_add(*before) == start => {
                *before = before.saturating_add(len);
            }
            _ => self.pieces.push(Piece::Source { start, len }),
        }
    }

    /// Adds bytes of our own.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Piece::Bytes(before)) => before.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Bytes(bytes.to_vec())),
        }
    }

    /// Adds bytes in the place of `old` ones of the source; if they are the same, these are kept.
    pub(crate) fn replace(&mut self, start: u64, old: &[u8], new: &[u8]) {
        if old == new { self.keep(start, old.len() as u64) } else { self.put(new) }
    }

    /// Adds zeros.
    pub(crate) fn zeros(&mut self, len: u64) {
        match self.pieces.last_mut() {
            _ if len == 0 => {}
            Some(Piece::Zeros(before)) => *before = before.saturating_add(len),
            _ => self.pieces.push(Piece::Zeros(len)),
        }
    }

    /// Notes a trace.
    pub(crate) fn found(&mut self, trace: Trace) {
        self.traces.insert(trace);
    }

    /// Returns the bytes so far.
    pub(crate) fn len(&self) -> u64 {
        self.pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.len()))
    }

    /// Adds everything of another plan.
    pub(crate) fn append(&mut self, other: Self) {
        for piece in other.pieces {
            match piece {
                Piece::Source { start, len } => self.keep(start, len),
                Piece::Bytes(bytes) => self.put(&bytes),
                Piece::Zeros(len) => self.zeros(len),
            }
        }
        self.traces.extend(other.traces);
    }

    pub(crate) fn into_plan(self, extension: &'static str, source_len: u64) -> Plan {
        let mut end: u64 = 0;
        let places = self.pieces.into_iter().map(|piece| {
            let start = end;
            end = end.saturating_add(piece.len());
            (start, piece)
        });
        let pieces: Vec<(u64, Piece)> = places.collect();
        let whole = [(0, Piece::Source { start: 0, len: source_len })];
        let changed = pieces != whole;
        Plan { pieces, cleaned: Cleaned { extension, traces: self.traces, len: end, changed } }
    }
}

/// How a clean file is read out of its source, any number of times.
#[derive(Debug)]
pub struct Plan {
    pieces: Vec<(u64, Piece)>,
    cleaned: Cleaned,
}

impl Plan {
    /// Returns what comes out.
    #[must_use]
    pub fn cleaned(&self) -> &Cleaned {
        &self.cleaned
    }

    /// Returns what comes out, without the way to it.
    #[must_use]
    pub fn into_cleaned(self) -> Cleaned {
        self.cleaned
    }

    pub(crate) fn into_traces(self) -> Traces {
        self.cleaned.traces
    }

    /// Reads from a place of the clean file; 0 bytes are its end. `source` must be the one that was examined, unchanged.
    ///
    /// # Errors
    /// Fails if the source cannot be read, or is shorter than it was.
    pub fn read_at(&self, source: &mut dyn Input, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let after = self.pieces.partition_point(|(start, _)| *start <= place);
        let found = after.checked_sub(1).and_then(|index| self.pieces.get(index));
        let Some((start, piece)) = found.filter(|_| place < self.cleaned.len) else { return Ok(0) };
        let inside = place.saturating_sub(*start);
        let left = usize::try_from(piece.len().saturating_sub(inside)).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let Some(buffer) = buffer.get_mut(..room) else { return Ok(0) };
        let count = match piece {
            Piece::Source { start, .. } => {
                source.seek(SeekFrom::Start(start.saturating_add(inside)))?;
                source.read(buffer)?
            }
            Piece::Bytes(bytes) => {
                let from = usize::try_from(inside).unwrap_or(usize::MAX);
                bytes.get(from..).unwrap_or_default().read(buffer)?
            }
            Piece::Zeros(_) => {
                buffer.fill(0);
                buffer.len()
            }
        };
        // The source is shorter than it was.
        if count == 0 && room > 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) }
    }

    /// Reads the clean file; `source` must be the one that was examined, unchanged.
    pub fn reader<'a>(&'a self, source: &'a mut dyn Input) -> PlanReader<'a> {
        PlanReader { plan: self, source, place: 0 }
    }
}

/// Reads a clean file.
pub struct PlanReader<'a> {
    plan: &'a Plan,
    source: &'a mut dyn Input,
    place: u64,
}

impl Read for PlanReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.plan.read_at(self.source, self.place, buffer)?;
        self.place = self.place.saturating_add(count as u64);
        Ok(count)
    }
}

impl Seek for PlanReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.plan.cleaned.len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.place.checked_add_signed(offset),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}
