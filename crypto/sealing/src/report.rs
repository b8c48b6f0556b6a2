//! A report: what `report.json` says, and the rules that sealing and opening share.
//!
//! Inside one age file lies one canonical tar: `report.json`, the evidence, `SHA256SUMS` over both, and
//! `SHA256SUMS.sig` by the thread's key. See [`seal_report`] and [`open_report`].

#[cfg(test)]
mod hostile_tests;
mod open;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;

use bisik_formats::answers::Answer;
use bisik_formats::day::EditionNumber;
use bisik_formats::ids::{AgencyId, DeskId, Digest, RecipientText};
use bisik_formats::json::Count;
use bisik_formats::keys::VerifyKey;
use bisik_formats::padding::MAX_DESKS;
use rand::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::open::{
    EvidenceSink, Expected, NoEvidence, OpenedEvidence, OpenedReport, ReportError, open_report,
};
pub use self::seal::{
    EvidenceSource, SealError, SealedReport, Slot, seal_decoy, seal_report, sealed_report_len,
};
use crate::schedule::{LetterKey, ThreadKeys, letter_key_hex};
use crate::tar::{EntryName, Extension, MAX_EVIDENCE};

/// The most bytes of `report.json`: with it, a report without evidence fills 32 KiB exactly.
pub const MAX_REPORT_JSON: usize = 29_184;
/// The most bytes of an original file name.
pub const MAX_NAME: usize = 255;

/// What the thread's key signs, before the bytes of `SHA256SUMS`.
const SIGNATURE_LABEL: &[u8] = b"bisik/report/1\n";
const SIGNATURE_LEN: usize = 64;
/// From this padded size on more threads pay; every text report stays below.
const THREADS_FROM: u64 = 1024 * 1024;
/// A piece of padding.
const ZEROS: [u8; 4096] = [0; 4096];

/// The content of `report.json`, in the order of its fields.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ReportContent {
    /// Names the format.
    pub format: ReportFormat,
    /// The agency whose card was used.
    pub agency: AgencyId,
    /// The serial of that card.
    pub card: Count,
    /// The desks that can read this, sorted, without repetition.
    pub to: Vec<DeskId>,
    /// First report, later message, or end of the thread.
    pub kind: Kind,
    /// Makes two equal reports differ.
    pub nonce: ReportNonce,
    /// For each desk the edition the reporter had last seen, and the hash of its header.
    pub seen: BTreeMap<DeskId, (EditionNumber, Digest)>,
    /// The language the reporter reads.
    pub language: Language,
    /// The id of the form that was answered.
    pub form: String,
    /// The answers, in the order of the form.
    pub answers: Vec<Answer>,
    /// Free text.
    pub message: String,
    /// One note for each piece of evidence, in order.
    pub evidence: Vec<EvidenceNote>,
    /// Where answers go: any one message is enough to answer.
    pub thread: ThreadPublic,
}

/// The version of `report.json`.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
pub enum ReportFormat {
    /// The only one.
    #[serde(rename = "bisik/report/1")]
    V1,
}

/// What a report is within its thread.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Opens a thread.
    Report,
    /// A later message.
    FollowUp,
    /// The reporter closes the thread.
    Close,
}

/// A language of the reporter.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Indonesian.
    Id,
    /// English.
    En,
}

/// How many people besides the reporter hold a file: few holders make its use dangerous for them.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Holders {
    /// One other.
    One,
    /// Two to five.
    Few,
    /// More than five.
    Many,
    /// The reporter does not know.
    Unknown,
}

/// What the reporter says about one piece of evidence.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct EvidenceNote {
    /// The entry of the archive.
    pub entry: EvidenceEntry,
    /// The code of its kind, from the form.
    pub kind: String,
    /// The original file name, only if the reporter keeps it. Foreign text: never a path.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// How many others hold it.
    pub holders: Holders,
    /// Free text, possibly empty.
    pub note: String,
    /// Whether the reporter's program has removed metadata.
    pub cleaned: bool,
}

/// The name of an evidence entry, `evidence/0001.ext`.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct EvidenceEntry {
    /// From 1.
    pub number: u16,
    /// What follows the dot.
    pub extension: Extension,
}

impl EvidenceEntry {
    /// Returns the name in the archive.
    pub fn name(self) -> EntryName {
        EntryName::Evidence { number: self.number, extension: self.extension }
    }
}

