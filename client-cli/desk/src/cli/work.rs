//! `import`, `publish`, `list`, `status`, `reply`, `junk`.

use std::path::Path;

use bisik_formats::day::Day;
use bisik_term::files::read_bounded;
use bisik_term::{AskError, CommandError, ErrorKind, Piped, Value};
use serde::Serialize;

use super::Session;
use super::args::{PublishArgs, ReplyArgs};
use crate::cases::{self, Case, CaseError, MAX_MESSAGE, MAX_QUESTION, Reply};
use crate::desk::Desk;
use crate::import::{self, Refusal, Summary};
use crate::publish::{self, Choices, Published};

/// The longest text read from a file, in bytes: more than a letter holds, so that the error names the excess.
const MAX_TEXT: usize = 64 * 1024;

pub(super) fn import(session: &mut Session<'_>, stick: &Path, confirmed: bool) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    let (ui, around) = (session.ui, &mut *session.around);
    let mut progress = ui.progress("import-progress", &[], None);
    let mut advance = |bytes| progress.advance(bytes);
    let summary = import::import(&mut desk, stick, around.today, confirmed, &mut around.rng, &mut advance)?;
    drop(progress);
    if ui.wants_json() {
        return ui.json(&summary);
    }
    ui.data(&ui.text(
        "import-done",
        &[("new", summary.new_cases.len().into()), ("messages", summary.messages.len().into())],
    ))?;
    let numbers = [("import-new", &summary.new_cases), ("import-messages", &summary.messages)];
    for (id, cases) in numbers.into_iter().filter(|(_, cases)| !cases.is_empty()) {
        ui.data(&ui.text(id, &[("cases", numbers_of(cases).into())]))?;
    }
    tell_rest(session, &summary);
    Ok(())
}

fn tell_rest(session: &Session<'_>, summary: &Summary) {
    let ui = session.ui;
    if summary.repeated > 0 {
        ui.status("import-repeated", &[("count", summary.repeated.into())]);
    }
    if !summary.reopened.is_empty() {
        ui.warn("import-reopened", &[("cases", numbers_of(&summary.reopened).into())]);
    }
    if !summary.warned.is_empty() {
        ui.warn("import-warned", &[("cases", numbers_of(&summary.warned).into())]);
    }
    for (refusal, count) in &summary.refused {
        let count = [("count", Value::from(*count))];
        match refusal {
            Refusal::Name => ui.warn("refused-name", &count),
            Refusal::Unreadable => ui.warn("refused-unreadable", &count),
            Refusal::Shape => ui.warn("refused-shape", &count),
            Refusal::Changed => ui.warn("refused-changed", &count),
            Refusal::Malformed => ui.warn("refused-malformed", &count),
        }
    }
}

pub(super) fn publish(session: &mut Session<'_>, args: PublishArgs) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    let (ui, around) = (session.ui, &mut *session.around);
    let choices = Choices {
        until: args.until,
        date_confirmed: args.confirm_date,
        replace_outbox: args.replace_outbox,
        with_card: args.with_card,
    };
    let published = publish::publish(&mut desk, &args.stick, choices, around.today, &mut around.rng)?;
    if ui.wants_json() {
        return ui.json(&published);
    }
    ui.data(&ui.text(
        "publish-done",
        &[
            ("number", published.number.to_string().into()),
            ("until", published.until.to_string().into()),
            ("letters", published.letters.into()),
            ("places", published.places.into()),
            ("acknowledged", published.acknowledged.into()),
        ],
    ))?;
    tell_warnings(session, &published);
    Ok(())
}

