//! What is found, and why something is not cleaned. The page of the reporter uses the same words.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

/// What a piece of metadata tells about its maker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trace {
    /// Where it was made.
    Location,
    /// When it was made or changed.
    Time,
    /// With which camera, phone or scanner.
    Device,
    /// By whom.
    Author,
    /// With which program.
    Software,
    /// Words about the content.
    Caption,
    /// A small picture, perhaps from before it was cut.
    Thumbnail,
    /// Earlier versions and steps of work.
    History,
    /// Numbers that tell one device or document from all others.
    Identifier,
    /// Anything else.
    Other,
}

impl Trace {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::Location,
        Self::Time,
        Self::Device,
        Self::Author,
        Self::Software,
        Self::Caption,
        Self::Thumbnail,
        Self::History,
        Self::Identifier,
        Self::Other,
    ];

    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Time => "time",
            Self::Device => "device",
            Self::Author => "author",
            Self::Software => "software",
            Self::Caption => "caption",
            Self::Thumbnail => "thumbnail",
            Self::History => "history",
            Self::Identifier => "identifier",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The traces of a file.
pub type Traces = BTreeSet<Trace>;

/// Why a file is not cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing is known about this content.
    UnknownFormat,
    /// It is locked.
    Encrypted,
    /// It does not follow its format.
    Damaged,
    /// It is larger than can be cleaned.
    TooLarge,
    /// Its format, or something inside, cannot be cleaned.
    Unsupported,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::UnknownFormat, Self::Encrypted, Self::Damaged, Self::TooLarge, Self::Unsupported];

    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownFormat => "unknown-format",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::TooLarge => "too-large",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file that is not cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What its content is, as an extension; `bin` if that is not known.
    pub extension: &'static str,
    /// What is known to be in it.
    pub traces: Traces,
}

/// A file that is clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// What its content is, as an extension.
    pub extension: &'static str,
    /// What was taken out.
    pub traces: Traces,
    /// Its length in bytes.
    pub len: u64,
    /// Whether it differs from the source; if not, nothing was in it.
    pub changed: bool,
}

/// Why nothing clean came out.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// The file cannot be cleaned.
    #[error("the file cannot be cleaned: {}", .0.reason)]
    Refused(Refusal),
    /// The source cannot be read.
    #[error("the source cannot be read")]
    Read(#[source] io::Error),
    /// The output cannot be written.
    #[error("the output cannot be written")]
    Write(#[source] io::Error),
}

impl CleanError {
    /// Returns the refusal, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Read(_) | Self::Write(_) => None,
        }
    }
}
