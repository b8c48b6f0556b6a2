//! `evidence list | verify | export` and `export`.

use bisik_term::CommandError;

use super::Session;
use super::args::{EvidenceCommand, ExportArgs};
use super::view::quote;
use crate::cases;
use crate::export;
use crate::selftest::check_evidence;

pub(super) fn run(session: &mut Session<'_>, command: EvidenceCommand) -> Result<(), CommandError> {
    match command {
        EvidenceCommand::List { case } => list(session, case),
        EvidenceCommand::Verify { case } => verify(session, case),
        EvidenceCommand::Export { case, message, number, to, yes } => {
            let ui = session.ui;
            ui.warn("evidence-warning", &[]);
            let mut desk = session.open()?;
            session.confirm(yes, &ui.text("ask-evidence", &[]))?;
            let path = export::evidence(&mut desk, case, message, number, &to, session.around.today)?;
            ui.data(&path.to_string_lossy())
        }
    }
}

fn list(session: &mut Session<'_>, number: u32) -> Result<(), CommandError> {
    let desk = session.open()?;
    let ui = session.ui;
    let case = cases::find(&desk, number)?;
    let mut rows = Vec::new();
    for (place, message) in (1usize..).zip(cases::messages(&desk, &case)?) {
        let content = cases::content(&desk, &message)?;
        for (stored, note) in message.evidence.iter().zip(&content.evidence) {
            if !ui.wants_json() {
                ui.data(&ui.text(
                    "evidence-row",
                    &[
                        ("message", place.into()),
                        ("number", stored.entry.number.to_string().into()),
                        ("kind", note.kind.clone().into()),
                        ("extension", stored.entry.extension.as_str().to_owned().into()),
                        ("size", stored.size.into()),
                        ("hash", stored.hash.to_string().into()),
                    ],
                ))?;
                if let Some(name) = &note.name {
                    ui.data(&quote(name))?;
                }
            }
            rows.push(serde_json::json!({
                "message": place, "number": stored.entry.number, "kind": note.kind,
                "extension": stored.entry.extension.as_str(), "size": stored.size, "hash": stored.hash,
                "name": note.name,
            }));
        }
    }
    if ui.wants_json() {
        ui.json(&rows)?;
    } else if rows.is_empty() {
        ui.status("evidence-none", &[]);
    }
    Ok(())
}

fn verify(session: &mut Session<'_>, number: u32) -> Result<(), CommandError> {
    let desk = session.open()?;
    let case = cases::find(&desk, number)?;
    let mut count = 0usize;
    for message in cases::messages(&desk, &case)? {
        export::check_proof(&desk, &case, &message)?;
        for evidence in &message.evidence {
            check_evidence(&desk, evidence)?;
            count += 1;
        }
    }
    session.ui.data(&session.ui.text("evidence-verified", &[("count", count.into())]))
}

pub(super) fn export(session: &mut Session<'_>, args: ExportArgs) -> Result<(), CommandError> {
    let ui = session.ui;
    ui.warn("export-warning", &[]);
    let mut desk = session.open()?;
    session.confirm(args.yes, &ui.text("ask-export", &[]))?;
    let folders = export::report(&mut desk, args.case, args.message, &args.to, session.around.today)?;
    for folder in folders {
        ui.data(&folder.to_string_lossy())?;
    }
    ui.status("export-done", &[]);
    Ok(())
}
