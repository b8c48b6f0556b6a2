//! The command line. Help texts stand in the message files.

use std::net::SocketAddr;
use std::path::PathBuf;

use bisik_formats::ids::DeskId;
use bisik_sealing::report::Holders;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// The command line of `bisik`. No option takes a receipt or a message: other users of the device see arguments.
#[derive(Parser)]
#[command(name = "bisik", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// About the agency's card.
    Card {
        /// What to do with the card.
        #[command(subcommand)]
        command: CardCommand,
    },
    /// Makes a report and hands it in.
    Send(SendArgs),
    /// Shows the answers.
    Inbox(InboxArgs),
    /// Writes a later message.
    Reply(ReplyArgs),
    /// Closes the box for good.
    Close(CloseArgs),
    /// Makes a report and keeps it in a file, without network.
    Seal(SealArgs),
    /// Removes a report that was kept.
    Discard(DiscardArgs),
}

/// Commands about the agency's card.
#[derive(Subcommand)]
pub enum CardCommand {
    /// Compares a card with the fingerprint and shows it.
    Verify(CardVerifyArgs),
}

/// Which agency.
#[derive(Args)]
pub struct AgencyArgs {
    /// Address of the box.
    #[arg(long)]
    pub server: Option<String>,
    /// Fingerprint of the agency.
    #[arg(long)]
    pub agency: Option<String>,
    /// File that names both.
    #[arg(long)]
    pub agency_file: Option<PathBuf>,
}

/// By which way to the server.
#[derive(Args)]
pub struct RouteArgs {
    /// SOCKS5 address of Tor; an address and not a name, so that nothing is ever looked up.
    #[arg(long, default_value = "127.0.0.1:9050")]
    pub proxy: SocketAddr,
    /// Without Tor.
    #[arg(long, conflicts_with = "proxy")]
    pub direct: bool,
}

/// `bisik card verify`.
#[derive(Args)]
pub struct CardVerifyArgs {
    /// The agency.
    #[command(flatten)]
    pub agency: AgencyArgs,
    /// The way.
    #[command(flatten)]
    pub route: RouteArgs,
    /// A card from a file instead of from the server.
    pub file: Option<PathBuf>,
    /// Keeps the card for later use without network.
    #[arg(long, conflicts_with = "file")]
    pub save_card: Option<PathBuf>,
    /// Keeps the desks' headers for later use without network.
    #[arg(long, conflicts_with = "file")]
    pub save_headers: Option<PathBuf>,
}

/// Who may read a report.
#[derive(Args, Default)]
pub struct DeskArgs {
    /// Only these desks.
    #[arg(long, value_delimiter = ',', conflicts_with = "leave_out")]
    pub to: Vec<DeskId>,
    /// All desks but these.
    #[arg(long, value_delimiter = ',')]
    pub leave_out: Vec<DeskId>,
}

/// Files that go with a message.
#[derive(Args, Default)]
pub struct EvidenceArgs {
    /// A file.
    #[arg(long)]
    pub evidence: Vec<PathBuf>,
    /// What a file is; once for all or once for each.
    #[arg(long, requires = "evidence")]
    pub evidence_kind: Vec<String>,
    /// How many others hold a file; once for all or once for each.
    #[arg(long, requires = "evidence")]
    pub evidence_holders: Vec<HoldersArg>,
    /// Tells the desks the names of the files.
    #[arg(long, requires = "evidence")]
    pub keep_names: bool,
    /// Sends files as they are if they cannot be cleaned.
    #[arg(long)]
    pub allow_uncleaned: bool,
}

/// How many others hold a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HoldersArg {
    /// One.
    One,
    /// Two to five.
    Few,
    /// More than five.
    Many,
    /// Not known.
    Unknown,
}

impl From<HoldersArg> for Holders {
    fn from(holders: HoldersArg) -> Self {
        match holders {
            HoldersArg::One => Self::One,
            HoldersArg::Few => Self::Few,
            HoldersArg::Many => Self::Many,
            HoldersArg::Unknown => Self::Unknown,
        }
    }
}

