//! Headers: the fixed shape of what travels, the grammar of everything else, and the way to the payload key.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};

use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use bisik_formats::padding::MAX_DESKS;
use bisik_formats::shape::{ShapeError, header_desks};

use super::OpenError;
use crate::hybrid::Identity;
use crate::stream::{NONCE_LEN, StreamKey};
use crate::writer::VERSION_LINE;

/// Bytes of a stanza, and of the last line of the header.
const STANZA_LEN: usize = 1557;
const LAST_LINE_LEN: usize = 48;
/// The first bytes of a header line tell which kind it is.
const LINE_START_LEN: usize = 4;
/// The longest header of a file of another shape. The parser behind it needs 20 ms for as much.
const MAX_ANY_HEADER: usize = 16 * 1024;
/// Symbols of a full line in the body of a stanza.
const FULL_LINE: usize = 64;

/// The header of a sealed file, of the fixed shape, not yet opened.
pub(crate) struct SealedHeader {
    bytes: Vec<u8>,
    desks: usize,
}

impl SealedHeader {
    /// Reads a header and nothing after it: at most eight stanzas, refused at the first byte that does not fit.
    pub(crate) fn read(input: &mut impl Read) -> Result<Self, OpenError> {
        let mut bytes = Vec::with_capacity(VERSION_LINE.len() + STANZA_LEN * 2 + LAST_LINE_LEN);
        append(input, VERSION_LINE.len(), &mut bytes)?;
        for _ in 0..=MAX_DESKS {
            let line = append(input, LINE_START_LEN, &mut bytes)?;
            let is_last = line == b"--- ";
            let rest = if is_last { LAST_LINE_LEN } else { STANZA_LEN } - LINE_START_LEN;
            append(input, rest, &mut bytes)?;
            if is_last {
                break;
            }
        }
        let desks = header_desks(&bytes)?;
        Ok(Self { bytes, desks })
    }

    /// Returns the number of stanzas.
    pub(crate) fn desks(&self) -> usize {
        self.desks
    }

    /// Reads the nonce that follows the header and returns the key of the payload.
    pub(crate) fn payload_key(
        mut self,
        input: &mut impl Read,
        identities: &[&Identity],
    ) -> Result<StreamKey, OpenError> {
        let identities: Vec<&dyn age::Identity> =
            identities.iter().map(|&identity| identity as &dyn age::Identity).collect();
        append(input, NONCE_LEN, &mut self.bytes)?;
        unwrap_payload_key(&self.bytes, &identities)
    }
}

/// Reads exactly `len` more bytes and returns them.
fn append<'a>(input: &mut impl Read, len: usize, bytes: &'a mut Vec<u8>) -> Result<&'a [u8], OpenError> {
    let start = bytes.len();
    bytes.resize(start + len, 0);
    let place = bytes.get_mut(start..).ok_or(OpenError::Payload)?;
    match input.read_exact(place) {
        Ok(()) => Ok(place),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(ShapeError::Length.into()),
        Err(error) => Err(OpenError::Io(error)),
    }
}

/// Lets the `age` crate unwrap the file key and verify the MAC of `start`, a header and its nonce.
pub(crate) fn unwrap_payload_key(
    start: &[u8],
    identities: &[&dyn age::Identity],
) -> Result<StreamKey, OpenError> {
    let capture = Capture { identities, file_key: RefCell::new(None) };
    let decryptor = age::Decryptor::new_buffered(start).map_err(|_| OpenError::Header)?;
    // Success means that the MAC over the header fits the file key that was captured on the way.
    decryptor.decrypt(std::iter::once(&capture as &dyn age::Identity)).map_err(|error| match error {
        // The crate says of a wrong passphrase that the key did not decrypt.
        age::DecryptError::NoMatchingKeys
        | age::DecryptError::DecryptionFailed
        | age::DecryptError::KeyDecryptionFailed => OpenError::NoMatch,
        age::DecryptError::InvalidMac => OpenError::Mac,
        _ => OpenError::Header,
    })?;
    let file_key = capture.file_key.into_inner().ok_or(OpenError::Header)?;
    let nonce = start.last_chunk::<NONCE_LEN>().ok_or(OpenError::Header)?;
    Ok(StreamKey::new(file_key.expose_secret(), nonce)?)
}

/// Passes stanzas on to identities and keeps a copy of the file key they find.
struct Capture<'a> {
    identities: &'a [&'a dyn age::Identity],
    file_key: RefCell<Option<FileKey>>,
}

impl age::Identity for Capture<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        let found = self.identities.iter().find_map(|identity| identity.unwrap_stanzas(stanzas))?;
        Some(found.inspect(|key| {
            let copy = FileKey::init_with_mut(|place| place.copy_from_slice(key.expose_secret()));
            self.file_key.replace(Some(copy));
        }))
    }
}

/// Reads a header of any shape and the nonce after it; refuses what the grammar of age v1 does not allow.
///
/// The `age` crate accepts a stanza whose body or last short line is missing; both are refused here.
pub(super) fn read_any_start(input: &mut impl BufRead) -> Result<Vec<u8>, OpenError> {
    let mut start = Vec::new();
    if read_line(input, &mut start)? != VERSION_LINE.as_bytes() {
        return Err(OpenError::Header);
    }
    let mut in_body = false;
    loop {
        let line = read_line(input, &mut start)?;
        let line = line.strip_suffix(b"\n").ok_or(OpenError::Header)?;
        if in_body {
            // A body ends with the first line that is not full, which may be empty.
            in_body = line.len() == FULL_LINE;
            if line.len() > FULL_LINE || !line.iter().all(|&byte| is_base64(byte)) {
                return Err(OpenError::Header);
            }
        } else if let Some(arguments) = line.strip_prefix(b"-> ") {
            let is_argument = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
            if !arguments.split(|&byte| byte == b' ').all(is_argument) {
                return Err(OpenError::Header);
            }
            in_body = true;
        } else {
            break;
        }
    }
    // What broke the loop is the last line, which the crate parses, or nothing that it accepts.
    append(input, NONCE_LEN, &mut start).map_err(|error| match error {
        OpenError::Io(error) => OpenError::Io(error),
        _ => OpenError::Header,
    })?;
    Ok(start)
}

/// Appends one line with its LF and returns it; at the end of the input, what is left.
fn read_line<'a>(input: &mut impl BufRead, start: &'a mut Vec<u8>) -> Result<&'a [u8], OpenError> {
    let line_start = start.len();
    let room = (MAX_ANY_HEADER - line_start.min(MAX_ANY_HEADER)) as u64;
    input.take(room).read_until(b'\n', start).map_err(OpenError::Io)?;
    Ok(start.get(line_start..).unwrap_or_default())
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}
