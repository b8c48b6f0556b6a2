//! OLE compound files are never cleaned; but a locked document of a newer office program is one, and is told apart.

use crate::bytes::find;
use crate::source::{Source, Stop};
use crate::types::Reason;

/// How much is looked at for the name of the stream that holds a locked document, in bytes.
const MAX_SEARCH: usize = 4 << 20;

/// Returns why a compound file is not cleaned.
pub(crate) fn reason(source: &mut Source<'_>) -> Result<Reason, Stop> {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // The directory may stand anywhere.
    let mut at = 0;
    while at < source.len() {
        let piece = source.at_most(at, MAX_SEARCH)?;
        if find(&piece, &name).is_some() {
            return Ok(Reason::Encrypted);
        }
        at = at.saturating_add((piece.len().saturating_sub(name.len()).max(1)) as u64);
        if piece.len() < MAX_SEARCH {
            break;
        }
    }
    Ok(Reason::Unsupported)
}
