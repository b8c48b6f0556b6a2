//! `bisik reply`: a later message, to whom the last letters say.

use std::path::Path;

use bisik_sealing::report::{Kind, MAX_REPORT_JSON};
use bisik_term::files::read_bounded;
use bisik_term::{AskError, Asking, CommandError, ErrorKind, Piped};

use crate::cli::ReplyArgs;
use crate::draft::{Addressees, Draft, Sending};
use crate::env::{Env, Random};
use crate::error::keys_error;
use crate::{evidence, interview, receipt};

/// The longest message file, in bytes: what is too long for a report is refused anyway.
const MAX_MESSAGE: u64 = MAX_REPORT_JSON as u64;

pub(super) fn run<R: Random>(args: ReplyArgs, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    let (agency, network) = super::reach(&args.agency, &args.route, env)?;
    let keys = receipt::ask(&agency.id, env)?.keys().map_err(keys_error)?;
    let message = match &args.message_file {
        Some(path) => read_message(path)?,
        None if env.ui.asking() == Asking::Nobody => rest_of_input(env)?,
        None => interview::ask_message(env.ui)?,
    };
    let evidence = evidence::from_args(&args.evidence)?;
    let evidence = if env.ui.asking() == Asking::Nobody {
        evidence::tell(&evidence, env.ui);
        evidence::refuse_uncleaned(&evidence)?;
        evidence
    } else {
        evidence::decide_all(evidence, env.ui)?
    };
    let draft = Draft { kind: Kind::FollowUp, answers: Vec::new(), message, evidence };
    draft.check_message()?;
    evidence::announce(&draft.evidence, env.ui)?;
    let addressees = Addressees::from_args(&args.desks).unwrap_or(Addressees::AsLetters);
    let keep = super::keep(&args.keep);
    super::tell_how_to_stop(keep.as_ref(), env);
    let mut sending = Sending::new(&draft, &keys, addressees, keep, env)?;
    let done = super::hand_in(&network, &agency, &mut sending, env);
    super::end_keeping(done, &mut sending, env)?;
    super::show_sent(&sending, env)
}

fn read_message(path: &Path) -> Result<String, CommandError> {
    let not_text = || {
        let path = path.to_string_lossy().into_owned();
        CommandError::new(ErrorKind::Refused, "err-message-file").with("path", path)
    };
    String::from_utf8(read_bounded(path, MAX_MESSAGE)?).map_err(|_| not_text())
}

/// Takes what follows the receipt on standard input.
fn rest_of_input<R>(env: &Env<'_, R>) -> Result<String, CommandError> {
    let mut message = String::new();
    loop {
        match env.ui.ask_secret("", Piped::Allowed) {
            Ok(line) => {
                message.push_str(&line);
                message.push('\n');
            }
            Err(AskError::Ended) => break,
            Err(error) => return Err(error.into()),
        }
        if message.len() as u64 > MAX_MESSAGE {
            let over = message.len() as u64 - MAX_MESSAGE;
            return Err(CommandError::new(ErrorKind::Refused, "err-report-too-long").with("over", over));
        }
    }
    message.truncate(message.trim_end().len());
    Ok(message)
}
