//! The second pass: judges an output by a grammar of its own, which knows only what may stay. It uses nothing of the
//! first pass but the access to bytes, so that a slip there does not hide here.

mod bmff;
mod gif;
mod jpeg;
mod mp3;
mod office;
mod orientation;
mod pdf;
mod png;
mod webp;

use crate::kind::Kind;
use crate::source::{DAMAGED, Source, Stop};
use crate::types::Reason;

/// Judges an output that was made of a file of some kind.
pub(crate) fn judge(kind: Kind, source: &mut Source<'_>) -> Result<(), Stop> {
    if Kind::of(source)? != kind {
        return Err(DAMAGED);
    }
    match kind {
        Kind::Jpeg => jpeg::judge(source),
        Kind::Png => png::judge(source),
        Kind::Webp => webp::judge(source),
        Kind::Gif => gif::judge(source),
        Kind::Film(_) => bmff::judge(source),
        Kind::Mp3 => mp3::judge(source),
        // Judged by being told.
        Kind::Text => Ok(()),
        Kind::Pdf => pdf::judge(source),
        Kind::Package => office::judge(source),
        Kind::Compound => Err(Stop::Refuse(Reason::Unsupported)),
        Kind::Foreign(_) => Err(Stop::Refuse(Reason::Unsupported)),
        Kind::Unknown => Err(Stop::Refuse(Reason::UnknownFormat)),
    }
}

/// Says yes or refuses.
fn hold(holds: bool) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(DAMAGED) }
}
