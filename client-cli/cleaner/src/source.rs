//! Bounded access to a file of any size: nothing is read that was not asked for, and never much at once.

use std::io::{self, Read, Seek, SeekFrom};

use crate::types::{CleanError, Reason, Refusal, Traces};

/// How much is read at once, in bytes.
pub(crate) const WINDOW: usize = 64 << 10;

/// What files are read from.
pub trait Input: Read + Seek {}

impl<T: Read + Seek + ?Sized> Input for T {}

/// Why a pass over a file ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    Refuse(Reason),
    Read(io::Error),
}

impl Stop {
    pub(crate) fn into_error(self, extension: &'static str, traces: Traces) -> CleanError {
        match self {
            Self::Refuse(reason) => CleanError::Refused(Refusal { reason, extension, traces }),
            Self::Read(error) => CleanError::Read(error),
        }
    }
}

/// The refusal of a file that does not follow its format.
pub(crate) const DAMAGED: Stop = Stop::Refuse(Reason::Damaged);
/// The refusal of a file with something inside that cannot be cleaned.
pub(crate) const UNSUPPORTED: Stop = Stop::Refuse(Reason::Unsupported);
/// The refusal of a file that is too large.
pub(crate) const TOO_LARGE: Stop = Stop::Refuse(Reason::TooLarge);

/// A file, read by places. What lies beyond its end is damage.
pub(crate) struct Source<'a> {
    inner: &'a mut dyn Input,
    len: u64,
    window: Vec<u8>,
    start: u64,
}

impl<'a> Source<'a> {
    pub(crate) fn new(inner: &'a mut dyn Input) -> Result<Self, CleanError> {
        let len = inner.seek(SeekFrom::End(0)).map_err(CleanError::Read)?;
        Ok(Self { inner, len, window: Vec::new(), start: 0 })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn into_inner(self) -> &'a mut dyn Input {
        self.inner
    }

    /// Returns `len` bytes from `at`; the caller bounds `len`.
    pub(crate) fn bytes(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Stop> {
        let end = at.checked_add(len as u64).filter(|end| *end <= self.len).ok_or(DAMAGED)?;
        let mut bytes = Vec::with_capacity(len);
        let mut place = at;
        while place < end {
            let window = self.window(place)?;
            let missing = usize::try_from(end.saturating_sub(place)).unwrap_or(usize::MAX);
            let piece = window.get(..missing).unwrap_or(window);
            bytes.extend_from_slice(piece);
            place = place.saturating_add(piece.len() as u64);
        }
        Ok(bytes)
    }

    /// Returns the bytes from `at`, fewer than `len` at the end of the file.
    pub(crate) fn at_most(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Stop> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        self.bytes(at.min(self.len), len.min(left))
    }

    /// Returns one byte.
    pub(crate) fn byte(&mut self, at: u64) -> Result<u8, Stop> {
        self.window(at)?.first().copied().ok_or(DAMAGED)
    }

    /// Returns `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Stop> {
        self.bytes(at, N)?.try_into().map_err(|_| DAMAGED)
    }

    /// Returns the place of the next `wanted` from `at`.
    pub(crate) fn find(&mut self, at: u64, wanted: u8) -> Result<Option<u64>, Stop> {
        let mut place = at;
        while place < self.len {
            let window = self.window(place)?;
            if let Some(offset) = window.iter().position(|byte| *byte == wanted) {
                return Ok(Some(place.saturating_add(offset as u64)));
            }
            place = place.saturating_add(window.len() as u64);
        }
        Ok(None)
    }

    /// Hands the bytes of a range to `take`, piece by piece.
    pub(crate) fn each(&mut self, at: u64, len: u64, mut take: impl FnMut(&[u8])) -> Result<(), Stop> {
        let end = at.checked_add(len).filter(|end| *end <= self.len).ok_or(DAMAGED)?;
        let mut place = at;
        while place < end {
            let window = self.window(place)?;
            let missing = usize::try_from(end.saturating_sub(place)).unwrap_or(usize::MAX);
            let piece = window.get(..missing).unwrap_or(window);
            take(piece);
            place = place.saturating_add(piece.len() as u64);
        }
        Ok(())
    }

    /// Says whether all bytes of a range are zero.
    pub(crate) fn is_zero(&mut self, at: u64, len: u64) -> Result<bool, Stop> {
        let mut zero = true;
        self.each(at, len, |piece| zero = zero && piece.iter().all(|byte| *byte == 0))?;
        Ok(zero)
    }

    /// Returns what is at hand from `at`: at least one byte.
    fn window(&mut self, at: u64) -> Result<&[u8], Stop> {
        let offset = |start: u64| at.checked_sub(start).and_then(|offset| usize::try_from(offset).ok());
        let held = offset(self.start).is_some_and(|offset| offset < self.window.len());
        if !held {
            if at >= self.len {
                return Err(DAMAGED);
            }
            self.inner.seek(SeekFrom::Start(at)).map_err(Stop::Read)?;
            self.window.clear();
            self.start = at;
            let mut part = (&mut *self.inner).take(WINDOW as u64);
            part.read_to_end(&mut self.window).map_err(Stop::Read)?;
        }
        let held = offset(self.start).and_then(|offset| self.window.get(offset..));
        // Shorter than a moment ago: the file changed.
        held.filter(|held| !held.is_empty()).ok_or(Stop::Read(io::ErrorKind::UnexpectedEof.into()))
    }
}
