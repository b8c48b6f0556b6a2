//! `bisik inbox`: reads the letters. The visit is the same as that of somebody who writes.

use bisik_formats::card::Card;
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{AgencyId, DeskId, MessageId};
use bisik_sealing::letter::Letter;
use bisik_sealing::schedule::ThreadKeys;
use bisik_term::{CommandError, ErrorKind};
use serde::Serialize;

use crate::cli::InboxArgs;
use crate::desks::DeskState;
use crate::env::{Env, Random};
use crate::error::keys_error;
use crate::mailbox::Mailbox;
use crate::receipt;
use crate::visit::{Errand, Outgoing, Verified, visit};

pub(super) fn run<R: Random>(args: &InboxArgs, env: &mut Env<'_, R>) -> Result<(), CommandError> {
    let (agency, network) = super::reach(&args.agency, &args.route, env)?;
    let keys = receipt::ask(&agency.id, env)?.keys().map_err(keys_error)?;
    let mut reading = Reading { keys: &keys, found: None };
    let done = visit(&network, &agency.id, &mut reading, env);
    // Once letters were read, it does not matter whether the decoy arrived.
    let found = match (reading.found, done) {
        (Some(found), _) => found,
        (None, Err(error)) => return Err(error),
        (None, Ok(())) => return Err(CommandError::internal("nothing was read")),
    };
    show(&found, env)?;
    match found.mailbox.broken.first() {
        None => Ok(()),
        Some((desk, _)) => {
            Err(CommandError::new(ErrorKind::Verification, "err-letter").with("desk", desk.to_string()))
        }
    }
}

/// The errand of reading: hands in a decoy, whatever was found.
struct Reading<'a> {
    keys: &'a ThreadKeys,
    found: Option<Found>,
}

struct Found {
    card: Card,
    mailbox: Mailbox,
    desks: Vec<SeenDesk>,
}

/// What the visit saw of a desk.
struct SeenDesk {
    id: DeskId,
    edition: Option<EditionNumber>,
    state: DeskState,
}

impl<R: Random> Errand<R> for Reading<'_> {
    fn prepare(&mut self, visit: &Verified, env: &mut Env<'_, R>) -> Result<Outgoing<'_, R>, CommandError> {
        let desks = visit.desks();
        let seen = |id: &DeskId| SeenDesk {
            id: id.clone(),
            edition: desks.header(id).map(|header| header.header().number),
            state: desks.state(id, env.today),
        };
        self.found = Some(Found {
            card: desks.card().clone(),
            mailbox: Mailbox::open(visit, self.keys),
            desks: desks.card().desks.iter().map(|desk| seen(&desk.id)).collect(),
        });
        Ok(Outgoing::Decoy)
    }
}

fn show<R>(found: &Found, env: &Env<'_, R>) -> Result<(), CommandError> {
    for desk in &found.desks {
        match desk.state {
            DeskState::Open => {}
            DeskState::NotOpened => {
                env.ui.warn("inbox-desk-not-open", &[("desk", desk.id.to_string().into())])
            }
            DeskState::Stale { until } => env.ui.warn(
                "inbox-desk-stale",
                &[
                    ("desk", desk.id.to_string().into()),
                    ("until", until.to_string().into()),
                    ("today", env.today.to_string().into()),
                ],
            ),
        }
    }
    if env.ui.wants_json() {
        return env.ui.json(&Report::of(found));
    }
    if found.mailbox.letters.is_empty() && found.mailbox.broken.is_empty() {
        // One text for every cause: not imported yet, closed, or no room.
        let days = found.card.interval;
        env.ui.data(&env.ui.text("inbox-empty", &[("days", days.into())]))?;
    }
    for (desk, letter) in &found.mailbox.letters {
        show_letter(desk, letter, &found.card, env)?;
    }
    for contact in &found.card.contacts {
        let name = env.ui.messages().language().pick(&contact.names.id, &contact.names.en).clone();
        let values = [("name", name.into()), ("address", contact.address.clone().into())];
        env.ui.data(&env.ui.text("inbox-contact", &values))?;
    }
    Ok(())
}

