//! Inflating with a bound: a few bytes must not fill the memory.

use miniz_oxide::inflate::{
    DecompressError, TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

use crate::source::{DAMAGED, Stop, TOO_LARGE};

/// How much may still come out of a file.
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Inflates a zlib stream (RFC 1950); bytes behind its end do not matter.
    pub(crate) fn zlib(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Stop> {
        self.take(decompress_to_vec_zlib_with_limit(bytes, self.0))
    }

    /// Inflates a raw stream (RFC 1951).
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Stop> {
        self.take(decompress_to_vec_with_limit(bytes, self.0))
    }

    /// Counts bytes that came out in another way.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<(), Stop> {
        self.0 = self.0.checked_sub(bytes).ok_or(TOO_LARGE)?;
        Ok(())
    }

    fn take(&mut self, inflated: Result<Vec<u8>, DecompressError>) -> Result<Vec<u8>, Stop> {
        let bytes = inflated.map_err(|error| match error.status {
            TINFLStatus::HasMoreOutput => TOO_LARGE,
            _ => DAMAGED,
        })?;
        self.count(bytes.len())?;
        Ok(bytes)
    }
}
