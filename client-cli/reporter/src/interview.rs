//! The form, asked question by question on a terminal, as the agency signed it in its card.

mod field;
mod hints;
mod review;
mod shown;

use std::collections::BTreeSet;

use bisik_formats::answers::{Answer, Value};
use bisik_formats::card::Card;
use bisik_formats::form::{FieldKind, Text, YesNo};
use bisik_formats::ids::DeskId;
use bisik_sealing::report::{Kind, MAX_REPORT_JSON};
use bisik_term::{CommandError, Ui};

pub use self::hints::{Hint, hints};
pub use self::review::review;
use crate::draft::{Addressees, Draft};
use crate::evidence::{self, EvidenceFile};

/// A report as far as it is written.
pub struct Written {
    /// Answers and files.
    pub draft: Draft,
    /// Who may read it.
    pub desks: BTreeSet<DeskId>,
}

/// Asks everything: advice, self-check, the desks, and every question of the form.
///
/// # Errors
/// Fails if the terminal does.
pub fn interview(
    card: &Card,
    evidence: Vec<EvidenceFile>,
    desks: Option<&Addressees>,
    ui: &Ui,
) -> Result<Written, CommandError> {
    show_guidance(card, ui);
    let conflict = self_check(card, ui)?;
    let desks = match desks.and_then(|desks| desks.on(card)) {
        Some(desks) => desks,
        // Only a plain "no" to the form's own question makes the choice needless.
        None if conflict == Some(YesNo::No) => all_desks(card),
        None => choose_desks(card, ui)?,
    };
    let draft = Draft { kind: Kind::Report, answers: Vec::new(), message: String::new(), evidence };
    let mut written = Written { draft, desks };
    let sections = card.form.sections.len();
    for (number, section) in (1..).zip(&card.form.sections) {
        let title = pick(ui, &section.title);
        let place = [("number", number.into()), ("all", sections.into()), ("title", title.into())];
        ui.status("form-section", &place);
        for field in &section.fields {
            ask_into(&mut written, card, field, ui)?;
        }
    }
    Ok(written)
}

/// Asks one question and puts the answer in place of an older one.
fn ask_into(
    written: &mut Written,
    card: &Card,
    field: &bisik_formats::form::Field,
    ui: &Ui,
) -> Result<(), CommandError> {
    if matches!(field.kind, FieldKind::Evidence { .. }) {
        field::ask_files(field, &mut written.draft.evidence, card, ui)?;
        return evidence::announce(&written.draft.evidence, ui);
    }
    let answers = field::ask(&card.form, field, ui)?;
    put(&mut written.draft.answers, &field.id, answers);
    let left = room_left(&written.draft);
    if left < MAX_REPORT_JSON as u64 / 4 {
        ui.status("form-room", &[("left", left.into())]);
    }
    Ok(())
}

/// Drops what does not fit another form, after the agency has changed it while somebody wrote.
pub fn fit(written: &mut Written, card: &Card, ui: &Ui) {
    let before = written.draft.answers.len();
    let fits = |answer: &Answer| {
        let mut alone = answer.clone();
        alone.entry = alone.entry.map(|_| 1);
        bisik_formats::answers::check(&card.form, &[alone]).is_ok()
    };
    written.draft.answers.retain(fits);
    written.desks.retain(|id| card.desk(id).is_some());
    if written.draft.answers.len() < before {
        ui.warn("form-changed", &[]);
    }
}

/// Replaces the answers to one question.
fn put(all: &mut Vec<Answer>, field: &str, new: Vec<Answer>) {
    all.retain(|answer| answer.field != field);
    all.extend(new);
}

/// The most characters of a later message: with keys and editions, these fill a text report.
const MAX_MESSAGE: u32 = 24_000;

/// What a report says beside its answers, at most: keys, editions, names of fields.
const OVERHEAD: u64 = 4096;
/// What a report says of each file beside the note.
const FILE_OVERHEAD: u64 = 256;

