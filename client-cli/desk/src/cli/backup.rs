//! `backup`, `restore`.

use std::path::Path;

use bisik_term::CommandError;

use super::Session;
use crate::backup::{self, Restoring};

pub(super) fn backup(session: &mut Session<'_>, to: &Path, confirmed: bool) -> Result<(), CommandError> {
    let mut desk = session.open()?;
    let done = backup::backup(&mut desk, to, session.around.today, confirmed)?;
    let ui = session.ui;
    if ui.wants_json() {
        return ui.json(&done);
    }
    ui.data(&ui.text("backup-done", &[("evidence", done.evidence.into())]))?;
    if done.destroyed > 0 {
        ui.status("publish-destroyed", &[("count", done.destroyed.into())]);
    }
    Ok(())
}

pub(super) fn restore(session: &mut Session<'_>, from: &Path, confirmed: bool) -> Result<(), CommandError> {
    let restoring = Restoring::begin(from, &session.args.vault)?;
    let officer = match &session.args.officer {
        Some(officer) => officer.clone(),
        None => Session::only(restoring.officers()?)?,
    };
    let ui = session.ui;
    let question = ui.text("ask-passphrase", &[("officer", officer.as_str().to_owned().into())]);
    let passphrase = session.ask_passphrase(&question)?;
    let today = (session.around.today, confirmed);
    let checked = restoring.finish(&officer, &passphrase, today, &mut session.around.rng)?;
    if ui.wants_json() {
        return ui.json(&checked);
    }
    super::setup::tell_checked(ui, &checked)?;
    ui.warn("restore-done", &[]);
    Ok(())
}
