//! The self-test: is what is sealed to this desk opened by this desk, and is the vault whole?

use std::io::{self, Read, Write};

use bisik_formats::ids::Hasher;
use bisik_sealing::hybrid::Identity;
use bisik_sealing::reader::open;
use bisik_sealing::writer::AgeWriter;
use rand::CryptoRng;

use crate::cases::{self, Case};
use crate::desk::Desk;
use crate::identities;
use crate::vault::{Place, VaultError};

const SAMPLE: &[u8] = b"bisik self-test";

/// The self-test has failed. Nothing may be imported or published.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
    /// What was sealed to the published identity was not opened by it.
    #[error("the desk does not open what is sealed to it")]
    Identity,
    /// The vault is damaged or refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What a full self-test has looked at.
#[derive(Default, Debug, serde::Serialize)]
pub struct Checked {
    /// Cases.
    pub cases: usize,
    /// Messages whose text, checksums and signature hold.
    pub messages: usize,
    /// Pieces of evidence whose digest holds.
    pub evidence: usize,
    /// Entries of the journal.
    pub journal: usize,
}

/// Seals a sample to every identity of the desk and opens it again.
///
/// # Errors
///
/// [`SelfTestError`].
pub fn check_identity(desk: &Desk, rng: &mut impl CryptoRng) -> Result<(), SelfTestError> {
    for kept in identities::all(desk.records())? {
        if !round_trip(&kept.identity(), rng).is_ok_and(|opened| opened == SAMPLE) {
            return Err(SelfTestError::Identity);
        }
    }
    Ok(())
}

fn round_trip(identity: &Identity, rng: &mut impl CryptoRng) -> io::Result<Vec<u8>> {
    let recipients = [identity.recipient()];
    let mut writer = AgeWriter::new(&recipients, Vec::new(), rng).map_err(io::Error::other)?;
    writer.write_all(SAMPLE)?;
    let sealed = writer.finish()?;
    let mut opened = Vec::new();
    open(sealed.as_slice(), &[identity]).map_err(io::Error::other)?.take(1024).read_to_end(&mut opened)?;
    Ok(opened)
}

/// Checks everything: identities, every record, the journal, every message's signature and all evidence.
///
/// # Errors
///
/// [`SelfTestError`].
pub fn check_all(desk: &Desk, rng: &mut impl CryptoRng) -> Result<Checked, SelfTestError> {
    check_identity(desk, rng)?;
    desk.records().check_file()?;
    let mut checked = Checked { journal: desk.vault().journal()?.len(), ..Checked::default() };
    for case in cases::all(desk)? {
        check_case(desk, &case, &mut checked)?;
        checked.cases += 1;
    }
    Ok(checked)
}

fn check_case(desk: &Desk, case: &Case, checked: &mut Checked) -> Result<(), VaultError> {
    for message in cases::messages(desk, case)? {
        crate::export::check_proof(desk, case, &message)?;
        for evidence in &message.evidence {
            check_evidence(desk, evidence)?;
            checked.evidence += 1;
        }
        checked.messages += 1;
    }
    Ok(())
}

/// Reads a piece of evidence to its end and compares length and digest.
///
/// # Errors
///
/// [`VaultError::Damaged`] if they differ.
pub fn check_evidence(desk: &Desk, evidence: &cases::StoredEvidence) -> Result<(), VaultError> {
    copy_evidence(desk, evidence, &mut io::sink())
}

/// Copies a piece of evidence and compares length and digest. After an error, the copy is worth nothing.
pub(crate) fn copy_evidence(
    desk: &Desk,
    evidence: &cases::StoredEvidence,
    out: &mut dyn Write,
) -> Result<(), VaultError> {
    let mut reader = desk.vault().read_evidence(&evidence.file)?;
    let mut buffer = zeroize::Zeroizing::new(vec![0; 64 * 1024]);
    let (mut hasher, mut size) = (Hasher::new(), 0u64);
    loop {
        let count = reader.read(&mut buffer).map_err(|_| VaultError::Damaged(Place::Evidence))?;
        let read = buffer.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        hasher.update(read);
        size += count as u64;
        out.write_all(read)?;
    }
    let whole = size == evidence.size && hasher.finish() == evidence.hash;
    if whole { Ok(()) } else { Err(VaultError::Damaged(Place::Evidence)) }
}
