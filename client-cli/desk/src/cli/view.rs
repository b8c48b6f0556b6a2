//! `show`: a case as an officer reads it. Foreign text stands behind a bar, so that none of it passes for ours.

use bisik_formats::answers::{Answer, Value, When, asked};
use bisik_formats::form::{Choice, FieldKind, Form, Role, Text, YesNo};
use bisik_sealing::report::{self, Holders, Kind, ReportContent};
use bisik_term::{CommandError, Language, Ui, escape};
use serde::Serialize;

use super::Session;
use super::work::{number_of, status_label};
use crate::cases::{self, Case, CaseWarning, Message, MessageWarning};
use crate::desk::Desk;

pub(super) fn show(session: &mut Session<'_>, number: u32) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    let case = cases::find(&desk, number)?;
    let messages = cases::messages(&desk, &case)?;
    let contents: Vec<ReportContent> =
        messages.iter().map(|message| cases::content(&desk, message)).collect::<Result<_, _>>()?;
    // What is shown is in the journal first.
    cases::note_shown(&mut desk, number, session.around.today)?;
    if session.ui.wants_json() {
        return session.ui.json(&ShownCase::of(&case, &messages, &contents));
    }
    let view = View { ui: session.ui, form: &desk.card()?.card().form };
    show_case(session, &desk, &case)?;
    view.dangers(&contents)?;
    for (place, (message, content)) in (1usize..).zip(messages.iter().zip(&contents)) {
        view.message(place, message, content)?;
    }
    view.written(&case)
}

fn show_case(session: &Session<'_>, desk: &Desk, case: &Case) -> Result<(), CommandError> {
    let ui = session.ui;
    let language = match case.language {
        report::Language::Id => ui.text("language-id", &[]),
        report::Language::En => ui.text("language-en", &[]),
    };
    ui.data(&ui.text(
        "show-case",
        &[
            ("case", number_of(case.number).into()),
            ("status", status_label(session, desk, &case.status).into()),
            ("since", case.status_since.to_string().into()),
            ("language", language.into()),
            ("desks", case.to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ").into()),
        ],
    ))?;
    if let Some(closes) = case.closes {
        ui.data(&ui.text("show-closes", &[("closes", closes.to_string().into())]))?;
    }
    if case.reporter_closed {
        ui.data(&ui.text("show-reporter-closed", &[]))?;
    }
    for warning in &case.warnings {
        ui.data(&match warning {
            CaseWarning::OtherRecipient => ui.text("warn-other-recipient", &[]),
            CaseWarning::OtherLetterKey => ui.text("warn-other-letter-key", &[]),
            CaseWarning::SharedLetterKey => ui.text("warn-shared-letter-key", &[]),
        })?;
    }
    Ok(())
}

/// Writes messages with the words of the form.
struct View<'a> {
    ui: &'a Ui,
    form: &'a Form,
}

