//! Office documents: packages (ZIP) of XML and pictures, in the two families OOXML (ISO/IEC 29500) and ODF (ISO/IEC
//! 26300). A part stays only if its kind is known; what is known to tell of makers goes; anything else is refused,
//! since it may be evidence that would be lost in silence.

mod odf;
mod ooxml;
mod rels;
mod words;
mod xml;
mod zip;

use std::io::Cursor;

use zip::Part;

use crate::inflate::Budget;
use crate::kind::Kind;
use crate::plan::Draft;
use crate::source::{Source, Stop, TOO_LARGE, UNSUPPORTED};
use crate::types::{CleanError, Traces};
use crate::{MAX_DOCUMENT, MAX_INFLATED};

/// Cleans a package and returns its extension.
pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<&'static str, Stop> {
    if source.len() > MAX_DOCUMENT {
        return Err(TOO_LARGE);
    }
    let bytes = source.at_most(0, usize::try_from(MAX_DOCUMENT).unwrap_or_default())?;
    let parts = zip::read(&bytes, &mut Budget::new(MAX_INFLATED))?;
    let has = |name: &str| parts.iter().any(|part| part.name == name);
    let (extension, parts) = if has("[Content_Types].xml") {
        ooxml::clean(parts, &mut draft.traces)?
    } else if has("mimetype") {
        odf::clean(parts, &mut draft.traces)?
    } else {
        return Err(UNSUPPORTED);
    };
    let new = zip::write(&parts)?;
    if new == bytes {
        draft.traces.clear();
    }
    draft.replace(0, &bytes, &new);
    Ok(extension)
}

/// Says what a package holds, as far as its first bytes tell; `zip` if nothing more is known.
pub(crate) fn extension(bytes: &[u8]) -> &'static str {
    let has = |name: &[u8]| crate::bytes::find(bytes, name).is_some();
    if has(b"application/vnd.oasis.opendocument.text") {
        "odt"
    } else if has(b"application/vnd.oasis.opendocument.spreadsheet") {
        "ods"
    } else if has(b"application/vnd.oasis.opendocument.presentation") {
        "odp"
    } else if !has(b"[Content_Types].xml") {
        "zip"
    } else if has(b"word/") {
        "docx"
    } else if has(b"xl/") {
        "xlsx"
    } else if has(b"ppt/") {
        "pptx"
    } else {
        "zip"
    }
}

/// Cleans a picture, a sound or a film inside a document.
fn medium(data: &[u8], traces: &mut Traces) -> Result<Vec<u8>, Stop> {
    let mut cursor = Cursor::new(data);
    let stop = |error: CleanError| match error {
        CleanError::Read(error) | CleanError::Write(error) => Stop::Read(error),
        CleanError::Refused(refusal) => Stop::Refuse(refusal.reason),
    };
    let mut source = Source::new(&mut cursor).map_err(stop)?;
    let kind = Kind::of(&mut source)?;
    if !kind.is_medium() {
        return Err(UNSUPPORTED);
    }
    let mut draft = Draft::default();
    let extension = crate::rewrite(kind, &mut source, &mut draft)?;
    let plan = draft.into_plan(extension, data.len() as u64);
    let mut cleaned = Vec::new();
    std::io::Read::read_to_end(&mut plan.reader(&mut cursor), &mut cleaned).map_err(Stop::Read)?;
    traces.extend(plan.into_traces());
    Ok(cleaned)
}

/// Puts parts into one order, whatever program wrote them; `first` comes first.
fn sorted(mut parts: Vec<Part>, first: &str) -> Vec<Part> {
    parts.sort_by(|a, b| (a.name != first, &a.name).cmp(&(b.name != first, &b.name)));
    parts
}
