//! Finds the objects of a PDF by its cross-reference tables and streams, the newest version of each.

use std::collections::{BTreeMap, BTreeSet};

use super::object::{Dict, Object, Whole};
use super::parse::Parser;
use crate::bytes::find;
use crate::inflate::Budget;
use crate::source::{DAMAGED, Stop, TOO_LARGE, UNSUPPORTED};

/// A file may not have more objects.
const MAX_OBJECTS: usize = 1_000_000;
/// Nor be updated more often.
const MAX_SECTIONS: usize = 1000;

/// Where an object is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Free,
    At(usize),
    /// In an object stream, as the one with this number.
    Inside(u32, usize),
}

/// A PDF whose objects can be asked for.
pub(super) struct File<'a> {
    bytes: &'a [u8],
    places: BTreeMap<u32, Place>,
    /// The newest trailer.
    pub(super) trailer: Dict,
    /// How often the file was written.
    pub(super) sections: usize,
    streams: BTreeMap<u32, Vec<(u32, Object)>>,
    pub(super) budget: Budget,
}

impl<'a> File<'a> {
    pub(super) fn open(bytes: &'a [u8], budget: Budget) -> Result<Self, Stop> {
        let places = BTreeMap::new();
        let mut file =
            Self { bytes, places, trailer: Dict::default(), sections: 0, streams: BTreeMap::new(), budget };
        let start = last(bytes, b"startxref").ok_or(DAMAGED)?;
        let mut parser = Parser::new(bytes, start + b"startxref".len());
        let mut next = parser.whole();
        let mut seen = BTreeSet::new();
        while let Some(at) = next {
            if !seen.insert(at) || seen.len() > MAX_SECTIONS {
                return Err(DAMAGED);
            }
            let trailer = file.section(usize::try_from(at).map_err(|_| DAMAGED)?)?;
            // A table may name a stream with what older readers should not see.
            if let Some(hidden) = trailer.number(b"XRefStm") {
                file.section(usize::try_from(hidden).map_err(|_| DAMAGED)?)?;
            }
            next = trailer.number(b"Prev");
            if file.sections == 0 {
                file.trailer = trailer;
            }
            file.sections += 1;
        }
        if file.sections == 0 { Err(DAMAGED) } else { Ok(file) }
    }

    /// Reads one table or stream and returns its trailer.
    fn section(&mut self, at: usize) -> Result<Dict, Stop> {
        let mut parser = Parser::new(self.bytes, at);
        if parser.word(b"xref") {
            self.table(&mut parser)
        } else {
            match parser.numbered(|_| None)? {
                (_, Whole::Stream(dict, data)) if dict.is(b"Type", b"XRef") => {
                    self.stream(&dict, &data)?;
                    Ok(dict)
                }
                _ => Err(DAMAGED),
            }
        }
    }

    fn table(&mut self, parser: &mut Parser<'a>) -> Result<Dict, Stop> {
        while !parser.word(b"trailer") {
            let (first, count) = (parser.whole().ok_or(DAMAGED)?, parser.whole().ok_or(DAMAGED)?);
            for number in first..first.saturating_add(count) {
                let (at, _) = (parser.whole().ok_or(DAMAGED)?, parser.whole().ok_or(DAMAGED)?);
                let place = if parser.word(b"n") {
                    Place::At(usize::try_from(at).map_err(|_| DAMAGED)?)
                } else if parser.word(b"f") {
                    Place::Free
                } else {
                    return Err(DAMAGED);
                };
                self.place(number, place)?;
            }
        }
        match parser.object()? {
            Object::Dict(dict) => Ok(dict),
            _ => Err(DAMAGED),
        }
    }

