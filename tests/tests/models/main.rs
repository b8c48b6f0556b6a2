//! Models of what a malicious server, courier or stick may do, and of what faults may do to honest ones.
//!
//! | Question | Module |
//! |---|---|
//! | does one wrong bit pass anywhere | [`flips`] |
//! | what gets through if genuine objects are mixed, replayed, changed and withheld | [`adversary`] |
//! | does the whole box keep its word over weeks of faults | [`simulation`] |
//!
//! Everything runs in this process and from seeds: [`wire`] stands in the place of sockets, and [`documents`] signs
//! what an agency would sign. `BISIK_LONG=1` selects the long sizes, `BISIK_SEED=n` other cases and histories than the usual.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a model fails by panicking and prints its figures"
)]

mod adversary;
mod documents;
mod flips;
mod letterbox;
mod simulation;
mod wire;

/// Says whether the long sizes are asked for.
fn long() -> bool {
    std::env::var("BISIK_LONG").is_ok_and(|value| value == "1")
}

/// Picks a size.
fn sized<T>(short: T, long_size: T) -> T {
    if long() { long_size } else { short }
}
