//! The last look before a report is locked: what it says, what is missing, and who can read it.

use bisik_formats::answers;
use bisik_formats::card::Card;
use bisik_formats::form::{Field, FieldKind, Need};
use bisik_term::{CommandError, ErrorKind, Ui};

use super::shown::shown;
use super::{Written, ask_into, choose_desks, pick};
use crate::draft::in_order;

/// Shows the report and lets every answer be changed, until the reporter sends it or gives up.
///
/// # Errors
/// Fails if the reporter gives up, or the terminal fails.
pub fn review(written: &mut Written, card: &Card, ui: &Ui) -> Result<(), CommandError> {
    loop {
        in_order(&card.form, &mut written.draft.answers);
        show(written, card, ui);
        let missing = show_gaps(written, card, ui);
        let steps =
            ["review-send", "review-change", "review-desks", "review-leave"].map(|id| ui.text(id, &[]));
        match ui.ask_one(&ui.text("ask-review", &[]), &steps, false)? {
            Some(0) if missing => ui.warn("review-missing", &[]),
            Some(0) => return Ok(()),
            Some(1) => change(written, card, ui)?,
            Some(2) => written.desks = choose_desks(card, ui)?,
            _ if ui.ask_yes_no(&ui.text("ask-leave", &[]), Some(false))? => {
                return Err(CommandError::new(ErrorKind::Refused, "err-given-up"));
            }
            _ => {}
        }
    }
}

fn show(written: &Written, card: &Card, ui: &Ui) {
    ui.status("review-title", &[]);
    for (number, field) in (1..).zip(card.form.fields()) {
        let answer = line(written, card, field, ui);
        let values =
            [("number", number.into()), ("label", pick(ui, &field.label).into()), ("answer", answer.into())];
        ui.status("review-line", &values);
    }
    let names =
        card.desks.iter().filter(|desk| written.desks.contains(&desk.id)).map(|desk| pick(ui, &desk.names));
    let readers = names.collect::<Vec<_>>().join(", ");
    let values = [("desks", readers.into()), ("fingerprint", card.agency.fingerprint().into())];
    ui.status("review-readers", &values);
}

/// Returns what a question was answered with.
fn line(written: &Written, card: &Card, field: &Field, ui: &Ui) -> String {
    let count = written.draft.evidence.len();
    let answer = match field.kind {
        FieldKind::Evidence { .. } if count > 0 => Some(ui.text("review-files", &[("count", count.into())])),
        FieldKind::Evidence { .. } => None,
        _ => shown(&card.form, field, &written.draft.answers, ui),
    };
    answer.unwrap_or_else(|| ui.text("review-empty", &[]))
}

/// Tells how complete the report is; returns whether something is missing without which it cannot be sent.
fn show_gaps(written: &Written, card: &Card, ui: &Ui) -> bool {
    let gaps = answers::gaps(&card.form, &written.draft.answers, !written.draft.evidence.is_empty());
    let asked =
        card.form.fields().filter(|field| field.need != Need::Optional).count() + card.form.one_of.len();
    let open = gaps.required.len() + gaps.expected.len();
    let answered = asked.saturating_sub(open);
    ui.status("review-complete", &[("answered", answered.into()), ("asked", asked.into())]);
    let label = |id: &String| card.form.field(id).map(|field| pick(ui, &field.label)).unwrap_or_default();
    for id in &gaps.required {
        ui.status("review-gap-required", &[("label", label(id).into())]);
    }
    for id in &gaps.expected {
        ui.status("review-gap-expected", &[("label", label(id).into())]);
    }
    !gaps.required.is_empty()
}

fn change(written: &mut Written, card: &Card, ui: &Ui) -> Result<(), CommandError> {
    let fields: Vec<&Field> = card.form.fields().collect();
    let labels: Vec<String> = fields.iter().map(|field| pick(ui, &field.label)).collect();
    match ui.ask_one(&ui.text("ask-which", &[]), &labels, true)?.and_then(|index| fields.get(index)) {
        Some(field) => ask_into(written, card, field, ui),
        None => Ok(()),
    }
}
