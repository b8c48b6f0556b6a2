//! The arguments. Their help texts stand in the message files.
#![allow(missing_docs, reason = "clap would show these comments in place of the message files")]

use std::path::PathBuf;

use bisik_formats::day::Day;
use bisik_formats::ids::DeskId;
use clap::{Args, Parser, Subcommand};

use crate::desk::DEFAULT_RETENTION;
use crate::vault::OfficerName;

#[derive(Parser)]
#[command(name = "bisik-desk", version)]
pub struct Cli {
    #[command(flatten)]
    pub(super) desk: DeskArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Args)]
pub(super) struct DeskArgs {
    #[arg(long, global = true, default_value = "vault")]
    pub(super) vault: PathBuf,
    #[arg(long, global = true)]
    pub(super) officer: Option<OfficerName>,
    #[arg(long, global = true)]
    pub(super) passphrase_stdin: bool,
}

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(subcommand)]
    Root(RootCommand),
    Init(InitArgs),
    Request {
        out: PathBuf,
    },
    Card {
        bundle: Option<PathBuf>,
    },
    #[command(subcommand)]
    Officer(OfficerCommand),
    Import {
        stick: PathBuf,
        #[arg(long)]
        confirm_date: bool,
    },
    List {
        #[arg(long)]
        all: bool,
    },
    Show {
        case: u32,
    },
    Reply(ReplyArgs),
    Status {
        case: u32,
        status: Option<String>,
        #[arg(long)]
        closes: Option<Day>,
    },
    Junk {
        case: u32,
        #[arg(long)]
        undo: bool,
    },
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    Export(ExportArgs),
    Publish(PublishArgs),
    Rotate,
    #[command(subcommand)]
    Identity(IdentityCommand),
    Journal,
    Backup {
        folder: PathBuf,
        #[arg(long)]
        confirm_date: bool,
    },
    Restore {
        folder: PathBuf,
        #[arg(long)]
        confirm_date: bool,
    },
    SelfTest,
}

#[derive(Subcommand)]
pub(super) enum RootCommand {
    Init {
        folder: PathBuf,
    },
    SignCard(SignCardArgs),
    Succeed {
        folder: PathBuf,
        #[arg(long)]
        replace: u32,
        #[arg(long)]
        key: u32,
    },
}

#[derive(Args)]
pub(super) struct SignCardArgs {
    pub(super) folder: PathBuf,
    #[arg(long)]
    pub(super) card: PathBuf,
    #[arg(long)]
    pub(super) form: PathBuf,
    #[arg(long)]
    pub(super) request: Vec<PathBuf>,
    #[arg(long)]
    pub(super) key: u32,
    #[arg(long)]
    pub(super) out: PathBuf,
    #[arg(long)]
    pub(super) after: Option<PathBuf>,
    #[arg(long)]
    pub(super) fingerprints_checked: bool,
}

#[derive(Args)]
pub(super) struct InitArgs {
    #[arg(long)]
    pub(super) agency: String,
    #[arg(long)]
    pub(super) desk: DeskId,
    #[arg(long)]
    pub(super) name_id: String,
    #[arg(long)]
    pub(super) name_en: String,
    #[arg(long, default_value_t = DEFAULT_RETENTION)]
    pub(super) retention: u32,
    #[arg(long)]
    pub(super) request: PathBuf,
}

#[derive(Subcommand)]
pub(super) enum OfficerCommand {
    Add { name: OfficerName },
    Remove { name: OfficerName },
    Passwd,
    List,
}

#[derive(Args)]
pub(super) struct ReplyArgs {
    pub(super) case: u32,
    #[arg(long)]
    pub(super) text_file: Option<PathBuf>,
    #[arg(long)]
    pub(super) questions_file: Option<PathBuf>,
    #[arg(long, conflicts_with = "questions_file")]
    pub(super) no_questions: bool,
    #[arg(long)]
    pub(super) words_checked: bool,
}

#[derive(Subcommand)]
pub(super) enum EvidenceCommand {
    List {
        case: u32,
    },
    Verify {
        case: u32,
    },
    Export {
        case: u32,
        message: usize,
        number: u16,
        #[arg(long)]
        to: PathBuf,
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub(super) struct ExportArgs {
    pub(super) case: u32,
    #[arg(long)]
    pub(super) message: Option<usize>,
    #[arg(long)]
    pub(super) to: PathBuf,
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Args)]
pub(super) struct PublishArgs {
    pub(super) stick: PathBuf,
    #[arg(long)]
    pub(super) until: Option<Day>,
    #[arg(long)]
    pub(super) confirm_date: bool,
    #[arg(long)]
    pub(super) replace_outbox: bool,
    #[arg(long)]
    pub(super) with_card: bool,
}

#[derive(Subcommand)]
pub(super) enum IdentityCommand {
    Export {
        #[arg(long)]
        out: PathBuf,
        #[arg(long)]
        yes: bool,
    },
}
