//! Exports out of the vault: one piece of evidence, or a whole report as a court can check it with stock tools.

use std::io::Write;
use std::path::{Path, PathBuf};

use bisik_formats::ids::Digest;
use bisik_sealing::tar::EntryName;
use bisik_term::files::{FileError, NewFile, write_private};

use crate::cases::{self, Case, CaseError, Message};
use crate::desk::Desk;
use crate::identities;
use crate::selftest::copy_evidence;
use crate::vault::{Action, Place, VaultError, make_folder};
use bisik_formats::day::Day;
use zeroize::Zeroizing;

const SIGNED_LABEL: &[u8] = b"bisik/report/1\n";

/// Why something was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The case refused.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The target could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The target folder could not be made.
    #[error("the target folder could not be made")]
    Folder(#[source] std::io::Error),
    /// There is no identity yet.
    #[error("the desk has no identity yet")]
    NoIdentity,
}

/// Checks that a stored message is what its thread has signed.
///
/// # Errors
///
/// [`VaultError::Damaged`] if it is not.
pub(crate) fn check_proof(desk: &Desk, case: &Case, message: &Message) -> Result<(), VaultError> {
    let proof = cases::proof(desk.records(), message)?;
    let mut sums = format!("{}  {}\n", Digest::of(proof.report_json.as_bytes()), EntryName::Report);
    for evidence in &message.evidence {
        sums.push_str(&format!("{}  {}\n", evidence.hash, evidence.entry.name()));
    }
    let signed = [SIGNED_LABEL, proof.sums.as_bytes()].concat();
    let holds = sums == proof.sums
        && Digest::of(proof.sums.as_bytes()) == message.sums
        && case.thread.verify(&signed, &proof.signature).is_ok();
    if holds { Ok(()) } else { Err(VaultError::Damaged(Place::Record)) }
}

/// Writes one piece of evidence into a folder, under a name of our own without a foreign extension.
///
/// # Errors
///
/// [`ExportError`]; then no file stays behind.
pub fn evidence(
    desk: &mut Desk,
    number: u32,
    message_number: usize,
    evidence_number: u16,
    folder: &Path,
    today: Day,
) -> Result<PathBuf, ExportError> {
    let case = cases::find(desk, number)?;
    let message = nth_message(desk, &case, message_number)?;
    let found = message.evidence.iter().find(|evidence| evidence.entry.number == evidence_number);
    let evidence = found.ok_or(CaseError::UnknownPart)?.clone();
    let name = format!("kasus-{number:04}-pesan-{message_number:02}-bukti-{evidence_number:04}.bin");
    let subject = format!("{number}/{message_number}/{evidence_number}");
    desk.vault_mut().note(today, Action::EvidenceExported, &subject)?;
    make_folder(folder).map_err(ExportError::Folder)?;
    let path = folder.join(name);
    let mut file = NewFile::create(&path)?;
    copy_evidence(desk, &evidence, &mut file)?;
    file.commit()?;
    Ok(path)
}

/// Writes the messages of a case as they were signed, each into a folder of its own: `sha256sum -c SHA256SUMS`
/// holds there. Returns the folders.
///
/// # Errors
///
/// [`ExportError`]; folders that exist already are not touched.
pub fn report(
    desk: &mut Desk,
    number: u32,
    only: Option<usize>,
    folder: &Path,
    today: Day,
) -> Result<Vec<PathBuf>, ExportError> {
    let case = cases::find(desk, number)?;
    let messages = cases::messages(desk, &case)?;
    if only.is_some_and(|only| only == 0 || only > messages.len()) {
        return Err(CaseError::UnknownPart.into());
    }
    desk.vault_mut().note(today, Action::ReportExported, &number.to_string())?;
    make_folder(folder).map_err(ExportError::Folder)?;
    let mut folders = Vec::new();
    for (place, message) in (1..).zip(&messages) {
        if only.is_none_or(|only| only == place) {
            let target = folder.join(format!("kasus-{number:04}-pesan-{place:02}"));
            unpack(desk, &case, message, &target)?;
            folders.push(target);
        }
    }
    Ok(folders)
}

fn unpack(desk: &Desk, case: &Case, message: &Message, target: &Path) -> Result<(), ExportError> {
    check_proof(desk, case, message)?;
    let proof = cases::proof(desk.records(), message)?;
    make_folder(target).map_err(ExportError::Folder)?;
    write_private(&target.join(EntryName::Report.to_string()), proof.report_json.as_bytes())?;
    if !message.evidence.is_empty() {
        make_folder(&target.join("evidence")).map_err(ExportError::Folder)?;
    }
    for evidence in &message.evidence {
        // `evidence/0001.ext`: the number is ours, the extension has at most five letters and digits.
        let mut file = NewFile::create(&target.join(evidence.entry.name().to_string()))?;
        copy_evidence(desk, evidence, &mut file)?;
        file.commit()?;
    }
    write_private(&target.join(EntryName::Sums.to_string()), proof.sums.as_bytes())?;
    Ok(write_private(&target.join(EntryName::Signature.to_string()), proof.signature.as_bytes())?)
}

/// Writes the desk's identities as text, the published one first: stock age opens sealed reports with this file.
///
/// # Errors
///
/// [`ExportError`]; an existing file is not touched.
pub fn identities(desk: &mut Desk, path: &Path, today: Day) -> Result<usize, ExportError> {
    let kept = identities::all(desk.records())?;
    if kept.is_empty() {
        return Err(ExportError::NoIdentity);
    }
    desk.vault_mut().note(today, Action::IdentityExported, "")?;
    let mut text = Zeroizing::new(Vec::with_capacity(kept.len() * 128));
    for identity in &kept {
        writeln!(text, "{}", identity.identity().expose_text().as_str()).map_err(VaultError::Io)?;
    }
    write_private(path, &text)?;
    Ok(kept.len())
}

/// Returns a message of a case by its place, from 1.
pub(crate) fn nth_message(desk: &Desk, case: &Case, place: usize) -> Result<Message, CaseError> {
    let found = place.checked_sub(1).and_then(|index| {
        let messages = cases::messages(desk, case);
        messages.map(|messages| messages.into_iter().nth(index)).transpose()
    });
    Ok(found.ok_or(CaseError::UnknownPart)??)
}