fn tell_warnings(session: &Session<'_>, published: &Published) {
    let ui = session.ui;
    if published.with_card {
        ui.status("publish-card", &[]);
    }
    if published.new_identity {
        ui.status("publish-identity", &[]);
    }
    if published.destroyed > 0 {
        ui.status("publish-destroyed", &[("count", published.destroyed.into())]);
    }
    if published.newer_card {
        ui.warn("publish-newer-card", &[]);
    }
    if published.replaced_foreign {
        ui.warn("publish-foreign", &[]);
    }
    if published.stands_long {
        ui.warn("publish-long", &[("until", published.until.to_string().into())]);
    }
    if !published.failed.is_empty() {
        ui.warn("publish-failed", &[("cases", numbers_of(&published.failed).into())]);
    }
    if !published.without_room.is_empty() {
        ui.warn("publish-no-room", &[("cases", numbers_of(&published.without_room).into())]);
    } else if published.nearly_full {
        let values = [("letters", published.letters.into()), ("places", published.places.into())];
        ui.warn("publish-nearly-full", &values);
    }
}

#[derive(Serialize)]
struct Row<'a> {
    case: u32,
    opened: Day,
    status: &'a str,
    status_since: Day,
    messages: usize,
    unread: bool,
    junk: bool,
    open: bool,
    reporter_closed: bool,
    warnings: &'a std::collections::BTreeSet<cases::CaseWarning>,
}

impl<'a> Row<'a> {
    fn of(case: &'a Case, today: Day) -> Self {
        Self {
            case: case.number,
            opened: case.opened,
            status: &case.status,
            status_since: case.status_since,
            messages: case.received.len(),
            unread: case.unread,
            junk: case.junk,
            open: case.is_open(today),
            reporter_closed: case.reporter_closed,
            warnings: &case.warnings,
        }
    }
}

pub(super) fn list(session: &mut Session<'_>, all: bool) -> Result<(), CommandError> {
    let desk = session.open()?;
    let (ui, today) = (session.ui, session.around.today);
    let mut cases = cases::all(&desk)?;
    cases.retain(|case| all || (case.is_open(today) && !case.junk));
    if ui.wants_json() {
        return ui.json(&cases.iter().map(|case| Row::of(case, today)).collect::<Vec<_>>());
    }
    for case in &cases {
        let mut flags = Vec::new();
        let mut flag = |on: bool, id: &str| flags.extend(on.then(|| ui.text(id, &[])));
        flag(case.unread, "flag-unread");
        flag(!case.warnings.is_empty(), "flag-warning");
        flag(case.reporter_closed, "flag-reporter-closed");
        flag(case.junk, "flag-junk");
        flag(!case.is_open(today), "flag-ended");
        let row = ui.text(
            "list-row",
            &[
                ("case", number_of(case.number).into()),
                ("opened", case.opened.to_string().into()),
                ("status", status_label(session, &desk, &case.status).into()),
                ("messages", case.received.len().into()),
                ("flags", flags.join(", ").into()),
            ],
        );
        ui.data(row.trim_end())?;
    }
    if cases.is_empty() {
        ui.status("list-empty", &[]);
    }
    let (open, places) = publish::load(&desk, today)?;
    ui.status("list-load", &[("open", open.into()), ("places", places.into())]);
    Ok(())
}

/// Returns the words for a status, from the form.
pub(super) fn status_label(session: &Session<'_>, desk: &Desk, status: &str) -> String {
    let known = desk.card().ok().and_then(|card| card.card().form.status(status));
    let language = session.ui.messages().language();
    known.map_or_else(|| status.to_owned(), |known| language.pick(&known.label.id, &known.label.en).clone())
}

pub(super) fn status(
    session: &mut Session<'_>,
    number: u32,
    status: Option<String>,
    closes: Option<Day>,
) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    let (ui, today) = (session.ui, session.around.today);
    if let Some(status) = &status {
        match cases::set_status(&mut desk, number, status, closes, today) {
            Err(CaseError::Status) => return Err(unknown_status(&desk, status)),
            done => done?,
        }
    }
    let case = cases::find(&desk, number)?;
    if ui.wants_json() {
        return ui.json(&serde_json::json!({
            "case": case.number, "status": case.status, "shown": case.shown_status,
            "since": case.status_since, "closes": case.closes,
        }));
    }
    ui.data(&ui.text(
        "status-line",
        &[
            ("case", number_of(number).into()),
            ("status", status_label(session, &desk, &case.status).into()),
            ("since", case.status_since.to_string().into()),
        ],
    ))?;
    if case.shown_status != case.status {
        let shown = status_label(session, &desk, &case.shown_status);
        ui.status("status-shown", &[("status", shown.into())]);
    }
    if let Some(closes) = case.closes {
        ui.status("status-closes", &[("closes", closes.to_string().into())]);
    }
    if status.is_some() {
        ui.status("next-edition", &[]);
    }
    Ok(())
}

