//! The commands.

mod card;
mod close;
mod discard;
mod inbox;
mod reply;
mod seal;
mod send;

use std::path::{Path, PathBuf};

use bisik_term::{Asking, CommandError, ErrorKind};

use crate::agency::Agency;
use crate::cli::{AgencyArgs, CardCommand, Cli, Command, KeepArgs, RouteArgs};
use crate::draft::{Keep, Sending};
use crate::env::{Env, Random};
use crate::interview;
use crate::network::Network;
use crate::visit::visit;

/// Runs the command that was asked for.
///
/// # Errors
/// The error to show.
pub fn run<R: Random>(cli: Cli, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    match cli.command {
        Command::Card { command: CardCommand::Verify(args) } => card::verify(&args, env),
        Command::Send(args) => send::run(args, env),
        Command::Inbox(args) => inbox::run(&args, env),
        Command::Reply(args) => reply::run(args, env),
        Command::Close(args) => close::run(&args, env),
        Command::Seal(args) => seal::run(args, env),
        Command::Discard(args) => discard::run(&args, env),
    }
}

/// Returns the agency and the way to it.
fn reach<R>(
    agency: &AgencyArgs,
    route: &RouteArgs,
    env: &Env<'_, R>,
) -> Result<(Agency, Network), CommandError> {
    let agency = Agency::from_args(agency)?;
    let network = Network::new(route, agency.address()?)?;
    if route.direct {
        env.ui.warn("warn-direct", &[]);
    }
    Ok((agency, network))
}

/// Returns the file for what is sealed, if one is wanted.
fn keep(args: &KeepArgs) -> Option<Keep> {
    let of = |path: &Option<PathBuf>, until_sent| path.clone().map(|path| Keep { path, until_sent });
    of(&args.save_sealed, false).or_else(|| of(&args.keep, true))
}

/// Says how to stop and go on, before a message that is kept is sent.
fn tell_how_to_stop<R>(keep: Option<&Keep>, env: &Env<'_, R>) {
    if let Some(keep) = keep.filter(|keep| keep.until_sent) {
        env.ui.status("keep-stop", &[("path", keep.path.to_string_lossy().into_owned().into())]);
    }
}

/// Ends a hand-in of a message that was to be kept until it is sent: what is of no more use is removed, and of what
/// is kept the way to go on is shown.
fn end_keeping<R>(
    done: Result<(), CommandError>,
    sending: &mut Sending<'_>,
    env: &Env<'_, R>,
) -> Result<(), CommandError> {
    match &done {
        // What the server refuses it refuses again.
        Err(error) if error.kind() != ErrorKind::Refused => {
            if let Some(keep) = sending.in_file().filter(|keep| keep.until_sent) {
                env.ui.status("keep-go-on", &[("path", keep.path.to_string_lossy().into_owned().into())]);
            }
            done
        }
        _ => {
            let removed = sending.remove_kept();
            done.and(removed)
        }
    }
}

/// Hands in a message. Nothing that was typed is lost to a broken connection or a full server: a person is asked
/// whether to try again, and to whom the message goes if no letter says so.
fn hand_in<R: Random>(
    network: &Network,
    agency: &Agency,
    sending: &mut Sending<'_>,
    env: &mut Env<'_, R>,
) -> Result<(), CommandError> {
    loop {
        let error = match visit(network, &agency.id, sending, env) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let later = matches!(error.kind(), ErrorKind::Network | ErrorKind::TryLater);
        if env.ui.asking() == Asking::Nobody {
            return Err(error);
        }
        if let (true, Some(card)) = (sending.asks_desks(), sending.card()) {
            let desks = interview::choose_desks(card, env.ui)?;
            sending.address(desks);
        } else if !later {
            return Err(error);
        } else {
            env.ui.error(&error);
            let question = env.ui.text("ask-again-visit", &[]);
            if !env.ui.ask_yes_no(&question, Some(true))? {
                keep_for_later(sending, env)?;
                return Err(error);
            }
        }
    }
}

/// Tells that a message arrived, and under which id letters will confirm it.
fn show_sent<R>(sending: &Sending<'_>, env: &Env<'_, R>) -> Result<(), CommandError> {
    let message = sending.message().ok_or_else(|| CommandError::internal("nothing was sealed"))?;
    if env.ui.wants_json() {
        return env.ui.json(&serde_json::json!({ "message": message }));
    }
    env.ui.status("sent", &[]);
    env.ui.data(&env.ui.text("sent-message", &[("id", message.to_string().into())]))
}

/// Offers to keep a sealed text that could not be handed in.
fn keep_for_later<R>(sending: &mut Sending<'_>, env: &Env<'_, R>) -> Result<(), CommandError> {
    if sending.in_memory().is_none() {
        return Ok(());
    }
    loop {
        let name = env.ui.ask_line(&env.ui.text("ask-keep-sealed", &[]))?;
        if name.is_empty() {
            return Ok(());
        }
        match sending.keep_in(Path::new(&name)) {
            Ok(()) => {
                env.ui.status("sealed-kept", &[("path", name.into())]);
                return Ok(());
            }
            Err(error) => env.ui.error(&error),
        }
    }
}
