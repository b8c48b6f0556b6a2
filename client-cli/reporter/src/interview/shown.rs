//! Answers in the words of the form, for the reporter to look over.

use bisik_formats::answers::{Answer, Value, When};
use bisik_formats::form::{Choice, Field, FieldKind, Form, YesNo};
use bisik_term::Ui;

use super::pick;

/// Returns the answers to one question on one line; `None` if there are none.
pub(super) fn shown(form: &Form, field: &Field, answers: &[Answer], ui: &Ui) -> Option<String> {
    let own = answers.iter().filter(|answer| answer.field == field.id);
    let words = own.map(|answer| match answer.part.as_ref().and_then(|part| field.part(part)) {
        Some(part) => format!("{}: {}", pick(ui, &part.label), value(form, part, &answer.value, ui)),
        None => value(form, field, &answer.value, ui),
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn value(form: &Form, field: &Field, value: &Value, ui: &Ui) -> String {
    match value {
        Value::Unknown => ui.text("form-unknown", &[]),
        Value::Text(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Choice(ids) => match &field.kind {
            FieldKind::Choice { options, .. } => labels(options, ids, ui),
            _ => labels(&form.categories, ids, ui),
        },
        Value::YesNo(YesNo::Yes) => ui.text("form-yes", &[]),
        Value::YesNo(YesNo::No) => ui.text("form-no", &[]),
        Value::YesNo(YesNo::Unknown) => ui.text("form-unknown", &[]),
        Value::When(When::Day(day)) => day.to_string(),
        Value::When(When::Month(month)) => month.to_string(),
        Value::When(When::Range { from, to }) => format!("{from} – {to}"),
        Value::When(When::Ongoing) => ui.text("when-ongoing", &[]),
    }
}

fn labels(options: &[Choice], ids: &[String], ui: &Ui) -> String {
    let label =
        |id: &String| options.iter().find(|option| option.id == *id).map(|option| pick(ui, &option.label));
    ids.iter().filter_map(label).collect::<Vec<_>>().join(", ")
}
