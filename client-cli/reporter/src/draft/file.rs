//! Answers from a file.

use std::path::{Path, PathBuf};

use bisik_formats::answers::Answer;
use bisik_formats::ids::DeskId;
use bisik_sealing::report::Holders;
use bisik_term::files::read_bounded;
use bisik_term::{CommandError, ErrorKind};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Addressees;
use crate::evidence::{About, EvidenceFile};

/// The longest answers file, in bytes: what fits into a report, and as much again for white space.
const MAX_FILE: u64 = 64 * 1024;

/// A report in a file: JSON.
///
/// ```json
/// {
///   "answers": [
///     {"field": "kategori", "value": {"choice": ["suap"]}},
///     {"field": "apa", "value": {"text": "..."}},
///     {"field": "siapa", "entry": 1, "part": "jabatan", "value": {"text": "..."}},
///     {"field": "kapan", "value": {"when": {"month": "2026-03"}}},
///     {"field": "nilai", "value": "unknown"}
///   ],
///   "message": "",
///   "leave_out": ["daerah"],
///   "evidence": [{"file": "foto.jpg", "kind": "foto", "holders": "few", "note": "", "keep_name": false,
///                 "allow_uncleaned": false}]
/// }
/// ```
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersFile {
    /// The answers; the order of the form is made afterwards.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Free text beside the answers.
    #[serde(default)]
    pub message: String,
    /// Only these desks.
    #[serde(default)]
    pub to: Vec<DeskId>,
    /// All desks but these; an empty list says that no desk is to be left out.
    pub leave_out: Option<Vec<DeskId>>,
    /// Files, by paths relative to this file.
    #[serde(default)]
    evidence: Vec<ListedFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedFile {
    file: PathBuf,
    kind: Option<String>,
    holders: Option<Holders>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    keep_name: bool,
    /// Whether it goes as it is if it cannot be cleaned.
    #[serde(default)]
    allow_uncleaned: bool,
}

/// Reads an answers file.
///
/// # Errors
/// Fails if the file cannot be read or does not have this shape.
pub fn read_answers(path: &Path) -> Result<AnswersFile, CommandError> {
    let bytes = Zeroizing::new(read_bounded(path, MAX_FILE)?);
    serde_json::from_slice(&bytes).map_err(|error| {
        // The place only: what the library says of the matter may quote the report.
        CommandError::new(ErrorKind::Refused, "err-answers-file")
            .with("path", path.to_string_lossy().into_owned())
            .with("line", error.line())
            .with("column", error.column())
    })
}

impl AnswersFile {
    /// Opens the listed files. `allow_uncleaned` says for all what each may say for itself.
    ///
    /// # Errors
    /// See [`EvidenceFile::open`].
    pub fn open_evidence(
        &self,
        file: &Path,
        allow_uncleaned: bool,
    ) -> Result<Vec<EvidenceFile>, CommandError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        let open = |listed: &ListedFile| {
            let about = About {
                kind: listed.kind.clone(),
                holders: listed.holders.unwrap_or(Holders::Unknown),
                note: listed.note.clone(),
                keep_name: listed.keep_name,
                allow_uncleaned: listed.allow_uncleaned || allow_uncleaned,
            };
            EvidenceFile::open(&folder.join(&listed.file), about)
        };
        self.evidence.iter().map(open).collect()
    }

    /// Returns to whom the report goes; `None` if the file says nothing of desks.
    ///
    /// # Errors
    /// Fails if it says both, to whom and to whom not.
    pub fn addressees(&self) -> Result<Option<Addressees>, CommandError> {
        match (&self.leave_out, self.to.is_empty()) {
            (Some(_), false) => Err(CommandError::new(ErrorKind::Refused, "err-answers-desks")),
            (Some(out), true) => Ok(Some(Addressees::AllBut(out.iter().cloned().collect()))),
            (None, false) => Ok(Some(Addressees::Only(self.to.iter().cloned().collect()))),
            (None, true) => Ok(None),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bisik_formats::answers::{Value, When};

    fn read(text: &str) -> Result<AnswersFile, CommandError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jawaban.json");
        std::fs::write(&path, text).unwrap();
        read_answers(&path)
    }

    #[test]
    fn the_documented_shape_is_read() {
        let file = read(
            r#"{ "answers": [
                {"field": "kategori", "value": {"choice": ["suap"]}},
                {"field": "siapa", "entry": 1, "part": "jabatan", "value": {"text": "Kepala"}},
                {"field": "kapan", "value": {"when": {"month": "2026-03"}}},
                {"field": "kapan", "value": {"when": "ongoing"}},
                {"field": "nilai", "value": "unknown"},
                {"field": "hub_atasan", "value": {"yes_no": "yes"}}],
              "leave_out": ["daerah"],
              "evidence": [{"file": "foto.jpg", "holders": "few"}] }"#,
        )
        .unwrap();
        assert_eq!(file.answers.len(), 6);
        assert_eq!(file.answers.get(3).unwrap().value, Value::When(When::Ongoing));
        assert_eq!(file.addressees().unwrap(), Some(Addressees::AllBut(["daerah".parse().unwrap()].into())));
        let missing = file.open_evidence(Path::new("/nowhere/jawaban.json"), false).err().unwrap();
        assert_eq!(missing.id(), "err-file-missing");
    }

    #[test]
    fn no_error_quotes_the_report() {
        let error = read("{\"answers\": [], \"rahasia\": \"Budi\"}").err().unwrap();
        assert_eq!(error.id(), "err-answers-file");
        assert!(!format!("{error:?}").contains("rahasia"));
        let both = read("{\"to\": [\"a\"], \"leave_out\": []}").unwrap();
        assert_eq!(both.addressees().unwrap_err().id(), "err-answers-desks");
        assert_eq!(read("{}").unwrap().addressees().unwrap(), None);
    }
}
