//! Files that go with a message: opened and examined once, their length known before anything is sent, cleaned of
//! metadata and read again for every attempt. What is clean is never written to this device.

mod told;

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bisik_cleaner::{CleanError, Plan, Refusal};
use bisik_formats::card::Limits;
use bisik_formats::form::{Choice, FieldKind, Form};
use bisik_formats::padding::{TEXT_SIZE, padded_size};
use bisik_sealing::report::{EvidenceEntry, EvidenceNote, EvidenceSource, Holders, MAX_NAME};
use bisik_sealing::tar::Extension;
use bisik_term::files::FileError;
use bisik_term::{CommandError, ErrorKind, Ui};

pub use self::told::{decide_all, refuse_uncleaned, tell};
use crate::cli::EvidenceArgs;

/// The most files with one message: a desk must be able to look at each.
pub const MAX_FILES: usize = 99;
/// The longest note about a file, in bytes.
pub const MAX_NOTE: usize = 1000;

/// How a read fails when the file was changed since it was opened; no operating system fails like this by itself.
pub const CHANGED: io::ErrorKind = io::ErrorKind::InvalidData;

/// What the reporter says about a file.
#[derive(Debug, Clone)]
pub struct About {
    /// The code of its kind, from the form; without one, the last that the form offers.
    pub kind: Option<String>,
    /// How many others hold it.
    pub holders: Holders,
    /// What it shows, possibly empty.
    pub note: String,
    /// Whether the desks learn its name.
    pub keep_name: bool,
    /// Whether it goes as it is if it cannot be cleaned.
    pub allow_uncleaned: bool,
}

impl Default for About {
    fn default() -> Self {
        Self {
            kind: None,
            holders: Holders::Unknown,
            note: String::new(),
            keep_name: false,
            allow_uncleaned: false,
        }
    }
}

/// What is sent of a file.
enum Content {
    /// What is left of it.
    Clean(Plan),
    /// The file as it is, for this reason.
    Original(Refusal),
}

/// A file to send.
pub struct EvidenceFile {
    file: File,
    state: (u64, Option<SystemTime>),
    len: u64,
    content: Content,
    extension: Extension,
    path: PathBuf,
    about: About,
}

impl EvidenceFile {
    /// Opens and examines a file.
    ///
    /// # Errors
    /// Fails if it is none, is empty, or its name is to be kept and is no short text.
    pub fn open(path: &Path, about: About) -> Result<Self, CommandError> {
        let failed = |source| CommandError::from(FileError::Io { path: path.to_owned(), source });
        let shown = || path.to_string_lossy().into_owned();
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => FileError::Missing { path: path.to_owned() }.into(),
            _ => failed(source),
        })?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(FileError::NotRegular { path: path.to_owned() }.into());
        }
        if metadata.len() == 0 {
            return Err(CommandError::new(ErrorKind::Refused, "err-evidence-empty").with("path", shown()));
        }
        if about.keep_name {
            name_of(path)?;
        }
        let (content, len, found) = match bisik_cleaner::examine(&mut &file) {
            Ok(plan) => {
                let (len, found) = (plan.cleaned().len, plan.cleaned().extension);
                (Content::Clean(plan), len, found)
            }
            Err(CleanError::Refused(refusal)) => {
                let found = refusal.extension;
                (Content::Original(refusal), metadata.len(), found)
            }
            Err(CleanError::Read(source) | CleanError::Write(source)) => return Err(failed(source)),
        };
        let extension = extension_of(path, found)?;
        Ok(Self { file, state: state(&metadata), len, content, extension, path: path.to_owned(), about })
    }

    /// Returns its length in bytes, as it is sent.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Says why it is not clean, if it is not.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.content {
            Content::Clean(_) => None,
            Content::Original(refusal) => Some(refusal),
        }
    }

    /// Says whether it may be sent: it is clean, or the reporter knows that it is not.
    #[must_use]
    pub fn may_go(&self) -> bool {
        self.refusal().is_none() || self.about.allow_uncleaned
    }

    /// Takes the reporter's word that it may go as it is.
    pub fn allow_uncleaned(&mut self) {
        self.about.allow_uncleaned = true;
    }

    /// Puts other words about it in place of the old.
    ///
    /// # Errors
    /// Fails if its name is to be kept and is no short text.
    pub fn describe(&mut self, about: About) -> Result<(), CommandError> {
        if about.keep_name {
            name_of(&self.path)?;
        }
        self.about = about;
        Ok(())
    }

    /// Says whether it is empty, which no opened file is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns what the report says about it, at its place from 1.
    #[must_use]
    pub fn note(&self, number: u16, form: &Form) -> EvidenceNote {
        EvidenceNote {
            entry: self.entry(number),
            kind: self.kind(form).to_owned(),
            name: self.about.keep_name.then(|| name_of(&self.path).ok()).flatten(),
            holders: self.about.holders,
            note: self.about.note.clone(),
            cleaned: self.refusal().is_none(),
        }
    }

    /// Returns the bytes of its note.
    #[must_use]
    pub fn note_len(&self) -> u64 {
        self.about.note.len() as u64
    }

    fn entry(&self, number: u16) -> EvidenceEntry {
        EvidenceEntry { number, extension: self.extension }
    }

    fn kind<'a>(&'a self, form: &'a Form) -> &'a str {
        let last = || kinds(form).last().map_or("lainnya", |choice| choice.id.as_str());
        self.about.kind.as_deref().unwrap_or_else(last)
    }

    /// Starts reading from the beginning.
    ///
    /// # Errors
    /// Fails if the file cannot be read any more.
    pub fn reader(&self) -> Result<EvidenceReader<'_>, CommandError> {
        let metadata = self.file.metadata();
        metadata.map_err(|_| CommandError::new(ErrorKind::Io, "err-upload-source"))?;
        Ok(EvidenceReader { source: self, place: 0 })
    }

    fn is_changed(&self) -> io::Result<bool> {
        Ok(state(&self.file.metadata()?) != self.state)
    }
}

