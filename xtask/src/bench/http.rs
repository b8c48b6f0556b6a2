//! The smallest client that keeps a connection open: it must cost next to nothing beside the server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::shell::{Outcome, failure};

/// How long an answer may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest head of an answer.
const MAX_HEAD: usize = 8 * 1024;

/// Bodies above this length are written by themselves.
const LONG: usize = 256 * 1024;

/// A connection to a server on loopback.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as far as it matters here.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    /// All header lines, in lower case.
    head: String,
    pub(super) body: &'a [u8],
}

impl Answer<'_> {
    /// Returns a header, its name and value in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request without a body. `head` holds the request line and headers but not the empty line.
    pub(super) fn get(&mut self, head: &str) -> Outcome<Answer<'_>> {
        self.send(head, &[])
    }

    /// Sends a request in one write, unless its body is long, and reads the answer.
    pub(super) fn send(&mut self, head: &str, body: &[u8]) -> Outcome<Answer<'_>> {
        self.buffer.clear();
        self.buffer.extend_from_slice(head.as_bytes());
        if !body.is_empty() {
            self.buffer.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        self.buffer.extend_from_slice(b"\r\n");
        // A long body is not copied first: that would cost more than a second write.
        let apart = body.len() > LONG;
        if !apart {
            self.buffer.extend_from_slice(body);
        }
        self.stream.write_all(&self.buffer)?;
        if apart {
            self.stream.write_all(body)?;
        }
        self.receive()
    }

    fn receive(&mut self) -> Outcome<Answer<'_>> {
        self.buffer.clear();
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(failure("the head of an answer does not end"));
            }
            self.read_some(MAX_HEAD)?;
        };
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| failure("an answer without a status"))?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        let whole = end.saturating_add(length);
        while self.buffer.len() < whole {
            self.read_some(whole.saturating_sub(self.buffer.len()))?;
        }
        Ok(Answer { status, head, body: self.buffer.get(end..whole).unwrap_or_default() })
    }

    fn read_some(&mut self, most: usize) -> Outcome {
        let old = self.buffer.len();
        self.buffer.resize(old.saturating_add(most), 0);
        let count = self.stream.read(self.buffer.get_mut(old..).unwrap_or_default())?;
        self.buffer.truncate(old.saturating_add(count));
        if count == 0 { Err(failure("the server closed the connection")) } else { Ok(()) }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
