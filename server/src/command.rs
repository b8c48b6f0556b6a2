//! The command line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bisik_formats::access::AccessToken;
use bisik_formats::day::DayError;
use bisik_store::{BackupError, StoreError};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, value_parser};
use rand::CryptoRng;

use crate::backup;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::events::causes;
use crate::harden::harden;
use crate::language::Language;
use crate::openapi;
use crate::page::{Page, PageError};
use crate::run::{RunError, maintain, run};
use crate::tls::{Tls, TlsError};

/// Runs the program and returns its exit code: 0, 1 refused, 2 usage, 5 this machine.
pub fn main<R: CryptoRng + Send + 'static>(
    args: impl Iterator<Item = OsString>,
    clock: Result<Clock, DayError>,
    rng: impl Fn() -> R,
) -> ExitCode {
    let language =
        std::env::var("BISIK_LANG").ok().and_then(|tag| Language::of_tag(&tag)).unwrap_or_default();
    let matches = match command(language).try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => return usage(language, &error),
    };
    match perform(&matches, clock, rng) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = language.text(error.message(), &[("error", causes(&error).into())]);
            let advice = language.text(&format!("{}.advice", error.message()), &[]);
            say(&format!("{cause}\n{advice}\n"));
            ExitCode::from(error.exit_code())
        }
    }
}

/// Returns the command line's description in a language.
pub fn command(language: Language) -> Command {
    let text = |id: &str| language.text(id, &[]);
    let template = format!(
        "{{about}}\n\n{}: {{usage}}\n\n{}:\n{{subcommands}}\n\n{}:\n{{options}}\n",
        text("cli-usage"),
        text("cli-commands"),
        text("cli-options")
    );
    let small =
        format!("{{about}}\n\n{}: {{usage}}\n\n{}:\n{{options}}\n", text("cli-usage"), text("cli-options"));
    let help =
        || Arg::new("help").long("help").short('h').action(clap::ArgAction::Help).help(text("cli-help"));
    let config = || {
        let parser = value_parser!(PathBuf);
        Arg::new("config")
            .long("config")
            .value_name("FILE")
            .required(true)
            .value_parser(parser)
            .help(text("cli-config"))
    };
    let file = |name: &'static str, about: &str| {
        Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(text(about))
    };
    let folder = |name, about| file(name, about).value_name("FOLDER").required(true);
    let sub = |name: &'static str, about: &str| {
        Command::new(name).about(text(about)).help_template(small.clone()).disable_help_flag(true).arg(help())
    };
    Command::new("bisik-server")
        .about(text("cli-about"))
        .version(env!("CARGO_PKG_VERSION"))
        .help_template(template)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(help())
        .arg(
            Arg::new("version")
                .long("version")
                .short('V')
                .action(clap::ArgAction::Version)
                .help(text("cli-version")),
        )
        .subcommand(sub("run", "cli-run").arg(config()).arg(file("ready-file", "cli-ready-file")))
        .subcommand(sub("maintain", "cli-maintain").arg(config()))
        .subcommand(sub("check-config", "cli-check-config").arg(config()))
        .subcommand(sub("token", "cli-token").arg(file("out", "cli-token-out")))
        .subcommand(
            sub("page", "cli-page")
                .arg(config())
                .arg(Arg::new("agency").long("agency").value_name("PATH").help(text("cli-page-agency")))
                .arg(file("out", "cli-page-out")),
        )
        .subcommand(sub("openapi", "cli-openapi"))
        .subcommand(sub("backup", "cli-backup").arg(config()).arg(folder("to", "cli-backup-to")))
        .subcommand(sub("check", "cli-check").arg(folder("from", "cli-from")))
        .subcommand(sub("restore", "cli-restore").arg(config()).arg(folder("from", "cli-from")))
}

/// A command that failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("output failed")]
    Output(#[from] io::Error),
    #[error("the token file could not be made")]
    Token(#[source] io::Error),
    #[error("no such agency, or several")]
    Agency,
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("the page could not be written")]
    PageFile(#[source] io::Error),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("something is damaged")]
    Damaged,
    #[error("the process could not be set up")]
    Process(#[source] io::Error),
    #[error("the clock or the description is broken")]
    Internal,
}

impl Failure {
    const fn message(&self) -> &'static str {
        match self {
            Self::Config(ConfigError::Read(_)) => "error-config-read",
            Self::Config(ConfigError::PlainPublic) => "error-config-plain",
            Self::Config(_) => "error-config",
            Self::Tls(error) | Self::Run(RunError::Tls(error)) => tls_message(error),
            Self::Run(RunError::Store(StoreError::InUse)) => "error-in-use",
            Self::Run(RunError::Store(StoreError::SchemaVersion { .. })) => "error-schema",
            Self::Run(RunError::Store(StoreError::FilesWithoutDatabase)) => "error-no-database",
            Self::Run(RunError::Store(_)) => "error-store",
            Self::Run(RunError::Listen { .. }) => "error-listen",
            Self::Run(RunError::Process(_) | RunError::Ready(_)) => "error-process",
            Self::Output(_) => "error-output",
            Self::Token(_) => "error-token",
            Self::Agency => "error-agency",
            Self::Run(RunError::Page(_)) | Self::Page(_) => "error-page",
            Self::PageFile(_) => "error-page-file",
            Self::Backup(error) => backup_message(error),
            Self::Damaged => "error-backup-damaged",
            Self::Process(_) => "error-process",
            Self::Internal => "error-internal",
        }
    }

    const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(ConfigError::Read(_))
            | Self::Run(_)
            | Self::Output(_)
            | Self::Token(_)
            | Self::PageFile(_)
            | Self::Process(_)
            | Self::Backup(BackupError::Store(_) | BackupError::Restless) => 5,
            Self::Backup(_) | Self::Damaged | Self::Config(_) | Self::Tls(_) | Self::Agency => 1,
            Self::Page(_) | Self::Internal => 255,
        }
    }
}

