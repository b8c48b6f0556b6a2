//! One question of the form.

use std::path::Path;

use bisik_formats::answers::{Answer, Month, Value, When};
use bisik_formats::card::Card;
use bisik_formats::day::Day;
use bisik_formats::form::{Choice, Field, FieldKind, Form, Need};
use bisik_sealing::report::Holders;
use bisik_term::{AskError, CommandError, Ui};

use super::hints::hints;
use super::{ask_yes_no_unknown, pick};
use crate::evidence::{self, About, EvidenceFile, MAX_NOTE};

/// What people type for "I do not know".
const UNKNOWN: &str = "?";
/// The most characters of a place, as the format of answers has it.
const MAX_PLACE: u32 = 300;
/// The most bytes read for one long answer, so that a whole paste is read; what is too long for the form is told in
/// characters.
const MAX_TYPED: usize = 1 << 20;

/// Asks a question until the answer fits; an empty answer skips it where it may be skipped.
pub(super) fn ask(form: &Form, field: &Field, ui: &Ui) -> Result<Vec<Answer>, CommandError> {
    if let FieldKind::Group { max, fields, one_of } = &field.kind {
        return ask_group(form, field, &Group { max: *max, fields, one_of }, ui);
    }
    let value = ask_value(form, field, ui)?;
    let answer = |value| Answer { field: field.id.clone(), entry: None, part: None, value };
    Ok(value.map(answer).into_iter().collect())
}

/// Asks for one value; `None` if skipped.
fn ask_value(form: &Form, field: &Field, ui: &Ui) -> Result<Option<Value>, CommandError> {
    let question = question(field, ui);
    loop {
        let value = match &field.kind {
            FieldKind::Text { long, min, max } => ask_words(&question, *long, *min, *max, ui)?,
            FieldKind::Place => ask_words(&question, false, 1, MAX_PLACE, ui)?,
            FieldKind::Choice { many, options } => ask_choice(&question, field, options, *many, ui)?,
            FieldKind::Category => ask_choice(&question, field, &form.categories, true, ui)?,
            FieldKind::YesNo => ask_yes_no_unknown(&question, ui)?.map(Value::YesNo),
            FieldKind::When => ask_when(&question, ui)?,
            FieldKind::Evidence { .. } | FieldKind::Group { .. } => None,
        };
        let missing = matches!(value, None | Some(Value::Unknown));
        if missing && field.need == Need::Required {
            ui.warn("form-required", &[]);
        } else {
            return Ok(value);
        }
    }
}

/// Returns the question as shown: the label, whether it may be skipped, and the help.
fn question(field: &Field, ui: &Ui) -> String {
    let mut text = format!("\n{}", pick(ui, &field.label));
    if field.need != Need::Required {
        text.push_str(&format!(" {}", ui.text("form-optional", &[])));
    }
    if let Some(help) = &field.help {
        text.push_str(&format!("\n  {}", pick(ui, help)));
    }
    text
}

/// Asks for text of `min` to `max` characters; `None` if skipped.
pub(super) fn ask_words(
    question: &str,
    long: bool,
    min: u32,
    max: u32,
    ui: &Ui,
) -> Result<Option<Value>, CommandError> {
    let mut text = String::new();
    loop {
        let typed =
            if long { ui.ask_text(question, MAX_TYPED) } else { ui.ask_line(&format!("{question}\n>")) };
        let Some(more) = unless_unreadable(typed, ui)? else { continue };
        match more.trim() {
            "" if text.is_empty() => return Ok(None),
            UNKNOWN if text.is_empty() => return Ok(Some(Value::Unknown)),
            _ => {}
        }
        // What was typed before stays: a short answer is added to, never typed again.
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more.trim());
        let count = text.chars().count();
        if count > max as usize {
            let cut = ui.text("ask-cut", &[("max", max.into()), ("count", count.into())]);
            if !ui.ask_yes_no(&cut, Some(false))? {
                text.clear();
                continue;
            }
            text = text.chars().take(max as usize).collect();
        } else if count < min as usize {
            ui.warn("form-short", &[("min", min.into()), ("count", count.into())]);
            continue;
        }
        if !wants_change(&text, ui)? {
            return Ok(Some(Value::Text(text)));
        }
        text.clear();
    }
}

