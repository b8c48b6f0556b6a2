//! The stick: which files on it may be looked at, and how they are opened.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bisik_formats::ids::ReportId;
use bisik_formats::padding::{MAX_DESKS, padded_size_of};
use bisik_term::files::open_foreign;

use super::ImportError;

/// The folder with sealed reports.
const REPORTS: &str = "reports";
const SUFFIX: &str = ".age";

/// A file whose name is that of a sealed report.
pub(super) struct SealedFile {
    /// What its name says.
    pub(super) id: ReportId,
    /// Its length when it was listed.
    pub(super) len: u64,
    path: PathBuf,
}

impl SealedFile {
    /// Opens the file if it is a regular one; links are not followed. Returns its present length too.
    pub(super) fn open(&self) -> io::Result<(File, u64)> {
        let file = open_foreign(&self.path).map_err(io::Error::other)?;
        let len = file.metadata()?.len();
        Ok((file, len))
    }
}

/// The sealed files on a stick, by id.
pub(super) struct Stick {
    files: Vec<SealedFile>,
    foreign_names: usize,
}

impl Stick {
    /// Lists the reports folder. Only names are looked at, nothing is opened.
    pub(super) fn list(stick: &Path) -> Result<Self, ImportError> {
        let folder = stick.join(REPORTS);
        // A link could lead anywhere on this machine.
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => {}
            _ => return Err(ImportError::NoReports),
        }
        let mut listed = Self { files: Vec::new(), foreign_names: 0 };
        for entry in fs::read_dir(&folder).map_err(ImportError::Stick)? {
            let entry = entry.map_err(ImportError::Stick)?;
            let metadata = fs::symlink_metadata(entry.path()).ok().filter(fs::Metadata::is_file);
            match (entry.file_name().to_str().and_then(id_of), metadata) {
                (Some(id), Some(metadata)) => {
                    listed.files.push(SealedFile { id, len: metadata.len(), path: entry.path() });
                }
                _ => listed.foreign_names += 1,
            }
        }
        listed.files.sort_by_key(|file| file.id);
        Ok(listed)
    }

    /// Returns the length of all files together that will be opened: those of a listed length.
    pub(super) fn bytes(&self) -> u64 {
        let listed = |len| (1..=MAX_DESKS).any(|desks| padded_size_of(len, desks).is_some());
        let lens = self.files.iter().map(|file| file.len).filter(|len| listed(*len));
        lens.fold(0, u64::saturating_add)
    }

    /// Returns how many entries are no sealed files by their name or kind.
    pub(super) const fn foreign_names(&self) -> usize {
        self.foreign_names
    }

    /// Parts the files into groups of at most `count` files and about `bytes` bytes.
    pub(super) fn groups(&self, count: usize, bytes: u64) -> Vec<&[SealedFile]> {
        let mut groups = Vec::new();
        let mut rest = self.files.as_slice();
        while !rest.is_empty() {
            let mut sum = 0u64;
            let fits = |file: &&SealedFile| {
                sum = sum.saturating_add(file.len);
                sum <= bytes
            };
            let len = rest.iter().take(count).take_while(fits).count().max(1);
            let (group, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            groups.push(group);
            rest = after;
        }
        groups
    }
}

/// Returns the id that a file name says: `<64 lower-case hex digits>.age`.
fn id_of(name: &str) -> Option<ReportId> {
    name.strip_suffix(SUFFIX)?.parse().ok()
}
