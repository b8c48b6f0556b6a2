//! Descriptions of samples: how a track is coded. Makers and names in them go.

use super::messages::overwrite_parameters;
use super::tree::{Child, blank, children, zero};
use crate::bytes::{be16, be32};
use crate::source::{DAMAGED, Stop, UNSUPPORTED};
use crate::types::{Reason, Trace, Traces};

/// What a decoder needs beside the description itself.
const SETTINGS: [&[u8; 4]; 32] = [
    b"avcC", b"hvcC", b"lhvC", b"vpcC", b"av1C", b"esds", b"d263", b"colr", b"pasp", b"clap", b"fiel",
    b"gama", b"btrt", b"mdcv", b"clli", b"SmDm", b"CoLL", b"dvcC", b"dvvC", b"dvwC", b"chan", b"chnl",
    b"srat", b"wave", b"dac3", b"dec3", b"dOps", b"alac", b"dfLa", b"damr", b"pcmC", b"glbl",
];

pub(super) fn clean(
    bytes: &mut [u8],
    part: &Child,
    handler: [u8; 4],
    traces: &mut Traces,
) -> Result<(), Stop> {
    for entry in children(bytes, part.body + 8, part.end)? {
        if matches!(&entry.kind, b"encv" | b"enca" | b"drmi" | b"drms") {
            return Err(Stop::Refuse(Reason::Encrypted));
        }
        let inner = if handler == *b"vide" { picture(bytes, &entry, traces)? } else { sound(bytes, &entry)? };
        settings(bytes, inner, entry.end, traces)?;
    }
    Ok(())
}

/// Cleans a picture's description and returns where its settings begin.
fn picture(bytes: &mut [u8], entry: &Child, traces: &mut Traces) -> Result<usize, Stop> {
    let start = entry.start;
    // A colour table would follow.
    if be16(bytes, start + 84).ok_or(DAMAGED)? == 0 || start + 86 > entry.end {
        return Err(UNSUPPORTED);
    }
    // Version, vendor and qualities; size of data; name of the compressor.
    let mut changed = zero(bytes, start + 16, start + 32);
    changed |= zero(bytes, start + 44, start + 48);
    changed |= zero(bytes, start + 50, start + 82);
    if changed {
        traces.insert(Trace::Software);
    }
    Ok(start + 86)
}

/// Cleans a sound's description and returns where its settings begin.
fn sound(bytes: &mut [u8], entry: &Child) -> Result<usize, Stop> {
    let start = entry.start;
    zero(bytes, start + 18, start + 24);
    match be16(bytes, start + 16) {
        Some(0) => Ok(start + 36),
        Some(1) => Ok(start + 52),
        // The description tells its own length.
        Some(2) if be32(bytes, start + 36) == Some(72) => Ok(start + 72),
        _ => Err(DAMAGED),
    }
}

fn settings(bytes: &mut [u8], start: usize, end: usize, traces: &mut Traces) -> Result<(), Stop> {
    for child in children(bytes, start, end)? {
        match &child.kind {
            b"sinf" => return Err(Stop::Refuse(Reason::Encrypted)),
            // A colour profile; a few numbers only may stay.
            b"colr" if !matches!(bytes.get(child.body..child.body + 4), Some(b"nclx" | b"nclc")) => {
                blank(bytes, &child, traces);
            }
            // The maker of a phone's coder.
            b"damr" | b"d263" => drop(zero(bytes, child.body, child.body + 4)),
            b"hvcC" => {
                if overwrite_parameters(bytes, &child)? {
                    traces.insert(Trace::Software);
                }
            }
            b"wave" => wave(bytes, &child, traces)?,
            kind if SETTINGS.contains(&kind) => {}
            _ => blank(bytes, &child, traces),
        }
    }
    Ok(())
}

/// QuickTime's box around the settings of a sound.
fn wave(bytes: &mut [u8], parent: &Child, traces: &mut Traces) -> Result<(), Stop> {
    for child in children(bytes, parent.body, parent.end)? {
        let kept = matches!(&child.kind, b"frma" | b"mp4a" | b"esds" | b"enda" | b"alac" | b"\0\0\0\0");
        if !kept {
            blank(bytes, &child, traces);
        }
    }
    Ok(())
}