fn show_letter<R>(desk: &DeskId, letter: &Letter, card: &Card, env: &Env<'_, R>) -> Result<(), CommandError> {
    let (ui, language) = (env.ui, env.ui.messages().language());
    let name = card
        .desk(desk)
        .map_or_else(|| desk.to_string(), |desk| language.pick(&desk.names.id, &desk.names.en).clone());
    ui.data(
        &ui.text("inbox-desk", &[("name", name.into()), ("edition", letter.edition.to_string().into())]),
    )?;
    if let Some(status) = status_label(letter, card) {
        let label = language.pick(&status.id, &status.en).clone();
        ui.data(&ui.text("inbox-status", &[("status", label.into())]))?;
    }
    for received in &letter.received {
        let values = [("id", received.id.to_string().into()), ("date", received.date.to_string().into())];
        ui.data(&ui.text("inbox-received", &values))?;
    }
    if letter.earlier_received.get() > 0 {
        ui.data(&ui.text("inbox-received-earlier", &[("count", letter.earlier_received.get().into())]))?;
    }
    for message in &letter.messages {
        let days = env.today.days_since(message.date).max(0);
        ui.data(
            &ui.text("inbox-message", &[("date", message.date.to_string().into()), ("days", days.into())]),
        )?;
        // Foreign text: every line is set in, so that none can pass for a line of this program.
        for line in message.text.lines() {
            ui.data(&format!("    {}", bisik_term::escape::foreign(line)))?;
        }
    }
    if letter.earlier.get() > 0 {
        ui.data(&ui.text("inbox-earlier", &[("count", letter.earlier.get().into())]))?;
    }
    if !letter.questions.is_empty() {
        ui.data(&ui.text("inbox-questions", &[]))?;
        for (number, question) in (1..).zip(&letter.questions) {
            ui.data(&format!("    {number}. {}", bisik_term::escape::foreign(question)))?;
        }
    }
    if let Some(closes) = letter.closes {
        ui.data(&ui.text("inbox-closes", &[("date", closes.to_string().into())]))?;
    }
    Ok(())
}

/// Returns the label of the case's status, unless the form says that reporters do not see it.
fn status_label<'a>(letter: &Letter, card: &'a Card) -> Option<&'a bisik_formats::form::Text> {
    card.form.status(&letter.status).filter(|status| status.shown).map(|status| &status.label)
}

/// The inbox as JSON.
#[derive(Serialize)]
struct Report<'a> {
    agency: AgencyId,
    card: u64,
    desks: Vec<DeskReport<'a>>,
}

#[derive(Serialize)]
struct DeskReport<'a> {
    desk: &'a DeskId,
    edition: Option<EditionNumber>,
    /// `open`, `stale` or `not-opened`.
    state: &'static str,
    /// `none`, `letter` or `broken`.
    found: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    letter: Option<LetterReport<'a>>,
}

#[derive(Serialize)]
struct LetterReport<'a> {
    to: &'a [DeskId],
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    received: Vec<ReceivedReport>,
    earlier_received: u64,
    messages: Vec<MessageReport<'a>>,
    earlier: u64,
    questions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    closes: Option<Day>,
}

#[derive(Serialize)]
struct ReceivedReport {
    id: MessageId,
    date: Day,
}

#[derive(Serialize)]
struct MessageReport<'a> {
    date: Day,
    text: &'a str,
}

impl<'a> Report<'a> {
    fn of(found: &'a Found) -> Self {
        let desk = |seen: &'a SeenDesk| {
            let letter = found.mailbox.letters.iter().find(|(desk, _)| *desk == seen.id);
            let broken = found.mailbox.broken.iter().any(|(desk, _)| *desk == seen.id);
            DeskReport {
                desk: &seen.id,
                edition: seen.edition,
                state: match seen.state {
                    DeskState::Open => "open",
                    DeskState::Stale { .. } => "stale",
                    DeskState::NotOpened => "not-opened",
                },
                found: match (letter, broken) {
                    (Some(_), _) => "letter",
                    (None, true) => "broken",
                    (None, false) => "none",
                },
                letter: letter.map(|(_, letter)| LetterReport::of(letter, &found.card)),
            }
        };
        let desks = found.desks.iter().map(desk).collect();
        Self { agency: found.card.agency, card: found.card.serial.get(), desks }
    }
}

impl<'a> LetterReport<'a> {
    fn of(letter: &'a Letter, card: &Card) -> Self {
        let message = |message: &'a bisik_sealing::letter::LetterMessage| MessageReport {
            date: message.date,
            text: &message.text,
        };
        Self {
            to: &letter.to,
            status: status_label(letter, card).map(|_| letter.status.as_str()),
            received: letter
                .received
                .iter()
                .map(|one| ReceivedReport { id: one.id, date: one.date })
                .collect(),
            earlier_received: letter.earlier_received.get(),
            messages: letter.messages.iter().map(message).collect(),
            earlier: letter.earlier.get(),
            questions: &letter.questions,
            closes: letter.closes,
        }
    }
}
