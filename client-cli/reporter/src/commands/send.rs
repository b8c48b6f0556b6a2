//! `bisik send`: a first report. The receipt is shown only after the server has stored it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bisik_formats::card::Card;
use bisik_formats::ids::MessageId;
use bisik_formats::shape::{MAX_HEADER_LEN, Shape};
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::Kind;
use bisik_sealing::schedule::ThreadKeys;
use bisik_term::files::FileError;
use bisik_term::{Asking, CommandError, ErrorKind};
use serde::Serialize;

use super::card::{Looking, read_card};
use crate::agency::Agency;
use crate::cli::{DeskArgs, EvidenceArgs, SendArgs};
use crate::draft::{Addressees, Draft, Sending, read_answers};
use crate::env::{Env, Random};
use crate::error::keys_error;
use crate::interview::{Written, fit, hints, interview, review};
use crate::network::Network;
use crate::visit::{Errand, KeptFile, Outgoing, Verified, visit};
use crate::{evidence, receipt};

pub(super) fn run<R: Random>(args: SendArgs, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    let (agency, network) = super::reach(&args.agency, &args.route, env)?;
    if let Some(path) = &args.sealed {
        return send_kept(path, &agency, &network, env);
    }
    let receipt = Receipt::generate(&agency.id, env.rng);
    let delivery = Delivery {
        agency: &agency,
        network: &network,
        receipt: &receipt,
        keys: &receipt.keys().map_err(keys_error)?,
        keep: args.save_sealed.as_ref(),
    };
    let message = match &args.answers {
        Some(path) => {
            let (draft, addressees) = from_file(path, &args.desks, &args.evidence, env)?;
            delivery.hand_in(&draft, addressees.unwrap_or(Addressees::Ask), &mut None, env)?
        }
        None => ask_and_hand_in(&args, &delivery, env)?,
    };
    show_receipt(&receipt, message, args.no_check, env)
}

/// A report and its receipt as JSON.
#[derive(Serialize)]
struct Handed<'a> {
    receipt: &'a str,
    message: MessageId,
}

/// Shows the receipt of a report that is stored, and the id under which letters will confirm it.
pub(super) fn show_receipt<R: Random>(
    receipt: &Receipt,
    message: MessageId,
    no_check: bool,
    env: &mut Env<'_, R>,
) -> Result<(), CommandError> {
    if env.ui.wants_json() {
        return env.ui.json(&Handed { receipt: &receipt.expose_text(), message });
    }
    receipt::show(receipt, env)?;
    env.ui.data(&env.ui.text("sent-message", &[("id", message.to_string().into())]))?;
    if !no_check {
        receipt::ask_back(receipt, env)?;
    }
    env.ui.status("receipt-after", &[]);
    Ok(())
}

/// Takes a report from an answers file; options of the command line stand before what the file says.
pub(super) fn from_file<R>(
    path: &Path,
    desks: &DeskArgs,
    evidence: &EvidenceArgs,
    env: &Env<'_, R>,
) -> Result<(Draft, Option<Addressees>), CommandError> {
    let mut file = read_answers(path)?;
    let addressees = match Addressees::from_args(desks) {
        Some(addressees) => Some(addressees),
        None => file.addressees()?,
    };
    let mut files = file.open_evidence(path, evidence.allow_uncleaned)?;
    files.extend(evidence::from_args(evidence)?);
    evidence::tell(&files, env.ui);
    evidence::refuse_uncleaned(&files)?;
    evidence::announce(&files, env.ui)?;
    let (answers, message) = (std::mem::take(&mut file.answers), std::mem::take(&mut file.message));
    let draft = Draft { kind: Kind::Report, answers, message, evidence: files };
    for hint in draft.texts().flat_map(hints).collect::<BTreeSet<_>>() {
        env.ui.warn(hint.message(), &[]);
    }
    Ok((draft, addressees))
}

/// Asks everything by the form of a card.
pub(super) fn ask<R>(
    card: &Card,
    desks: &DeskArgs,
    evidence: &EvidenceArgs,
    env: &Env<'_, R>,
) -> Result<Written, CommandError> {
    let files = evidence::decide_all(evidence::from_args(evidence)?, env.ui)?;
    evidence::check(&files, &card.form, &card.limits)?;
    evidence::announce(&files, env.ui)?;
    interview(card, files, Addressees::from_args(desks).as_ref(), env.ui)
}

