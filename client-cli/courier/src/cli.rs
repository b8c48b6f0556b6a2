//! The command line. Texts of the help come from the message files.

use std::env;
use std::path::PathBuf;

use bisik_term::{CommandError, Ui};
use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::server::Server;
use crate::stick::Stick;
use crate::{pull, push, status};

/// The command line of `bisik-courier`.
#[derive(Debug, Parser)]
#[command(name = "bisik-courier", version)]
pub struct Cli {
    /// Where the server is and how to reach it.
    #[command(flatten)]
    pub access: Access,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the server is and how to reach it; what is not given here comes from the configuration file.
#[derive(Debug, Default, Args)]
pub struct Access {
    /// The configuration file.
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    /// The courier's address of the agency on the server.
    #[arg(long, global = true)]
    pub server: Option<String>,
    /// The file with the access token.
    #[arg(long, global = true)]
    pub token_file: Option<PathBuf>,
    /// Host and port of a SOCKS proxy, e.g. that of Tor.
    #[arg(long, global = true)]
    pub proxy: Option<String>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetches sealed reports.
    Pull {
        /// The folder of the stick.
        #[arg(long)]
        to: PathBuf,
    },
    /// Brings the outbox to the server.
    Push {
        /// The folder of the stick.
        #[arg(long)]
        from: PathBuf,
    },
    /// Shows the server's counts.
    Status,
}

/// Runs a command.
///
/// # Errors
/// See the errors of the modules of the three commands; each carries its cause and advice.
pub fn dispatch(cli: Cli, ui: &Ui) -> Result<(), CommandError> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let config = Config::read(&cli.access, home.as_deref())?;
    let server = Server::new(config, ui.messages().language())?;
    match cli.command {
        Command::Pull { to } => pull::run(&server, &Stick::open(&to)?, ui),
        Command::Push { from } => push::run(&server, &Stick::open(&from)?, ui),
        Command::Status => status::run(&server, ui),
    }
}

#[cfg(test)]
mod tests {
    use bisik_term::{Language, Messages};
    use clap::CommandFactory;

    use super::*;
    use crate::LOADER;

    #[test]
    fn every_part_of_the_command_line_has_its_help() {
        assert_eq!(bisik_term::untranslated(&Cli::command(), &LOADER), Vec::<String>::new());
    }

    #[test]
    fn a_token_cannot_be_given_on_the_command_line() {
        let names: Vec<String> =
            Cli::command().get_arguments().map(|argument| argument.get_id().to_string()).collect();
        assert_eq!(names, ["config", "server", "token_file", "proxy"]);
    }

    #[test]
    fn messages_exist_in_both_languages() {
        for language in [Language::Indonesian, Language::English] {
            let messages = Messages::new(language, &LOADER);
            assert!(messages.has("push-nothing") && messages.has("err-token.advice"));
        }
    }
}