/// Reads what is sent of a file, and fails if it was changed since it was examined: what is clean in one version may
/// not be in another.
pub struct EvidenceReader<'a> {
    source: &'a EvidenceFile,
    place: u64,
}

impl<'a> EvidenceReader<'a> {
    /// Returns what sealing takes.
    pub fn as_source(&mut self) -> EvidenceSource<'_> {
        EvidenceSource { extension: self.source.extension, len: self.source.len, reader: self }
    }
}

impl Read for EvidenceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = &self.source.file;
        let count = match &self.source.content {
            Content::Clean(plan) => plan.read_at(&mut file, self.place, buffer),
            Content::Original(_) => file.seek(SeekFrom::Start(self.place)).and_then(|_| file.read(buffer)),
        };
        // Before anything of a changed file is handed on; its length alone would not show it.
        if self.source.is_changed()? {
            return Err(CHANGED.into());
        }
        let count = count?;
        self.place = self.place.saturating_add(count as u64);
        Ok(count)
    }
}

fn state(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

/// Returns the extension of the content; if that is not known, the one of the name if it is short and plain, else
/// `bin`. Nothing else of a name leaves the device unasked.
fn extension_of(path: &Path, found: &str) -> Result<Extension, CommandError> {
    let own = path.extension().and_then(|text| text.to_str()).map(str::to_ascii_lowercase);
    let unknown = found == "bin";
    let named = own.filter(|_| unknown).and_then(|text| text.parse().ok());
    named.map_or_else(|| found.parse().map_err(CommandError::internal), Ok)
}

fn name_of(path: &Path) -> Result<String, CommandError> {
    let name = path.file_name().and_then(|name| name.to_str()).filter(|name| name.len() <= MAX_NAME);
    name.map(str::to_owned).ok_or_else(|| CommandError::new(ErrorKind::Refused, "err-evidence-name"))
}

/// Returns the kinds of evidence that the form offers.
#[must_use]
pub fn kinds(form: &Form) -> &[Choice] {
    let kinds = form.fields().find_map(|field| match &field.kind {
        FieldKind::Evidence { kinds } => Some(kinds.as_slice()),
        _ => None,
    });
    kinds.unwrap_or_default()
}

/// Checks files against what the agency takes.
///
/// # Errors
/// Fails on a kind that the form does not offer, too many files, or one or all of them too large.
pub fn check(files: &[EvidenceFile], form: &Form, limits: &Limits) -> Result<(), CommandError> {
    let refused = |id| CommandError::new(ErrorKind::Refused, id);
    let offered = kinds(form);
    let foreign = |kind: &&str| !offered.is_empty() && !offered.iter().any(|choice| choice.id == *kind);
    if let Some(kind) = files.iter().map(|file| file.kind(form)).find(foreign) {
        let known: Vec<&str> = offered.iter().map(|choice| choice.id.as_str()).collect();
        let error = refused("err-evidence-kind").with("kind", kind.to_owned());
        return Err(error.with("kinds", known.join(", ")));
    }
    if files.len() > MAX_FILES {
        return Err(refused("err-evidence-many").with("max", MAX_FILES));
    }
    if files.iter().any(|file| file.len > limits.file_bytes.get()) {
        return Err(refused("err-evidence-file-limit").with("max", megabytes(limits.file_bytes.get())));
    }
    let total = files.iter().fold(0u64, |sum, file| sum.saturating_add(file.len));
    if total > limits.report_bytes.get() {
        return Err(refused("err-evidence-limit").with("max", megabytes(limits.report_bytes.get())));
    }
    Ok(())
}

/// Returns megabytes for people, rounded up to one tenth.
#[must_use]
pub fn megabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown to people, rounded")]
    let tenths = bytes.div_ceil(100_000) as f64;
    tenths / 10.0
}

