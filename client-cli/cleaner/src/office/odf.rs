//! ODF packages: ODT, ODS, ODP.

use std::collections::BTreeMap;

use super::xml::{Fate, HEAD, Rules, Tag, Value, local, scrub};
use super::zip::Part;
use super::{medium, sorted};
use crate::source::{DAMAGED, Stop, UNSUPPORTED};
use crate::types::{Reason, Trace, Traces};

const MANIFEST: &str = "META-INF/manifest.xml";
const MIMETYPE: &str = "mimetype";

pub(super) fn clean(parts: Vec<Part>, traces: &mut Traces) -> Result<(&'static str, Vec<Part>), Stop> {
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let manifest = part(MANIFEST).ok_or(DAMAGED)?;
    let mut types = Manifest::default();
    scrub(&manifest.data, &mut types)?;
    if types.is_encrypted {
        return Err(Stop::Refuse(Reason::Encrypted));
    }
    let kind = part(MIMETYPE).map(|part| part.data.trim_ascii().to_vec()).unwrap_or_default();
    let extension = match kind.as_slice() {
        b"application/vnd.oasis.opendocument.text" => "odt",
        b"application/vnd.oasis.opendocument.spreadsheet" => "ods",
        b"application/vnd.oasis.opendocument.presentation" => "odp",
        _ => return Err(UNSUPPORTED),
    };
    let mut output = Vec::new();
    for part in parts {
        if let Some(data) = cleaned(&part, traces)? {
            output.push(Part { name: part.name, data });
        }
    }
    let kind = String::from_utf8(kind).map_err(|_| DAMAGED)?;
    output.push(Part { name: MANIFEST.to_owned(), data: types.write(&kind, &output) });
    output.push(Part { name: MIMETYPE.to_owned(), data: kind.into_bytes() });
    Ok((extension, sorted(output, MIMETYPE)))
}

/// Returns what stays of a part.
fn cleaned(part: &Part, traces: &mut Traces) -> Result<Option<Vec<u8>>, Stop> {
    let name = part.name.as_str();
    let file = name.rsplit('/').next().unwrap_or_default();
    let folder = name.split('/').next().unwrap_or_default();
    let gone = match (folder, file) {
        ("mimetype", _) | ("META-INF", "manifest.xml") => return Ok(None),
        ("META-INF", _) => Trace::Author,
        ("Thumbnails", _) => Trace::Thumbnail,
        (_, "meta.xml") => {
            told_by(&part.data, traces);
            return Ok(None);
        }
        (_, "settings.xml") => Trace::Device,
        (_, "manifest.rdf" | "layout-cache") | ("Configurations2" | "ObjectReplacements" | "Fonts", _) => {
            Trace::Other
        }
        ("Basic" | "Scripts" | "Dialogs", _) => return Err(UNSUPPORTED),
        ("Pictures" | "Media", _) => return medium(&part.data, traces).map(Some),
        (_, "content.xml" | "styles.xml") if folder == file || folder.starts_with("Object ") => {
            return scrub(&part.data, &mut Scrubber { traces }).map(Some);
        }
        _ => return Err(UNSUPPORTED),
    };
    traces.insert(gone);
    Ok(None)
}

/// Notes what the properties of a document say.
fn told_by(data: &[u8], traces: &mut Traces) {
    const SAID: [(&[u8], Trace); 11] = [
        (b"creator>", Trace::Author),
        (b"printed-by>", Trace::Author),
        (b"user-defined", Trace::Other),
        (b"generator>", Trace::Software),
        (b"date>", Trace::Time),
        (b"editing-cycles>", Trace::History),
        (b"editing-duration>", Trace::History),
        (b"title>", Trace::Caption),
        (b"subject>", Trace::Caption),
        (b"keyword>", Trace::Caption),
        (b"template", Trace::Software),
    ];
    let said = SAID.iter().filter(|(word, _)| crate::bytes::find(data, word).is_some());
    traces.extend(said.map(|(_, trace)| *trace));
}

