//! OOXML packages: DOCX, XLSX, PPTX.

use std::collections::{BTreeMap, BTreeSet};

use super::rels::{self, Link};
use super::words::Scrubber;
use super::xml::{Fate, HEAD, Rules, Tag, Value, scrub};
use super::zip::Part;
use super::{medium, sorted};
use crate::source::{DAMAGED, Stop, UNSUPPORTED};
use crate::types::{Trace, Traces};

const TYPES: &str = "[Content_Types].xml";
const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";

/// The ends of the types of XML parts that stay.
const KEPT: [&str; 45] = [
    "wordprocessingml.document.main+xml",
    "wordprocessingml.styles+xml",
    "wordprocessingml.settings+xml",
    "wordprocessingml.fontTable+xml",
    "wordprocessingml.numbering+xml",
    "wordprocessingml.footnotes+xml",
    "wordprocessingml.endnotes+xml",
    "wordprocessingml.header+xml",
    "wordprocessingml.footer+xml",
    "wordprocessingml.comments+xml",
    "theme+xml",
    "themeOverride+xml",
    "drawing+xml",
    "drawingml.chart+xml",
    "drawingml.chartshapes+xml",
    "drawingml.diagramData+xml",
    "drawingml.diagramLayout+xml",
    "drawingml.diagramStyle+xml",
    "drawingml.diagramColors+xml",
    "vmlDrawing",
    "spreadsheetml.sheet.main+xml",
    "spreadsheetml.worksheet+xml",
    "spreadsheetml.chartsheet+xml",
    "spreadsheetml.sharedStrings+xml",
    "spreadsheetml.styles+xml",
    "spreadsheetml.comments+xml",
    "spreadsheetml.calcChain+xml",
    "spreadsheetml.table+xml",
    "spreadsheetml.pivotTable+xml",
    "spreadsheetml.pivotCacheDefinition+xml",
    "spreadsheetml.pivotCacheRecords+xml",
    "spreadsheetml.sheetMetadata+xml",
    "presentationml.presentation.main+xml",
    "presentationml.slideshow.main+xml",
    "presentationml.slide+xml",
    "presentationml.slideLayout+xml",
    "presentationml.slideMaster+xml",
    "presentationml.notesSlide+xml",
    "presentationml.notesMaster+xml",
    "presentationml.handoutMaster+xml",
    "presentationml.presProps+xml",
    "presentationml.viewProps+xml",
    "presentationml.tableStyles+xml",
    "presentationml.commentAuthors+xml",
    "presentationml.comments+xml",
];

/// Parts that go: words in their names or types, and what they tell.
const GONE: [(&str, Trace); 26] = [
    ("core-properties", Trace::Author),
    ("extended-properties", Trace::Software),
    ("custom-properties", Trace::Other),
    ("docProps/thumbnail", Trace::Thumbnail),
    ("docProps/", Trace::Other),
    ("customXml", Trace::Other),
    ("people+xml", Trace::Author),
    ("person+xml", Trace::Author),
    ("threadedcomments+xml", Trace::Author),
    ("commentsExtended", Trace::Identifier),
    ("commentsIds", Trace::Identifier),
    ("commentsExtensible", Trace::Time),
    ("printerSettings", Trace::Device),
    ("webSettings+xml", Trace::Other),
    ("stylesWithEffects+xml", Trace::Other),
    ("glossary", Trace::Other),
    ("attachedToolbars", Trace::Other),
    ("keyMapCustomizations", Trace::Other),
    ("mailMergeRecipientData", Trace::Other),
    ("presentationml.tags+xml", Trace::Other),
    ("changesinfo", Trace::History),
    ("revisioninfo", Trace::History),
    ("obfuscatedFont", Trace::Identifier),
    ("x-fontdata", Trace::Identifier),
    ("svg+xml", Trace::Other),
    ("digital-signature", Trace::Author),
];

/// Parts that run or that hide whole documents.
const REFUSED: [&str; 8] = [
    "vbaproject",
    "vbadata",
    "macroenabled",
    "oleobject",
    "activex",
    "embeddings/",
    "package.ole",
    "externallink",
];

pub(super) fn clean(parts: Vec<Part>, traces: &mut Traces) -> Result<(&'static str, Vec<Part>), Stop> {
    let types = Types::read(parts.iter().find(|part| part.name == TYPES).ok_or(DAMAGED)?)?;
    let mut links: BTreeMap<String, Vec<Link>> = BTreeMap::new();
    for part in &parts {
        if let Some(owner) = rels::owner(&part.name) {
            links.insert(owner.clone(), rels::read(&part.data, &owner)?);
        }
    }
    let mut kept: BTreeSet<String> = BTreeSet::new();
    for part in parts.iter().filter(|part| part.name != TYPES && rels::owner(&part.name).is_none()) {
        let kind = types.of(&part.name).unwrap_or_default();
        if stays(&part.name, kind, part, traces)? {
            kept.insert(part.name.clone());
        }
    }
    let extension = extension(&types, &links)?;
    let mut output = Vec::new();
    let mut bookmarks = BTreeMap::new();
    for part in parts.into_iter().filter(|part| kept.contains(&part.name)) {
        let found = links.remove(&part.name).unwrap_or_default();
        let (stay, go): (Vec<Link>, Vec<Link>) = found.into_iter().partition(|link| leads_on(link, &kept));
        let is_xml =
            types.of(&part.name).is_some_and(|kind| kind.ends_with("+xml") || kind.ends_with("vmlDrawing"));
        let data = if is_xml {
            let mut rules = Scrubber { traces, gone: rels::ids(&go), bookmarks: &mut bookmarks };
            scrub(&part.data, &mut rules)?
        } else {
            medium(&part.data, traces)?
        };
        if !stay.is_empty() {
            output.push(Part { name: rels::name_for(&part.name), data: rels::write(&stay) });
        }
        output.push(Part { name: part.name, data });
    }
    let root: Vec<Link> = links
        .remove("")
        .unwrap_or_default()
        .into_iter()
        .filter(|link| link.kind == "officeDocument" && leads_on(link, &kept))
        .collect();
    output.push(Part { name: "_rels/.rels".to_owned(), data: rels::write(&root) });
    output.push(Part { name: TYPES.to_owned(), data: types.write(&kept) });
    Ok((extension, sorted(output, TYPES)))
}