impl View<'_> {
    fn language(&self) -> Language {
        self.ui.messages().language()
    }

    fn pick<'a>(&self, text: &'a Text) -> &'a str {
        self.language().pick(&text.id, &text.en)
    }

    /// What an officer must know before reading on: what could betray the reporter.
    fn dangers(&self, contents: &[ReportContent]) -> Result<(), CommandError> {
        let answers = || contents.iter().flat_map(|content| &content.answers);
        let says_something = |answer: &&Answer| {
            !matches!(answer.value, Value::Unknown | Value::YesNo(YesNo::No | YesNo::Unknown))
        };
        let role = |answer: &&Answer| asked(self.form, answer).and_then(|field| field.role);
        let any = |wanted: Role| answers().filter(says_something).any(|answer| role(&answer) == Some(wanted));
        if any(Role::NeverReveal) {
            self.ui.data(&self.ui.text("danger-never-reveal", &[]))?;
        }
        if any(Role::Influence) {
            self.ui.data(&self.ui.text("danger-influence", &[]))?;
        }
        if contents.iter().flat_map(|content| &content.evidence).any(|note| note.holders == Holders::One) {
            self.ui.data(&self.ui.text("danger-holders", &[]))?;
        }
        Ok(())
    }

    fn message(&self, place: usize, message: &Message, content: &ReportContent) -> Result<(), CommandError> {
        let values = [
            ("place", place.into()),
            ("id", message.id().to_string().into()),
            ("day", message.day.to_string().into()),
        ];
        self.ui.data("")?;
        self.ui.data(&match message.kind {
            Kind::Report => self.ui.text("show-report", &values),
            Kind::FollowUp => self.ui.text("show-follow-up", &values),
            Kind::Close => self.ui.text("show-close", &values),
        })?;
        for warning in &message.warnings {
            self.ui.data(&match warning {
                MessageWarning::SeenUnknown => self.ui.text("warn-seen-unknown", &[]),
                MessageWarning::SeenForked => self.ui.text("warn-seen-forked", &[]),
                MessageWarning::NewerCard => self.ui.text("warn-newer-card", &[]),
                MessageWarning::OtherForm => self.ui.text("warn-other-form", &[]),
                MessageWarning::Answers => self.ui.text("warn-answers", &[]),
            })?;
        }
        content.answers.iter().try_for_each(|answer| self.answer(answer))?;
        if !content.message.is_empty() {
            self.ui.data(&self.ui.text("show-message", &[]))?;
            self.ui.data(&quote(&content.message))?;
        }
        self.evidence(message, content)
    }

    fn answer(&self, answer: &Answer) -> Result<(), CommandError> {
        let field = asked(self.form, answer);
        let label = field.map_or(answer.field.as_str(), |field| self.pick(&field.label));
        let label = escape::foreign(label);
        let entry = answer.entry.map(|entry| format!(" ({entry})")).unwrap_or_default();
        self.ui.data(&format!("{label}{entry}"))?;
        let value = self.value(&answer.value, field.map(|field| &field.kind));
        self.ui.data(&quote(&value))
    }

    fn value(&self, value: &Value, kind: Option<&FieldKind>) -> String {
        match value {
            Value::Unknown | Value::YesNo(YesNo::Unknown) => self.ui.text("value-unknown", &[]),
            Value::YesNo(YesNo::Yes) => self.ui.text("value-yes", &[]),
            Value::YesNo(YesNo::No) => self.ui.text("value-no", &[]),
            Value::Text(text) => text.clone(),
            Value::When(When::Day(day)) => day.to_string(),
            Value::When(When::Month(month)) => month.to_string(),
            Value::When(When::Range { from, to }) => format!("{from} - {to}"),
            Value::When(When::Ongoing) => self.ui.text("value-ongoing", &[]),
            Value::Choice(picked) => {
                let options: &[Choice] = match kind {
                    Some(FieldKind::Choice { options, .. }) => options,
                    _ => &self.form.categories,
                };
                picked.iter().map(|id| self.option(options, id)).collect::<Vec<_>>().join("\n")
            }
        }
    }

    fn option(&self, options: &[Choice], id: &str) -> String {
        let known = options.iter().find(|option| option.id == id);
        known.map_or(id, |option| self.pick(&option.label)).to_owned()
    }

    fn evidence(&self, message: &Message, content: &ReportContent) -> Result<(), CommandError> {
        for (stored, note) in message.evidence.iter().zip(&content.evidence) {
            self.ui.data(&self.ui.text(
                "show-evidence",
                &[
                    ("number", number_of(u32::from(stored.entry.number)).into()),
                    ("kind", note.kind.clone().into()),
                    ("extension", stored.entry.extension.as_str().to_owned().into()),
                    ("size", stored.size.into()),
                    ("hash", stored.hash.to_string().into()),
                ],
            ))?;
            if let Some(name) = &note.name {
                self.ui.data(&self.ui.text("show-evidence-name", &[]))?;
                self.ui.data(&quote(&escape::foreign(name)))?;
            }
            if !note.note.is_empty() {
                self.ui.data(&quote(&note.note))?;
            }
        }
        Ok(())
    }

    fn written(&self, case: &Case) -> Result<(), CommandError> {
        for written in case.written.iter().rev() {
            self.ui.data("")?;
            self.ui.data(&self.ui.text("show-written", &[("day", written.date.to_string().into())]))?;
            self.ui.data(&quote(&written.text))?;
        }
        if !case.questions.is_empty() {
            self.ui.data("")?;
            self.ui.data(&self.ui.text("show-questions", &[]))?;
            self.ui.data(&quote(&case.questions.join("\n")))?;
        }
        Ok(())
    }
}

/// Puts a bar before every line: what stands behind it is not ours.
pub(super) fn quote(text: &str) -> String {
    let lines = text.split('\n').map(|line| format!("  | {}", escape::foreign(line)));
    lines.collect::<Vec<_>>().join("\n")
}

/// A case for programs. The thread's keys stay in the vault.
#[derive(Serialize)]
struct ShownCase<'a> {
    case: u32,
    opened: String,
    status: &'a str,
    shown_status: &'a str,
    closes: Option<String>,
    reporter_closed: bool,
    junk: bool,
    to: &'a [bisik_formats::ids::DeskId],
    warnings: &'a std::collections::BTreeSet<CaseWarning>,
    messages: Vec<ShownMessage<'a>>,
    written: &'a [bisik_sealing::letter::LetterMessage],
    questions: &'a [String],
}

#[derive(Serialize)]
struct ShownMessage<'a> {
    id: String,
    report: String,
    day: String,
    kind: Kind,
    warnings: &'a std::collections::BTreeSet<MessageWarning>,
    form: &'a str,
    answers: &'a [Answer],
    message: &'a str,
    evidence: Vec<ShownEvidence<'a>>,
}

#[derive(Serialize)]
struct ShownEvidence<'a> {
    number: u16,
    extension: &'a str,
    size: u64,
    hash: String,
    #[serde(flatten)]
    note: &'a report::EvidenceNote,
}

impl<'a> ShownCase<'a> {
    fn of(case: &'a Case, messages: &'a [Message], contents: &'a [ReportContent]) -> Self {
        Self {
            case: case.number,
            opened: case.opened.to_string(),
            status: &case.status,
            shown_status: &case.shown_status,
            closes: case.closes.map(|closes| closes.to_string()),
            reporter_closed: case.reporter_closed,
            junk: case.junk,
            to: &case.to,
            warnings: &case.warnings,
            messages: messages.iter().zip(contents).map(|(m, c)| ShownMessage::of(m, c)).collect(),
            written: &case.written,
            questions: &case.questions,
        }
    }
}

impl<'a> ShownMessage<'a> {
    fn of(message: &'a Message, content: &'a ReportContent) -> Self {
        let evidence = message.evidence.iter().zip(&content.evidence).map(|(stored, note)| ShownEvidence {
            number: stored.entry.number,
            extension: stored.entry.extension.as_str(),
            size: stored.size,
            hash: stored.hash.to_string(),
            note,
        });
        Self {
            id: message.id().to_string(),
            report: message.report.to_string(),
            day: message.day.to_string(),
            kind: message.kind,
            warnings: &message.warnings,
            form: &content.form,
            answers: &content.answers,
            message: &content.message,
            evidence: evidence.collect(),
        }
    }
}