/// The list of parts with their types.
#[derive(Default)]
struct Manifest {
    types: BTreeMap<String, String>,
    is_encrypted: bool,
}

impl Rules for Manifest {
    fn element(&mut self, name: &str, _: &[String], tag: &Tag) -> Fate {
        match name {
            "file-entry" => {
                let get = |name| tag.get(name).unwrap_or_default().to_owned();
                self.types.insert(get("full-path"), get("media-type"));
            }
            "encryption-data" | "encrypted-key" | "keyinfo" => self.is_encrypted = true,
            _ => {}
        }
        Fate::Keep
    }

    fn attribute(&mut self, _: &str, _: &str, _: &str) -> Value {
        Value::Keep
    }
}

impl Manifest {
    fn write(&self, kind: &str, parts: &[Part]) -> Vec<u8> {
        let entry = |path: &str, kind: &str| {
            format!("<manifest:file-entry manifest:full-path=\"{path}\" manifest:media-type=\"{kind}\"/>")
        };
        let mut out = format!(
            "{HEAD}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" \
             manifest:version=\"1.3\">{}",
            entry("/", kind)
        );
        // Documents inside the document are folders.
        let folders =
            self.types.iter().filter(|(path, _)| path.starts_with("Object ") && path.ends_with('/'));
        for (path, kind) in folders {
            out.push_str(&entry(path, kind));
        }
        let mut names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        names.sort_unstable();
        for name in names {
            out.push_str(&entry(name, self.types.get(name).map(String::as_str).unwrap_or_default()));
        }
        out.push_str("</manifest:manifest>");
        out.into_bytes()
    }
}

struct Scrubber<'a> {
    traces: &'a mut Traces,
}

impl Rules for Scrubber<'_> {
    fn element(&mut self, name: &str, around: &[String], _: &Tag) -> Fate {
        let inside = |outer: &str| around.iter().any(|name| name == outer);
        match name {
            // The schema wants these in a change.
            "creator" if inside("change-info") => {
                self.traces.extend([Trace::Author, Trace::History]);
                Fate::Hollow
            }
            "date" if inside("change-info") => {
                self.traces.insert(Trace::Time);
                Fate::Drop
            }
            "creator" | "creator-initials" | "sender-initials" if inside("annotation") => {
                self.traces.insert(Trace::Author);
                Fate::Drop
            }
            "date" | "date-string" if inside("annotation") => {
                self.traces.insert(Trace::Time);
                Fate::Drop
            }
            "meta" | "settings" | "scripts" | "event-listeners" | "forms" => {
                self.traces.insert(Trace::Other);
                Fate::Drop
            }
            "title" | "desc" if inside("frame") || inside("g") || inside("custom-shape") => {
                self.traces.insert(Trace::Caption);
                Fate::Drop
            }
            _ => Fate::Keep,
        }
    }

    fn attribute(&mut self, element: &str, key: &str, value: &str) -> Value {
        let name = local(key);
        if name.contains("rsid") {
            self.traces.extend([Trace::History, Trace::Identifier]);
            return Value::Drop;
        }
        match (element, key) {
            ("frame" | "custom-shape" | "g" | "line" | "rect" | "path", "draw:name") => Value::Drop,
            (_, "xlink:href") if !leads_on(value) => {
                self.traces.insert(Trace::Other);
                Value::Drop
            }
            _ => Value::Keep,
        }
    }

    fn note(&mut self) {
        self.traces.insert(Trace::Other);
    }
}

/// Says whether a link leads into the document or to a page; others tell paths on a disk.
fn leads_on(target: &str) -> bool {
    let target = target.trim_start_matches("./");
    ["Pictures/", "Media/", "Object ", "#", "http://", "https://", "mailto:"]
        .iter()
        .any(|start| target.starts_with(start))
}
