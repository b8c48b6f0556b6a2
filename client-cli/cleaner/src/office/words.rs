//! What goes out of the XML parts of OOXML: who wrote, when, and the numbers by which programs follow their work.

use std::collections::{BTreeMap, BTreeSet};

use super::xml::{Fate, Rules, Tag, Value, local};
use crate::types::{Trace, Traces};

/// Elements that go, and what they tell.
const ELEMENTS: [(&str, Trace); 35] = [
    ("rsids", Trace::History),
    ("docVars", Trace::Other),
    ("attachedTemplate", Trace::Software),
    ("docId", Trace::Identifier),
    ("proofState", Trace::Other),
    ("mailMerge", Trace::Other),
    ("saveThroughXslt", Trace::Other),
    ("attachedSchema", Trace::Other),
    ("writeProtection", Trace::Identifier),
    ("documentProtection", Trace::Identifier),
    ("embedRegular", Trace::Identifier),
    ("embedBold", Trace::Identifier),
    ("embedItalic", Trace::Identifier),
    ("embedBoldItalic", Trace::Identifier),
    ("embeddedFontLst", Trace::Identifier),
    ("fileSharing", Trace::Author),
    ("fileVersion", Trace::Software),
    ("fileRecoveryPr", Trace::Other),
    ("absPath", Trace::Author),
    ("revisionPtr", Trace::Identifier),
    ("customWorkbookViews", Trace::Author),
    ("customSheetViews", Trace::Author),
    ("webPublishing", Trace::Other),
    ("externalReferences", Trace::Other),
    ("modifyVerifier", Trace::Identifier),
    ("custDataLst", Trace::Other),
    ("creationId", Trace::Identifier),
    ("modId", Trace::Identifier),
    ("rowId", Trace::Identifier),
    ("colId", Trace::Identifier),
    ("presenceInfo", Trace::Author),
    ("threadingInfo", Trace::Identifier),
    ("smartTagPr", Trace::Other),
    ("decorative", Trace::Other),
    ("compExt", Trace::Other),
];

/// Attributes that go wherever they stand, and what they tell.
const ATTRIBUTES: [(&str, Trace); 20] = [
    ("paraId", Trace::Identifier),
    ("textId", Trace::Identifier),
    ("uid", Trace::Identifier),
    ("dateUtc", Trace::Time),
    ("dt", Trace::Time),
    ("descr", Trace::Caption),
    ("gfxdata", Trace::Other),
    ("alt", Trace::Caption),
    ("refreshedBy", Trace::Author),
    ("refreshedDate", Trace::Time),
    ("refreshedDateIso", Trace::Time),
    ("userName", Trace::Author),
    ("userId", Trace::Author),
    ("providerId", Trace::Author),
    ("saveData", Trace::Other),
    ("anchorId", Trace::Identifier),
    ("editId", Trace::Identifier),
    ("codeName", Trace::Other),
    ("tooltip", Trace::Caption),
    ("screenTip", Trace::Caption),
];

/// Cleans a part.
pub(super) struct Scrubber<'a> {
    pub(super) traces: &'a mut Traces,
    /// Ids of links that go.
    pub(super) gone: BTreeSet<String>,
    /// Names of bookmarks and what they are called now, in the whole document.
    pub(super) bookmarks: &'a mut BTreeMap<String, String>,
}

impl Scrubber<'_> {
    /// Returns what a bookmark is called now; the ones that programs make keep their names.
    fn bookmark(&mut self, name: &str) -> String {
        if name.starts_with('_') {
            return name.to_owned();
        }
        let next = format!("b{}", self.bookmarks.len() + 1);
        self.bookmarks.entry(name.to_owned()).or_insert(next).clone()
    }

    fn is_gone(&self, key: &str, value: &str) -> bool {
        let is_link = key.starts_with("r:") || matches!(key, "o:relid" | "relid");
        is_link && self.gone.contains(value)
    }
}

impl Rules for Scrubber<'_> {
    fn element(&mut self, name: &str, around: &[String], tag: &Tag) -> Fate {
        if let Some((_, trace)) = ELEMENTS.iter().find(|(element, _)| *element == name) {
            self.traces.insert(*trace);
            return Fate::Drop;
        }
        // These only name another part; all others are nothing without it.
        let survives = matches!(name, "pageSetup" | "blip" | "control" | "tcPr");
        if !survives && tag.attributes.iter().any(|(key, value)| self.is_gone(key, value)) {
            return Fate::Drop;
        }
        if name == "author" && around.last().is_some_and(|outer| outer == "authors") {
            self.traces.insert(Trace::Author);
            return Fate::Hollow;
        }
        Fate::Keep
    }

    fn attribute(&mut self, element: &str, key: &str, value: &str) -> Value {
        let name = local(key);
        if key.starts_with("xmlns") {
            return Value::Keep;
        }
        if name.starts_with("rsid") {
            self.traces.extend([Trace::History, Trace::Identifier]);
            return Value::Drop;
        }
        if self.is_gone(key, value) {
            return Value::Drop;
        }
        if let Some((_, trace)) = ATTRIBUTES.iter().find(|(attribute, _)| *attribute == name) {
            if !value.is_empty() {
                self.traces.insert(*trace);
            }
            return Value::Drop;
        }
        match (element, name) {
            (_, "author" | "initials") | ("cmAuthor", "name") => {
                self.traces.extend((!value.is_empty()).then_some(Trace::Author));
                Value::Become(String::new())
            }
            (
                "ins" | "del" | "moveFrom" | "moveTo" | "comment" | "cellIns" | "cellDel" | "cellMerge",
                "date",
            ) => {
                self.traces.insert(Trace::Time);
                Value::Drop
            }
            (changed, "date") if changed.ends_with("Change") || changed.ends_with("RangeStart") => {
                self.traces.insert(Trace::Time);
                Value::Drop
            }
            ("docPr" | "cNvPr", "name" | "title") | ("imagedata" | "shape" | "fill", "title") => {
                Value::Become(String::new())
            }
            ("imagedata" | "fill" | "shape", "href" | "src") => Value::Drop,
            ("bookmarkStart", "name") => Value::Become(self.bookmark(value)),
            ("hyperlink", "anchor") => Value::Become(self.bookmark(value)),
            _ => Value::Keep,
        }
    }

    fn note(&mut self) {
        self.traces.insert(Trace::Other);
    }
}
