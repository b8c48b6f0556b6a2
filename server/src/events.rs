//! The event log: what happened to the server, never what somebody sent or asked for.
//!
//! Lines carry the day and no finer time; the values in them are numbers, names from the configuration and
//! signed public documents, and errors of this machine.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use fluent_templates::fluent_bundle::FluentValue;

use crate::clock::Clock;
use crate::language::Language;

/// Where lines go.
type Sink = Box<dyn Fn(&str) + Send + Sync>;

/// Writes events.
pub struct Events {
    language: Language,
    clock: Clock,
    failed: AtomicU64,
    sink: Sink,
}

impl Events {
    /// Writes to standard error, in this language.
    pub fn new(language: Language, clock: Clock) -> Self {
        Self::into_sink(language, clock, |line| {
            // Without a log the server works on: reporters count more.
            let _written = std::io::stderr().lock().write_all(line.as_bytes());
        })
    }

    /// Hands each line, with its end, to `sink`.
    pub fn into_sink(language: Language, clock: Clock, sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { language, clock, failed: AtomicU64::new(0), sink: Box::new(sink) }
    }

    /// Writes one event: `event-` and `name` is its message.
    pub fn write(&self, name: &str, values: &[(&'static str, FluentValue<'_>)]) {
        let text = self.language.text(&format!("event-{name}"), values);
        (self.sink)(&format!("{} {name}: {text}\n", self.clock.today()));
    }

    /// Writes that the store failed, at most once an hour: a flood of failures must not fill a disk or show a rhythm.
    pub fn store_failed(&self, error: &(dyn std::error::Error + 'static)) {
        let hour = self.clock.unix_seconds() / 3600;
        if self.failed.swap(hour, Ordering::Relaxed) == hour {
            return;
        }
        self.write("store-failed", &[("error", causes(error).into())]);
    }
}

/// Returns an error of this machine with its causes.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
