//! What commands get from outside: the terminal, the day, randomness and waiting.

use std::time::Duration;

use bisik_formats::day::Day;
use bisik_term::Ui;
use rand::CryptoRng;

/// A generator that may go to the sealing thread of a large report.
pub trait Random: CryptoRng + Send {}

impl<R: CryptoRng + Send> Random for R {}

/// What commands get from outside, so that tests control it.
pub struct Env<'a, R> {
    /// The terminal.
    pub ui: &'a Ui,
    /// The UTC day by the clock of this device; time never comes from a server.
    pub today: Day,
    /// The operating system's generator, except in tests.
    pub rng: &'a mut R,
    /// Waits before another attempt.
    pub pause: &'a dyn Fn(Duration),
}