fn leads_on(link: &Link, kept: &BTreeSet<String>) -> bool {
    link.part.as_ref().map_or_else(|| rels::may_lead_out(link), |part| kept.contains(part))
}

/// Says whether a part stays, or refuses.
fn stays(name: &str, kind: &str, part: &Part, traces: &mut Traces) -> Result<bool, Stop> {
    let both = format!("{name} {kind}");
    let lower = both.to_ascii_lowercase();
    if REFUSED.iter().any(|word| lower.contains(word)) {
        return Err(UNSUPPORTED);
    }
    if let Some((_, trace)) = GONE.iter().find(|(word, _)| both.contains(word)) {
        traces.insert(*trace);
        told_by(&part.data, traces);
        return Ok(false);
    }
    let is_known = kind.strip_prefix(OFFICE).is_some_and(|end| KEPT.contains(&end));
    let is_medium = ["image/", "audio/", "video/"].iter().any(|family| kind.starts_with(family));
    if is_known || is_medium { Ok(true) } else { Err(UNSUPPORTED) }
}

/// Notes what the properties of a document say.
fn told_by(data: &[u8], traces: &mut Traces) {
    const SAID: [(&[u8], Trace); 14] = [
        (b"creator>", Trace::Author),
        (b"lastModifiedBy>", Trace::Author),
        (b"<Manager>", Trace::Author),
        (b"<Company>", Trace::Author),
        (b"created ", Trace::Time),
        (b"modified ", Trace::Time),
        (b"lastPrinted>", Trace::Time),
        (b"revision>", Trace::History),
        (b"<TotalTime>", Trace::History),
        (b"title>", Trace::Caption),
        (b"subject>", Trace::Caption),
        (b"keywords>", Trace::Caption),
        (b"<Application>", Trace::Software),
        (b"<Template>", Trace::Software),
    ];
    let said = SAID.iter().filter(|(word, _)| crate::bytes::find(data, word).is_some());
    traces.extend(said.map(|(_, trace)| *trace));
}

/// Tells the document by the type of its main part.
fn extension(types: &Types, links: &BTreeMap<String, Vec<Link>>) -> Result<&'static str, Stop> {
    let root = links.get("").ok_or(DAMAGED)?;
    let main = root.iter().find(|link| link.kind == "officeDocument").and_then(|link| link.part.as_ref());
    let kind = main.and_then(|part| types.of(part)).and_then(|kind| kind.strip_prefix(OFFICE));
    match kind {
        Some("wordprocessingml.document.main+xml") => Ok("docx"),
        Some("spreadsheetml.sheet.main+xml") => Ok("xlsx"),
        Some("presentationml.presentation.main+xml" | "presentationml.slideshow.main+xml") => Ok("pptx"),
        _ => Err(UNSUPPORTED),
    }
}

/// The types of parts.
#[derive(Default)]
struct Types {
    by_extension: BTreeMap<String, String>,
    by_name: BTreeMap<String, String>,
}

impl Rules for Types {
    fn element(&mut self, name: &str, _: &[String], tag: &Tag) -> Fate {
        let get = |name| tag.get(name).unwrap_or_default().to_owned();
        match name {
            "Default" => {
                self.by_extension.insert(get("Extension").to_ascii_lowercase(), get("ContentType"));
            }
            "Override" => {
                self.by_name.insert(get("PartName").trim_start_matches('/').to_owned(), get("ContentType"));
            }
            _ => {}
        }
        Fate::Keep
    }

    fn attribute(&mut self, _: &str, _: &str, _: &str) -> Value {
        Value::Keep
    }
}

impl Types {
    fn read(part: &Part) -> Result<Self, Stop> {
        let mut types = Self::default();
        scrub(&part.data, &mut types)?;
        Ok(types)
    }

    fn of(&self, name: &str) -> Option<&str> {
        let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        self.by_name.get(name).or_else(|| self.by_extension.get(&extension)).map(String::as_str)
    }

    /// Writes the types of the parts that stay.
    fn write(&self, kept: &BTreeSet<String>) -> Vec<u8> {
        let mut out = format!(
            "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        );
        for name in kept {
            let kind = self.of(name).unwrap_or_default();
            out.push_str(&format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>"));
        }
        out.push_str("</Types>");
        out.into_bytes()
    }
}
