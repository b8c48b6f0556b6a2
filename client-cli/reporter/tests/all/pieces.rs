//! The side of the server in resumable uploads, breaking down where a test says so.

use std::collections::{BTreeMap, VecDeque};

use crate::server::{Request, problem};

/// What becomes of the next request to an upload.
#[derive(Clone)]
pub(crate) enum Piece {
    /// It is taken and answered.
    Taken,
    /// So many bytes of it are kept; then the connection breaks.
    Broken(usize),
    /// A problem document with this status and code; nothing is kept.
    Problem(u16, &'static str),
    /// So many bytes of the upload are left, without a word about it, as after a restart; then a break.
    Forgotten(usize),
    /// The upload is gone.
    Gone,
    /// The answer names this offset.
    Odd(u64),
}

/// The uploads of a server.
#[derive(Default)]
pub(crate) struct Uploads {
    /// Address, declared length and bytes of each.
    begun: BTreeMap<String, (usize, Vec<u8>)>,
    script: VecDeque<Piece>,
    /// The last upload that became whole.
    whole: Option<Vec<u8>>,
}

impl Uploads {
    pub(crate) fn expect(&mut self, pieces: &[Piece]) {
        self.script.extend(pieces.iter().cloned());
    }

    pub(crate) fn forget_script(&mut self) {
        self.script.clear();
    }

    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        self.whole.take()
    }

    /// Begins an upload and returns the answer.
    pub(crate) fn begin(&mut self, request: &Request) -> Vec<u8> {
        assert_eq!(request.header("tus-resumable"), Some("1.0.0"));
        assert_eq!(request.header("content-length"), Some("0"));
        let length = request.header("upload-length").unwrap().parse().unwrap();
        let path = format!("/kpk/uploads/{:032x}", self.begun.len() + 1);
        self.begun.insert(path.clone(), (length, Vec::new()));
        head(201, &format!("location: {path}\r\n"))
    }

    /// Returns the answer to `PATCH` or `HEAD`, the latter without a body; `None` breaks the connection.
    pub(crate) fn go_on(&mut self, request: &Request) -> Option<Vec<u8>> {
        let mut answer = self.answer(request)?;
        if request.method == "HEAD" {
            let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
            answer.truncate(end + 4);
        }
        Some(answer)
    }

    fn answer(&mut self, request: &Request) -> Option<Vec<u8>> {
        assert_eq!(request.header("tus-resumable"), Some("1.0.0"));
        let step = self.script.pop_front().unwrap_or(Piece::Taken);
        if matches!(step, Piece::Gone) {
            self.begun.remove(&request.path);
        }
        let Some((length, kept)) = self.begun.get_mut(&request.path) else {
            return Some(problem(404, "not-found"));
        };
        let taken = match step {
            Piece::Problem(status, code) => return Some(problem(status, code)),
            Piece::Odd(offset) => return Some(head(204, &format!("upload-offset: {offset}\r\n"))),
            Piece::Forgotten(left) => {
                kept.truncate(left);
                return None;
            }
            Piece::Broken(taken) => taken.min(request.body.len()),
            Piece::Taken | Piece::Gone => request.body.len(),
        };
        if request.method == "PATCH" {
            assert_eq!(request.header("content-type"), Some("application/offset+octet-stream"));
            assert_eq!(request.header("upload-offset"), Some(kept.len().to_string().as_str()));
            kept.extend_from_slice(&request.body[..taken]);
        }
        let offset = kept.len();
        if offset == *length {
            self.whole = Some(kept.clone());
        }
        let status = if request.method == "PATCH" { 204 } else { 200 };
        let answer = head(status, &format!("upload-offset: {offset}\r\nupload-length: {length}\r\n"));
        (!matches!(step, Piece::Broken(_))).then_some(answer)
    }
}

fn head(status: u16, headers: &str) -> Vec<u8> {
    let length = if status == 204 { "" } else { "content-length: 0\r\n" };
    format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n").into_bytes()
}
