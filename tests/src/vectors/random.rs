//! Generators of which another implementation can repeat every byte.

use std::convert::Infallible;

use bisik_formats::ids::Digest;
use rand::{TryCryptoRng, TryRng};

/// Makes bytes from a label, and remembers them: what a vector calls its randomness.
pub struct Recorded {
    label: String,
    blocks: u64,
    ready: Vec<u8>,
    used: Vec<u8>,
}

impl Recorded {
    /// Starts at the label.
    pub fn new(label: &str) -> Self {
        Self { label: label.to_owned(), blocks: 0, ready: Vec::new(), used: Vec::new() }
    }

    /// Returns all bytes that were drawn, in hex.
    pub fn hex(&self) -> String {
        base16ct::lower::encode_string(&self.used)
    }

    fn take(&mut self, out: &mut [u8]) {
        while self.ready.len() < out.len() {
            let block = format!("{} {}", self.label, self.blocks);
            self.ready.extend_from_slice(Digest::of(block.as_bytes()).as_bytes());
            self.blocks += 1;
        }
        let rest = self.ready.split_off(out.len());
        out.copy_from_slice(&self.ready);
        self.used.append(&mut self.ready);
        self.ready = rest;
    }
}

/// Plays back what was recorded; drawing more, or leaving some, is a mistake of the one who draws.
pub struct Tape(Vec<u8>);

impl Tape {
    /// Reads the bytes from hex.
    pub fn new(hex: &str) -> Self {
        Self(base16ct::lower::decode_vec(hex).unwrap())
    }

    /// Tells whether every byte has been drawn.
    pub fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, out: &mut [u8]) {
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
    }
}

/// Implements the traits of generators over `take`.
macro_rules! generator {
    ($name:ident) => {
        impl TryRng for $name {
            type Error = Infallible;

            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                let mut bytes = [0; 4];
                self.take(&mut bytes);
                Ok(u32::from_le_bytes(bytes))
            }

            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                let mut bytes = [0; 8];
                self.take(&mut bytes);
                Ok(u64::from_le_bytes(bytes))
            }

            fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
                self.take(out);
                Ok(())
            }
        }

        impl TryCryptoRng for $name {}
    };
}
generator!(Recorded);
generator!(Tape);
