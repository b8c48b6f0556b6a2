//! `init`, `card`, `officer`, `identity`, `rotate`, `self-test`, `journal`.

use std::path::{Path, PathBuf};

use bisik_formats::card::MAX_BUNDLE;
use bisik_formats::form::Text;
use bisik_formats::ids::AgencyId;
use bisik_term::files::{FileError, read_foreign, write_private};
use bisik_term::{CommandError, ErrorKind, Ui};

use super::Session;
use super::args::{IdentityCommand, InitArgs, OfficerCommand};
use crate::desk::{Desk, DeskInfo};
use crate::export;
use crate::publish;
use crate::request::fingerprint;
use crate::selftest::{self, Checked};
use crate::vault::Vault;

/// The longest name of a desk, in bytes.
const MAX_NAME: usize = 200;

pub(super) fn init(session: &mut Session<'_>, args: InitArgs) -> Result<(), CommandError> {
    let ui = session.ui;
    let usage = |id| CommandError::new(ErrorKind::Usage, id);
    let agency = AgencyId::parse_fingerprint(&args.agency).map_err(|_| usage("err-fingerprint"))?;
    let officer = session.args.officer.clone().ok_or_else(|| usage("err-officer-first"))?;
    let names = Text { id: args.name_id.trim().to_owned(), en: args.name_en.trim().to_owned() };
    for name in [&names.id, &names.en] {
        if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(usage("err-desk-name"));
        }
    }
    refuse_existing(&args.request)?;
    let question = ui.text("ask-passphrase-new", &[("officer", officer.as_str().to_owned().into())]);
    let passphrase = session.ask_new_passphrase(&question)?;
    let around = &mut *session.around;
    let made = around.today;
    let info = DeskInfo { agency, desk: args.desk, names, retention: args.retention, made };
    let desk = Desk::create(&session.args.vault, info, &officer, &passphrase, around.work, &mut around.rng)?;
    write_request(session, &desk, &args.request)
}

/// Writes the request once more, for a root that needs it again.
pub(super) fn request(session: &mut Session<'_>, path: &Path) -> Result<(), CommandError> {
    refuse_existing(path)?;
    let desk = session.open()?;
    write_request(session, &desk, path)
}

fn write_request(session: &Session<'_>, desk: &Desk, path: &Path) -> Result<(), CommandError> {
    let ui = session.ui;
    write_private(path, &desk.request()?)?;
    let fingerprint = fingerprint(&desk.signing().verify_key());
    if ui.wants_json() {
        return ui.json(&serde_json::json!({ "desk": desk.info().desk, "fingerprint": fingerprint }));
    }
    ui.data(&fingerprint)?;
    let request = path.to_string_lossy().into_owned();
    ui.status("init-done", &[("request", request.into())]);
    Ok(())
}

/// Refuses a file that exists before anything is done that could not be written then.
pub(super) fn refuse_existing(path: &Path) -> Result<(), CommandError> {
    match path.symlink_metadata() {
        Ok(_) => Err(FileError::Exists { path: path.to_owned() }.into()),
        Err(_) => Ok(()),
    }
}

pub(super) fn card(session: &mut Session<'_>, bundle: Option<PathBuf>) -> Result<(), CommandError> {
    let bundle = bundle.map(|path| read_foreign(&path, MAX_BUNDLE as u64)).transpose()?;
    let mut desk = session.open()?;
    let ui = session.ui;
    if let Some(bundle) = bundle {
        desk.take_card(&bundle, session.around.today)?;
        ui.status("card-taken", &[]);
    }
    let verified = desk.card()?;
    let card = verified.card();
    if ui.wants_json() {
        return ui.json(&serde_json::json!({
            "agency": card.agency, "names": card.names, "serial": card.serial, "issued": card.issued,
            "expires": card.expires, "hash": verified.hash(), "letters": card.letters, "interval": card.interval,
            "form": card.form.id, "desks": card.desks,
        }));
    }
    let language = ui.messages().language();
    let desks: Vec<String> = card
        .desks
        .iter()
        .map(|desk| format!("{} ({})", language.pick(&desk.names.id, &desk.names.en), desk.id))
        .collect();
    ui.data(&ui.text(
        "card-summary",
        &[
            ("name", language.pick(&card.names.id, &card.names.en).clone().into()),
            ("fingerprint", card.agency.fingerprint().into()),
            ("serial", card.serial.get().into()),
            ("issued", card.issued.to_string().into()),
            ("expires", card.expires.to_string().into()),
            ("letters", card.letters.into()),
            ("interval", card.interval.into()),
            ("form", card.form.id.clone().into()),
            ("desks", desks.join(", ").into()),
        ],
    ))
}

