//! The options that every program has.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use crate::language::Language;

/// Where the options of every program stand in help: behind those of the command itself.
pub(crate) const COMMON_ORDER: usize = 900;

/// Options of every program and subcommand. [`run`](crate::run()) adds them; programs ask the `Ui`.
#[derive(Args, Debug)]
pub(crate) struct CommonArgs {
    // The language was read before parsing (see `Language::asked`); the option stands here for help and checks.
    #[arg(long, global = true, value_enum, display_order = COMMON_ORDER)]
    pub(crate) lang: Option<Language>,
    #[arg(long, short, global = true, display_order = COMMON_ORDER + 1)]
    pub(crate) quiet: bool,
    #[arg(long, global = true, display_order = COMMON_ORDER + 2)]
    pub(crate) json: bool,
}

/// Subcommands of every program that packagers need and users do not see.
#[derive(Debug, Subcommand)]
pub(crate) enum HiddenCommand {
    #[command(hide = true)]
    Completions { shell: Shell },
    #[command(hide = true)]
    Man { folder: Option<PathBuf> },
}
