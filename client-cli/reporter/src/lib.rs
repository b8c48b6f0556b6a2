//! The reporter's program: seals a report on this device, hands it in, and reads the answers with nothing but the
//! receipt.
//!
//! | To do | Module |
//! |---|---|
//! | parse the command line | [`cli`] |
//! | know the agency by its fingerprint | [`agency`] |
//! | talk HTTP through Tor, or directly when told to | [`network`] |
//! | make a visit: the one sequence of requests that every command makes | [`visit`] |
//! | find and open the letters of a thread | [`mailbox`] |
//! | put a report together: answers, desks, evidence | [`draft`], [`interview`], [`evidence`], [`desks`] |
//! | ask for a receipt, show a new one | [`receipt`] |
//! | the commands | [`commands`] |
//!
//! A visit runs in one go: no question is asked between its first and its last request, so that neither the
//! requests nor the pauses between them tell a reader from a writer.

pub mod agency;
pub mod cli;
pub mod commands;
pub mod desks;
pub mod draft;
pub mod env;
pub mod error;
pub mod evidence;
pub mod interview;
pub mod mailbox;
pub mod network;
pub mod receipt;
pub mod visit;

bisik_term::messages!(LOADER);

/// The messages of this program.
pub fn messages() -> bisik_term::Loader {
    &LOADER
}
