//! Links between the parts of an OOXML package.

use std::collections::BTreeSet;

use super::xml::{Fate, HEAD, Rules, Tag, Value, scrub};
use crate::source::Stop;

/// A link from one part to another, or to the world.
pub(super) struct Link {
    pub(super) id: String,
    /// The last step of its type: `image`, `hyperlink`.
    pub(super) kind: String,
    whole_kind: String,
    target: String,
    /// The part it leads to; `None` if it leads out of the package.
    pub(super) part: Option<String>,
}

/// Returns the name of the part that holds the links of a part.
pub(super) fn name_for(part: &str) -> String {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}_rels/{name}.rels")
}

/// Returns the part whose links a part holds; `None` if it holds none.
pub(super) fn owner(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".rels")?;
    let (folder, name) = stem.rsplit_once("_rels/")?;
    Some(format!("{folder}{name}"))
}

/// Reads links.
pub(super) fn read(bytes: &[u8], owner: &str) -> Result<Vec<Link>, Stop> {
    struct Reading<'a> {
        owner: &'a str,
        links: Vec<Link>,
    }
    impl Rules for Reading<'_> {
        fn element(&mut self, name: &str, _: &[String], tag: &Tag) -> Fate {
            let get = |name| tag.get(name).unwrap_or_default().to_owned();
            if name == "Relationship" {
                let (whole_kind, target) = (get("Type"), get("Target"));
                let outside = tag.get("TargetMode") == Some("External");
                let part = (!outside).then(|| resolve(self.owner, &target));
                let kind = whole_kind.rsplit('/').next().unwrap_or_default().to_owned();
                self.links.push(Link { id: get("Id"), kind, whole_kind, target, part });
            }
            Fate::Keep
        }

        fn attribute(&mut self, _: &str, _: &str, _: &str) -> Value {
            Value::Keep
        }
    }
    let mut reading = Reading { owner, links: Vec::new() };
    scrub(bytes, &mut reading)?;
    Ok(reading.links)
}

/// Follows a path from the folder of a part.
fn resolve(owner: &str, target: &str) -> String {
    let mut steps: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => owner.split('/').collect(),
    };
    steps.pop();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// Says whether a link to the world is one that somebody reads and follows: of pages and mail.
pub(super) fn may_lead_out(link: &Link) -> bool {
    let target = link.target.to_ascii_lowercase();
    link.kind == "hyperlink"
        && ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Writes links.
pub(super) fn write(links: &[Link]) -> Vec<u8> {
    let mut out = format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    );
    for Link { id, whole_kind, target, part, .. } in links {
        let mode = if part.is_none() { " TargetMode=\"External\"" } else { "" };
        out.push_str(&format!("<Relationship Id=\"{id}\" Type=\"{whole_kind}\" Target=\"{target}\"{mode}/>"));
    }
    out.push_str("</Relationships>");
    out.into_bytes()
}

/// Returns the ids of links.
pub(super) fn ids(links: &[Link]) -> BTreeSet<String> {
    links.iter().map(|link| link.id.clone()).collect()
}
