//! A screen for the tests of the programs: a [`Ui`] whose streams are in memory.

use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex};

use crate::messages::Messages;
use crate::ui::{Asking, Streams, Ui, lock};

/// A [`Ui`] that writes to memory and takes its answers from a text.
pub struct Screen {
    ui: Ui,
    out: Shared,
    err: Shared,
}

impl Screen {
    /// Creates a screen; `typed` holds the answers, one a line, as a person would type them.
    #[must_use]
    pub fn new(messages: Messages, typed: &str) -> Self {
        Self::with_options(messages, typed, false, false)
    }

    /// Creates a screen with `--quiet` or `--json`.
    #[must_use]
    pub fn with_options(messages: Messages, typed: &str, quiet: bool, json: bool) -> Self {
        Self::build(messages, typed, quiet, json, Asking::Stream)
    }

    /// Creates a screen without a terminal; `piped` is what stands on standard input.
    #[must_use]
    pub fn piped(messages: Messages, piped: &str) -> Self {
        Self::build(messages, piped, false, false, Asking::Nobody)
    }

    /// Returns the `Ui`.
    #[must_use]
    pub fn ui(&self) -> &Ui {
        &self.ui
    }

    /// Returns what was written to standard output.
    #[must_use]
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// Returns what was written to standard error.
    #[must_use]
    pub fn err(&self) -> String {
        self.err.text()
    }

    /// Streams in memory without a terminal, and two functions that tell what was written to them.
    #[cfg(test)]
    pub(crate) fn streams() -> (Streams, impl Fn() -> String, impl Fn() -> String) {
        let (streams, out, err) = in_memory("", Asking::Nobody);
        (streams, move || out.text(), move || err.text())
    }

    fn build(messages: Messages, typed: &str, quiet: bool, json: bool, asking: Asking) -> Self {
        let (streams, out, err) = in_memory(typed, asking);
        Self { ui: Ui::new(messages, quiet, json, streams), out, err }
    }
}

fn in_memory(typed: &str, asking: Asking) -> (Streams, Shared, Shared) {
    let (out, err) = (Shared::default(), Shared::default());
    let streams = Streams {
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
        input: Box::new(Cursor::new(typed.as_bytes().to_vec())),
        asking,
        progress_shown: false,
    };
    (streams, out, err)
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.0)).into_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