    fn stream(&mut self, dict: &Dict, data: &[u8]) -> Result<(), Stop> {
        let data = decoded(dict, data, &mut self.budget)?;
        let numbers = |name: &[u8]| match dict.get(name) {
            Some(Object::Array(items)) => items.iter().map(Object::number).collect::<Option<Vec<u64>>>(),
            _ => None,
        };
        let widths =
            numbers(b"W").filter(|widths| widths.len() == 3 && widths.iter().all(|width| *width <= 8));
        let Some([kind, second, third]) = widths.and_then(|widths| <[u64; 3]>::try_from(widths).ok()) else {
            return Err(DAMAGED);
        };
        let size = dict.number(b"Size").ok_or(DAMAGED)?;
        let index = numbers(b"Index").unwrap_or_else(|| vec![0, size]);
        let mut rest = data.as_slice();
        let mut field = |width: u64| -> Result<Option<u64>, Stop> {
            let (field, after) = rest.split_at_checked(usize::try_from(width).unwrap_or(8)).ok_or(DAMAGED)?;
            rest = after;
            Ok((width > 0).then(|| field.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))))
        };
        for range in index.chunks(2) {
            let [first, count] = range else { return Err(DAMAGED) };
            for number in *first..first.saturating_add(*count) {
                let (kind, second, third) = (field(kind)?.unwrap_or(1), field(second)?, field(third)?);
                let small = |value: Option<u64>| usize::try_from(value.unwrap_or(0)).map_err(|_| DAMAGED);
                let place = match kind {
                    1 => Place::At(small(second)?),
                    2 => Place::Inside(u32::try_from(small(second)?).map_err(|_| DAMAGED)?, small(third)?),
                    _ => Place::Free,
                };
                self.place(number, place)?;
            }
        }
        Ok(())
    }

    /// Notes where an object is, unless a newer section said so already.
    fn place(&mut self, number: u64, place: Place) -> Result<(), Stop> {
        let number = u32::try_from(number).map_err(|_| DAMAGED)?;
        self.places.entry(number).or_insert(place);
        if self.places.len() > MAX_OBJECTS { Err(TOO_LARGE) } else { Ok(()) }
    }

    /// Returns an object; what is not there is null.
    pub(super) fn get(&mut self, number: u32) -> Result<Whole, Stop> {
        match self.places.get(&number).copied() {
            None | Some(Place::Free) => Ok(Whole::Plain(Object::Null)),
            Some(Place::At(0)) => Ok(Whole::Plain(Object::Null)),
            Some(Place::At(at)) => {
                let whole = self.at(number, at)?;
                if let Whole::Stream(_, data) = &whole {
                    self.budget.count(data.len())?;
                }
                Ok(whole)
            }
            Some(Place::Inside(stream, index)) => {
                if !self.streams.contains_key(&stream) {
                    let objects = self.objects(stream)?;
                    self.streams.insert(stream, objects);
                }
                let objects = self.streams.get(&stream).map(Vec::as_slice).unwrap_or_default();
                let object = objects.get(index).filter(|(inner, _)| *inner == number);
                let object = object.or_else(|| objects.iter().find(|(inner, _)| *inner == number));
                Ok(Whole::Plain(object.map_or(Object::Null, |(_, object)| object.clone())))
            }
        }
    }

    fn at(&self, number: u32, at: usize) -> Result<Whole, Stop> {
        let length = |other: u32| match self.places.get(&other) {
            // A length is a plain number, never a stream: this does not go deeper.
            Some(Place::At(at)) => match Parser::new(self.bytes, *at).numbered(|_| None) {
                Ok((found, Whole::Plain(object))) if found == other => object.number(),
                _ => None,
            },
            _ => None,
        };
        match Parser::new(self.bytes, at).numbered(length)? {
            (found, whole) if found == number => Ok(whole),
            _ => Err(DAMAGED),
        }
    }

    /// Returns what is in an object stream.
    fn objects(&mut self, stream: u32) -> Result<Vec<(u32, Object)>, Stop> {
        let Some(Place::At(at)) = self.places.get(&stream).copied() else { return Err(DAMAGED) };
        let Whole::Stream(dict, data) = self.at(stream, at)? else { return Err(DAMAGED) };
        let data = decoded(&dict, &data, &mut self.budget)?;
        let first = dict.number(b"First").and_then(|first| usize::try_from(first).ok()).ok_or(DAMAGED)?;
        let mut head = Parser::new(&data, 0);
        let mut objects = Vec::new();
        for _ in 0..dict.number(b"N").ok_or(DAMAGED)? {
            let number = head.whole().and_then(|number| u32::try_from(number).ok()).ok_or(DAMAGED)?;
            let offset = head.whole().and_then(|offset| usize::try_from(offset).ok()).ok_or(DAMAGED)?;
            let start = first.checked_add(offset).ok_or(DAMAGED)?;
            let mut parser = Parser::new(&data, start);
            let object = parser.object()?;
            // Many could stand at the same place.
            self.budget.count(parser.at.saturating_sub(start))?;
            objects.push((number, object));
        }
        Ok(objects)
    }
}