/// Opens the files of the command line.
///
/// # Errors
/// Fails if a file cannot be opened, or if there are neither one nor as many kinds or holders as files.
pub fn from_args(args: &EvidenceArgs) -> Result<Vec<EvidenceFile>, CommandError> {
    let count = args.evidence.len();
    for given in [args.evidence_kind.len(), args.evidence_holders.len()] {
        if given > 1 && given != count {
            return Err(CommandError::new(ErrorKind::Usage, "err-evidence-count").with("files", count));
        }
    }
    let open = |(index, path): (usize, &PathBuf)| {
        let about = About {
            kind: each(&args.evidence_kind, index).cloned(),
            holders: each(&args.evidence_holders, index).copied().map_or(Holders::Unknown, Holders::from),
            // What a file shows is said in the interview or the answers file: other users see command lines.
            note: String::new(),
            keep_name: args.keep_names,
            allow_uncleaned: args.allow_uncleaned,
        };
        EvidenceFile::open(path, about)
    };
    args.evidence.iter().enumerate().map(open).collect()
}

/// Returns the value for the file at `index`: its own, or the one for all.
fn each<T>(values: &[T], index: usize) -> Option<&T> {
    if values.len() == 1 { values.first() } else { values.get(index) }
}

/// Tells before sending what an observer will see: that something larger is uploaded, and about how large.
///
/// # Errors
/// Fails above the largest padded size.
pub fn announce(files: &[EvidenceFile], ui: &Ui) -> Result<(), CommandError> {
    if files.is_empty() {
        return Ok(());
    }
    ui.warn("warn-evidence-content", &[]);
    // What the archive and the header add is less than the text, which has a fixed room.
    let total = files.iter().fold(TEXT_SIZE, |sum, file| sum.saturating_add(file.len));
    let size = padded_size(total);
    let size = size.ok_or_else(|| CommandError::new(ErrorKind::Refused, "err-evidence-too-large"))?;
    ui.warn("warn-evidence-size", &[("files", files.len().into()), ("megabytes", megabytes(size).into())]);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    fn about() -> About {
        About {
            kind: None,
            holders: Holders::Few,
            note: String::new(),
            keep_name: false,
            allow_uncleaned: false,
        }
    }

    fn form() -> Form {
        toml::from_str(include_str!("../../../deploy/forms/kpk.toml")).unwrap()
    }

    fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn names_stay_here_unless_asked() {
        let (_folder, path) = written("Rapat Budi.JPG", b"x");
        let note = EvidenceFile::open(&path, about()).unwrap().note(1, &form());
        assert_eq!((note.name, note.entry.extension.as_str()), (None, "txt"), "by its content");
        let kept = EvidenceFile::open(&path, About { keep_name: true, ..about() }).unwrap().note(1, &form());
        assert_eq!(kept.name.unwrap(), "Rapat Budi.JPG");
        for (name, extension) in [("a.gz-rahasia", "bin"), ("a.Csv", "csv")] {
            let (_folder, odd) = written(name, b"\x01\x02");
            let note = EvidenceFile::open(&odd, about()).unwrap().note(1, &form());
            assert_eq!(note.entry.extension.as_str(), extension);
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let (folder, path) = written("a.txt", b"");
        assert_eq!(EvidenceFile::open(&path, about()).err().unwrap().id(), "err-evidence-empty");
        assert_eq!(EvidenceFile::open(folder.path(), about()).err().unwrap().id(), "err-file-not-regular");
        let missing = folder.path().join("b");
        assert_eq!(EvidenceFile::open(&missing, about()).err().unwrap().id(), "err-file-missing");
    }

    #[test]
    fn a_file_that_changes_is_noticed_and_can_be_read_again() {
        let (_folder, path) = written("a.txt", b"abc");
        let file = EvidenceFile::open(&path, about()).unwrap();
        for _ in 0..2 {
            let mut read = Vec::new();
            file.reader().unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, b"abc");
        }
        let later = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
        let mut other = File::options().write(true).open(&path).unwrap();
        other.write_all(b"abd").unwrap();
        other.set_modified(later).unwrap();
        assert_eq!(file.reader().unwrap().read_to_end(&mut Vec::new()).unwrap_err().kind(), CHANGED);
    }

    #[test]
    fn only_what_is_cleaned_is_called_so() {
        let (_folder, path) = written("a.txt", b"Nota");
        let clean = EvidenceFile::open(&path, about()).unwrap();
        assert!(clean.may_go() && clean.note(1, &form()).cleaned);
        let (_folder, path) = written("a.bin", b"\x01\x02");
        let mut original = EvidenceFile::open(&path, about()).unwrap();
        assert!(!original.may_go());
        original.allow_uncleaned();
        assert!(original.may_go() && !original.note(1, &form()).cleaned);
    }

    #[test]
    fn values_are_for_all_or_for_each() {
        assert_eq!(each(&["a"], 3), Some(&"a"));
        assert_eq!(each(&["a", "b"], 1), Some(&"b"));
        assert_eq!(each::<u8>(&[], 0), None);
        assert!((megabytes(25_000_001) - 25.1).abs() < 1e-9);
    }
}
