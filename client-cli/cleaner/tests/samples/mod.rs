//! The shared samples and their manifest.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Stands in everything that was planted.
pub(crate) const MARK: &[u8] = b"RAHASIA";

/// A sample, and what must become of it.
#[derive(Deserialize)]
pub(crate) struct Sample {
    pub(crate) file: String,
    pub(crate) outcome: String,
    /// At least these are found.
    pub(crate) traces: Vec<String>,
    reason: Option<String>,
    #[serde(default)]
    or_refused: bool,
    #[serde(default)]
    or_reasons: Vec<String>,
    extension: Option<String>,
    #[serde(default)]
    or_extensions: Vec<String>,
}

impl Sample {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        fs::read(folder().join("samples").join(&self.file)).unwrap()
    }

    /// Says whether it must not be refused.
    pub(crate) fn is_cleanable(&self) -> bool {
        self.outcome != "refused" && !self.or_refused
    }

    /// Says whether it may come to this end.
    pub(crate) fn allows(&self, outcome: &str, reason: Option<&str>) -> bool {
        let expected = outcome == self.outcome || (self.or_refused && outcome == "refused");
        let any = self.reason.is_none() || reason.is_none();
        expected && (any || reason == self.reason.as_deref() || holds(&self.or_reasons, reason))
    }

    /// Says whether its content may be told to be this.
    pub(crate) fn may_be(&self, extension: &str) -> bool {
        let own = Path::new(&self.file).extension().and_then(|extension| extension.to_str());
        self.extension.as_deref().or(own) == Some(extension) || holds(&self.or_extensions, Some(extension))
    }
}

fn holds(words: &[String], word: Option<&str>) -> bool {
    words.iter().any(|one| Some(one.as_str()) == word)
}

/// Returns all samples.
pub(crate) fn all() -> Vec<Sample> {
    let samples: Vec<Sample> =
        serde_json::from_slice(&fs::read(folder().join("samples.json")).unwrap()).unwrap();
    assert!(samples.len() > 40, "the samples were not found");
    samples
}

/// Returns where the corpus is.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/evidence")
}
