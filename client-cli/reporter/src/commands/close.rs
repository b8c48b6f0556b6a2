//! `bisik close`: tells the desks that the reporter will not come back.

use bisik_sealing::report::Kind;
use bisik_term::CommandError;

use crate::cli::CloseArgs;
use crate::draft::{Addressees, Draft, Sending};
use crate::env::{Env, Random};
use crate::error::keys_error;
use crate::receipt;

pub(super) fn run<R: Random>(args: &CloseArgs, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    let (agency, network) = super::reach(&args.agency, &args.route, env)?;
    let keys = receipt::ask(&agency.id, env)?.keys().map_err(keys_error)?;
    if !args.yes && !confirmed(env)? {
        env.ui.status("close-not-done", &[]);
        return Ok(());
    }
    let draft =
        Draft { kind: Kind::Close, answers: Vec::new(), message: String::new(), evidence: Vec::new() };
    let addressees = Addressees::from_args(&args.desks).unwrap_or(Addressees::AsLetters);
    let mut sending = Sending::new(&draft, &keys, addressees, None, env)?;
    super::hand_in(&network, &agency, &mut sending, env)?;
    env.ui.status("close-done", &[]);
    super::show_sent(&sending, env)
}

/// Asks twice: whether, and then for a word that nobody types by accident.
fn confirmed<R>(env: &Env<'_, R>) -> Result<bool, CommandError> {
    env.ui.warn("warn-close", &[]);
    if !env.ui.ask_yes_no(&env.ui.text("ask-close", &[]), Some(false))? {
        return Ok(false);
    }
    let word = env.ui.text("close-word", &[]);
    let typed = env.ui.ask_line(&env.ui.text("ask-close-word", &[("word", word.clone().into())]))?;
    Ok(typed.eq_ignore_ascii_case(&word))
}
