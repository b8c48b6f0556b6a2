//! A clean MP4, MOV or M4A.

mod data;
mod units;

use super::hold;
use crate::source::{Source, Stop};

/// A box: name, content, end.
type Found = ([u8; 4], u64, u64);

pub(super) fn judge(source: &mut Source<'_>) -> Result<(), Stop> {
    let end = source.len();
    let mut media = Vec::new();
    let mut chunks = Vec::new();
    for (name, body, last) in list(source, 0, end)? {
        match &name {
            b"ftyp" => hold(body == 8 && last <= 1024)?,
            b"moov" => movie(source, body, last, &mut chunks)?,
            b"mdat" => media.push((body, last)),
            _ => room(source, (name, body, last))?,
        }
    }
    data::judge(source, &media, chunks)
}

/// Only room of zeros may stand beside what is known.
fn room(source: &mut Source<'_>, (name, body, last): Found) -> Result<(), Stop> {
    hold(matches!(&name, b"free" | b"skip" | b"wide"))?;
    hold(source.is_zero(body, last.saturating_sub(body))?)
}

fn list(source: &mut Source<'_>, start: u64, end: u64) -> Result<Vec<Found>, Stop> {
    let mut found = Vec::new();
    let mut at = start;
    while end.saturating_sub(at) >= 8 {
        let [a, b, c, d, name @ ..]: [u8; 8] = source.array(at)?;
        let (head, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 if name == [0; 4] => break,
            0 if end == source.len() => (8, end.saturating_sub(at)),
            1 => (16, u64::from_be_bytes(source.array(at.saturating_add(8))?)),
            size => (8, u64::from(size)),
        };
        let last = at.saturating_add(size);
        hold(size >= head && last <= end)?;
        found.push((name, at.saturating_add(head), last));
        at = last;
    }
    hold(source.is_zero(at, end.saturating_sub(at))?)?;
    Ok(found)
}

fn movie(source: &mut Source<'_>, start: u64, end: u64, chunks: &mut Vec<(u64, u64)>) -> Result<(), Stop> {
    for (name, body, last) in list(source, start, end)? {
        match &name {
            b"mvhd" => no_times(source, (body, last), 100)?,
            b"trak" => {
                for part in list(source, body, last)? {
                    track(source, part, chunks)?;
                }
            }
            _ => room(source, (name, body, last))?,
        }
    }
    Ok(())
}

/// A header of `len` bytes, or twelve more if its times are wide, without times.
fn no_times(source: &mut Source<'_>, (body, last): (u64, u64), len: u64) -> Result<(), Stop> {
    let (wide, len) = match source.byte(body)? {
        0 => (8, len),
        _ => (16, len.saturating_add(12)),
    };
    hold(last.saturating_sub(body) == len)?;
    hold(source.is_zero(body.saturating_add(4), wide)?)
}

fn track(source: &mut Source<'_>, part: Found, chunks: &mut Vec<(u64, u64)>) -> Result<(), Stop> {
    let (name, body, last) = part;
    match &name {
        b"tkhd" => no_times(source, (body, last), 84),
        b"edts" | b"tapt" => {
            for inner in list(source, body, last)? {
                if !matches!(&inner.0, b"elst" | b"clef" | b"prof" | b"enof") {
                    room(source, inner)?;
                }
            }
            Ok(())
        }
        b"mdia" => {
            for inner in list(source, body, last)? {
                media(source, inner, chunks)?;
            }
            Ok(())
        }
        _ => room(source, part),
    }
}

fn media(source: &mut Source<'_>, part: Found, chunks: &mut Vec<(u64, u64)>) -> Result<(), Stop> {
    let (name, body, last) = part;
    match &name {
        b"mdhd" => {
            no_times(source, (body, last), 24)?;
            hold(source.array(last.saturating_sub(4))? == [0x55, 0xC4])
        }
        b"hdlr" => {
            hold(matches!(&source.array(body.saturating_add(8))?, b"vide" | b"soun"))?;
            nameless(source, body, last)
        }
        b"minf" => {
            for inner in list(source, body, last)? {
                match &inner.0 {
                    b"vmhd" | b"smhd" => {}
                    b"hdlr" => nameless(source, inner.1, inner.2)?,
                    b"dinf" => here(source, inner)?,
                    b"stbl" => table(source, inner, chunks)?,
                    _ => room(source, inner)?,
                }
            }
            Ok(())
        }
        _ => room(source, part),
    }
}

