//! `bisik seal`: seals a report into a file, without network. The file can be handed in from elsewhere.

use bisik_sealing::receipt::Receipt;
use bisik_term::files::read_bounded;
use bisik_term::{Asking, CommandError, ErrorKind};

use super::card::read_card;
use super::send;
use crate::agency::Agency;
use crate::cli::SealArgs;
use crate::desks::{Desks, MAX_HEADERS};
use crate::draft::{Addressees, Keep, Sending};
use crate::env::{Env, Random};
use crate::error::keys_error;
use crate::interview::review;

pub(super) fn run<R: Random>(args: SealArgs, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    let agency = Agency::from_args(&args.agency)?;
    let card = read_card(&args.card, &agency.id, env.today)?;
    let frames = read_bounded(&args.headers, MAX_HEADERS as u64)?;
    let desks = Desks::verify(card, &frames).map_err(|error| error.into_command_error(env.today))?;
    desks.check_day(env.today).map_err(|error| error.into_command_error(env.today))?;
    let card = desks.card();
    let (draft, addressees) = match &args.answers {
        Some(path) => send::from_file(path, &args.desks, &args.evidence, env)?,
        None if env.ui.asking() == Asking::Nobody => {
            return Err(CommandError::new(ErrorKind::Usage, "err-no-answers"));
        }
        None => {
            let mut written = send::ask(card, &args.desks, &args.evidence, env)?;
            review(&mut written, card, env.ui)?;
            (written.draft, Some(Addressees::Only(written.desks)))
        }
    };
    let receipt = Receipt::generate(&agency.id, env.rng);
    let keys = receipt.keys().map_err(keys_error)?;
    let addressees = addressees.unwrap_or(Addressees::Ask);
    let keep = Keep { path: args.output.clone(), until_sent: false };
    let mut sending = Sending::new(&draft, &keys, addressees, Some(keep), env)?;
    sending.seal_to_file(&desks, env)?;
    let message = sending.message().ok_or_else(|| CommandError::internal("nothing was sealed"))?;
    env.ui.status("sealed-to-file", &[("path", args.output.to_string_lossy().into_owned().into())]);
    send::show_receipt(&receipt, message, args.no_check, env)
}
