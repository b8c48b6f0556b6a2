//! `root init | sign-card | succeed`.

use std::path::Path;

use bisik_formats::card::MAX_BUNDLE;
use bisik_term::CommandError;
use bisik_term::files::{read_bounded, read_foreign, replace_private, write_private};

use super::Session;
use super::args::{RootCommand, SignCardArgs};
use super::setup::refuse_existing;
use crate::request::{MAX_REQUEST, fingerprint};
use crate::root::{CardOrder, FingerprintSheet, RootFolder, order, sign_card};

/// The longest description or form, in bytes.
const MAX_TOML: u64 = 256 * 1024;
/// Above this many letters an edition takes long on a slow line.
const MANY_LETTERS: u32 = 256;
/// Bytes of an edition that one second carries at one million bits.
const BYTES_A_SECOND: u64 = 125_000;

pub(super) fn run(session: &mut Session<'_>, command: RootCommand) -> Result<(), CommandError> {
    match command {
        RootCommand::Init { folder } => init(session, &folder),
        RootCommand::SignCard(args) => sign(session, args),
        RootCommand::Succeed { folder, replace, key } => succeed(session, &folder, replace, key),
    }
}

fn init(session: &mut Session<'_>, folder: &Path) -> Result<(), CommandError> {
    let ui = session.ui;
    let ask = |number: u32| session.ask_new_passphrase(&ui.text("ask-root-new", &[("key", number.into())]));
    let passphrases = [ask(1)?, ask(2)?];
    let around = &mut *session.around;
    let root = RootFolder::create(folder, &passphrases, around.work, around.today, &mut around.rng)?;
    let agency = root.agency();
    let sheet = FingerprintSheet::new(&agency).map_err(CommandError::internal)?;
    let (title, advice) = (ui.text("sheet-title", &[]), ui.text("sheet-advice", &[]));
    let page = sheet.html(ui.messages().language().code(), &title, &advice);
    replace_private(&folder.join("fingerprint.html"), page.as_bytes())?;
    replace_private(&folder.join("fingerprint.svg"), sheet.svg().as_bytes())?;
    if ui.wants_json() {
        return ui.json(&serde_json::json!({ "agency": agency, "fingerprint": agency.fingerprint() }));
    }
    ui.data(&agency.fingerprint())?;
    ui.data(&sheet.terminal())?;
    ui.status("root-made", &[("folder", folder.to_string_lossy().into_owned().into())]);
    Ok(())
}

fn sign(session: &mut Session<'_>, args: SignCardArgs) -> Result<(), CommandError> {
    let ui = session.ui;
    refuse_existing(&args.out)?;
    let root = RootFolder::open(&args.folder)?;
    let text = |path: &Path| -> Result<String, CommandError> {
        Ok(String::from_utf8_lossy(&read_bounded(path, MAX_TOML)?).into_owned())
    };
    // Requests come on a foreign stick.
    let read = |path| read_foreign(path, MAX_REQUEST as u64);
    let requests: Vec<Vec<u8>> = args.request.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let after = args.after.as_deref().map(|path| read_bounded(path, MAX_BUNDLE as u64)).transpose()?;
    let order = order(&root, &text(&args.card)?, &text(&args.form)?, &requests)?;
    check_fingerprints(session, &order, args.fingerprints_checked)?;
    if order.letters() > MANY_LETTERS {
        let seconds = u64::from(order.letters()) * 8208 / BYTES_A_SECOND;
        ui.warn("root-many-letters", &[("letters", order.letters().into()), ("seconds", seconds.into())]);
    }
    let question = ui.text("ask-root", &[("key", args.key.into())]);
    let key = root.unlock(args.key, &session.ask_passphrase(&question)?)?;
    let signed = sign_card(&root, &order, after.as_deref(), &key, session.around.today)?;
    write_private(&args.out, &signed.bundle)?;
    let card = signed.card.card();
    if ui.wants_json() {
        return ui.json(&serde_json::json!({
            "serial": card.serial, "issued": card.issued, "expires": card.expires, "hash": signed.card.hash(),
        }));
    }
    ui.status(
        "root-card-signed",
        &[
            ("serial", card.serial.get().into()),
            ("desks", card.desks.len().into()),
            ("expires", card.expires.to_string().into()),
            ("out", args.out.to_string_lossy().into_owned().into()),
        ],
    );
    Ok(())
}

/// Shows whose keys are to be signed: only the operator can know whether they are the right ones.
fn check_fingerprints(session: &Session<'_>, order: &CardOrder, checked: bool) -> Result<(), CommandError> {
    for request in order.requests() {
        let name = session.ui.messages().language().pick(&request.names.id, &request.names.en).clone();
        let fingerprint = fingerprint(&request.key);
        let values = [
            ("desk", request.desk.to_string().into()),
            ("name", name.into()),
            ("fingerprint", fingerprint.into()),
        ];
        session.ui.status("root-request", &values);
        session.confirm(checked, &session.ui.text("ask-root-fingerprint", &[]))?;
    }
    Ok(())
}

fn succeed(session: &mut Session<'_>, folder: &Path, replace: u32, key: u32) -> Result<(), CommandError> {
    let ui = session.ui;
    let mut root = RootFolder::open(folder)?;
    let question = ui.text("ask-root", &[("key", key.into())]);
    let remaining = root.unlock(key, &session.ask_passphrase(&question)?)?;
    let new = session.ask_new_passphrase(&ui.text("ask-root-replacement", &[("key", replace.into())]))?;
    let around = &mut *session.around;
    let number = root.succeed(replace, &remaining, &new, around.work, around.today, &mut around.rng)?;
    if ui.wants_json() {
        return ui.json(&serde_json::json!({ "key": number, "keys": root.key_numbers() }));
    }
    ui.status("root-succeeded", &[("old", replace.into()), ("new", number.into())]);
    Ok(())
}
