//! Evidence in the vault: one age file each, sealed to a key of the vault, under a random name.
//!
//! Identities of the desk are destroyed in time; what was sealed to them is sealed to the vault at import.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use bisik_formats::ids::Digest;
use bisik_sealing::hybrid::{Identity, Recipient};
use bisik_sealing::reader::open;
use bisik_sealing::report::EvidenceSink;
use bisik_sealing::tar::Extension;
use bisik_sealing::writer::AgeWriter;
use bisik_term::files::{NewFile, open_foreign};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::records::random;
use super::{Place, VaultError};

/// The folder within the vault.
pub(crate) const FOLDER: &str = "evidence";
const SUFFIX: &str = ".age";
/// Small writes of the sealer are joined to this size.
const BUFFER: usize = 128 * 1024;

/// A piece of evidence that lies in the vault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StagedEvidence {
    /// The name of the file.
    pub(crate) file: String,
    /// SHA-256 of the content.
    pub(crate) hash: Digest,
}

/// Makes stages for one report after the other.
pub(crate) struct EvidenceRoom {
    folder: PathBuf,
    recipient: Recipient,
    noise: StdRng,
}

impl EvidenceRoom {
    pub(super) const fn new(folder: PathBuf, recipient: Recipient, noise: StdRng) -> Self {
        Self { folder, recipient, noise }
    }

    /// Begins to store the evidence of a report.
    pub(crate) fn stage(&mut self) -> EvidenceStage {
        EvidenceStage {
            folder: self.folder.clone(),
            recipient: self.recipient.clone(),
            noise: StdRng::from_rng(&mut self.noise),
            current: None,
            done: Vec::new(),
        }
    }
}

/// Takes the evidence of one report. Dropped without [`EvidenceStage::keep`], it removes what it has written.
pub(crate) struct EvidenceStage {
    folder: PathBuf,
    recipient: Recipient,
    noise: StdRng,
    current: Option<(String, AgeWriter<BufWriter<NewFile>>)>,
    done: Vec<StagedEvidence>,
}

impl EvidenceStage {
    /// Keeps the files and returns them in order.
    pub(crate) fn keep(mut self) -> Vec<StagedEvidence> {
        std::mem::take(&mut self.done)
    }
}

impl Drop for EvidenceStage {
    fn drop(&mut self) {
        for evidence in &self.done {
            // What cannot be removed now is swept away at the next import.
            fs::remove_file(self.folder.join(&evidence.file)).ok();
        }
    }
}

impl EvidenceSink for EvidenceStage {
    fn begin(&mut self, _: u16, _: Extension, _: u64) -> io::Result<()> {
        let name = base16ct::lower::encode_string(&random::<16>(&mut self.noise)) + SUFFIX;
        let file = NewFile::create(&self.folder.join(&name)).map_err(io::Error::other)?;
        let out = BufWriter::with_capacity(BUFFER, file);
        let recipients = std::slice::from_ref(&self.recipient);
        let writer = AgeWriter::new(recipients, out, &mut self.noise).map_err(io::Error::other)?;
        self.current = Some((name, writer));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (_, writer) = self.current.as_mut().ok_or(io::ErrorKind::InvalidInput)?;
        writer.write_all(bytes)
    }

    fn end(&mut self, hash: &Digest) -> io::Result<()> {
        let (file, writer) = self.current.take().ok_or(io::ErrorKind::InvalidInput)?;
        let out = writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        out.commit().map_err(io::Error::other)?;
        self.done.push(StagedEvidence { file, hash: *hash });
        Ok(())
    }
}

/// Opens a stored piece for reading.
pub(super) fn read(folder: &Path, name: &str, identity: &Identity) -> Result<impl Read + use<>, VaultError> {
    let damaged = |_| VaultError::Damaged(Place::Evidence);
    let file: File = open_foreign(&folder.join(name)).map_err(|_| VaultError::Damaged(Place::Evidence))?;
    open(io::BufReader::with_capacity(BUFFER, file), &[identity]).map_err(damaged)
}

pub(super) fn sweep(folder: &Path, known: &dyn Fn(&str) -> bool) -> Result<(), VaultError> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(known) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
