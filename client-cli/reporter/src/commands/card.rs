//! `bisik card verify`: compares a card with the pinned fingerprint and shows what it says.

use std::path::{Path, PathBuf};

use bisik_formats::bundle::write_frames;
use bisik_formats::card::{Card, MAX_BUNDLE, VerifiedCard};
use bisik_formats::day::Day;
use bisik_formats::form::Text;
use bisik_formats::ids::{AgencyId, DeskId};
use bisik_term::files::{read_bounded, replace_private};
use bisik_term::{CommandError, Language};
use serde::Serialize;

use crate::agency::Agency;
use crate::cli::CardVerifyArgs;
use crate::env::{Env, Random};
use crate::error::card_error;
use crate::network::Network;
use crate::visit::{Errand, Outgoing, Verified, visit};

pub(super) fn verify<R: Random>(args: &CardVerifyArgs, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    let card = match &args.file {
        Some(path) => read_card(path, &Agency::from_args(&args.agency)?.id, env.today)?,
        None => fetch(args, env)?,
    };
    show(card.card(), env)
}

/// Reads a kept card.
///
/// # Errors
/// Fails if it is not signed by the pinned agency, or not valid on this day.
pub(super) fn read_card(path: &Path, agency: &AgencyId, today: Day) -> Result<VerifiedCard, CommandError> {
    let bytes = read_bounded(path, MAX_BUNDLE as u64)?;
    let card = VerifiedCard::verify(&bytes, agency).map_err(|error| card_error(error, today))?;
    card.check_day(today).map_err(|error| card_error(error, today))?;
    Ok(card)
}

fn fetch<R: Random>(args: &CardVerifyArgs, env: &mut Env<'_, R>) -> Result<VerifiedCard, CommandError> {
    let (agency, network) = super::reach(&args.agency, &args.route, env)?;
    let mut looking = Looking::default();
    let card = looking.look(&network, &agency.id, env)?;
    keep(args.save_card.as_ref(), card.bundle(), env)?;
    keep(args.save_headers.as_ref(), &looking.headers, env)?;
    Ok(card)
}

fn keep<R>(path: Option<&PathBuf>, bytes: &[u8], env: &Env<'_, R>) -> Result<(), CommandError> {
    let Some(path) = path else { return Ok(()) };
    // Both change with time: a newer one takes the place of the kept one.
    replace_private(path, bytes)?;
    env.ui.status("card-kept", &[("path", path.to_string_lossy().into_owned().into())]);
    Ok(())
}

/// The errand of looking at the card: hands in a decoy.
#[derive(Default)]
pub(super) struct Looking {
    card: Option<VerifiedCard>,
    /// The frames of the headers.
    headers: Vec<u8>,
}

impl Looking {
    /// Makes the visit and returns the card; once it was seen, it does not matter whether the decoy arrived.
    pub(super) fn look<R: Random>(
        &mut self,
        network: &Network,
        agency: &AgencyId,
        env: &mut Env<'_, R>,
    ) -> Result<VerifiedCard, CommandError> {
        let done = visit(network, agency, self, env);
        match (self.card.take(), done) {
            (Some(card), _) => Ok(card),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(CommandError::internal("nothing was fetched")),
        }
    }
}

impl<R: Random> Errand<R> for Looking {
    fn prepare(&mut self, visit: &Verified, _: &mut Env<'_, R>) -> Result<Outgoing<'_, R>, CommandError> {
        let desks = visit.desks();
        let notes: Vec<&[u8]> = desks.headers().map(|(_, header)| header.note()).collect();
        self.headers = write_frames(&notes).map_err(CommandError::internal)?;
        self.card = Some(desks.verified_card().clone());
        Ok(Outgoing::Decoy)
    }
}

/// The card as JSON.
#[derive(Serialize)]
struct Report<'a> {
    agency: AgencyId,
    fingerprint: String,
    names: &'a Text,
    serial: u64,
    issued: Day,
    expires: Day,
    interval: u32,
    form: &'a str,
    desks: Vec<DeskReport<'a>>,
}

#[derive(Serialize)]
struct DeskReport<'a> {
    desk: &'a DeskId,
    names: &'a Text,
}

fn show<R>(card: &Card, env: &Env<'_, R>) -> Result<(), CommandError> {
    let ui = env.ui;
    if ui.wants_json() {
        return ui.json(&Report {
            agency: card.agency,
            fingerprint: card.agency.fingerprint(),
            names: &card.names,
            serial: card.serial.get(),
            issued: card.issued,
            expires: card.expires,
            interval: card.interval,
            form: &card.form.id,
            desks: card.desks.iter().map(|desk| DeskReport { desk: &desk.id, names: &desk.names }).collect(),
        });
    }
    let language = ui.messages().language();
    ui.data(&ui.text("card-good", &[]))?;
    ui.data(&ui.text("card-agency", &[("name", pick(language, &card.names).into())]))?;
    ui.data(&ui.text("card-fingerprint", &[("fingerprint", card.agency.fingerprint().into())]))?;
    let dates = [
        ("serial", card.serial.get().into()),
        ("issued", card.issued.to_string().into()),
        ("expires", card.expires.to_string().into()),
    ];
    ui.data(&ui.text("card-dates", &dates))?;
    for desk in &card.desks {
        let values = [("desk", desk.id.to_string().into()), ("name", pick(language, &desk.names).into())];
        ui.data(&ui.text("card-desk", &values))?;
    }
    Ok(())
}

fn pick(language: Language, text: &Text) -> String {
    language.pick(&text.id, &text.en).clone()
}
