//! The command line of the desk: arguments in, library calls, words out.

mod args;
mod backup;
mod errors;
mod evidence;
mod root;
mod setup;
mod view;
mod work;

use std::process::ExitCode;

use bisik_formats::day::Day;
use bisik_term::{Asking, CommandError, ErrorKind, Loader, Piped, Ui};
use rand::rngs::StdRng;

use crate::desk::Desk;
use crate::harden::HardenError;
use crate::vault::{OfficerName, Passphrase, Vault, WorkFactor};

pub use args::Cli;
use args::{Command, DeskArgs};

bisik_term::messages!(LOADER);

/// What the program takes from the world around it.
pub struct Surroundings {
    /// The UTC day.
    pub today: Day,
    /// Random numbers.
    pub rng: StdRng,
    /// The work of a new passphrase.
    pub work: WorkFactor,
}

/// Returns the messages of the program.
pub fn messages() -> Loader {
    &LOADER
}

/// Runs the program on the arguments and streams of this process.
///
/// `hardened` tells whether the process was locked down; nothing is done if not.
pub fn run(
    hardened: Result<(), HardenError>,
    surroundings: impl FnOnce() -> Option<Surroundings>,
) -> ExitCode {
    bisik_term::run(&LOADER, |cli: Cli, ui: &Ui| {
        hardened.map_err(|_| CommandError::new(ErrorKind::Internal, "err-harden"))?;
        let clock = || CommandError::new(ErrorKind::Refused, "err-clock");
        dispatch(cli, ui, &mut surroundings().ok_or_else(clock)?)
    })
}

/// Runs one command.
///
/// # Errors
///
/// [`CommandError`] says what failed and what to do.
pub fn dispatch(cli: Cli, ui: &Ui, around: &mut Surroundings) -> Result<(), CommandError> {
    let mut session = Session { args: cli.desk, ui, around };
    match cli.command {
        Command::Root(command) => root::run(&mut session, command),
        Command::Init(args) => setup::init(&mut session, args),
        Command::Request { out } => setup::request(&mut session, &out),
        Command::Card { bundle } => setup::card(&mut session, bundle),
        Command::Officer(command) => setup::officer(&mut session, command),
        Command::Identity(command) => setup::identity(&mut session, command),
        Command::Rotate => setup::rotate(&mut session),
        Command::SelfTest => setup::self_test(&mut session),
        Command::Journal => setup::journal(&mut session),
        Command::Backup { folder, confirm_date } => backup::backup(&mut session, &folder, confirm_date),
        Command::Restore { folder, confirm_date } => backup::restore(&mut session, &folder, confirm_date),
        Command::Import { stick, confirm_date } => work::import(&mut session, &stick, confirm_date),
        Command::Publish(args) => work::publish(&mut session, args),
        Command::List { all } => work::list(&mut session, all),
        Command::Show { case } => view::show(&mut session, case),
        Command::Status { case, status, closes } => work::status(&mut session, case, status, closes),
        Command::Reply(args) => work::reply(&mut session, args),
        Command::Junk { case, undo } => work::junk(&mut session, case, undo),
        Command::Evidence(command) => evidence::run(&mut session, command),
        Command::Export(args) => evidence::export(&mut session, args),
    }
}

/// One run of the program.
struct Session<'a> {
    args: DeskArgs,
    ui: &'a Ui,
    around: &'a mut Surroundings,
}

impl Session<'_> {
    /// Opens the desk with an officer's passphrase.
    fn open(&mut self) -> Result<Desk, CommandError> {
        let officer = self.officer()?;
        let question = self.ui.text("ask-passphrase", &[("officer", officer.as_str().to_owned().into())]);
        let passphrase = self.ask_passphrase(&question)?;
        Ok(Desk::open(&self.args.vault, &officer, &passphrase, &mut self.around.rng)?)
    }

    /// Returns the officer named on the command line, or the only one.
    fn officer(&self) -> Result<OfficerName, CommandError> {
        if let Some(officer) = &self.args.officer {
            return Ok(officer.clone());
        }
        Self::only(Vault::officers_of(&self.args.vault)?)
    }

    fn only(mut names: Vec<OfficerName>) -> Result<OfficerName, CommandError> {
        match (names.pop(), names.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(CommandError::new(ErrorKind::Usage, "err-officer-needed")),
        }
    }

    fn ask_passphrase(&self, question: &str) -> Result<Passphrase, CommandError> {
        let piped = if self.args.passphrase_stdin { Piped::Allowed } else { Piped::Refused };
        Ok(Passphrase::new(self.ui.ask_secret(question, piped)?))
    }

    /// Asks for a new passphrase, twice where a person types it.
    fn ask_new_passphrase(&self, question: &str) -> Result<Passphrase, CommandError> {
        let passphrase = self.ask_passphrase(question)?;
        passphrase.check_strength()?;
        if self.ui.asking() != Asking::Nobody {
            let again = self.ask_passphrase(&self.ui.text("ask-passphrase-again", &[]))?;
            if !passphrase.matches(&again) {
                return Err(CommandError::new(ErrorKind::Refused, "err-passphrase-differs"));
            }
        }
        Ok(passphrase)
    }

    /// Lets the officer confirm something dangerous, by `--yes` or at the terminal.
    fn confirm(&self, yes: bool, question: &str) -> Result<(), CommandError> {
        if yes || self.ui.ask_yes_no(question, Some(false))? {
            Ok(())
        } else {
            Err(CommandError::new(ErrorKind::Refused, "err-not-confirmed"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_and_argument_has_a_text_in_both_languages() {
        assert_eq!(bisik_term::untranslated(&Cli::command(), &LOADER), Vec::<String>::new());
        Cli::command().debug_assert();
    }
}
