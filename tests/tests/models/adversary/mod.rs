//! A malicious server, courier or stick holds a growing hoard of objects that two agencies have genuinely signed,
//! and mixes, replays, changes, truncates, swaps and withholds them.
//!
//! What may be accepted is said by small models that verify nothing: they know the genuine bytes by heart, each
//! with its agency, desk and day, and allow exactly those, in their own place and time.

mod desk;
mod hoard;
mod reporter;
mod server;
mod stick;
