//! What XMP, IPTC and names of text entries tell. This only informs the reporter: whatever is found, all of it goes.

use crate::bytes::{array, be16, find};
use crate::types::{Trace, Traces};

/// Names in an XMP packet, and what they tell.
const XMP: [(&[u8], Trace); 32] = [
    (b"exif:GPS", Trace::Location),
    (b"photoshop:City", Trace::Location),
    (b"photoshop:Country", Trace::Location),
    (b"Iptc4xmpCore:Location", Trace::Location),
    (b"CreateDate", Trace::Time),
    (b"ModifyDate", Trace::Time),
    (b"MetadataDate", Trace::Time),
    (b"DateCreated", Trace::Time),
    (b"DateTimeOriginal", Trace::Time),
    (b"tiff:Make", Trace::Device),
    (b"tiff:Model", Trace::Device),
    (b"exifEX:", Trace::Device),
    (b"aux:", Trace::Device),
    (b"SerialNumber", Trace::Identifier),
    (b"CreatorTool", Trace::Software),
    (b"tiff:Software", Trace::Software),
    (b"pdf:Producer", Trace::Software),
    (b"dc:creator", Trace::Author),
    (b"dc:publisher", Trace::Author),
    (b"dc:rights", Trace::Author),
    (b"xmpRights:", Trace::Author),
    (b"photoshop:Credit", Trace::Author),
    (b"tiff:Artist", Trace::Author),
    (b"dc:description", Trace::Caption),
    (b"dc:title", Trace::Caption),
    (b"dc:subject", Trace::Caption),
    (b"photoshop:Headline", Trace::Caption),
    (b"xmp:Thumbnails", Trace::Thumbnail),
    (b"xmpMM:History", Trace::History),
    (b"xmpMM:DerivedFrom", Trace::History),
    (b"DocumentID", Trace::Identifier),
    (b"InstanceID", Trace::Identifier),
];

/// Returns what an XMP packet tells.
pub(crate) fn of_xmp(packet: &[u8]) -> Traces {
    let found = XMP.iter().filter(|(name, _)| find(packet, name).is_some());
    or_other(found.map(|(_, trace)| *trace).collect())
}

/// Returns what the resources of a Photoshop block tell, IPTC among them.
pub(crate) fn of_resources(block: &[u8]) -> Traces {
    let mut traces = Traces::new();
    let mut rest = block;
    while let Some((id, data, after)) = resource(rest) {
        match id {
            0x0404 => traces.extend(of_iptc(data)),
            0x0409 | 0x040C => drop(traces.insert(Trace::Thumbnail)),
            0x0422..=0x0424 => drop(traces.insert(Trace::Other)),
            0x0425 => drop(traces.insert(Trace::Identifier)),
            _ => {}
        }
        rest = after;
    }
    or_other(traces)
}

/// Splits off one resource: id, data, rest.
fn resource(block: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let rest = block.strip_prefix(b"8BIM")?;
    let id = be16(rest, 0)?;
    let name = usize::from(*rest.get(2)?).checked_add(1)?;
    let start = name.checked_next_multiple_of(2)?.checked_add(2)?;
    let len = usize::try_from(u32::from_be_bytes(array(rest, start)?)).ok()?;
    let data = rest.get(start.checked_add(4)?..)?;
    let after = data.get(len.checked_next_multiple_of(2)?..).unwrap_or_default();
    Some((id, data.get(..len)?, after))
}

fn of_iptc(records: &[u8]) -> Traces {
    let mut traces = Traces::new();
    let mut rest = records;
    while let Some([0x1C, record, dataset, high, low]) = array(rest, 0) {
        let trace = match (record, dataset) {
            (2, 80 | 85 | 110 | 115 | 116 | 122) => Trace::Author,
            (2, 5 | 25 | 105 | 120) => Trace::Caption,
            (2, 30 | 35 | 55 | 60 | 62 | 63) => Trace::Time,
            (2, 26 | 27 | 90 | 92 | 95 | 100 | 101) => Trace::Location,
            (2, 65 | 70) => Trace::Software,
            (1 | 2, 0) | (1, 90) => {
                rest = rest.get(5 + usize::from(u16::from_be_bytes([high, low]))..).unwrap_or_default();
                continue;
            }
            _ => Trace::Other,
        };
        traces.insert(trace);
        rest = rest.get(5 + usize::from(u16::from_be_bytes([high, low]))..).unwrap_or_default();
    }
    traces
}

/// Returns what a named text, such as a PNG keyword or an ID3 frame, tells.
pub(crate) fn of_name(name: &str) -> Trace {
    let name = name.to_ascii_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if holds(&["gps", "location", "xyz", "country", "city"]) {
        Trace::Location
    } else if holds(&["time", "date"]) {
        Trace::Time
    } else if holds(&["software", "encod", "tool", "producer"]) {
        Trace::Software
    } else if holds(&["author", "artist", "creator", "copyright", "composer", "owner", "publisher"]) {
        Trace::Author
    } else if holds(&["title", "description", "comment", "subject", "caption", "keyword", "album", "lyric"]) {
        Trace::Caption
    } else if holds(&["make", "model", "source", "device", "camera", "manufacturer"]) {
        Trace::Device
    } else if holds(&["thumb", "preview", "picture", "cover"]) {
        Trace::Thumbnail
    } else {
        Trace::Other
    }
}

fn or_other(traces: Traces) -> Traces {
    if traces.is_empty() { Traces::from([Trace::Other]) } else { traces }
}
