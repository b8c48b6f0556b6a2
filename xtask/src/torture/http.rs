//! A client that survives what its server does not.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take: a server that is silent for longer hangs.
const PATIENCE: Duration = Duration::from_secs(40);

/// A connection that is used for one request after the other.
pub(super) struct Client(BufReader<TcpStream>);

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Client {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        // Where nobody listens any more, a connection may by chance be one with itself.
        if stream.local_addr()? == address {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request; `headers` are whole lines.
    pub(super) fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
        let length = match (method, body.len()) {
            ("GET" | "HEAD", 0) => String::new(),
            (_, length) => format!("content-length: {length}\r\n"),
        };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}{length}\r\n");
        self.0.get_mut().write_all(head.as_bytes())?;
        // A refusal may come before the body is through.
        let sent = self.0.get_mut().write_all(body);
        let answer = self.receive(method == "HEAD");
        if answer.is_err() { sent.and(answer) } else { answer }
    }

    fn receive(&mut self, without_body: bool) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
        let mut answer = Answer { status, head, body: Vec::new() };
        if !without_body {
            let length = answer.value("content-length").and_then(|length| length.parse().ok());
            answer.body.resize(length.unwrap_or(0), 0);
            self.0.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }
}

impl Answer {
    /// Returns the value of a header.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the value of a header that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.trim().parse().ok()
    }
}

/// Opens a connection for one request.
pub(super) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> io::Result<Answer> {
    Client::open(address)?.ask(method, path, headers, body)
}
