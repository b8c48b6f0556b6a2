//! Copies the objects that may stay, renumbered in the order in which they are met.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Cursor;

use super::load::{File, decoded};
use super::object::{Dict, Object, Whole};
use super::rules::{Kind, below};
use crate::bytes::find;
use crate::source::{DAMAGED, Source, Stop, TOO_LARGE, UNSUPPORTED};
use crate::types::{CleanError, Trace, Traces};
use crate::{jpeg, words};

/// The most objects of a new file.
const MAX_OBJECTS: usize = 500_000;

/// Types of streams that nothing shown may be.
const HIDDEN: [&[u8]; 4] = [b"Metadata", b"EmbeddedFile", b"ObjStm", b"XRef"];

/// Filters whose data hold nothing but what is shown.
const FILTERS: [&[u8]; 12] = [
    b"FlateDecode",
    b"Fl",
    b"LZWDecode",
    b"LZW",
    b"ASCII85Decode",
    b"A85",
    b"ASCIIHexDecode",
    b"AHx",
    b"RunLengthDecode",
    b"RL",
    b"CCITTFaxDecode",
    b"JBIG2Decode",
];

pub(super) struct Copier<'a, 'b> {
    file: &'a mut File<'b>,
    traces: &'a mut Traces,
    numbers: BTreeMap<u32, u32>,
    queue: VecDeque<(u32, Kind)>,
    /// Numbers of the pages, in the old file.
    pages: BTreeSet<u32>,
}

impl<'a, 'b> Copier<'a, 'b> {
    pub(super) fn new(file: &'a mut File<'b>, traces: &'a mut Traces) -> Self {
        Self { file, traces, numbers: BTreeMap::new(), queue: VecDeque::new(), pages: BTreeSet::new() }
    }

    /// Tells what the information dictionary says.
    pub(super) fn info(&mut self, info: Option<Object>) -> Result<(), Stop> {
        if let Some(Object::Dict(info)) = info.map(|info| self.resolved(info)).transpose()? {
            for (name, _) in &info.0 {
                let name = String::from_utf8_lossy(name);
                self.traces.insert(match name.as_ref() {
                    "Trapped" => continue,
                    "Creator" | "Producer" => Trace::Software,
                    _ => words::of_name(&name),
                });
            }
        }
        Ok(())
    }

    /// Copies everything from the catalog on; returns the objects as they are written.
    pub(super) fn copy(mut self, root: u32) -> Result<Vec<Vec<u8>>, Stop> {
        self.pages(root)?;
        self.number(root, Kind::Catalog)?;
        let mut objects = Vec::new();
        while let Some((old, kind)) = self.queue.pop_front() {
            let whole = self.file.get(old)?;
            let mut out = Vec::new();
            match whole {
                Whole::Plain(object) => self.object(object, kind)?.write(&mut out),
                Whole::Stream(dict, data) => self.stream(dict, data, kind, &mut out)?,
            }
            self.file.budget.count(out.len())?;
            objects.push(out);
        }
        Ok(objects)
    }

    /// Gathers the pages: nothing but the tree of pages may lead to one.
    fn pages(&mut self, root: u32) -> Result<(), Stop> {
        let Whole::Plain(Object::Dict(catalog)) = self.file.get(root)? else { return Err(DAMAGED) };
        let Some(Object::Ref(top)) = catalog.get(b"Pages") else { return Err(DAMAGED) };
        let mut seen = BTreeSet::new();
        let mut pending = vec![*top];
        while let Some(number) = pending.pop() {
            if !seen.insert(number) {
                continue;
            }
            let Whole::Plain(Object::Dict(node)) = self.file.get(number)? else { continue };
            let kids = node.get(b"Kids").cloned().map(|kids| self.resolved(kids)).transpose()?;
            match kids {
                Some(Object::Array(kids)) => pending.extend(kids.iter().filter_map(|kid| match kid {
                    Object::Ref(number) => Some(*number),
                    _ => None,
                })),
                _ => drop(self.pages.insert(number)),
            }
            if seen.len() > MAX_OBJECTS {
                return Err(TOO_LARGE);
            }
        }
        if self.pages.is_empty() { Err(DAMAGED) } else { Ok(()) }
    }