const fn backup_message(error: &BackupError) -> &'static str {
    match error {
        BackupError::NotEmpty => "error-backup-not-empty",
        BackupError::NoData => "error-backup-no-data",
        BackupError::NotWhole => "error-backup-not-whole",
        BackupError::Store(StoreError::InUse) => "error-in-use",
        BackupError::Store(StoreError::SchemaVersion { .. }) => "error-schema",
        BackupError::Store(_) | BackupError::Restless => "error-backup",
    }
}

const fn tls_message(error: &TlsError) -> &'static str {
    match error {
        TlsError::Certificate(_) | TlsError::Key(_) => "error-tls-read",
        TlsError::Open => "error-tls-open",
        TlsError::NoCertificate | TlsError::NoKey | TlsError::Unusable(_) => "error-tls",
    }
}

fn perform<R: CryptoRng + Send + 'static>(
    matches: &ArgMatches,
    clock: Result<Clock, DayError>,
    rng: impl Fn() -> R,
) -> Result<(), Failure> {
    let path = |matches: &ArgMatches, name: &str| matches.get_one::<PathBuf>(name).cloned();
    match matches.subcommand() {
        Some(("run", matches)) => {
            let config = Config::load(&path(matches, "config").unwrap_or_default())?;
            let clock = clock.map_err(|_| Failure::Internal)?;
            Ok(run(&config, path(matches, "ready-file").as_deref(), clock, rng)?)
        }
        Some(("maintain", matches)) => {
            let config = Config::load(&path(matches, "config").unwrap_or_default())?;
            let done = maintain(&config, clock.map_err(|_| Failure::Internal)?, rng)?;
            print(&format!("{}\n", config.language.text("maintained", &[("files", done.moved.into())])))
        }
        Some(("check-config", matches)) => {
            let config = Config::load(&path(matches, "config").unwrap_or_default())?;
            let _usable = config.tls.as_ref().map(Tls::load).transpose()?;
            print(&format!("{}\n", config.language.text("config-good", &[])))
        }
        Some(("token", matches)) => token(path(matches, "out").as_deref(), &mut rng()),
        Some(("page", matches)) => {
            let config = Config::load(&path(matches, "config").unwrap_or_default())?;
            let wanted = matches.get_one::<String>("agency").map(String::as_str);
            page(&config, wanted, path(matches, "out").as_deref())
        }
        Some((name @ ("backup" | "check" | "restore"), matches)) => {
            // What is copied is ciphertext, but it belongs into no core file.
            harden().map_err(Failure::Process)?;
            let folder = |name| path(matches, name).unwrap_or_default();
            let clock = clock.map_err(|_| Failure::Internal)?;
            let report = match name {
                "backup" => backup::backup(&Config::load(&folder("config"))?, &folder("to"), &clock)?,
                "check" => backup::check(&folder("from"))?,
                _ => backup::restore(&Config::load(&folder("config"))?, &folder("from"), &clock)?,
            };
            print(&report.text)?;
            if report.sound { Ok(()) } else { Err(Failure::Damaged) }
        }
        Some(("openapi", _)) => print(&openapi::json().map_err(|_| Failure::Internal)?),
        _ => Err(Failure::Internal),
    }
}

/// Makes a courier's token: into a file and its hash to the output, or both to the output.
fn token(out: Option<&Path>, rng: &mut impl CryptoRng) -> Result<(), Failure> {
    let token = AccessToken::generate(rng);
    let text = token.expose_text();
    match out {
        Some(path) => {
            let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let written = file.and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.write_all(b"\n")?;
                file.sync_all()
            });
            written.map_err(Failure::Token)?;
        }
        None => {
            let mut output = io::stdout().lock();
            output.write_all(b"token=")?;
            output.write_all(text.as_bytes())?;
            output.write_all(b"\n")?;
        }
    }
    print(&format!("sha256={}\n", token.hash()))
}

/// Writes an agency's page into a file, or to the output, and says its hash.
fn page(config: &Config, wanted: Option<&str>, out: Option<&Path>) -> Result<(), Failure> {
    let mut found = config.agency.iter().filter(|agency| wanted.is_none_or(|path| agency.path == path));
    let agency = found.next().filter(|_| found.next().is_none()).ok_or(Failure::Agency)?;
    let page = Page::new(&agency.id)?;
    let hash = format!("sha256={}\n", page.digest());
    let Some(path) = out else {
        io::stdout().lock().write_all(&page.html())?;
        say(&hash);
        return Ok(());
    };
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(&page.html())?;
        file.sync_all()
    });
    written.map_err(Failure::PageFile)?;
    print(&hash)
}

fn usage(language: Language, error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let printed = print(&error.render().to_string());
            if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(5) }
        }
        _ => {
            say(&format!(
                "{}\n{}\n",
                language.text("error-usage", &[]),
                language.text("error-usage.advice", &[])
            ));
            ExitCode::from(2)
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}

fn say(text: &str) {
    // Nobody is left to be told when this fails.
    let _written = io::stderr().lock().write_all(text.as_bytes());
}
