//! Sealing of reports and decoys.

use std::io::{self, Read, Write};
use std::thread::available_parallelism;

use bisik_formats::ids::{Digest, Hasher, MessageId};
use bisik_formats::json::{JsonError, to_json};
use bisik_formats::keys::KeyError;
use bisik_formats::padding::{MAX_DESKS, TEXT_SIZE, padded_size, sealed_len};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{
    ContentError, MAX_REPORT_JSON, ReportContent, SIGNATURE_LEN, Sums, THREADS_FROM, ThreadPublic, ZEROS,
};
use crate::hybrid::{KeyTextError, Recipient};
use crate::schedule::ThreadKeys;
use crate::tar::{END_LEN, Entry, EntryName, Extension, TarError};
use crate::writer::{AgeWriter, WriteError, seal_on_two_threads};

/// Bytes read from evidence at a time: small enough to stay in the processor's cache while hashed and copied.
const READ_LEN: usize = 64 * 1024;

/// One piece of evidence to seal.
pub struct EvidenceSource<'a> {
    /// The extension it keeps.
    pub extension: Extension,
    /// Its length in bytes; a file that turns out to be longer or shorter is an error.
    pub len: u64,
    /// Where it is read from.
    pub reader: &'a mut dyn Read,
}

/// The place of one desk of the card in a report's header.
#[derive(Clone)]
pub enum Slot {
    /// The desk can open the report.
    For(Box<Recipient>),
    /// The desk is left out; nobody can tell, itself included.
    LeftOut,
}

/// A finished report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedReport {
    /// Bytes that were written.
    pub len: u64,
    /// The id that reporter and desk show to people.
    pub message: MessageId,
}