/// Gets the form, asks, and hands in. A refusal leads back to the review with everything that was typed.
fn ask_and_hand_in<R: Random>(
    args: &SendArgs,
    delivery: &Delivery<'_>,
    env: &mut Env<'_, R>,
) -> Result<MessageId, CommandError> {
    if env.ui.asking() == Asking::Nobody {
        return Err(CommandError::new(ErrorKind::Usage, "err-no-answers"));
    }
    // Asking between the requests of one visit would show that somebody writes: the form comes with a visit of its own.
    let mut card = match &args.card {
        Some(path) => read_card(path, &delivery.agency.id, env.today)?.card().clone(),
        None => Looking::default().look(delivery.network, &delivery.agency.id, env)?.card().clone(),
    };
    let mut written = ask(&card, &args.desks, &args.evidence, env)?;
    loop {
        review(&mut written, &card, env.ui)?;
        let mut newest = None;
        let addressees = Addressees::Only(written.desks.clone());
        match delivery.hand_in(&written.draft, addressees, &mut newest, env) {
            Err(error) if error.kind() == ErrorKind::Refused => env.ui.error(&error),
            other => return other,
        }
        if let Some(newest) = newest {
            card = newest;
            fit(&mut written, &card, env.ui);
        }
    }
}

/// All that handing in a report needs beside the report.
struct Delivery<'a> {
    agency: &'a Agency,
    network: &'a Network,
    receipt: &'a Receipt,
    keys: &'a ThreadKeys,
    keep: Option<&'a PathBuf>,
}

impl Delivery<'_> {
    /// Hands in a report; `newest` becomes the card that the visit found.
    fn hand_in<R: Random>(
        &self,
        draft: &Draft,
        addressees: Addressees,
        newest: &mut Option<Card>,
        env: &mut Env<'_, R>,
    ) -> Result<MessageId, CommandError> {
        let mut sending = Sending::new(draft, self.keys, addressees, self.keep.cloned(), env)?;
        let done = super::hand_in(self.network, self.agency, &mut sending, env);
        *newest = sending.card().cloned();
        if let Err(error) = done {
            // Without its receipt, a copy that is sent later could never be answered.
            if sending.is_in_file() {
                env.ui.status("kept-not-sent", &[]);
                receipt::show(self.receipt, env)?;
            }
            return Err(error);
        }
        env.ui.status("sent", &[]);
        sending.message().ok_or_else(|| CommandError::internal("nothing was sealed"))
    }
}

/// Hands in a report that was sealed before.
fn send_kept<R: Random>(
    path: &Path,
    agency: &Agency,
    network: &Network,
    env: &mut Env<'_, R>,
) -> Result<(), CommandError> {
    let mut errand = HandingInKept { kept: open_kept(path)? };
    visit(network, &agency.id, &mut errand, env)?;
    env.ui.status("sent", &[]);
    Ok(())
}

fn open_kept(path: &Path) -> Result<KeptFile, CommandError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => FileError::Missing { path: path.to_owned() },
        _ => FileError::Io { path: path.to_owned(), source },
    };
    let file = File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let mut first = Vec::new();
    (&file).take(MAX_HEADER_LEN as u64).read_to_end(&mut first).map_err(failed)?;
    match Shape::judge(&first, len) {
        Ok(shape) => Ok(KeptFile { file, len, desks: shape.desks() }),
        Err(_) => Err(CommandError::new(ErrorKind::Refused, "err-kept-shape")),
    }
}

/// The errand of handing in a file as it is.
struct HandingInKept {
    kept: KeptFile,
}

impl<R: Random> Errand<R> for HandingInKept {
    fn prepare(&mut self, visit: &Verified, _: &mut Env<'_, R>) -> Result<Outgoing<'_, R>, CommandError> {
        if self.kept.desks == visit.desks().card().desks.len() {
            Ok(Outgoing::File(&self.kept))
        } else {
            Err(CommandError::new(ErrorKind::Refused, "err-kept-desks"))
        }
    }
}