fn unknown_status(desk: &Desk, status: &str) -> CommandError {
    let statuses = desk.card().map(|card| card.card().form.statuses.iter().map(|s| s.id.clone()).collect());
    let known: Vec<String> = statuses.unwrap_or_default();
    CommandError::new(ErrorKind::Refused, "err-status-unknown")
        .with("status", status.to_owned())
        .with("known", known.join(", "))
}

pub(super) fn reply(session: &mut Session<'_>, args: ReplyArgs) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    let ui = session.ui;
    // Fail before a long text is typed.
    cases::find(&desk, args.case)?;
    let ask = args.text_file.is_none() && args.questions_file.is_none() && !args.no_questions;
    let message = match &args.text_file {
        Some(path) => Some(read_text(session, path)?),
        None if ask => Some(ui.ask_text(&ui.text("ask-reply", &[]), MAX_MESSAGE)?),
        None => None,
    };
    let questions = match &args.questions_file {
        Some(path) => Some(lines(&read_text(session, path)?)),
        None if args.no_questions => Some(Vec::new()),
        None if ask => ask_questions(session)?,
        None => None,
    };
    let message = message.filter(|text| !(ask && text.is_empty() && questions.is_some()));
    let reply = Reply { message, questions, words_confirmed: args.words_checked };
    cases::reply(&mut desk, args.case, reply, session.around.today)?;
    ui.status("reply-done", &[("case", number_of(args.case).into())]);
    ui.status("next-edition", &[]);
    Ok(())
}

/// Asks for completeness questions; none leaves those that are open as they are.
fn ask_questions(session: &Session<'_>) -> Result<Option<Vec<String>>, CommandError> {
    let max = MAX_QUESTION * bisik_sealing::letter::MAX_QUESTIONS;
    let questions = lines(&session.ui.ask_text(&session.ui.text("ask-questions", &[]), max)?);
    Ok((!questions.is_empty()).then_some(questions))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Reads a text from a file, or from what is left of standard input if the file is `-`.
fn read_text(session: &Session<'_>, path: &Path) -> Result<String, CommandError> {
    if path != Path::new("-") {
        let bytes = read_bounded(path, MAX_TEXT as u64)?;
        return String::from_utf8(bytes).map_err(|_| CommandError::from(AskError::NotText));
    }
    let mut text = String::new();
    loop {
        match session.ui.ask_secret("", Piped::Allowed) {
            Ok(line) => text.push_str(&line),
            Err(AskError::Ended) => return Ok(text),
            Err(error) => return Err(error.into()),
        }
        text.push('\n');
        if text.len() > MAX_TEXT {
            return Err(AskError::TooLong { max: MAX_TEXT }.into());
        }
    }
}

pub(super) fn junk(session: &mut Session<'_>, number: u32, undo: bool) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    cases::set_junk(&mut desk, number, !undo, session.around.today)?;
    let case = [("case", number_of(number).into())];
    if undo {
        session.ui.status("junk-unmarked", &case);
    } else {
        session.ui.status("junk-marked", &case);
    }
    Ok(())
}

/// Writes case numbers for people.
pub(super) fn numbers_of(cases: &[u32]) -> String {
    cases.iter().map(|case| number_of(*case)).collect::<Vec<_>>().join(", ")
}

/// Writes a case number as text, so that no language groups its digits.
pub(super) fn number_of(case: u32) -> String {
    case.to_string()
}
