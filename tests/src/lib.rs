//! The harness of the end-to-end stories: real programs, a real server on a free port, folders that vanish.
//!
//! | Need | Module |
//! |---|---|
//! | a story in a real browser | [`browser`] |
//! | bytes on the loopback device | [`capture`] |
//! | reports made by hand | [`craft`] |
//! | a small disk that can be searched whole | [`disk`] |
//! | a line that breaks, and a server that moves behind it | [`mod@line`] |
//! | run a program and judge what it did | [`run`] |
//! | where planted markers are found | [`search`] |
//! | a server | [`server`] |
//! | a connection through a proxy | [`socks`] |
//! | what passes over the wire | [`tap`] |
//! | a Tor network | [`tor`] |
//! | test vectors | [`vectors`] |
//! | a whole agency | [`world`] |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a harness fails by panicking"
)]

pub mod browser;
pub mod capture;
pub mod craft;
pub mod disk;
pub mod line;
pub mod run;
pub mod search;
pub mod server;
pub mod socks;
pub mod tap;
pub mod tor;
pub mod vectors;
pub mod world;