    /// Follows a reference.
    fn resolved(&mut self, object: Object) -> Result<Object, Stop> {
        let mut object = object;
        for _ in 0..8 {
            let Object::Ref(number) = object else { return Ok(object) };
            object = match self.file.get(number)? {
                Whole::Plain(object) => object,
                Whole::Stream(..) => return Ok(Object::Null),
            };
        }
        Ok(Object::Null)
    }

    /// Returns the new number of an object.
    fn number(&mut self, old: u32, kind: Kind) -> Result<u32, Stop> {
        if let Some(number) = self.numbers.get(&old) {
            return Ok(*number);
        }
        let number = u32::try_from(self.numbers.len()).map_err(|_| TOO_LARGE)? + 1;
        if self.numbers.len() >= MAX_OBJECTS {
            return Err(TOO_LARGE);
        }
        self.numbers.insert(old, number);
        self.queue.push_back((old, kind));
        Ok(number)
    }

    fn object(&mut self, object: Object, kind: Kind) -> Result<Object, Stop> {
        Ok(match object {
            Object::Ref(old) if matches!(kind, Kind::Destination) && self.pages.contains(&old) => {
                Object::Ref(self.number(old, Kind::Page)?)
            }
            // Only the tree of pages leads to pages.
            Object::Ref(old) if kind != Kind::Page && self.pages.contains(&old) => Object::Null,
            Object::Ref(old) => Object::Ref(self.number(old, kind)?),
            Object::Array(items) if kind == Kind::ColorSpace => self.colour_space(items)?,
            Object::Array(items) => {
                let items = items.into_iter().map(|item| self.object(item, kind));
                Object::Array(items.collect::<Result<_, _>>()?)
            }
            Object::Dict(dict) => self.dict(dict, kind)?,
            other => other,
        })
    }

    fn dict(&mut self, dict: Dict, kind: Kind) -> Result<Object, Stop> {
        if !self.may_stay(&dict, kind)? {
            return Ok(Object::Null);
        }
        let is_field =
            dict.get(b"FT").is_some() || dict.is(b"Subtype", b"Widget") || dict.get(b"Kids").is_some();
        let is_signature = dict.is(b"FT", b"Sig");
        let mut copied = Dict::default();
        for (name, value) in dict.0 {
            // In a note, this is its author; in a field, its name. A signature names its signer.
            let goes = kind == Kind::Annotation
                && ((name == b"T" && !is_field) || (is_signature && matches!(name.as_slice(), b"V" | b"DV")));
            match below(kind, &name).filter(|_| !goes) {
                // A layer must have a name; whatever its maker called it goes.
                Some(_) if kind == Kind::Layer && name == b"Name" => {
                    copied.put(&name, Object::Text(b"-".to_vec()))
                }
                // Followed, so that what was judged is what is written.
                Some(_) if name == b"URI" => copied.put(&name, self.resolved(value)?),
                Some(below) => {
                    let value = self.object(value, below)?;
                    if value != Object::Null {
                        copied.put(&name, value);
                    }
                }
                None => self.gone(&name, value)?,
            }
        }
        Ok(Object::Dict(copied))
    }

    /// Says whether a dictionary may be of its kind.
    fn may_stay(&mut self, dict: &Dict, kind: Kind) -> Result<bool, Stop> {
        let subtype = |names: &[&[u8]]| names.iter().any(|name| dict.is(b"Subtype", name));
        let stays = match kind {
            Kind::Plain => false,
            Kind::Annotation => !subtype(&[
                b"FileAttachment",
                b"Sound",
                b"Movie",
                b"RichMedia",
                b"Screen",
                b"3D",
                b"Popup",
                b"PrinterMark",
                b"TrapNet",
                b"Projection",
            ]),
            Kind::Action => dict.is(b"S", b"GoTo") || self.leads_out(dict)?,
            // What is shown is in the form's own language, and the page is only a word of waiting.
            Kind::Form if dict.get(b"XFA").is_some() => return Err(UNSUPPORTED),
            Kind::Layer => dict.is(b"Type", b"OCG") || dict.is(b"Type", b"OCMD"),
            _ => true,
        };
        if !stays && kind != Kind::Plain && !subtype(&[b"Popup"]) {
            self.traces.insert(Trace::Other);
        }
        Ok(stays)
    }

