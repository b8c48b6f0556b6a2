//! Progress in bytes, drawn on a terminal only.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::messages::Value;
use crate::ui::{Ui, lock};

/// How long work goes on before the first drawing: short work shows nothing.
const FIRST_DRAW: Duration = Duration::from_millis(250);

/// Drawings a second, at most.
const MAX_HERTZ: u8 = 15;

/// The progress of one piece of work; gone from the screen when dropped.
pub struct Progress {
    bar: ProgressBar,
    /// When work began, until the bar is first drawn; `None` then, or where nothing is drawn.
    waiting_since: Option<Instant>,
}

impl Ui {
    /// Begins to show the progress of work on `total` bytes, named by a message.
    #[must_use]
    pub fn progress(&self, id: &str, args: &[(&str, Value<'_>)], total: Option<u64>) -> Progress {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        if !self.shows_progress() {
            return Progress { bar, waiting_since: None };
        }
        let template =
            if total.is_some() { "{msg} [{bar:30}] {bytes}/{total_bytes}" } else { "{msg} {bytes}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(self.text(id, args));
        *lock(&self.bar) = Some(bar.clone());
        #[expect(clippy::disallowed_methods, reason = "only decides when a bar is drawn")]
        let now = Instant::now();
        Progress { bar, waiting_since: Some(now) }
    }
}

impl Progress {
    /// Counts further bytes as done.
    pub fn advance(&mut self, bytes: u64) {
        if self.waiting_since.is_some_and(|since| since.elapsed() >= FIRST_DRAW) {
            self.waiting_since = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(MAX_HERTZ));
        }
        self.bar.inc(bytes);
    }

    /// Returns the bytes done so far.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.bar.position()
    }

    /// Wraps a reader or writer so that what passes through it is counted.
    pub fn count<T>(&mut self, inner: T) -> Counted<'_, T> {
        Counted { inner, progress: self }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A reader or writer whose bytes are counted by a [`Progress`].
pub struct Counted<'a, T> {
    inner: T,
    progress: &'a mut Progress,
}

impl<T: Read> Read for Counted<'_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.advance(count as u64);
        Ok(count)
    }
}

impl<T: Write> Write for Counted<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.progress.advance(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::messages::Messages;
    use crate::testing::Screen;

    #[test]
    fn counts_what_passes_and_draws_nothing_without_a_terminal() {
        let screen = Screen::new(Messages::shared(Language::English), "");
        let mut progress = screen.ui().progress("ask-text-end", &[], Some(10));
        let mut copied = Vec::new();
        io::copy(&mut progress.count(&b"123456"[..]), &mut copied).unwrap();
        progress.count(&mut copied).write_all(b"7890").unwrap();
        assert_eq!(progress.done(), 10);
        assert_eq!(copied, b"1234567890");
        drop(progress);
        assert_eq!(screen.err(), "");
    }
}
