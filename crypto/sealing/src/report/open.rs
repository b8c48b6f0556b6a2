//! Opening of reports: everything a desk checks before it believes one.

use std::io::{self, BufRead, Read};
use std::thread::available_parallelism;

use bisik_formats::ids::{AgencyId, DeskId, Digest, Hasher, MessageId, ReportId};
use bisik_formats::json::{JsonError, from_json};
use bisik_formats::keys::Signature;
use bisik_formats::padding::padded_size;
use bisik_formats::shape::{Shape, ShapeError};
use zeroize::Zeroizing;

use super::{ContentError, MAX_REPORT_JSON, ReportContent, SIGNATURE_LEN, Sums, THREADS_FROM, ZEROS};
use crate::hybrid::{Identity, KeyTextError, Recipient};
use crate::reader::{AgeReader, OpenError, SealedHeader, open_on_threads};
use crate::tar::{BLOCK_LEN, END_LEN, Entry, EntryName, Extension, TarError};

/// What a report must fit.
pub struct Expected<'a> {
    /// The desk's identities, newest first.
    pub identities: &'a [&'a Identity],
    /// The desk's agency.
    pub agency: &'a AgencyId,
    /// The desk's own id, which must be among the readers.
    pub desk: &'a DeskId,
    /// The numbers of desks that current and recent cards have.
    pub desk_counts: &'a [usize],
}

/// Takes evidence as it is opened. Nothing of it is known to be genuine before [`open_report`] returns: a sink
/// keeps what it gets apart until then, and drops it after an error.
pub trait EvidenceSink {
    /// A piece of evidence begins: its number from 1, its extension, its size in bytes.
    ///
    /// # Errors
    ///
    /// [`io::Error`] stops the opening.
    fn begin(&mut self, number: u16, extension: Extension, size: u64) -> io::Result<()>;

    /// More bytes of it.
    ///
    /// # Errors
    ///
    /// [`io::Error`] stops the opening.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// It is complete and has this SHA-256.
    ///
    /// # Errors
    ///
    /// [`io::Error`] stops the opening.
    fn end(&mut self, hash: &Digest) -> io::Result<()>;
}

/// A sink that forgets everything, to check a report without keeping its evidence.
pub struct NoEvidence;

impl EvidenceSink for NoEvidence {
    fn begin(&mut self, _: u16, _: Extension, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, _: &Digest) -> io::Result<()> {
        Ok(())
    }
}

/// A report that has passed every check.
pub struct OpenedReport {
    /// SHA-256 of the sealed bytes.
    pub id: ReportId,
    /// Number of desks on the card it was sealed for.
    pub desks: usize,
    /// What it says.
    pub content: ReportContent,
    /// The checked form of the recipient for letters.
    pub recipient: Recipient,
    /// The evidence that went to the sink, in order.
    pub evidence: Vec<OpenedEvidence>,
    /// What proves the report genuine later.
    pub proof: Proof,
}

impl OpenedReport {
    /// Returns SHA-256 of `SHA256SUMS`: the same in every copy, however sealed; never accepted twice.
    pub fn sums(&self) -> Digest {
        Digest::of(&self.proof.sums)
    }

    /// Returns the id that reporter and desk show to people.
    pub fn message(&self) -> MessageId {
        self.sums().into()
    }
}

/// The signed bytes of a report. With the evidence they are the whole archive.
pub struct Proof {
    /// `report.json`.
    pub report_json: Zeroizing<Vec<u8>>,
    /// `SHA256SUMS`.
    pub sums: Vec<u8>,
    /// The thread key's signature over `bisik/report/1\n` and `sums`.
    pub signature: Signature,
}

/// Size and digest of a piece of evidence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenedEvidence {
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub hash: Digest,
}

