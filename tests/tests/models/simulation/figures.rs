//! What happened in histories.

use std::collections::BTreeMap;
use std::fmt;

use bisik_formats::ids::Digest;

/// Returns one digest over all steps.
pub(super) fn digest(steps: &[String]) -> Digest {
    Digest::of(steps.join("\n").as_bytes())
}

/// What happened in some histories.
#[derive(Default)]
pub(super) struct Figures {
    histories: u32,
    steps: usize,
    events: BTreeMap<&'static str, usize>,
}

/// What must happen in some history, or the simulation shows nothing: a word of its step.
const EVENTS: [&str; 18] = [
    "sent Some",
    "FollowUp",
    "Close",
    "err-connection",
    "err-clock-behind",
    "1 letters",
    "2 letters",
    "repeated, ",
    "1 refused",
    "guarded",
    "the server dies",
    "dies and comes back",
    "the stick is lost",
    "damaged",
    "comes again: 201",
    "comes again: 409",
    "card 2",
    "err-desk-not-open",
];

impl Figures {
    pub(super) fn add(&mut self, steps: &[String]) {
        self.histories += 1;
        self.steps += steps.len();
        for event in EVENTS {
            *self.events.entry(event).or_default() +=
                steps.iter().filter(|step| step.contains(event)).count();
        }
    }

    pub(super) fn assert_everything_happened(&self) {
        for event in EVENTS {
            assert!(self.events[event] > 0, "`{event}` happened in no history");
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} histories, {} steps, {:?}", self.histories, self.steps, self.events)
    }
}
