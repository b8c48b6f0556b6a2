//! `bisik send`: a first report. The receipt is shown only after the server has stored it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use bisik_formats::card::Card;
use bisik_formats::ids::MessageId;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::Kind;
use bisik_sealing::schedule::ThreadKeys;
use bisik_term::{Asking, CommandError, ErrorKind};
use serde::Serialize;

use super::card::{Looking, read_card};
use crate::agency::Agency;
use crate::cli::{DeskArgs, EvidenceArgs, SendArgs};
use crate::draft::{Addressees, Draft, Keep, Sending, read_answers};
use crate::env::{Env, Random};
use crate::error::keys_error;
use crate::interview::{Written, fit, hints, interview, review};
use crate::network::Network;
use crate::visit::{Errand, KeptFile, Outgoing, Verified, remove_kept, visit};
use crate::{evidence, receipt};

pub(super) fn run<R: Random>(args: SendArgs, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    let (agency, network) = super::reach(&args.agency, &args.route, env)?;
    if let Some(path) = &args.sealed {
        let kept = KeptFile::open(path)?;
        return send_kept(kept, &agency, &network, env);
    }
    if let Some(path) = &args.go_on {
        return go_on(path, &agency, &network, env);
    }
    let receipt = Receipt::generate(&agency.id, env.rng);
    let delivery = Delivery {
        agency: &agency,
        network: &network,
        receipt: &receipt,
        keys: &receipt.keys().map_err(keys_error)?,
        keep: super::keep(&args.keep),
        no_check: args.no_check,
        shown: Cell::new(false),
    };
    let done = match &args.answers {
        Some(path) => {
            let (draft, addressees) = from_file(path, &args.desks, &args.evidence, env)?;
            delivery.hand_in(&draft, addressees.unwrap_or(Addressees::Ask), &mut None, env)
        }
        None => ask_and_hand_in(&args, &delivery, env),
    };
    if done.is_err() && delivery.shown.get() && !delivery.is_kept() {
        env.ui.status("receipt-unused", &[]);
    }
    let message = done?;
    if delivery.shown.get() && !env.ui.wants_json() {
        env.ui.data(&env.ui.text("sent-message", &[("id", message.to_string().into())]))?;
        env.ui.status("receipt-after", &[]);
        return Ok(());
    }
    show_receipt(&receipt, message, args.no_check, env)
}

/// A report and its receipt as JSON.
#[derive(Serialize)]
struct Handed<'a> {
    receipt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageId>,
}

/// Shows the receipt of a report that is stored, and the id under which letters will confirm it.
pub(super) fn show_receipt<R: Random>(
    receipt: &Receipt,
    message: MessageId,
    no_check: bool,
    env: &mut Env<'_, R>,
) -> Result<(), CommandError> {
    if env.ui.wants_json() {
        let handed = Handed { receipt: &receipt.expose_text(), message: Some(message) };
        return env.ui.json(&handed);
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
    keep: Option<Keep>,
    no_check: bool,
    /// Whether the receipt was shown before sending.
    shown: Cell<bool>,
}

impl Delivery<'_> {
    /// Says whether there is a sealed report with which sending can go on.
    fn is_kept(&self) -> bool {
        self.keep.as_ref().is_some_and(|keep| keep.path.is_file())
    }

    /// Shows the receipt before the report is sent: another run of the program that finishes sending cannot.
    fn show_before<R: Random>(&self, env: &mut Env<'_, R>) -> Result<(), CommandError> {
        if env.ui.wants_json() {
            return env.ui.json(&Handed { receipt: &self.receipt.expose_text(), message: None });
        }
        receipt::show(self.receipt, env)?;
        if !self.no_check {
            receipt::ask_back(self.receipt, env)?;
        }
        env.ui.status("receipt-before", &[]);
        Ok(())
    }

    /// Hands in a report; `newest` becomes the card that the visit found.
    fn hand_in<R: Random>(
        &self,
        draft: &Draft,
        addressees: Addressees,
        newest: &mut Option<Card>,
        env: &mut Env<'_, R>,
    ) -> Result<MessageId, CommandError> {
        let mut sending = Sending::new(draft, self.keys, addressees, self.keep.clone(), env)?;
        if self.keep.as_ref().is_some_and(|keep| keep.until_sent) && !self.shown.replace(true) {
            self.show_before(env)?;
        }
        super::tell_how_to_stop(self.keep.as_ref(), env);
        let done = super::hand_in(self.network, self.agency, &mut sending, env);
        *newest = sending.card().cloned();
        // Without its receipt, a copy that is sent later could never be answered.
        if done.is_err() && sending.in_file().is_some_and(|keep| !keep.until_sent) {
            env.ui.status("kept-not-sent", &[]);
            receipt::show(self.receipt, env)?;
        }
        super::end_keeping(done, &mut sending, env)?;
        env.ui.status("sent", &[]);
        sending.message().ok_or_else(|| CommandError::internal("nothing was sealed"))
    }
}

/// Hands in a report that was sealed before.
fn send_kept<R: Random>(
    kept: KeptFile,
    agency: &Agency,
    network: &Network,
    env: &mut Env<'_, R>,
) -> Result<(), CommandError> {
    let mut errand = HandingInKept { kept };
    visit(network, &agency.id, &mut errand, env)?;
    env.ui.status(if errand.kept.was_there() { "sent-before" } else { "sent" }, &[]);
    Ok(())
}

/// Goes on with a report that was kept, and removes it once the server has it.
fn go_on<R: Random>(
    path: &Path,
    agency: &Agency,
    network: &Network,
    env: &mut Env<'_, R>,
) -> Result<(), CommandError> {
    let kept = KeptFile::open(path)?.until_sent();
    let keep = Keep { path: path.to_owned(), until_sent: true };
    super::tell_how_to_stop(Some(&keep), env);
    send_kept(kept, agency, network, env)?;
    remove_kept(path)
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
