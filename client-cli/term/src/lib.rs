//! What the command-line programs of Bisik share: languages and messages, the terminal, questions, progress,
//! errors with exit codes, the command line itself, and private files.
//!
//! A program declares its message files once and hands `main` to [`run()`]:
//!
//! ```no_run
//! use bisik_term::{CommandError, Ui};
//!
//! bisik_term::messages!(LOADER);
//!
//! #[derive(clap::Parser)]
//! struct Cli {
//!     name: String,
//! }
//!
//! fn greet(cli: Cli, ui: &Ui) -> Result<(), CommandError> {
//!     ui.data(&cli.name)
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     bisik_term::run(&LOADER, greet)
//! }
//! ```
//!
//! Everything written through [`Ui`] is made safe for a terminal first (see [`escape`]); nothing else in the
//! programs writes to a stream.

mod ask;
mod cli;
mod error;
pub mod escape;
pub mod files;
mod help;
mod language;
mod manual;
mod messages;
mod progress;
mod run;
pub mod testing;
mod ui;
mod usage;

pub use ask::{AskError, Piped};
pub use error::{CommandError, ErrorKind};
pub use help::{localize, untranslated};
pub use language::Language;
pub use messages::{Loader, Messages, Value};
pub use progress::{Counted, Progress};
pub use run::run;
pub use ui::{Asking, Streams, Ui};

/// Declares the message files of a crate (`messages/{id,en}/*.ftl` beside its `Cargo.toml`) as a static loader.
///
/// The crate needs `fluent-templates` among its dependencies. Indonesian is the language to fall back on;
/// isolation marks around values stay off, since they are bidi marks themselves.
#[macro_export]
macro_rules! messages {
    ($name:ident) => {
        ::fluent_templates::static_loader! {
            static $name = {
                locales: "./messages",
                fallback_language: "id",
                customise: |bundle| bundle.set_use_isolating(false),
            };
        }
    };
}