/// Why a report is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The sealed file is not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its length is none of the listed ones.
    #[error("the sealed file has another length than a report")]
    Length,
    /// It is made for another number of desks.
    #[error("the report is made for another number of desks")]
    Desks,
    /// A header inside is not canonical.
    #[error(transparent)]
    Tar(#[from] TarError),
    /// An entry is missing, repeated, unlisted, or not where it must stand.
    #[error("the report has an entry where another must stand")]
    Order,
    /// `report.json` is not strict JSON of its schema.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// `report.json` contradicts itself.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// It is for another agency.
    #[error("the report is for another agency")]
    OtherAgency,
    /// This desk is not among its readers.
    #[error("the report is not for this desk")]
    OtherDesk,
    /// Letters could not be sealed to the thread's recipient.
    #[error(transparent)]
    Recipient(#[from] KeyTextError),
    /// `SHA256SUMS` is not what the entries give.
    #[error("the checksums in the report do not fit its entries")]
    Sums,
    /// The signature of the thread does not fit.
    #[error("the signature of the report does not fit")]
    Signature,
    /// Padding is not zero or not of the right size.
    #[error("the padding of the report is not canonical")]
    Padding,
    /// The sink refused evidence.
    #[error("the evidence could not be stored")]
    Sink(#[source] io::Error),
}

/// Opens a sealed report of `len` bytes and gives its evidence to `sink`, in constant memory.
///
/// # Errors
///
/// [`ReportError`]; then nothing of the report is to be believed.
pub fn open_report<R: Read + Send>(
    input: R,
    len: u64,
    expected: &Expected<'_>,
    sink: &mut dyn EvidenceSink,
) -> Result<OpenedReport, ReportError> {
    let mut input = HashingReader { input, hasher: Hasher::new() };
    let header = SealedHeader::read(&mut input)?;
    let desks = header.desks();
    if !expected.desk_counts.contains(&desks) {
        return Err(ReportError::Desks);
    }
    let shape = Shape::of_len(len, desks).map_err(|_: ShapeError| ReportError::Length)?;
    let padded = shape.padded();
    let key = header.payload_key(&mut input, expected.identities)?;
    let mut read = |reader: &mut dyn BufRead| read_archive(reader, padded, expected, sink);
    let (inside, input) = if padded < THREADS_FROM || available_parallelism().is_ok_and(|n| n.get() < 2) {
        let mut reader = AgeReader::new(input, key);
        (read(&mut reader)?, reader.into_input())
    } else {
        open_on_threads(input, key, |reader| read(reader))?
    };
    let Inside { content, recipient, evidence, proof } = inside;
    Ok(OpenedReport { id: input.hasher.finish().into(), desks, content, recipient, evidence, proof })
}

/// What the archive holds.
struct Inside {
    content: ReportContent,
    recipient: Recipient,
    evidence: Vec<OpenedEvidence>,
    proof: Proof,
}

/// Reads the archive in its one order.
fn read_archive(
    input: &mut dyn BufRead,
    padded: u64,
    expected: &Expected<'_>,
    sink: &mut dyn EvidenceSink,
) -> Result<Inside, ReportError> {
    let mut archive = Archive { input, position: 0 };
    let mut sums = Sums::default();
    let report_json = archive.small_entry(EntryName::Report, MAX_REPORT_JSON)?;
    sums.add(EntryName::Report, &Digest::of(&report_json));
    let content: ReportContent = from_json(&report_json, MAX_REPORT_JSON)?;
    let recipient = check_content(&content, expected)?;
    let mut evidence = Vec::new();
    for note in &content.evidence {
        let entry = archive.entry(note.entry.name())?;
        let hash = archive.evidence(&entry, sink)?;
        sums.add(entry.name, &hash);
        evidence.push(OpenedEvidence { size: entry.size, hash });
    }
    let found = archive.small_entry(EntryName::Sums, sums.as_bytes().len())?;
    if found.as_slice() != sums.as_bytes() {
        return Err(ReportError::Sums);
    }
    let signature = archive.small_entry(EntryName::Signature, SIGNATURE_LEN)?;
    let signature =
        Signature::from_bytes(signature.as_slice().try_into().map_err(|_| ReportError::Signature)?);
    let key = &content.thread.verify_key;
    key.verify(&sums.signed_bytes(), &signature).map_err(|_| ReportError::Signature)?;
    archive.end(padded)?;
    let proof = Proof { report_json, sums: found.to_vec(), signature };
    Ok(Inside { content, recipient, evidence, proof })
}

/// Checks what can be known from `report.json`, before any evidence is read.
fn check_content(content: &ReportContent, expected: &Expected<'_>) -> Result<Recipient, ReportError> {
    content.check()?;
    if content.agency != *expected.agency {
        return Err(ReportError::OtherAgency);
    }
    if !content.to.contains(expected.desk) {
        return Err(ReportError::OtherDesk);
    }
    Ok(Recipient::parse(&content.thread.recipient)?)
}

/// Reads canonical entries one after the other.
struct Archive<'a> {
    input: &'a mut dyn BufRead,
    position: u64,
}

impl Archive<'_> {
    /// Reads the header of the next entry, which must have this name.
    fn entry(&mut self, name: EntryName) -> Result<Entry, ReportError> {
        let mut header = [0; BLOCK_LEN];
        self.read_exact(&mut header)?;
        // The end of the archive, where an entry must follow.
        if header == [0; BLOCK_LEN] {
            return Err(ReportError::Order);
        }
        let entry = Entry::parse(&header)?;
        if entry.name == name { Ok(entry) } else { Err(ReportError::Order) }
    }

    /// Reads a whole entry of at most `max` bytes.
    fn small_entry(&mut self, name: EntryName, max: usize) -> Result<Zeroizing<Vec<u8>>, ReportError> {
        let entry = self.entry(name)?;
        let size = usize::try_from(entry.size).ok().filter(|size| *size <= max).ok_or(TarError::Size)?;
        let mut content = Zeroizing::new(vec![0; size]);
        self.read_exact(&mut content)?;
        self.zeros(entry.padding())?;
        Ok(content)
    }

    /// Passes the content of an entry to the sink and returns its digest.
    fn evidence(&mut self, entry: &Entry, sink: &mut dyn EvidenceSink) -> Result<Digest, ReportError> {
        let EntryName::Evidence { number, extension } = entry.name else { return Err(ReportError::Order) };
        let mut hasher = Hasher::new();
        sink.begin(number, extension, entry.size).map_err(ReportError::Sink)?;
        self.take(entry.size, |bytes| {
            hasher.update(bytes);
            sink.write(bytes).map_err(ReportError::Sink)
        })?;
        let hash = hasher.finish();
        sink.end(&hash).map_err(ReportError::Sink)?;
        self.zeros(entry.padding())?;
        Ok(hash)
    }

    /// Two zero blocks, zeros up to the one right padded size, and nothing after: so the sealed file has exactly the
    /// length from which `padded` was computed.
    fn end(&mut self, padded: u64) -> Result<(), ReportError> {
        let used = self.position + END_LEN;
        if padded_size(used) != Some(padded) {
            return Err(ReportError::Padding);
        }
        self.zeros(padded - self.position)?;
        let rest = self.input.fill_buf().map_err(OpenError::from)?;
        if rest.is_empty() { Ok(()) } else { Err(ReportError::Padding) }
    }

    fn zeros(&mut self, count: u64) -> Result<(), ReportError> {
        // Compared as whole blocks, which is many times faster than byte by byte.
        let is_zero = |block: &[u8]| ZEROS.get(..block.len()) == Some(block);
        self.take(count, |bytes| match bytes.chunks(ZEROS.len()).all(is_zero) {
            true => Ok(()),
            false => Err(ReportError::Padding),
        })
    }

    fn read_exact(&mut self, out: &mut [u8]) -> Result<(), ReportError> {
        self.input.read_exact(out).map_err(OpenError::from)?;
        self.position += out.len() as u64;
        Ok(())
    }

    /// Passes the next `count` bytes on, in pieces, without a copy.
    fn take(
        &mut self,
        mut count: u64,
        mut each: impl FnMut(&[u8]) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        while count > 0 {
            let buffered = self.input.fill_buf().map_err(OpenError::from)?;
            let limit = usize::try_from(count).unwrap_or(usize::MAX).min(buffered.len());
            let piece = buffered.get(..limit).filter(|piece| !piece.is_empty()).ok_or(TarError::Size)?;
            each(piece)?;
            self.input.consume(limit);
            count -= limit as u64;
            self.position += limit as u64;
        }
        Ok(())
    }
}

/// Hashes what is read.
struct HashingReader<R> {
    input: R,
    hasher: Hasher,
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.hasher.update(out.get(..count).unwrap_or_default());
        Ok(count)
    }
}
