//! What was found in files, in the reporter's words, and what becomes of those that cannot be cleaned.

use bisik_cleaner::{Reason, Trace, Traces};
use bisik_term::{CommandError, ErrorKind, Ui};

use super::{Content, EvidenceFile};

/// Tells of each file what was taken out, or why it cannot be cleaned.
pub fn tell(files: &[EvidenceFile], ui: &Ui) {
    for file in files {
        let path = file.path.to_string_lossy().into_owned();
        match &file.content {
            Content::Clean(plan) if plan.cleaned().traces.is_empty() => {
                ui.status("evidence-clean", &[("path", path.into())]);
            }
            Content::Clean(plan) => {
                let found = words(&plan.cleaned().traces, ui);
                ui.status("evidence-cleaned", &[("path", path.into()), ("found", found.into())]);
            }
            Content::Original(refusal) => {
                let reason = ui.text(reason(refusal.reason), &[]);
                ui.warn("evidence-uncleaned", &[("path", path.into()), ("reason", reason.into())]);
                if !refusal.traces.is_empty() {
                    ui.warn("evidence-holds", &[("found", words(&refusal.traces, ui).into())]);
                }
            }
        }
    }
}

/// Tells of each file what was found, asks about those that cannot be cleaned, and returns what is to be sent.
///
/// # Errors
/// Fails if the terminal does.
pub fn decide_all(files: Vec<EvidenceFile>, ui: &Ui) -> Result<Vec<EvidenceFile>, CommandError> {
    tell(&files, ui);
    let mut going = Vec::with_capacity(files.len());
    for mut file in files {
        if !file.may_go() {
            ui.status("evidence-uncleaned-advice", &[]);
            let choices = ["uncleaned-leave-out", "uncleaned-send"].map(|id| ui.text(id, &[]));
            let path = file.path.to_string_lossy().into_owned();
            let question = ui.text("ask-uncleaned", &[("path", path.into())]);
            if ui.ask_one(&question, &choices, false)? != Some(1) {
                continue;
            }
            file.allow_uncleaned();
        }
        going.push(file);
    }
    Ok(going)
}

/// Refuses files that cannot be cleaned and of which nobody said that they may go as they are.
///
/// # Errors
/// Names the first of them.
pub fn refuse_uncleaned(files: &[EvidenceFile]) -> Result<(), CommandError> {
    match files.iter().find(|file| !file.may_go()) {
        None => Ok(()),
        Some(file) => {
            let path = file.path.to_string_lossy().into_owned();
            Err(CommandError::new(ErrorKind::Refused, "err-evidence-uncleaned").with("path", path))
        }
    }
}

/// Returns the words for traces.
fn words(traces: &Traces, ui: &Ui) -> String {
    traces.iter().map(|trace| ui.text(message(*trace), &[])).collect::<Vec<_>>().join(", ")
}

fn message(trace: Trace) -> &'static str {
    match trace {
        Trace::Location => "trace-location",
        Trace::Time => "trace-time",
        Trace::Device => "trace-device",
        Trace::Author => "trace-author",
        Trace::Software => "trace-software",
        Trace::Caption => "trace-caption",
        Trace::Thumbnail => "trace-thumbnail",
        Trace::History => "trace-history",
        Trace::Identifier => "trace-identifier",
        Trace::Other => "trace-other",
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownFormat => "reason-unknown-format",
        Reason::Encrypted => "reason-encrypted",
        Reason::Damaged => "reason-damaged",
        Reason::TooLarge => "reason-too-large",
        Reason::Unsupported => "reason-unsupported",
    }
}