fn nameless(source: &mut Source<'_>, body: u64, last: u64) -> Result<(), Stop> {
    hold(source.is_zero(body.saturating_add(12), last.saturating_sub(body).saturating_sub(12))?)
}

/// Media data stand in this file.
fn here(source: &mut Source<'_>, (_, start, end): Found) -> Result<(), Stop> {
    for (name, body, last) in list(source, start, end)? {
        if name != *b"dref" {
            room(source, (name, body, last))?;
            continue;
        }
        for (_, body, last) in list(source, body.saturating_add(8), last)? {
            let flags = u32::from_be_bytes(source.array(body)?);
            hold(flags & 1 == 1)?;
            hold(source.is_zero(body.saturating_add(4), last.saturating_sub(body).saturating_sub(4))?)?;
        }
    }
    Ok(())
}

fn table(source: &mut Source<'_>, (_, start, end): Found, chunks: &mut Vec<(u64, u64)>) -> Result<(), Stop> {
    let parts = list(source, start, end)?;
    for part in &parts {
        let (name, body, last) = *part;
        let len = last.saturating_sub(body);
        let count = |source: &mut Source<'_>, at: u64| {
            source.array(body.saturating_add(at)).map(|bytes| u64::from(u32::from_be_bytes(bytes)))
        };
        let wanted = match &name {
            b"stsd" => {
                descriptions(source, body, last)?;
                len
            }
            b"stts" | b"co64" => 8 + count(source, 4)?.saturating_mul(8),
            b"ctts" | b"stsh" => 8 + count(source, 4)?.saturating_mul(8),
            b"stsc" => 8 + count(source, 4)?.saturating_mul(12),
            b"stco" | b"stss" | b"stps" => 8 + count(source, 4)?.saturating_mul(4),
            b"stsz" if count(source, 4)? > 0 => 12,
            b"stsz" => 12 + count(source, 8)?.saturating_mul(4),
            b"stz2" | b"cslg" | b"sdtp" | b"sbgp" | b"sgpd" => len,
            _ => {
                room(source, *part)?;
                len
            }
        };
        hold(len == wanted)?;
    }
    chunks.extend(data::chunks(source, &parts)?);
    Ok(())
}

fn descriptions(source: &mut Source<'_>, start: u64, end: u64) -> Result<(), Stop> {
    for (_, body, last) in list(source, start.saturating_add(8), end)? {
        // The maker of the coder; the first setting tells picture and sound apart no better than the room before it.
        hold(source.is_zero(body.saturating_add(10), 6)?)?;
        let inner = match source.array(body.saturating_add(8))? {
            [0, 0] if is_picture(source, body, last)? => 78,
            [0, 0] => 28,
            [0, 1] => 44,
            _ => 64,
        };
        for setting in list(source, body.saturating_add(inner), last)? {
            self::setting(source, setting)?;
        }
    }
    Ok(())
}

/// Pictures have a name of 32 bytes, which must be empty, and depth and colour table behind it.
fn is_picture(source: &mut Source<'_>, body: u64, last: u64) -> Result<bool, Stop> {
    if last.saturating_sub(body) < 78 {
        return Ok(false);
    }
    let ends: [u8; 2] = source.array(body.saturating_add(76))?;
    Ok(ends == [0xFF, 0xFF] && source.is_zero(body.saturating_add(42), 32)?)
}

fn setting(source: &mut Source<'_>, (name, body, last): Found) -> Result<(), Stop> {
    match &name {
        b"colr" => hold(matches!(&source.array(body)?, b"nclx" | b"nclc") && last.saturating_sub(body) <= 11),
        b"hvcC" => units::judge_parameters(source, body, last),
        b"damr" | b"d263" => hold(source.array(body)? == [0; 4]),
        b"wave" => {
            for inner in list(source, body, last)? {
                let known = matches!(&inner.0, b"frma" | b"mp4a" | b"esds" | b"enda" | b"alac" | b"\0\0\0\0");
                if !known {
                    room(source, inner)?;
                }
            }
            Ok(())
        }
        b"avcC" | b"lhvC" | b"vpcC" | b"av1C" | b"esds" | b"pasp" | b"clap" | b"fiel" | b"gama" => Ok(()),
        b"btrt" | b"mdcv" | b"clli" | b"SmDm" | b"CoLL" | b"dvcC" | b"dvvC" | b"dvwC" | b"chan" | b"chnl" => {
            Ok(())
        }
        b"srat" | b"dac3" | b"dec3" | b"dOps" | b"alac" | b"dfLa" | b"pcmC" | b"glbl" => Ok(()),
        _ => room(source, (name, body, last)),
    }
}
