//! The desk: where reports are opened and answered, on a machine without a network.
//!
//! | To do | Use |
//! |---|---|
//! | keep everything sealed on one disk | [`vault`] |
//!
//! Days and random numbers are parameters; only `main` reads the clock. Nothing here can open a socket: the
//! program refuses itself that in [`harden`] before it does anything else.

pub mod backup;
pub mod cases;
pub mod cli;
pub mod desk;
pub mod export;
pub mod guard;
pub mod harden;
pub mod identities;
pub mod import;
pub mod lint;
pub mod publish;
pub mod request;
pub mod root;
pub mod selftest;
pub mod vault;

mod secret;