impl Serialize for EvidenceEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for EvidenceEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match EntryName::from_str(&String::deserialize(deserializer)?) {
            Ok(EntryName::Evidence { number, extension }) => Ok(Self { number, extension }),
            _ => Err(serde::de::Error::custom("not the name of an evidence entry")),
        }
    }
}

/// The half of a thread that its desks may know.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ThreadPublic {
    /// Verifies the reports of the thread.
    pub verify_key: VerifyKey,
    /// Letters are sealed to it.
    pub recipient: RecipientText,
    /// Letters are addressed with it; a secret between the thread and its desks.
    #[serde(with = "letter_key_hex")]
    pub letter_key: LetterKey,
}

impl ThreadPublic {
    /// Returns the half of `keys` that desks may know.
    ///
    /// # Errors
    ///
    /// [`crate::hybrid::KeyTextError`] never in practice; see [`crate::hybrid::Recipient::to_text`].
    pub fn of(keys: &ThreadKeys) -> Result<Self, crate::hybrid::KeyTextError> {
        Ok(Self {
            verify_key: keys.signing.verify_key(),
            recipient: keys.identity.recipient().to_text()?,
            letter_key: keys.letter_key.duplicate(),
        })
    }
}

/// Sixteen random bytes in lower-case hex.
#[derive(PartialEq, Eq, Clone, Copy)]
pub struct ReportNonce([u8; 16]);

impl ReportNonce {
    /// Makes a new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl Serialize for ReportNonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base16ct::lower::encode_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for ReportNonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 16];
        match base16ct::lower::decode(String::deserialize(deserializer)?, &mut bytes) {
            Ok(decoded) if decoded.len() == 16 => Ok(Self(bytes)),
            _ => Err(serde::de::Error::custom("a nonce has 32 hex digits")),
        }
    }
}

/// Why the content of a report contradicts itself.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum ContentError {
    /// `to` is empty, too long, not sorted, or repeats a desk; or `seen` names too many.
    #[error("the list of desks is not sorted and unique")]
    Desks,
    /// The evidence is not numbered 1, 2, 3 and so on.
    #[error("the evidence is not numbered in order")]
    EvidenceOrder,
    /// A code is not `[a-z0-9_]{1,32}`.
    #[error("a code in the report is malformed")]
    Code,
    /// A file name is empty or too long.
    #[error("an original file name is empty or too long")]
    Name,
}

impl ReportContent {
    /// Checks what the types leave open. Both sides do it, before sealing and after opening.
    ///
    /// # Errors
    ///
    /// [`ContentError`] names the first rule that is broken.
    pub fn check(&self) -> Result<(), ContentError> {
        let sorted = self.to.is_sorted_by(|one, next| one < next);
        if self.to.is_empty() || self.to.len() > MAX_DESKS || self.seen.len() > MAX_DESKS || !sorted {
            return Err(ContentError::Desks);
        }
        if self.evidence.len() > MAX_EVIDENCE
            || !self.evidence.iter().map(|note| note.entry.number).eq((1..).take(self.evidence.len()))
        {
            return Err(ContentError::EvidenceOrder);
        }
        if !is_code(&self.form) || !self.evidence.iter().all(|note| is_code(&note.kind)) {
            return Err(ContentError::Code);
        }
        let name_fits = |name: &String| !name.is_empty() && name.len() <= MAX_NAME;
        if self.evidence.iter().filter_map(|note| note.name.as_ref()).all(name_fits) {
            Ok(())
        } else {
            Err(ContentError::Name)
        }
    }
}

/// Codes come from forms: `[a-z0-9_]{1,32}`.
pub(crate) fn is_code(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

/// The lines of `SHA256SUMS`, in the format of coreutils.
#[derive(Default)]
struct Sums(String);

impl Sums {
    /// Bytes of a line beside the name: 64 digits, two spaces, LF.
    const LINE_OVERHEAD: u64 = 67;

    fn add(&mut self, name: EntryName, digest: &Digest) {
        self.0.push_str(&format!("{digest}  {name}\n"));
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns what the thread's key signs.
    fn signed_bytes(&self) -> Vec<u8> {
        [SIGNATURE_LABEL, self.as_bytes()].concat()
    }

    /// Returns how many bytes the lines for these names take.
    fn len_of(names: impl Iterator<Item = EntryName>) -> u64 {
        names.map(|name| Self::LINE_OVERHEAD + name.to_string().len() as u64).sum()
    }
}
