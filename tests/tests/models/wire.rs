//! HTTP/1.1 without sockets: the programs' own clients talk to a function.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, Error};

/// A request as it came over the wire.
#[derive(Clone)]
pub(crate) struct Request {
    /// `GET`, `POST`, ...
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// What follows them.
    pub(crate) body: Vec<u8>,
}

/// An answer.
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The media type.
    pub(crate) kind: String,
    /// What follows the headers.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A document.
    pub(crate) fn document(body: Vec<u8>) -> Self {
        Self { status: 200, kind: "application/octet-stream".to_owned(), body }
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, kind: "text/plain".to_owned(), body: Vec::new() }
    }

    /// A problem document of a code.
    pub(crate) fn problem(status: u16, code: &str) -> Self {
        let body =
            format!(r#"{{"type":"urn:bisik:problem:{code}","title":"t","status":{status},"detail":"d"}}"#);
        Self { status, kind: "application/problem+json".to_owned(), body: body.into_bytes() }
    }

    fn bytes(&self) -> Vec<u8> {
        let (kind, len) = (&self.kind, self.body.len());
        let mut bytes = match self.status {
            204 => b"HTTP/1.1 204 X\r\n\r\n".to_vec(),
            status => format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len}\r\n\r\n")
                .into_bytes(),
        };
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The other side of the wire. `None` breaks the connection without an answer.
pub(crate) trait Peer: Send {
    /// Answers one request.
    fn answer(&mut self, request: Request) -> Option<Reply>;
}

/// A wire to a peer.
pub(crate) struct Wire<P>(Arc<Mutex<P>>);

impl<P> Clone for Wire<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P> fmt::Debug for Wire<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl<P: Peer + 'static> Wire<P> {
    /// Takes the other side.
    pub(crate) fn new(peer: P) -> Self {
        Self(Arc::new(Mutex::new(peer)))
    }

    /// Does something with the other side.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut P) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns what turns settings into a client on this wire.
    pub(crate) fn agent(&self) -> impl Fn(Config) -> Agent + Send + Sync + 'static {
        let wire = self.clone();
        move |config| Agent::with_parts(config, wire.clone(), Here)
    }
}

impl<P: Peer + 'static> Connector for Wire<P> {
    type Out = Line<P>;

    fn connect(&self, _: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Line<P>>, Error> {
        let buffers = LazyBuffers::new(64 * 1024, 64 * 1024);
        Ok(Some(Line { wire: self.clone(), buffers, sent: Vec::new(), answer: Vec::new(), read: 0 }))
    }
}

/// One connection.
pub(crate) struct Line<P> {
    wire: Wire<P>,
    buffers: LazyBuffers,
    sent: Vec<u8>,
    answer: Vec<u8>,
    read: usize,
}

impl<P> fmt::Debug for Line<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl<P: Peer + 'static> Transport for Line<P> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.sent.extend_from_slice(&self.buffers.output()[..amount]);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        if self.read == self.answer.len() {
            let request = parse(&std::mem::take(&mut self.sent)).ok_or_else(broken)?;
            self.answer = self.wire.with(|peer| peer.answer(request)).ok_or_else(broken)?.bytes();
            self.read = 0;
        }
        let rest = &self.answer[self.read..];
        let room = self.buffers.input_append_buf();
        let amount = rest.len().min(room.len());
        room[..amount].copy_from_slice(&rest[..amount]);
        self.buffers.input_appended(amount);
        self.read += amount;
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        true
    }
}

fn broken() -> Error {
    Error::Io(io::ErrorKind::ConnectionReset.into())
}

/// Reads a whole request with its headers.
fn parse(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers = lines.filter_map(header).collect();
    Some(Request { method, target, headers, body: bytes[end + 4..].to_vec() })
}

/// Every name is here.
#[derive(Debug)]
struct Here;

impl Resolver for Here {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from(([127, 0, 0, 1], 1)));
        Ok(addresses)
    }
}
