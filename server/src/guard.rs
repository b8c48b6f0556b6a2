//! A second, stricter reading of request heads, so that nobody can disagree about where a request ends.
//!
//! hyper forgives what the standard allows to forgive: repeated equal `Content-Length` lines, a length beside
//! `Transfer-Encoding`, bare LF. A proxy before the server might read such a request otherwise (request
//! smuggling). The guard walks along with the bytes and spoils the first byte of anything ambiguous, so that
//! hyper answers 400 and closes.

/// The longest head of a request in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// Follows the bytes of one connection.
#[derive(Debug, Default)]
pub struct HeadGuard {
    state: State,
    line: Vec<u8>,
    head: usize,
    length: Option<u64>,
    chunked: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the request line.
    #[default]
    Start,
    /// Among header lines.
    Headers,
    /// In a body with this many bytes to come.
    Body(u64),
    /// After a chunked request, which the router refuses and closes.
    Rest,
    /// After something ambiguous.
    Spoiled,
}

impl HeadGuard {
    /// Checks the next bytes and overwrites them from the first ambiguous line end on.
    pub fn check(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        while let Some(rest) = bytes.get_mut(at..).filter(|rest| !rest.is_empty()) {
            match &mut self.state {
                State::Rest => return,
                State::Spoiled => return spoil(rest),
                State::Body(left) => {
                    let taken = usize::try_from(*left).map_or(rest.len(), |left| left.min(rest.len()));
                    *left -= taken as u64;
                    at += taken;
                    if *left == 0 {
                        self.state = State::Start;
                    }
                }
                State::Start | State::Headers => {
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    let taken = end.map_or(rest.len(), |end| end + 1);
                    let piece = rest.get(..taken).unwrap_or_default();
                    self.head += taken;
                    self.line.extend_from_slice(piece);
                    if self.head > MAX_HEAD || (end.is_some() && !self.end_line()) {
                        self.state = State::Spoiled;
                        // Spoil the line that is refused, as far as it has not been handed on.
                        return spoil(rest);
                    }
                    at += taken;
                }
            }
        }
    }

    /// Judges a whole line; false when it is ambiguous.
    fn end_line(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        let Some(text) = line.strip_suffix(b"\r\n") else { return false };
        if text.contains(&b'\r') || text.contains(&0) {
            return false;
        }
        match (text.is_empty(), &self.state) {
            // An empty line before a request is passed over, as the standard asks.
            (true, State::Start) => true,
            (true, _) => {
                self.end_head();
                true
            }
            (false, State::Start) => {
                self.state = State::Headers;
                true
            }
            (false, _) => self.header(text),
        }
    }

    fn end_head(&mut self) {
        self.state = match (self.chunked, self.length.take()) {
            (true, _) => State::Rest,
            (false, None | Some(0)) => State::Start,
            (false, Some(length)) => State::Body(length),
        };
        self.head = 0;
    }

    fn header(&mut self, line: &[u8]) -> bool {
        // A line that begins with white space continues the one before (obsolete folding).
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            return false;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
        let Some((name, value)) = line.split_at_checked(colon) else { return false };
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let repeated = self.length.is_some() || self.chunked;
            self.length = digits(value);
            return !repeated && self.length.is_some();
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let repeated = self.length.is_some() || self.chunked;
            self.chunked = true;
            return !repeated && value.eq_ignore_ascii_case(b"chunked");
        }
        true
    }
}

/// Makes bytes that no head can hold, and ends the head behind them, so that hyper refuses it at once.
fn spoil(bytes: &mut [u8]) {
    bytes.fill(0);
    // At least one forbidden byte must stand before the end.
    if let Some((_, [_, end @ ..])) =
        bytes.split_last_chunk_mut::<5>().map(|(start, last)| (start, last.as_mut_slice()))
    {
        end.copy_from_slice(b"\r\n\r\n");
    }
}

/// Reads a length of at most 15 digits and nothing else.
fn digits(value: &[u8]) -> Option<u64> {
    let plain = (1..=15).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells whether the bytes pass unchanged, in pieces of every size.
    fn passes(request: &str) -> bool {
        let verdicts: Vec<bool> = (1..=request.len())
            .map(|size| {
                let mut guard = HeadGuard::default();
                let mut bytes = request.as_bytes().to_vec();
                bytes.chunks_mut(size).for_each(|piece| guard.check(piece));
                bytes == request.as_bytes()
            })
            .collect();
        assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{request:?}");
        verdicts[0]
    }

    #[test]
    fn plain_requests_pass_also_one_after_the_other() {
        let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n a\n\n: b\r\n\r\n!\0";
        let empty = "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
        assert!(passes(get) && passes(post));
        assert!(passes(&format!("{post}\r\n{get}{empty}{post}")));
        assert!(passes("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n anything"));
    }

    #[test]
    fn ambiguous_heads_are_spoiled() {
        let heads = [
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: chunked, chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: \r\n",
            "Transfer-Encoding:\x0bchunked\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: \r\n",
            "Content-Length: 5 5\r\n",
            "Content-Length: 9999999999999999\r\n",
            "A: b\r\n folded\r\n",
            "A: b\r\n\tfolded\r\n",
            " A: b\r\n",
            "A: b\n",
            "A: b\rB: c\r\n",
            "A: b\0\r\n",
            "no colon\r\n",
        ];
        for head in heads {
            assert!(!passes(&format!("POST / HTTP/1.1\r\n{head}\r\nhello")), "{head:?}");
        }
        assert!(!passes("GET / HTTP/1.1\nHost: a\n\n"));
        assert!(!passes(&format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(MAX_HEAD))));
    }

    #[test]
    fn nothing_gets_through_after_a_spoiled_line() {
        let mut guard = HeadGuard::default();
        let mut bytes = b"GET / HTTP/1.1\r\nA: b\n\r\n\r\nGET /x HTTP/1.1\r\n\r\n".to_vec();
        guard.check(&mut bytes);
        let (head, spoiled) = bytes.split_at(16);
        assert_eq!(head, b"GET / HTTP/1.1\r\n");
        assert!(spoiled.starts_with(&[0; 24]) && spoiled.ends_with(b"\r\n\r\n") && spoiled.len() == 28);
        let mut later = b"GET /y HTTP/1.1\r\n\r\n".to_vec();
        guard.check(&mut later);
        assert!(later.starts_with(&[0; 15]));
        for length in 0..6 {
            let mut few = vec![b'x'; length];
            guard.check(&mut few);
            assert!(few.is_empty() || few[0] == 0);
        }
    }
}
