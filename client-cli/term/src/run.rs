//! From the start of a program to its exit code.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind as ClapKind;
use clap::{Args, Command, FromArgMatches, Parser, Subcommand};

use crate::cli::{CommonArgs, HiddenCommand};
use crate::error::{CommandError, ErrorKind};
use crate::help::localize;
use crate::language::Language;
use crate::manual;
use crate::messages::{Loader, Messages};
use crate::ui::{Streams, Ui};
use crate::usage::usage_error;

/// Runs a program: parses the command line in the user's language, calls `main`, shows its error and
/// returns the exit code.
///
/// Adds to the command line of `C` what every program has: `--lang`, `--quiet`, `--json` and the hidden
/// subcommands `completions` and `man`.
pub fn run<C: Parser>(program: Loader, main: impl FnOnce(C, &Ui) -> Result<(), CommandError>) -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    let language =
        Language::asked(args.iter().skip(1).map(OsString::as_os_str), env::var_os("BISIK_LANG").as_deref());
    run_with(Messages::new(language, program), args, Streams::of_process(), main)
}

/// As [`run()`], with the command line and the streams given.
pub(crate) fn run_with<C: Parser>(
    messages: Messages,
    args: Vec<OsString>,
    streams: Streams,
    main: impl FnOnce(C, &Ui) -> Result<(), CommandError>,
) -> ExitCode {
    let mut command =
        localize(HiddenCommand::augment_subcommands(CommonArgs::augment_args(C::command())), &messages);
    let parsed = command.try_get_matches_from_mut(&args).and_then(|matches| {
        let common = CommonArgs::from_arg_matches(&matches)?;
        match matches.subcommand_name() {
            Some("completions" | "man") => Ok((common, Err(HiddenCommand::from_arg_matches(&matches)?))),
            _ => Ok((common, Ok(C::from_arg_matches(&matches)?))),
        }
    });
    let (common, parsed) = match parsed {
        Ok((common, parsed)) => (common, parsed),
        Err(error) => {
            let json = args.iter().any(|arg| arg == "--json");
            return show_parse_error(&error, &command, &Ui::new(messages, false, json, streams));
        }
    };
    let ui = Ui::new(messages, common.quiet, common.json, streams);
    let done = match parsed {
        Ok(program) => main(program, &ui),
        Err(HiddenCommand::Completions { shell }) => {
            let name = command.get_name().to_owned();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, name, &mut script);
            ui.bytes(&script)
        }
        Err(HiddenCommand::Man { folder }) => manual::write(command, folder.as_deref(), &ui),
    };
    exit_code(done, &ui)
}

fn exit_code(done: Result<(), CommandError>, ui: &Ui) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn show_parse_error(error: &clap::Error, command: &Command, ui: &Ui) -> ExitCode {
    match error.kind() {
        ClapKind::DisplayHelp | ClapKind::DisplayVersion => {
            exit_code(ui.data(error.to_string().trim_end()), ui)
        }
        ClapKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ui.write_err(&error.to_string());
            ExitCode::from(ErrorKind::Usage.exit_code())
        }
        _ => exit_code(Err(usage_error(error, command.get_name())), ui),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::testing::Screen;

    #[derive(Parser)]
    #[command(name = "contoh", version)]
    struct Example {
        #[command(subcommand)]
        command: ExampleCommand,
    }

    #[derive(Subcommand)]
    enum ExampleCommand {
        Gagal { times: u8 },
    }

    /// Runs the example and returns its exit code, standard output and standard error.
    fn run_example(language: Language, args: &[&str]) -> (String, String, String) {
        let messages = Messages::shared(language);
        let (streams, out, err) = Screen::streams();
        let args = [&["contoh"], args].concat().into_iter().map(OsString::from).collect();
        let code = run_with(messages, args, streams, |cli: Example, ui| {
            let ExampleCommand::Gagal { times } = cli.command;
            ui.data(&format!("{times} {}", ui.wants_json()))?;
            Err(CommandError::new(ErrorKind::Network, "err-input-ended"))
        });
        (format!("{code:?}"), out(), err())
    }

    #[test]
    fn an_error_of_main_becomes_lines_and_an_exit_code() {
        let (code, out, err) = run_example(Language::English, &["gagal", "3"]);
        assert_eq!(code, format!("{:?}", ExitCode::from(4)));
        assert_eq!(out, "3 false\n");
        assert_eq!(err.lines().count(), 2);
        assert!(err.starts_with("Error: "));
    }

    #[test]
    fn common_options_stand_before_and_after_the_subcommand() {
        assert_eq!(run_example(Language::English, &["--json", "gagal", "3"]).1, "3 true\n");
        assert_eq!(run_example(Language::English, &["gagal", "3", "--json"]).1, "3 true\n");
    }

    #[test]
    fn help_goes_to_standard_output_and_succeeds() {
        let (code, out, err) = run_example(Language::Indonesian, &["--help"]);
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS));
        assert!(out.contains("Pemakaian: contoh"), "{out}");
        assert!(!out.contains("completions"), "{out}");
        assert_eq!(err, "");
    }

    #[test]
    fn a_bare_run_shows_help_on_standard_error() {
        let (code, out, err) = run_example(Language::Indonesian, &[]);
        assert_eq!(code, format!("{:?}", ExitCode::from(2)));
        assert_eq!(out, "");
        assert!(err.contains("Perintah:"), "{err}");
    }

    #[test]
    fn a_wrong_command_line_is_an_error_in_the_language_and_form_asked_for() {
        let (code, _, err) = run_example(Language::Indonesian, &["gagal", "x"]);
        assert_eq!(code, format!("{:?}", ExitCode::from(2)));
        assert!(err.starts_with("Gagal: "), "{err}");
        let (_, _, err) = run_example(Language::Indonesian, &["gagal", "x", "--json"]);
        assert!(err.starts_with('{'), "{err}");
    }

    #[test]
    fn writes_completions_and_manual_pages() {
        assert!(run_example(Language::English, &["completions", "bash"]).1.contains("_contoh()"));
        assert!(run_example(Language::English, &["man"]).1.contains(".SH NAME\n"));
        assert!(run_example(Language::Indonesian, &["man"]).1.contains(".SH NAMA\n"));
        let folder = tempfile::tempdir().unwrap();
        let (code, _, err) = run_example(Language::English, &["man", folder.path().to_str().unwrap()]);
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS), "{err}");
        assert!(folder.path().join("contoh.1").is_file());
        assert!(folder.path().join("contoh-gagal.1").is_file());
    }
}