/// Files for what is sealed.
#[derive(Args, Default)]
pub struct KeepArgs {
    /// Keeps a copy of the sealed report.
    #[arg(long)]
    pub save_sealed: Option<PathBuf>,
    /// Keeps the sealed report until the server has it.
    #[arg(long, conflicts_with = "save_sealed")]
    pub keep: Option<PathBuf>,
}

/// `bisik send`.
#[derive(Args)]
pub struct SendArgs {
    /// The agency.
    #[command(flatten)]
    pub agency: AgencyArgs,
    /// The way.
    #[command(flatten)]
    pub route: RouteArgs,
    /// Answers from a file instead of questions.
    #[arg(long)]
    pub answers: Option<PathBuf>,
    /// A card that was kept, so that the questions need no visit.
    #[arg(long)]
    pub card: Option<PathBuf>,
    /// Who may read it.
    #[command(flatten)]
    pub desks: DeskArgs,
    /// Files.
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    /// Files for what is sealed.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// Hands in a report that was sealed before.
    #[arg(long, conflicts_with_all = ["answers", "card", "to", "leave_out", "evidence", "save_sealed", "keep"])]
    pub sealed: Option<PathBuf>,
    /// Goes on with a report that was kept.
    #[arg(
        long = "continue",
        conflicts_with_all = ["answers", "card", "to", "leave_out", "evidence", "save_sealed", "keep", "sealed"]
    )]
    pub go_on: Option<PathBuf>,
    /// Does not ask for two groups of the receipt.
    #[arg(long)]
    pub no_check: bool,
}

/// `bisik inbox`.
#[derive(Args)]
pub struct InboxArgs {
    /// The agency.
    #[command(flatten)]
    pub agency: AgencyArgs,
    /// The way.
    #[command(flatten)]
    pub route: RouteArgs,
}

/// `bisik reply`.
#[derive(Args)]
pub struct ReplyArgs {
    /// The agency.
    #[command(flatten)]
    pub agency: AgencyArgs,
    /// The way.
    #[command(flatten)]
    pub route: RouteArgs,
    /// The message, from a file.
    #[arg(long)]
    pub message_file: Option<PathBuf>,
    /// Who may read it.
    #[command(flatten)]
    pub desks: DeskArgs,
    /// Files.
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    /// Files for what is sealed.
    #[command(flatten)]
    pub keep: KeepArgs,
}

/// `bisik close`.
#[derive(Args)]
pub struct CloseArgs {
    /// The agency.
    #[command(flatten)]
    pub agency: AgencyArgs,
    /// The way.
    #[command(flatten)]
    pub route: RouteArgs,
    /// Who learns it.
    #[command(flatten)]
    pub desks: DeskArgs,
    /// Does not ask twice.
    #[arg(long)]
    pub yes: bool,
}

/// `bisik seal`.
#[derive(Args)]
pub struct SealArgs {
    /// The agency.
    #[command(flatten)]
    pub agency: AgencyArgs,
    /// The kept card.
    #[arg(long)]
    pub card: PathBuf,
    /// The kept headers.
    #[arg(long)]
    pub headers: PathBuf,
    /// Answers from a file instead of questions.
    #[arg(long)]
    pub answers: Option<PathBuf>,
    /// Who may read it.
    #[command(flatten)]
    pub desks: DeskArgs,
    /// Files.
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    /// Does not ask for two groups of the receipt.
    #[arg(long)]
    pub no_check: bool,
    /// The sealed report.
    pub output: PathBuf,
}

/// `bisik discard`.
#[derive(Args)]
pub struct DiscardArgs {
    /// The kept report.
    pub file: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_help_text_stands_in_both_languages() {
        Cli::command().debug_assert();
        assert_eq!(bisik_term::untranslated(&Cli::command(), crate::messages()), Vec::<String>::new());
    }

    #[test]
    fn no_option_takes_a_secret() {
        let mut pending = vec![Cli::command()];
        while let Some(command) = pending.pop() {
            for arg in command.get_arguments() {
                let name = arg.get_id().as_str();
                assert!(!["receipt", "code", "message", "key"].contains(&name), "{name}");
            }
            pending.extend(command.get_subcommands().cloned());
        }
    }
}