/// Tells of an answer that could not be taken, such as a line longer than a terminal hands over: it is asked for
/// again, and everything answered before stays.
fn unless_unreadable(typed: Result<String, AskError>, ui: &Ui) -> Result<Option<String>, CommandError> {
    match typed {
        Ok(text) => Ok(Some(text)),
        Err(error @ (AskError::TooLong { .. } | AskError::NotText)) => {
            ui.error(&error.into());
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Warns of words that may show who writes, and asks whether to write anew.
fn wants_change(text: &str, ui: &Ui) -> Result<bool, CommandError> {
    let found = hints(text);
    for hint in &found {
        ui.warn(hint.message(), &[]);
    }
    Ok(!found.is_empty() && ui.ask_yes_no(&ui.text("ask-change", &[]), Some(false))?)
}

fn ask_choice(
    question: &str,
    field: &Field,
    options: &[Choice],
    many: bool,
    ui: &Ui,
) -> Result<Option<Value>, CommandError> {
    let mut words: Vec<String> = options.iter().map(|option| pick(ui, &option.label)).collect();
    let required = field.need == Need::Required;
    if !required {
        words.push(ui.text("form-unknown", &[]));
    }
    let chosen = if many {
        ui.ask_many(question, &words, usize::from(required))?
    } else {
        ui.ask_one(question, &words, !required)?.into_iter().collect()
    };
    if chosen.contains(&options.len()) {
        return Ok(Some(Value::Unknown));
    }
    let ids: Vec<String> =
        chosen.iter().filter_map(|index| options.get(*index)).map(|option| option.id.clone()).collect();
    Ok((!ids.is_empty()).then_some(Value::Choice(ids)))
}

fn ask_when(question: &str, ui: &Ui) -> Result<Option<Value>, CommandError> {
    let kinds = ["when-day", "when-month", "when-range", "when-ongoing", "form-unknown"];
    let words: Vec<String> = kinds.iter().map(|id| ui.text(id, &[])).collect();
    let when = match ui.ask_one(question, &words, true)? {
        Some(0) => When::Day(ask_parsed("ask-day", ui)?),
        Some(1) => When::Month(ask_parsed::<Month>("ask-month", ui)?),
        Some(2) => loop {
            let (from, to): (Day, Day) = (ask_parsed("ask-day-from", ui)?, ask_parsed("ask-day-to", ui)?);
            if from <= to {
                break When::Range { from, to };
            }
            ui.warn("when-backwards", &[]);
        },
        Some(3) => When::Ongoing,
        Some(_) => return Ok(Some(Value::Unknown)),
        None => return Ok(None),
    };
    Ok(Some(Value::When(when)))
}

/// Asks until the answer can be read.
fn ask_parsed<T: std::str::FromStr>(id: &str, ui: &Ui) -> Result<T, CommandError> {
    loop {
        match ui.ask_line(&ui.text(id, &[]))?.parse() {
            Ok(value) => return Ok(value),
            Err(_) => ui.warn("when-unreadable", &[]),
        }
    }
}

/// A group of questions that can be answered several times.
struct Group<'a> {
    max: u32,
    fields: &'a [Field],
    one_of: &'a [String],
}

fn ask_group(form: &Form, field: &Field, group: &Group<'_>, ui: &Ui) -> Result<Vec<Answer>, CommandError> {
    let mut answers = Vec::new();
    if field.need == Need::Required {
        ui.status("form-group", &[("label", pick(ui, &field.label).into())]);
        if let Some(help) = &field.help {
            ui.status("form-help", &[("help", pick(ui, help).into())]);
        }
    } else {
        let fill = format!("{}\n{}", question(field, ui), ui.text("ask-fill", &[]));
        if !ui.ask_yes_no(&fill, Some(false))? {
            return Ok(answers);
        }
    }
    let mut entry = 1;
    while entry <= group.max {
        ui.status("form-entry", &[("number", entry.into())]);
        let given = ask_entry(form, field, group, entry, ui)?;
        let named = |answer: &Answer| {
            let counts = answer.part.as_ref().is_some_and(|part| group.one_of.contains(part));
            (counts || group.one_of.is_empty()) && answer.value != Value::Unknown
        };
        if given.iter().any(named) {
            answers.extend(given);
            entry += 1;
        } else if entry == 1 && field.need == Need::Required {
            ui.warn("form-entry-empty", &[]);
            continue;
        } else {
            ui.status("form-entry-dropped", &[]);
        }
        if entry > group.max || !ui.ask_yes_no(&ui.text("ask-another", &[]), Some(false))? {
            break;
        }
    }
    Ok(answers)
}

fn ask_entry(
    form: &Form,
    field: &Field,
    group: &Group<'_>,
    entry: u32,
    ui: &Ui,
) -> Result<Vec<Answer>, CommandError> {
    let mut given = Vec::new();
    for part in group.fields {
        if let Some(value) = ask_value(form, part, ui)? {
            let part = Some(part.id.clone());
            given.push(Answer { field: field.id.clone(), entry: Some(entry), part, value });
        }
    }
    Ok(given)
}

/// Asks for files, one by one, until an empty answer. Files chosen before may be dropped first.
pub(super) fn ask_files(
    field: &Field,
    files: &mut Vec<EvidenceFile>,
    card: &Card,
    ui: &Ui,
) -> Result<(), CommandError> {
    if !files.is_empty() {
        let drop = ui.text("ask-drop-files", &[("count", files.len().into())]);
        if ui.ask_yes_no(&drop, Some(false))? {
            files.clear();
        }
    }
    let question = format!("{}\n{}", question(field, ui), ui.text("ask-file", &[]));
    loop {
        let path = ui.ask_line(&question)?;
        if path.is_empty() {
            return Ok(());
        }
        let path = Path::new(&path);
        // Looked at first: nobody describes a file that cannot be opened, or that does not go.
        match EvidenceFile::open(path, About::default()).map(|file| evidence::decide_all(vec![file], ui)) {
            Ok(decided) => {
                for mut file in decided? {
                    match file.describe(ask_about(&card.form, &file, ui)?) {
                        Ok(()) => files.push(file),
                        Err(error) => ui.error(&error),
                    }
                }
            }
            Err(error) => {
                ui.error(&error);
                continue;
            }
        }
        if let Err(error) = evidence::check(files, &card.form, &card.limits) {
            ui.error(&error);
            files.pop();
        }
    }
}

fn ask_about(form: &Form, file: &EvidenceFile, ui: &Ui) -> Result<About, CommandError> {
    let kinds = evidence::kinds(form);
    let words: Vec<String> = kinds.iter().map(|kind| pick(ui, &kind.label)).collect();
    let kind =
        if words.is_empty() { None } else { ui.ask_one(&ui.text("ask-file-kind", &[]), &words, true)? };
    let amounts = [Holders::One, Holders::Few, Holders::Many, Holders::Unknown];
    let words: Vec<String> = ["holders-one", "holders-few", "holders-many", "holders-unknown"]
        .iter()
        .map(|id| ui.text(id, &[]))
        .collect();
    let holders = ui.ask_one(&ui.text("ask-file-holders", &[]), &words, true)?;
    let holders = holders.and_then(|index| amounts.get(index)).copied().unwrap_or(Holders::Unknown);
    if matches!(holders, Holders::One | Holders::Few) {
        ui.warn("warn-few-holders", &[]);
    }
    let mut note = ui.ask_line(&ui.text("ask-file-note", &[]))?;
    while note.len() > MAX_NOTE {
        note.pop();
    }
    let keep_name = ui.ask_yes_no(&ui.text("ask-file-name", &[]), Some(false))?;
    Ok(About {
        kind: kind.and_then(|index| kinds.get(index)).map(|kind| kind.id.clone()),
        holders,
        note,
        keep_name,
        allow_uncleaned: file.may_go(),
    })
}