/// Undoes the filter of a stream that tells where objects are, or holds them.
pub(super) fn decoded(dict: &Dict, data: &[u8], budget: &mut Budget) -> Result<Vec<u8>, Stop> {
    let only = |name: &[u8]| match dict.get(name) {
        Some(Object::Array(items)) if items.len() == 1 => items.first().cloned(),
        other => other.cloned(),
    };
    match only(b"Filter") {
        None => Ok(data.to_vec()),
        Some(Object::Name(name)) if name == b"FlateDecode" || name == b"Fl" => {
            let bytes = budget.zlib(data)?;
            match only(b"DecodeParms").or_else(|| only(b"DP")) {
                Some(Object::Dict(parms)) => predicted(&parms, bytes),
                _ => Ok(bytes),
            }
        }
        _ => Err(UNSUPPORTED),
    }
}

/// Undoes the predictors of PNG.
fn predicted(parms: &Dict, bytes: Vec<u8>) -> Result<Vec<u8>, Stop> {
    let number = |name: &[u8], default| parms.number(name).unwrap_or(default);
    match number(b"Predictor", 1) {
        1 => return Ok(bytes),
        10..=15 => {}
        _ => return Err(UNSUPPORTED),
    }
    let bits = number(b"Colors", 1).saturating_mul(number(b"BitsPerComponent", 8));
    let row = usize::try_from(bits.saturating_mul(number(b"Columns", 1)).div_ceil(8)).map_err(|_| DAMAGED)?;
    let step = usize::try_from(bits.div_ceil(8)).map_err(|_| DAMAGED)?.max(1);
    if row == 0 || row > 1 << 20 {
        return Err(DAMAGED);
    }
    let mut above = vec![0; row];
    let mut out = Vec::with_capacity(bytes.len());
    for coded in bytes.chunks(row + 1) {
        let Some((filter, coded)) = coded.split_first() else { continue };
        let mut line = Vec::with_capacity(row);
        for (place, byte) in coded.iter().enumerate() {
            let left = place.checked_sub(step);
            let get = |line: &[u8], at: Option<usize>| at.and_then(|at| line.get(at)).copied().unwrap_or(0);
            let (a, b, c) = (get(&line, left), get(&above, Some(place)), get(&above, left));
            let guess = match filter {
                0 => 0,
                1 => a,
                2 => b,
                3 => u8::midpoint(a, b),
                4 => paeth(a, b, c),
                _ => return Err(DAMAGED),
            };
            line.push(byte.wrapping_add(guess));
        }
        line.resize(row, 0);
        out.extend_from_slice(&line);
        above = line;
    }
    Ok(out)
}

fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let guess = i16::from(a) + i16::from(b) - i16::from(c);
    let far = |other: u8| (guess - i16::from(other)).abs();
    if far(a) <= far(b) && far(a) <= far(c) {
        a
    } else if far(b) <= far(c) {
        b
    } else {
        c
    }
}

fn last(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}

/// Says whether a file is arranged for the web, which takes two sections.
pub(super) fn is_linearized(bytes: &[u8]) -> bool {
    find(bytes.get(..bytes.len().min(1024)).unwrap_or_default(), b"/Linearized").is_some()
}