pub(super) fn officer(session: &mut Session<'_>, command: OfficerCommand) -> Result<(), CommandError> {
    let ui = session.ui;
    if let OfficerCommand::List = command {
        let names = Vault::officers_of(&session.args.vault)?;
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        return if ui.wants_json() { ui.json(&names) } else { ui.data(&names.join("\n")) };
    }
    let mut desk = session.open()?;
    let (today, work) = (session.around.today, session.around.work);
    let question = |name: &str| ui.text("ask-passphrase-new", &[("officer", name.to_owned().into())]);
    match command {
        OfficerCommand::Add { name } => {
            let passphrase = session.ask_new_passphrase(&question(name.as_str()))?;
            desk.vault_mut().enroll(&name, &passphrase, work, false, today)?;
            ui.status("officer-added", &[("officer", name.to_string().into())]);
        }
        OfficerCommand::Remove { name } => {
            desk.vault_mut().remove_officer(&name, today)?;
            ui.status("officer-removed", &[("officer", name.to_string().into())]);
        }
        OfficerCommand::Passwd | OfficerCommand::List => {
            let name = desk.vault().officer().clone();
            let passphrase = session.ask_new_passphrase(&question(name.as_str()))?;
            desk.vault_mut().enroll(&name, &passphrase, work, true, today)?;
            ui.status("officer-passwd", &[("officer", name.to_string().into())]);
        }
    }
    Ok(())
}

pub(super) fn identity(session: &mut Session<'_>, command: IdentityCommand) -> Result<(), CommandError> {
    let IdentityCommand::Export { out, yes } = command;
    let ui = session.ui;
    ui.warn("identity-warning", &[]);
    let mut desk = session.open()?;
    session.confirm(yes, &ui.text("ask-identity", &[]))?;
    let count = export::identities(&mut desk, &out, session.around.today)?;
    let out = out.to_string_lossy().into_owned();
    ui.status("identity-exported", &[("count", count.into()), ("out", out.into())]);
    Ok(())
}

pub(super) fn rotate(session: &mut Session<'_>) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    publish::rotate_now(&mut desk, session.around.today, &mut session.around.rng)?;
    session.ui.status("rotated", &[]);
    Ok(())
}

pub(super) fn self_test(session: &mut Session<'_>) -> Result<(), CommandError> {
    let desk = session.open()?;
    let checked = selftest::check_all(&desk, &mut session.around.rng)?;
    if session.ui.wants_json() {
        return session.ui.json(&checked);
    }
    tell_checked(session.ui, &checked)
}

pub(super) fn tell_checked(ui: &Ui, checked: &Checked) -> Result<(), CommandError> {
    ui.data(&ui.text(
        "self-test-done",
        &[
            ("cases", checked.cases.into()),
            ("messages", checked.messages.into()),
            ("evidence", checked.evidence.into()),
            ("journal", checked.journal.into()),
        ],
    ))
}

pub(super) fn journal(session: &mut Session<'_>) -> Result<(), CommandError> {
    let desk = session.open()?;
    let entries = desk.vault().journal()?;
    let ui = session.ui;
    if ui.wants_json() {
        return ui.json(&entries);
    }
    for entry in entries {
        let action = serde_json::to_value(entry.action).map_err(CommandError::internal)?;
        let action = ui.text(&format!("journal-{}", action.as_str().unwrap_or_default()), &[]);
        ui.data(&format!(
            "{:>5}  {}  {}  {action}  {}",
            entry.number, entry.day, entry.officer, entry.subject
        ))?;
    }
    Ok(())
}