/// Why a report was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The content contradicts itself.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The content cannot be written as strict JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// `report.json` is longer than [`MAX_REPORT_JSON`].
    #[error("the report is {over} bytes too long")]
    TooLong {
        /// Bytes to save.
        over: usize,
    },
    /// The thread in the content is not that of the keys.
    #[error("the report names another thread than its keys")]
    Thread,
    /// There are none or too many desks, or another number of them is open than `to` names.
    #[error("the desks of the report do not fit its list of readers")]
    Slots,
    /// Sources and notes do not go together.
    #[error("the evidence does not fit its list in the report")]
    EvidenceList,
    /// A source is longer or shorter than it was when it was listed.
    #[error("evidence {number} changed while it was read")]
    EvidenceChanged {
        /// From 1.
        number: u16,
    },
    /// A source could not be read.
    #[error("evidence {number} could not be read")]
    EvidenceRead {
        /// From 1.
        number: u16,
        /// The cause.
        source: io::Error,
    },
    /// An entry or all of them together are too large.
    #[error("the evidence is too large")]
    TooLarge,
    /// A key text could not be used.
    #[error(transparent)]
    Key(#[from] KeyTextError),
    /// The library refused the thread's signing key.
    #[error(transparent)]
    SigningKey(#[from] KeyError),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<TarError> for SealError {
    /// Sealing makes the names itself, so only a size can be refused.
    fn from(_: TarError) -> Self {
        SealError::TooLarge
    }
}

impl From<io::Error> for SealError {
    fn from(error: io::Error) -> Self {
        SealError::Write(WriteError::Io(error))
    }
}

/// Seals a report; `slots` are all desks of the card, in its order. Evidence is read once, in constant memory.
///
/// # Errors
///
/// [`SealError`]; what has been written by then is useless.
pub fn seal_report<W: Write + Send>(
    content: &ReportContent,
    evidence: &mut [EvidenceSource<'_>],
    keys: &ThreadKeys,
    slots: &[Slot],
    out: W,
    rng: &mut impl CryptoRng,
) -> Result<SealedReport, SealError> {
    content.check()?;
    if content.thread != ThreadPublic::of(keys)? {
        return Err(SealError::Thread);
    }
    let plan = Plan::new(content, evidence)?;
    let recipients = recipients(content, slots, rng)?;
    let (message, mut out) =
        if plan.padded < THREADS_FROM || available_parallelism().is_ok_and(|n| n.get() < 2) {
            let mut writer = AgeWriter::new(&recipients, out, rng)?;
            let message = plan.write(evidence, keys, &mut writer)?;
            (message, writer.finish()?)
        } else {
            seal_on_two_threads(&recipients, out, rng, |writer| plan.write(evidence, keys, writer))?
        };
    out.flush()?;
    Ok(SealedReport { len: sealed_len(slots.len(), plan.padded), message })
}

/// Returns the length that [`seal_report`] will write for these sources, before any of them is read.
///
/// # Errors
///
/// [`SealError`] if it would refuse content or sources.
pub fn sealed_report_len(
    content: &ReportContent,
    evidence: &[EvidenceSource<'_>],
    slots: &[Slot],
) -> Result<u64, SealError> {
    content.check()?;
    Ok(sealed_len(slots.len(), Plan::new(content, evidence)?.padded))
}

/// Seals 32 KiB of zeros so that nobody can open them: what a visit sends that has nothing to say.
///
/// # Errors
///
/// [`SealError`] if `desks` is not from 1 to 8, or if the output refuses.
pub fn seal_decoy<W: Write>(desks: usize, out: W, rng: &mut impl CryptoRng) -> Result<(), SealError> {
    if !(1..=MAX_DESKS).contains(&desks) {
        return Err(SealError::Slots);
    }
    let recipients: Vec<Recipient> = (0..desks).map(|_| Recipient::throwaway(rng)).collect();
    let mut writer = AgeWriter::new(&recipients, out, rng)?;
    write_zeros(&mut writer, TEXT_SIZE)?;
    Ok(writer.finish()?.flush()?)
}

fn recipients(
    content: &ReportContent,
    slots: &[Slot],
    rng: &mut impl CryptoRng,
) -> Result<Vec<Recipient>, SealError> {
    let open = slots.iter().filter(|slot| matches!(slot, Slot::For(_))).count();
    if open != content.to.len() || slots.len() > MAX_DESKS {
        return Err(SealError::Slots);
    }
    let recipient = |slot: &Slot| match slot {
        Slot::For(recipient) => Recipient::clone(recipient),
        Slot::LeftOut => Recipient::throwaway(rng),
    };
    Ok(slots.iter().map(recipient).collect())
}

/// Everything about the archive that is known before the evidence is read.
struct Plan {
    json: Zeroizing<Vec<u8>>,
    report: Entry,
    evidence: Vec<Entry>,
    sums: Entry,
    signature: Entry,
    used: u64,
    padded: u64,
}

impl Plan {
    fn new(content: &ReportContent, sources: &[EvidenceSource<'_>]) -> Result<Self, SealError> {
        let json = Zeroizing::new(to_json(content)?);
        if let Some(over) = json.len().checked_sub(MAX_REPORT_JSON).filter(|over| *over > 0) {
            return Err(SealError::TooLong { over });
        }
        if content.evidence.len() != sources.len() {
            return Err(SealError::EvidenceList);
        }
        let entry = |(note, source): (&super::EvidenceNote, &EvidenceSource<'_>)| {
            let fits = note.entry.extension == source.extension;
            if fits {
                Ok(Entry { name: note.entry.name(), size: source.len })
            } else {
                Err(SealError::EvidenceList)
            }
        };
        let evidence = content.evidence.iter().zip(sources).map(entry).collect::<Result<Vec<_>, _>>()?;
        let report = Entry { name: EntryName::Report, size: json.len() as u64 };
        let names = std::iter::once(&report).chain(&evidence).map(|entry| entry.name);
        let sums = Entry { name: EntryName::Sums, size: Sums::len_of(names) };
        let signature = Entry { name: EntryName::Signature, size: SIGNATURE_LEN as u64 };
        let entries = [report, sums, signature];
        let used = entries.iter().chain(&evidence).map(Entry::total_len).sum::<u64>() + END_LEN;
        let padded = padded_size(used).ok_or(SealError::TooLarge)?;
        Ok(Self { json, report, evidence, sums, signature, used, padded })
    }

    /// Writes the archive and its padding.
    fn write(
        &self,
        sources: &mut [EvidenceSource<'_>],
        keys: &ThreadKeys,
        out: &mut impl Write,
    ) -> Result<MessageId, SealError> {
        let mut sums = Sums::default();
        write_entry(&self.report, &self.json, out)?;
        sums.add(self.report.name, &Digest::of(&self.json));
        let mut buffer = Zeroizing::new(vec![0; if sources.is_empty() { 0 } else { READ_LEN }]);
        for ((number, entry), source) in (1..).zip(&self.evidence).zip(sources) {
            out.write_all(&entry.header()?)?;
            sums.add(entry.name, &copy_evidence(number, source, &mut buffer, out)?);
            write_zeros(out, entry.padding())?;
        }
        write_entry(&self.sums, sums.as_bytes(), out)?;
        write_entry(&self.signature, keys.signing.sign(&sums.signed_bytes())?.as_bytes(), out)?;
        write_zeros(out, END_LEN + self.padded - self.used)?;
        Ok(MessageId::of_sums(sums.as_bytes()))
    }
}

fn write_entry(entry: &Entry, content: &[u8], out: &mut impl Write) -> Result<(), SealError> {
    out.write_all(&entry.header()?)?;
    out.write_all(content)?;
    Ok(write_zeros(out, entry.padding())?)
}

/// Copies exactly the listed length and returns the digest.
fn copy_evidence(
    number: u16,
    source: &mut EvidenceSource<'_>,
    buffer: &mut [u8],
    out: &mut impl Write,
) -> Result<Digest, SealError> {
    let mut hasher = Hasher::new();
    // One byte more than listed is asked for, to see whether the file has grown.
    let mut left = source.len;
    loop {
        let wish = usize::try_from(left.saturating_add(1)).unwrap_or(usize::MAX).min(buffer.len());
        let place = buffer.get_mut(..wish).unwrap_or_default();
        let count = match source.reader.read(place) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(SealError::EvidenceRead { number, source }),
        };
        let Some(read) = place.get(..count).filter(|read| !read.is_empty()) else { break };
        left = left.checked_sub(count as u64).ok_or(SealError::EvidenceChanged { number })?;
        hasher.update(read);
        out.write_all(read)?;
    }
    if left == 0 { Ok(hasher.finish()) } else { Err(SealError::EvidenceChanged { number }) }
}

fn write_zeros(out: &mut impl Write, mut count: u64) -> io::Result<()> {
    while count > 0 {
        let step = usize::try_from(count).unwrap_or(usize::MAX).min(ZEROS.len());
        out.write_all(ZEROS.get(..step).unwrap_or_default())?;
        count -= step as u64;
    }
    Ok(())
}