    /// Says whether a link leads to a page of the web or to an address; others tell paths on a disk.
    fn leads_out(&mut self, action: &Dict) -> Result<bool, Stop> {
        let target = action.get(b"URI").cloned().filter(|_| action.is(b"S", b"URI"));
        let Some(Object::Text(target)) = target.map(|target| self.resolved(target)).transpose()? else {
            return Ok(false);
        };
        let target = target.to_ascii_lowercase();
        let schemes: [&[u8]; 4] = [b"http://", b"https://", b"mailto:", b"tel:"];
        let leads = schemes.iter().any(|scheme| target.starts_with(scheme));
        if !leads {
            self.traces.insert(Trace::Device);
        }
        Ok(leads)
    }

    /// A profile of colours goes; the plain colours with as many parts take its place.
    fn colour_space(&mut self, items: Vec<Object>) -> Result<Object, Stop> {
        if let [Object::Name(name), profile, ..] = items.as_slice()
            && name == b"ICCBased"
        {
            let parts = match profile {
                Object::Ref(number) => match self.file.get(*number)? {
                    Whole::Stream(dict, _) => dict.number(b"N"),
                    Whole::Plain(_) => None,
                },
                _ => None,
            };
            return match parts {
                Some(1) => Ok(Object::name(b"DeviceGray")),
                Some(3) => Ok(Object::name(b"DeviceRGB")),
                Some(4) => Ok(Object::name(b"DeviceCMYK")),
                _ => Err(DAMAGED),
            };
        }
        let is_tint =
            matches!(items.first(), Some(Object::Name(name)) if name == b"Separation" || name == b"DeviceN");
        let items = items.into_iter().enumerate().map(|(place, item)| match place {
            // Name, alternative, function, attributes.
            3 if is_tint => self.object(item, Kind::Function),
            _ => self.object(item, Kind::ColorSpace),
        });
        Ok(Object::Array(items.collect::<Result<_, _>>()?))
    }

    fn stream(&mut self, dict: Dict, data: Vec<u8>, kind: Kind, out: &mut Vec<u8>) -> Result<(), Stop> {
        if dict.get(b"F").is_some() && kind != Kind::Annotation {
            return Err(UNSUPPORTED);
        }
        // Metadata or files in the place of what is shown, or a stream that has swallowed the objects behind it.
        let is_hidden = HIDDEN.iter().any(|kind| dict.is(b"Type", kind));
        if is_hidden || find(&data, b"endobj").is_some() {
            return Err(DAMAGED);
        }
        let filters = match dict.get(b"Filter").cloned().map(|filter| self.resolved(filter)).transpose()? {
            None | Some(Object::Null) => Vec::new(),
            Some(Object::Array(filters)) => filters,
            Some(filter) => vec![filter],
        };
        let mut parameters = match dict.get(b"DecodeParms").or(dict.get(b"DP")).cloned() {
            Some(parameters) => self.object(parameters, Kind::Parameters)?,
            None => Object::Null,
        };
        let mut data = data;
        let mut filter = Object::Array(filters.clone());
        match filters.last() {
            Some(Object::Name(last)) if last == b"DCTDecode" || last == b"DCT" => {
                data = self.photo(&dict, data, &filters)?;
                filter = Object::name(b"DCTDecode");
                parameters = Object::Null;
            }
            _ => {
                // A photo under another name would keep what it says.
                let known = |filter: &Object| matches!(filter, Object::Name(name) if FILTERS.contains(&name.as_slice()));
                if data.starts_with(b"\xff\xd8") || !filters.iter().all(known) {
                    return Err(UNSUPPORTED);
                }
                filter = if filters.is_empty() { Object::Null } else { filter };
            }
        }
        let kind = if kind == Kind::Appearance { Kind::Look } else { kind };
        let copied = if kind == Kind::Plain {
            Object::Dict(Dict::default())
        } else {
            self.dict(without_coding(dict), kind)?
        };
        let Object::Dict(mut copied) = copied else {
            Object::Null.write(out);
            return Ok(());
        };
        for (name, value) in [(b"Filter".as_slice(), filter), (b"DecodeParms", parameters)] {
            if value != Object::Null {
                copied.put(name, value);
            }
        }
        copied.put(b"Length", Object::Number(data.len().to_string().into_bytes()));
        copied.write(out);
        out.extend_from_slice(b"\nstream\n");
        out.extend_from_slice(&data);
        out.extend_from_slice(b"\nendstream");
        Ok(())
    }

