//! Takes metadata out of files before they leave the reporter's device.
//!
//! A file is told by its content, never by its name. What may stay is listed for each format; whatever is not on the
//! list goes. Pixels and samples are copied byte for byte, never encoded anew. The result is a [`Plan`]: pieces of the
//! source and a few rewritten bytes, so that a film of any size needs little memory and can be read again for every
//! attempt. PDF and office documents are rewritten as a whole, up to [`MAX_DOCUMENT`].
//!
//! No plan is handed out before a second pass, which shares no code with the first, has judged the output.
//!
//! ```
//! use std::io::Cursor;
//!
//! let mail = b"From: budi@example.org";
//! let error = bisik_cleaner::clean(&mut Cursor::new(mail), &mut Vec::new()).unwrap_err();
//! assert_eq!(error.refusal().map(|refusal| refusal.reason), Some(bisik_cleaner::Reason::UnknownFormat));
//! ```

mod bmff;
mod bytes;
mod compound;
mod exif;
mod gif;
mod inflate;
mod jpeg;
mod kind;
mod mp3;
mod office;
mod pdf;
mod plan;
mod png;
mod source;
mod text;
mod types;
mod verify;
mod webp;
mod words;

use std::io::{self, Write};

use kind::Kind;
use plan::Draft;
pub use plan::{Plan, PlanReader};
pub use source::Input;
use source::{Source, Stop};
pub use types::{CleanError, Cleaned, Reason, Refusal, Trace, Traces};

/// The largest PDF or office document, in bytes: it is held in memory.
pub const MAX_DOCUMENT: u64 = 64 << 20;
/// The most that may come out of what is packed in a document, in bytes.
const MAX_INFLATED: usize = 256 << 20;

/// Examines a file and returns how it becomes clean.
///
/// # Errors
/// [`CleanError::Refused`] with the reason and what is known of its traces, or [`CleanError::Read`].
pub fn examine(input: &mut dyn Input) -> Result<Plan, CleanError> {
    let mut source = Source::new(input)?;
    let kind = Kind::of(&mut source).map_err(|stop| stop.into_error("bin", Traces::new()))?;
    let extension = kind.extension();
    let mut draft = Draft::default();
    let done = rewrite(kind, &mut source, &mut draft);
    let plan = match done {
        Ok(extension) => draft.into_plan(extension, source.len()),
        Err(stop) => {
            let extension = named(kind, &mut source).unwrap_or(extension);
            return Err(stop.into_error(extension, draft.traces));
        }
    };
    let judged = verify::judge(kind, &mut Source::new(&mut plan.reader(source.into_inner()))?);
    match judged {
        Ok(()) => Ok(plan),
        Err(stop) => Err(stop.into_error(extension, plan.into_traces())),
    }
}

/// Cleans a file into `output`.
///
/// # Errors
/// As [`examine`], or [`CleanError::Write`].
pub fn clean(input: &mut dyn Input, output: &mut dyn Write) -> Result<Cleaned, CleanError> {
    let plan = examine(input)?;
    let mut reader = plan.reader(input);
    let mut buffer = vec![0; source::WINDOW];
    loop {
        let count = io::Read::read(&mut reader, &mut buffer).map_err(CleanError::Read)?;
        match buffer.get(..count) {
            Some(piece) if count > 0 => output.write_all(piece).map_err(CleanError::Write)?,
            _ => return Ok(plan.into_cleaned()),
        }
    }
}

/// Says whether a file holds nothing but what may stay, by the second pass alone.
///
/// # Errors
/// As [`examine`]; a file that holds more is [`Reason::Damaged`].
pub fn verify(input: &mut dyn Input) -> Result<(), CleanError> {
    let mut source = Source::new(input)?;
    let kind = Kind::of(&mut source).map_err(|stop| stop.into_error("bin", Traces::new()))?;
    verify::judge(kind, &mut source).map_err(|stop| stop.into_error(kind.extension(), Traces::new()))
}

/// Returns the extension of a file that is not cleaned.
fn named(kind: Kind, source: &mut Source<'_>) -> Option<&'static str> {
    let enough = usize::try_from(MAX_DOCUMENT).ok().filter(|_| kind == Kind::Package)?;
    source.at_most(0, enough).ok().map(|bytes| office::extension(&bytes))
}

/// Writes the plan of a file and returns the extension of what comes out.
fn rewrite(kind: Kind, source: &mut Source<'_>, draft: &mut Draft) -> Result<&'static str, Stop> {
    match kind {
        Kind::Jpeg => jpeg::rewrite(source, draft)?,
        Kind::Png => png::rewrite(source, draft)?,
        Kind::Webp => webp::rewrite(source, draft)?,
        Kind::Gif => gif::rewrite(source, draft)?,
        Kind::Film(_) => bmff::rewrite(source, draft)?,
        Kind::Mp3 => mp3::rewrite(source, draft)?,
        Kind::Text => draft.keep(0, source.len()),
        Kind::Compound => return Err(Stop::Refuse(compound::reason(source)?)),
        Kind::Pdf => pdf::rewrite(source, draft)?,
        Kind::Package => return office::rewrite(source, draft),
        Kind::Foreign(_) => return Err(Stop::Refuse(Reason::Unsupported)),
        Kind::Unknown => return Err(Stop::Refuse(Reason::UnknownFormat)),
    }
    Ok(kind.extension())
}
