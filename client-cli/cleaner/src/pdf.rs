//! PDF (ISO 32000-1): a new file is written of what the pages need, found from the catalog and copied by a list of
//! names for each kind of object. Older versions, orphans and everything that is not on a list stay behind.

mod copy;
mod load;
mod object;
mod parse;
mod rules;

use copy::Copier;
use load::File;
use object::Object;

use crate::inflate::Budget;
use crate::plan::Draft;
use crate::source::{DAMAGED, Source, Stop, TOO_LARGE};
use crate::types::{Reason, Trace, Traces};
use crate::{MAX_DOCUMENT, MAX_INFLATED};

/// The beginning of every file: version, and bytes that show it is not text.
const HEAD: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

pub(crate) fn rewrite(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), Stop> {
    if source.len() > MAX_DOCUMENT {
        return Err(TOO_LARGE);
    }
    let bytes = source.at_most(0, usize::try_from(MAX_DOCUMENT).unwrap_or_default())?;
    let new = cleaned(&bytes, &mut draft.traces)?;
    if new == bytes {
        draft.traces.clear();
    }
    draft.replace(0, &bytes, &new);
    Ok(())
}

fn cleaned(bytes: &[u8], traces: &mut Traces) -> Result<Vec<u8>, Stop> {
    let mut file = File::open(bytes, Budget::new(MAX_INFLATED))?;
    if file.trailer.get(b"Encrypt").is_some() {
        return Err(Stop::Refuse(Reason::Encrypted));
    }
    let usual = if load::is_linearized(bytes) { 2 } else { 1 };
    if file.sections > usual {
        traces.insert(Trace::History);
    }
    if file.trailer.get(b"ID").is_some() {
        traces.insert(Trace::Identifier);
    }
    let Some(Object::Ref(root)) = file.trailer.get(b"Root").cloned() else { return Err(DAMAGED) };
    let info = file.trailer.get(b"Info").cloned();
    let mut copier = Copier::new(&mut file, traces);
    copier.info(info)?;
    let objects = copier.copy(root)?;
    let mut out = HEAD.to_vec();
    let mut places = Vec::with_capacity(objects.len());
    for (number, body) in (1..).zip(&objects) {
        places.push(out.len());
        out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    let size: usize = objects.len() + 1;
    out.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for place in places {
        out.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    Ok(out)
}
