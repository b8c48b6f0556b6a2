//! A clean office document: a package of exactly the layout that the first pass writes, parts of known names, and in
//! their XML none of the names under which traces stand.

mod package;

use std::io::Cursor;

use package::Part;

use super::hold;
use crate::kind::Kind;
use crate::source::{DAMAGED, Source, Stop, TOO_LARGE};
use crate::types::CleanError;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// Places of parts that a clean package does not have.
const FORBIDDEN_PARTS: [&str; 12] = [
    "docprops",
    "customxml",
    "embeddings",
    "activex",
    "vbaproject",
    "people",
    "persons",
    "printersettings",
    "externallinks",
    "thumbnails",
    "configurations2",
    "manifest.rdf",
];

/// Elements that a clean part does not have.
const FORBIDDEN_ELEMENTS: [&str; 20] = [
    "rsids",
    "rsid",
    "rsidRoot",
    "docVars",
    "docVar",
    "attachedTemplate",
    "docId",
    "mailMerge",
    "fileSharing",
    "fileVersion",
    "absPath",
    "revisionPtr",
    "customWorkbookViews",
    "externalReferences",
    "modifyVerifier",
    "creationId",
    "presenceInfo",
    "creator-initials",
    "sender-initials",
    "generator",
];

/// Attributes that a clean part does not have.
const FORBIDDEN_ATTRIBUTES: [&str; 18] = [
    "paraId",
    "textId",
    "uid",
    "dateUtc",
    "dt",
    "date",
    "descr",
    "gfxdata",
    "alt",
    "refreshedBy",
    "refreshedDate",
    "refreshedDateIso",
    "userName",
    "userId",
    "providerId",
    "saveData",
    "anchorId",
    "editId",
];

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    let len = usize::try_from(source.len()).ok().filter(|len| *len as u64 <= 2 * crate::MAX_DOCUMENT);
    let bytes = source.at_most(0, len.ok_or(TOO_LARGE)?)?;
    for part in package::parts(&bytes)? {
        judge_part(&part)?;
    }
    Ok(())
}

fn judge_part(part: &Part) -> Result<(), Stop> {
    let name = part.name.to_ascii_lowercase();
    hold(!FORBIDDEN_PARTS.iter().any(|word| name.contains(word)))?;
    hold(!name.starts_with('/') && !name.contains(".."))?;
    let is_text = [".xml", ".rels", ".vml"].iter().any(|end| name.ends_with(end));
    if name == "mimetype" {
        hold(part.data.starts_with(b"application/vnd.oasis.opendocument."))
    } else if is_text {
        let text = std::str::from_utf8(&part.data).map_err(|_| DAMAGED)?;
        let body = text.strip_prefix(HEAD).ok_or(DAMAGED)?;
        hold(!body.contains("<!--") && !body.contains("<?") && !body.contains("<!DOCTYPE"))?;
        tags(body, name.ends_with(".rels"))
    } else {
        medium(&part.data)
    }
}

fn medium(data: &[u8]) -> Result<(), Stop> {
    let mut cursor = Cursor::new(data);
    let mut source = Source::new(&mut cursor).map_err(|error| match error {
        CleanError::Read(error) => Stop::Read(error),
        _ => DAMAGED,
    })?;
    let kind = Kind::of(&mut source)?;
    hold(kind.is_medium())?;
    super::judge(kind, &mut source)
}

/// Judges the tags of a part, one after the other.
fn tags(body: &str, are_links: bool) -> Result<(), Stop> {
    let mut rest = body;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(data) = after.strip_prefix("![CDATA[") {
            rest = data.split_once("]]>").ok_or(DAMAGED)?.1;
            continue;
        }
        let (tag, next) = tag(after).ok_or(DAMAGED)?;
        rest = next;
        if tag.starts_with('/') {
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        let element = local(name);
        hold(!FORBIDDEN_ELEMENTS.contains(&element))?;
        let names_author = matches!(name, "dc:creator" | "author");
        hold(!names_author || tag.ends_with('/') || next.starts_with("</"))?;
        let mut attributes = tag.get(name.len()..).unwrap_or_default().trim_end_matches('/');
        while let Some((key, value)) = attributes.split_once("=\"") {
            let (value, after) = value.split_once('"').ok_or(DAMAGED)?;
            attributes = after;
            hold(may_stand(element, key.trim(), value))?;
            let leads_out = are_links && tag.contains("TargetMode=\"External\"") && key.trim() == "Target";
            let target = value.to_ascii_lowercase();
            hold(
                !leads_out
                    || ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)),
            )?;
        }
    }
    Ok(())
}

/// Splits off a tag; in values, the sign that ends it may stand.
fn tag(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

fn may_stand(element: &str, key: &str, value: &str) -> bool {
    let name = local(key);
    if key.starts_with("xmlns") {
        return true;
    }
    let empty = matches!(
        (element, name),
        (_, "author" | "initials") | ("cmAuthor" | "docPr" | "cNvPr", "name") | ("imagedata", "title")
    );
    !name.contains("rsid") && !FORBIDDEN_ATTRIBUTES.contains(&name) && (!empty || value.is_empty())
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or_default()
}
