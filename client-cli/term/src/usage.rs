//! Errors of the command line, in the language of the user.
//!
//! Values are not repeated: somebody may have typed a receipt in the wrong place.

use clap::error::{ContextKind, ContextValue, ErrorKind as ClapKind};

use crate::error::{CommandError, ErrorKind};

/// Turns what the parser of the command line found wrong into an error with cause and advice.
pub(crate) fn usage_error(error: &clap::Error, program: &str) -> CommandError {
    let argument = text(error, ContextKind::InvalidArg).filter(|name| name.starts_with(['-', '<', '[']));
    let (id, argument) = match (error.kind(), argument) {
        (ClapKind::ArgumentConflict, Some(name)) => {
            let other = text(error, ContextKind::PriorArg).unwrap_or_default();
            return usage("usage-conflict", program).with("argument", name).with("other", other);
        }
        (ClapKind::InvalidSubcommand, _) => return invalid_subcommand(error, program),
        (ClapKind::InvalidUtf8, _) => return usage("usage-not-text", program),
        (ClapKind::InvalidValue, Some(name)) => match text(error, ContextKind::ValidValue) {
            Some(values) => {
                return usage("usage-value-of", program).with("argument", name).with("values", values);
            }
            None => ("usage-value", name),
        },
        (ClapKind::MissingRequiredArgument, Some(name)) => ("usage-missing", name),
        (ClapKind::MissingSubcommand, _) => return usage("usage-no-command", program),
        (ClapKind::NoEquals | ClapKind::ValueValidation, Some(name)) => ("usage-value", name),
        (ClapKind::TooFewValues | ClapKind::TooManyValues | ClapKind::WrongNumberOfValues, Some(name)) => {
            ("usage-value-count", name)
        }
        (ClapKind::UnknownArgument, Some(name)) => ("usage-unknown", name),
        (ClapKind::UnknownArgument, None) => return usage("usage-unexpected", program),
        _ => return usage("usage-other", program),
    };
    usage(id, program).with("argument", argument)
}

fn usage(id: &'static str, program: &str) -> CommandError {
    CommandError::new(ErrorKind::Usage, id).with("program", program.to_owned())
}

fn invalid_subcommand(error: &clap::Error, program: &str) -> CommandError {
    match text(error, ContextKind::SuggestedSubcommand) {
        Some(name) => usage("usage-command-like", program).with("suggestion", name),
        None => usage("usage-command", program),
    }
}

/// What the parser tells about one side of the error; several names in a row, parted by commas.
fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::{Arg, ArgAction, Command};

    use super::*;
    use crate::language::Language;
    use crate::messages::Messages;

    fn cause(args: &[&str]) -> String {
        let command = Command::new("contoh")
            .arg(Arg::new("size").long("size").value_parser(["kecil", "besar"]))
            .arg(Arg::new("count").long("count").value_parser(clap::value_parser!(u8)).conflicts_with("size"))
            .subcommand(Command::new("kirim").arg(Arg::new("file").required(true)))
            .subcommand(Command::new("baca").arg(Arg::new("all").long("all").action(ArgAction::SetTrue)))
            .subcommand_required(true);
        let error = command.try_get_matches_from([&["contoh"], args].concat()).unwrap_err();
        let error = usage_error(&error, "contoh");
        assert_eq!(error.kind(), ErrorKind::Usage);
        for language in [Language::Indonesian, Language::English] {
            let advice = error.advice(&Messages::shared(language));
            assert!(advice.contains("contoh"), "{advice}");
        }
        error.cause(&Messages::shared(Language::English))
    }

    #[test]
    fn names_what_is_wrong() {
        assert_eq!(cause(&[]), "A command is missing.");
        assert_eq!(cause(&["kirim"]), "This is missing: <file>.");
        assert_eq!(cause(&["baca", "--al"]), "There is no option --al.");
        assert_eq!(cause(&["--size", "x", "baca"]), "--size <size> takes one of these: kecil, besar.");
        assert_eq!(cause(&["--count", "x", "baca"]), "The value of --count <count> is not valid.");
        assert_eq!(
            cause(&["--count", "1", "--size", "kecil", "baca"]),
            "--count <count> and --size <size> cannot stand together."
        );
        assert_eq!(cause(&["krim"]), "There is no such command; perhaps you mean kirim.");
        assert_eq!(cause(&["--size"]), "--size <size> takes one of these: kecil, besar.");
    }

    #[test]
    fn never_repeats_what_may_be_a_receipt() {
        for args in [&["7K3M-9QXT"][..], &["baca", "7K3M-9QXT"], &["--size", "7K3M-9QXT", "baca"]] {
            assert!(!cause(args).contains("7K3M"), "{}", cause(args));
        }
    }
}
