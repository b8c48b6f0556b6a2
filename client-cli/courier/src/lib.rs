//! Carries ciphertext between the server and the desks' stick.
//!
//! The courier is not trusted: it holds an access token and no private key, and links nothing that can decrypt.
//! What it brings to a desk is checked there, what it brings to the server is signed by a desk or the root.
//!
//! | Need | Module |
//! |---|---|
//! | Command line and its dispatch | [`cli`] |
//! | Address, token and proxy | [`config`] |
//! | The server's courier routes | [`server`] |
//! | Folders and files on the stick | [`stick`], [`outbox`] |
//! | `pull`, `push`, `status` | [`pull`], [`push`], [`status`] |

use std::process::ExitCode;

pub mod cli;
pub mod config;
pub mod outbox;
pub mod pull;
pub mod push;
pub mod server;
pub mod status;
pub mod stick;

#[cfg(test)]
mod fake;

bisik_term::messages!(LOADER);

/// The messages of this program.
pub fn messages() -> bisik_term::Loader {
    &LOADER
}

/// Runs the program on the command line of this process.
pub fn main() -> ExitCode {
    bisik_term::run(&LOADER, cli::dispatch)
}