/// Returns about how many bytes of text still fit.
fn room_left(draft: &Draft) -> u64 {
    let answers = bisik_formats::json::to_json(&draft.answers).map_or(0, |json| json.len() as u64);
    let files: u64 = draft.evidence.iter().map(|file| FILE_OVERHEAD + file.note_len()).sum();
    (MAX_REPORT_JSON as u64).saturating_sub(OVERHEAD + answers + files)
}

/// Asks which desks must not read, and returns those that may.
///
/// # Errors
/// Fails if the terminal does.
pub fn choose_desks(card: &Card, ui: &Ui) -> Result<BTreeSet<DeskId>, CommandError> {
    let all = all_desks(card);
    if all.len() == 1 {
        return Ok(all);
    }
    let names: Vec<String> = card.desks.iter().map(|desk| pick(ui, &desk.names)).collect();
    loop {
        let out = ui.ask_many(&ui.text("ask-leave-out", &[]), &names, 0)?;
        let out: BTreeSet<&DeskId> =
            out.iter().filter_map(|index| card.desks.get(*index)).map(|desk| &desk.id).collect();
        let left: BTreeSet<DeskId> = all.iter().filter(|id| !out.contains(id)).cloned().collect();
        if left.is_empty() {
            ui.warn("desks-none-left", &[]);
            continue;
        }
        let readers: Vec<String> = card
            .desks
            .iter()
            .filter(|desk| left.contains(&desk.id))
            .map(|desk| pick(ui, &desk.names))
            .collect();
        ui.status("desks-chosen", &[("desks", readers.join(", ").into())]);
        return Ok(left);
    }
}

fn all_desks(card: &Card) -> BTreeSet<DeskId> {
    card.desks.iter().map(|desk| desk.id.clone()).collect()
}

/// Asks for a later message.
///
/// # Errors
/// Fails if the terminal does.
pub fn ask_message(ui: &Ui) -> Result<String, CommandError> {
    let question = ui.text("ask-message", &[]);
    loop {
        match field::ask_words(&question, true, 1, MAX_MESSAGE, ui)? {
            Some(Value::Text(message)) => return Ok(message),
            _ => ui.warn("message-empty", &[]),
        }
    }
}

fn show_guidance(card: &Card, ui: &Ui) {
    ui.status("form-welcome", &[("agency", pick(ui, &card.names).into())]);
    for guidance in &card.form.guidance {
        ui.status("form-guidance", &[("text", pick(ui, &guidance.text).into())]);
    }
    ui.status("form-how", &[]);
}

/// Asks whether this agency is the right one. The answers are advice for the reporter and go nowhere; the one to the
/// question about conflicts is returned, since it decides whether desks have to be chosen.
fn self_check(card: &Card, ui: &Ui) -> Result<Option<YesNo>, CommandError> {
    let mut conflict = None;
    if !card.form.self_check.is_empty() {
        ui.status("form-self-check", &[]);
    }
    for question in &card.form.self_check {
        let given = ask_yes_no_unknown(&format!("\n{}", pick(ui, &question.question)), ui)?;
        if given == Some(question.advise_on) {
            ui.status("form-advice", &[("text", pick(ui, &question.advice).into())]);
        }
        if question.conflict {
            conflict = given;
        }
    }
    Ok(conflict)
}

/// Asks yes, no or not known; `None` if skipped.
fn ask_yes_no_unknown(question: &str, ui: &Ui) -> Result<Option<YesNo>, CommandError> {
    let options = [(YesNo::Yes, "form-yes"), (YesNo::No, "form-no"), (YesNo::Unknown, "form-unknown")];
    let words: Vec<String> = options.iter().map(|(_, id)| ui.text(id, &[])).collect();
    let chosen = ui.ask_one(question, &words, true)?;
    Ok(chosen.and_then(|index| options.get(index)).map(|(answer, _)| *answer))
}

fn pick(ui: &Ui, text: &Text) -> String {
    ui.messages().language().pick(&text.id, &text.en).clone()
}
