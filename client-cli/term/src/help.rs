//! Help texts from the message files.
//!
//! The ids follow from the command: `help-about` for the program, `help-card-verify` for the subcommand
//! `card verify`, `help-card-verify-file` for its argument `file`, `help-root-file` for an argument of the
//! program itself, and `help-common-file` for an argument that several subcommands share. The attribute
//! `.value` names an argument's value, `.details` adds a closing paragraph to a command's help.

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};

use crate::cli::COMMON_ORDER;
use crate::language::Language;
use crate::messages::{Loader, Messages};

/// Returns the command with every text of its help in the language of `messages`.
#[must_use]
pub fn localize(command: Command, messages: &Messages) -> Command {
    let version = command.get_version().is_some();
    let mut command = localize_level(command, messages, &[], version);
    command.build();
    localize_usage(command, messages)
}

/// Returns the ids of help texts that are missing in one language or the other, for a test of each program.
#[must_use]
pub fn untranslated(command: &Command, program: Loader) -> Vec<String> {
    [Language::Indonesian, Language::English]
        .into_iter()
        .flat_map(|language| {
            let mut missing = Vec::new();
            collect_missing(command, &Messages::new(language, program), &[], &mut missing);
            missing.into_iter().map(move |id| format!("{}: {id}", language.code()))
        })
        .collect()
}

fn localize_level(command: Command, messages: &Messages, path: &[&str], version: bool) -> Command {
    let about_id = about_id(path);
    let arguments =
        if command.get_positionals().any(|arg| !arg.is_hide_set()) { "help-positionals" } else { "" };
    let commands =
        if command.get_subcommands().any(|sub| !sub.is_hide_set()) { "help-subcommands" } else { "" };
    let mut command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .about(messages.text(&about_id, &[]))
        .help_template(template(messages, commands, arguments))
        .subcommand_value_name(messages.text("help-subcommand-name", &[]))
        .arg(
            Arg::new("help").short('h').long("help").action(ArgAction::Help).display_order(COMMON_ORDER + 3),
        );
    if version && path.is_empty() {
        command = command.arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .display_order(COMMON_ORDER + 4),
        );
    }
    if let Some(details) = messages.find(&format!("{about_id}.details"), &[]) {
        command = command.after_help(details);
    }
    command = command.mut_args(|arg| localize_arg(arg, messages, path));
    command.mut_subcommands(|sub| {
        let name = sub.get_name().to_owned();
        let path = [path, &[name.as_str()]].concat();
        localize_level(sub, messages, &path, version)
    })
}

fn localize_arg(arg: Arg, messages: &Messages, path: &[&str]) -> Arg {
    let id = arg_ids(path, &arg).into_iter().find(|id| messages.find(id, &[]).is_some());
    let Some(id) = id else { return arg };
    let mut help = messages.text(&id, &[]);
    if !arg.get_action().takes_values() {
        return arg.help(help);
    }
    let values = arg.get_possible_values();
    if !values.is_empty() {
        let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
        help.push_str(&messages.text("help-possible-values", &[("values", names.join(", ").into())]));
    }
    let defaults: Vec<&str> = arg.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    if !defaults.is_empty() {
        help.push_str(&messages.text("help-default", &[("value", defaults.join(", ").into())]));
    }
    let arg = arg.help(help).hide_possible_values(true).hide_default_value(true);
    match messages.find(&format!("{id}.value"), &[]) {
        Some(name) => arg.value_name(name),
        None => arg,
    }
}

/// Puts the usage line into the language: the one place where clap writes words of its own into it.
fn localize_usage(mut command: Command, messages: &Messages) -> Command {
    let options = messages.text("help-usage-options", &[]);
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().replace("[OPTIONS]", &options);
    command.override_usage(usage).mut_subcommands(|sub| localize_usage(sub, messages))
}

fn template(messages: &Messages, commands: &str, arguments: &str) -> String {
    let mut template = format!("{{about-with-newline}}\n{} {{usage}}", messages.text("help-usage", &[]));
    for (heading, tag) in [(commands, "subcommands"), (arguments, "positionals"), ("help-options", "options")]
    {
        if !heading.is_empty() {
            template.push_str(&format!("\n\n{}\n{{{tag}}}", messages.text(heading, &[])));
        }
    }
    template.push_str("{after-help}");
    template
}

fn collect_missing(command: &Command, messages: &Messages, path: &[&str], missing: &mut Vec<String>) {
    let about = about_id(path);
    if !messages.has(&about) {
        missing.push(about);
    }
    for arg in command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
        let ids = arg_ids(path, arg);
        if !ids.iter().any(|id| messages.has(id)) {
            missing.extend(ids.into_iter().next());
        }
    }
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let path = [path, &[sub.get_name()]].concat();
        collect_missing(sub, messages, &path, missing);
    }
}

fn about_id(path: &[&str]) -> String {
    if path.is_empty() { "help-about".to_owned() } else { format!("help-{}", path.join("-")) }
}

/// The ids under which an argument's text may stand, the most particular first.
fn arg_ids(path: &[&str], arg: &Arg) -> [String; 2] {
    let name = arg.get_id().as_str().replace('_', "-");
    let place = if path.is_empty() { "root".to_owned() } else { path.join("-") };
    [format!("help-{place}-{name}"), format!("help-common-{name}")]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{CommonArgs, HiddenCommand};

    #[derive(Parser)]
    #[command(name = "contoh", version)]
    struct Example {
        #[command(flatten)]
        _common: CommonArgs,
        #[arg(long)]
        _own: bool,
        #[command(subcommand)]
        _command: Option<HiddenCommand>,
    }

    fn help(language: Language, path: &[&str]) -> String {
        let command = <Example as clap::CommandFactory>::command();
        let mut command = localize(command, &Messages::shared(language));
        let command =
            path.iter().fold(&mut command, |command, name| command.find_subcommand_mut(name).unwrap());
        command.render_help().to_string()
    }

    #[test]
    fn help_is_indonesian_through_and_through() {
        let help = help(Language::Indonesian, &[]);
        assert!(help.contains("Pemakaian: contoh [PILIHAN]"), "{help}");
        assert!(help.contains("Bahasa teks program [pilihan: id, en]"), "{help}");
        for word in ["Usage", "Options", "Commands", "possible", "default", "Print"] {
            assert!(!help.contains(word), "{word} in {help}");
        }
    }

    #[test]
    fn common_options_stand_last() {
        let help = help(Language::English, &[]);
        let places: Vec<_> =
            ["--own", "--lang", "--quiet", "--json", "--help"].map(|name| help.find(name)).to_vec();
        assert!(places.is_sorted() && places.iter().all(Option::is_some), "{help}");
    }

    #[test]
    fn help_of_a_subcommand_is_english_when_asked_for() {
        let help = help(Language::English, &["man"]);
        assert!(help.contains("Usage: contoh man [OPTIONS] [FOLDER]"), "{help}");
        assert!(help.contains("Arguments:\n  [FOLDER]"), "{help}");
    }

    #[test]
    fn names_what_has_no_text() {
        let command = Command::new("contoh").subcommand(Command::new("kirim").arg(Arg::new("bukti_foto")));
        let missing = untranslated(&command, crate::messages::shared_loader());
        assert_eq!(
            missing,
            [
                "id: help-about",
                "id: help-kirim",
                "id: help-kirim-bukti-foto",
                "en: help-about",
                "en: help-kirim",
                "en: help-kirim-bukti-foto"
            ]
        );
    }
}