    /// Cleans a photo.
    fn photo(&mut self, dict: &Dict, data: Vec<u8>, filters: &[Object]) -> Result<Vec<u8>, Stop> {
        let data = match filters {
            [_] => data,
            [first, _] => {
                let mut first_only = Dict::default();
                first_only.put(b"Filter", first.clone());
                if let Some(Object::Array(parms)) = dict.get(b"DecodeParms")
                    && let Some(parms) = parms.first()
                {
                    first_only.put(b"DecodeParms", parms.clone());
                }
                decoded(&first_only, &data, &mut self.file.budget)?
            }
            _ => return Err(UNSUPPORTED),
        };
        let cleaned = picture(&data)?;
        self.traces.extend(cleaned.1);
        Ok(cleaned.0)
    }

    /// Tells what a name that goes stood for.
    fn gone(&mut self, name: &[u8], value: Object) -> Result<(), Stop> {
        let trace = match name {
            b"Metadata" => return self.packet(value),
            b"PieceInfo" => Trace::History,
            b"LastModified" | b"M" | b"CreationDate" | b"ModDate" => Trace::Time,
            b"Thumb" => Trace::Thumbnail,
            b"T" | b"V" => Trace::Author,
            b"NM" | b"ID" => Trace::Identifier,
            b"JavaScript" | b"JS" | b"AA" | b"OpenAction" | b"EmbeddedFiles" | b"AF" | b"EF"
            | b"Collection" | b"Perms" => Trace::Other,
            _ => return Ok(()),
        };
        self.traces.insert(trace);
        Ok(())
    }

    /// Tells what an XMP packet says.
    fn packet(&mut self, value: Object) -> Result<(), Stop> {
        let Object::Ref(number) = value else { return Ok(()) };
        if let Whole::Stream(dict, data) = self.file.get(number)? {
            let told = decoded(&dict, &data, &mut self.file.budget).unwrap_or(data);
            self.traces.extend(words::of_xmp(&told));
        }
        Ok(())
    }
}

fn without_coding(dict: Dict) -> Dict {
    let coding = |name: &[u8]| matches!(name, b"Filter" | b"DecodeParms" | b"DP" | b"Length" | b"DL");
    Dict(dict.0.into_iter().filter(|(name, _)| !coding(name)).collect())
}

/// Cleans a JPEG in memory.
fn picture(data: &[u8]) -> Result<(Vec<u8>, Traces), Stop> {
    // A line end behind the data is how some writers end a stream.
    let data = data.trim_ascii_end();
    let mut cursor = Cursor::new(data);
    let read = |error: CleanError| match error {
        CleanError::Read(error) | CleanError::Write(error) => Stop::Read(error),
        CleanError::Refused(refusal) => Stop::Refuse(refusal.reason),
    };
    let mut draft = crate::plan::Draft::default();
    jpeg::rewrite(&mut Source::new(&mut cursor).map_err(read)?, &mut draft)?;
    let plan = draft.into_plan("jpg", data.len() as u64);
    let mut cleaned = Vec::new();
    std::io::Read::read_to_end(&mut plan.reader(&mut cursor), &mut cleaned).map_err(Stop::Read)?;
    Ok((cleaned, plan.into_traces()))
}
