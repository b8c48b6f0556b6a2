//! Hostile clients, each doing its worst in one way until told to stop: on loopback, bounded in number.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each user takes a part of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bisik_formats::ids::Digest;
use bisik_formats::padding::header_len;

/// What is attacked, and with what.
pub struct Target {
    pub server: SocketAddr,
    /// First part of the addresses.
    pub agency: String,
    /// Address of a large edition.
    pub edition: String,
    pub desks: usize,
    /// A sealed text report.
    pub text: Vec<u8>,
    /// A sealed report with evidence.
    pub large: Vec<u8>,
}

/// What all clients did together.
#[derive(Debug, Default)]
pub struct Done {
    pub connections: AtomicU64,
    pub requests: AtomicU64,
}

/// Connections that one client holds at the same time.
const HELD: usize = 8;

/// Ways to do harm.
const WAYS: [fn(&Hostile<'_>); 12] = [
    silent_connections,
    half_heads,
    heads_without_end,
    slow_texts,
    slow_pieces,
    tiny_pieces,
    uploads_begun,
    texts,
    slow_reports,
    readers_that_take_nothing,
    forms,
    strange_uploads,
];

/// Lets clients do their worst while something else is done, and tells what they did.
pub fn flood<T>(target: &Target, clients: usize, meanwhile: impl FnOnce() -> T) -> (T, Done) {
    let (stop, done) = (AtomicBool::new(false), Done::default());
    let result = thread::scope(|scope| {
        let stopped = Stopped(&stop);
        for (number, way) in (0..clients).zip(WAYS.iter().cycle()) {
            let hostile = Hostile { target, stop: &stop, done: &done, number };
            scope.spawn(move || {
                while !hostile.is_over() {
                    way(&hostile);
                }
            });
        }
        let result = meanwhile();
        drop(stopped);
        result
    });
    (result, done)
}

/// Stops the clients also when what is done meanwhile fails.
struct Stopped<'a>(&'a AtomicBool);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Hostile<'a> {
    target: &'a Target,
    stop: &'a AtomicBool,
    done: &'a Done,
    number: usize,
}

impl Hostile<'_> {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn connect(&self) -> Option<Link> {
        let Ok(stream) = TcpStream::connect_timeout(&self.target.server, Duration::from_secs(1)) else {
            // The kernel's queue is full: others are at it.
            thread::yield_now();
            return None;
        };
        stream.set_read_timeout(Some(Duration::from_millis(50))).ok()?;
        stream.set_write_timeout(Some(Duration::from_millis(200))).ok()?;
        self.done.connections.fetch_add(1, Ordering::Relaxed);
        Some(Link { stream })
    }

    /// Holds connections that each began with something, and goes on with each from time to time.
    fn hold(&self, begin: &dyn Fn(&mut Link) -> bool, go_on: &dyn Fn(&mut Link) -> bool) {
        let mut links = Vec::new();
        while !self.is_over() {
            if links.len() < HELD
                && let Some(mut link) = self.connect()
                && begin(&mut link)
            {
                links.push(link);
            }
            links.retain_mut(|link| !self.is_over() && go_on(link) && link.rest());
        }
    }

    /// Sends a request and waits for its status.
    fn ask(&self, link: &mut Link, head: &str, body: &[u8]) -> Option<Vec<u8>> {
        self.done.requests.fetch_add(1, Ordering::Relaxed);
        if !link.send(head.as_bytes()) || !link.send(body) {
            return None;
        }
        let mut answer = Vec::new();
        while !self.is_over() && !answer.windows(4).any(|window| window == b"\r\n\r\n") {
            let mut bytes = [0; 4096];
            match link.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(count) => answer.extend(bytes.iter().take(count)),
                Err(error) if is_pause(&error) => {}
                Err(_) => return None,
            }
        }
        Some(answer)
    }

    fn report_head(&self, sealed: &[u8]) -> String {
        format!(
            "POST /{}/reports HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n{}\
             content-length: {}\r\n\r\n",
            self.target.agency,
            self.proof(sealed),
            sealed.len()
        )
    }

    /// Claims work that nobody has done.
    fn proof(&self, sealed: &[u8]) -> String {
        let header = usize::try_from(header_len(self.target.desks)).unwrap_or(usize::MAX);
        let digest = Digest::of(sealed.get(..header).unwrap_or(sealed));
        format!("bisik-pow: 0000000000000000\r\nbisik-header-sha256: {digest}\r\n")
    }

    /// Returns a report that nobody has sent before.
    fn text(&self, count: u64) -> Vec<u8> {
        let mut text = self.target.text.clone();
        let mark = [self.number as u64, count].map(u64::to_be_bytes).concat();
        text.iter_mut().rev().zip(mark).for_each(|(to, from)| *to = from);
        text
    }

    /// Begins an upload; returns its address.
    fn begin(&self, link: &mut Link) -> Option<String> {
        let head = format!(
            "POST /{}/uploads HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-length: {}\r\n{}\
             content-length: 0\r\n\r\n",
            self.target.agency,
            self.target.large.len(),
            self.proof(&self.target.large)
        );
        let answer = self.ask(link, &head, b"")?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let address = answer.lines().find_map(|line| line.strip_prefix("location: "))?;
        Some(address.trim().to_owned())
    }
}

/// A connection on which nothing takes long.
struct Link {
    stream: TcpStream,
}

impl Link {
    fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Pauses for a moment; false when the other side has closed.
    fn rest(&mut self) -> bool {
        let mut bytes = [0; 1024];
        match self.stream.read(&mut bytes) {
            Ok(count) => count > 0,
            Err(error) => is_pause(&error),
        }
    }
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn piece_head(address: &str, offset: usize, length: usize) -> String {
    format!(
        "PATCH {address} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-offset: {offset}\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {length}\r\n\r\n"
    )
}

fn silent_connections(hostile: &Hostile<'_>) {
    hostile.hold(&|_| true, &|_| true);
}

fn half_heads(hostile: &Hostile<'_>) {
    let head = format!("GET /{}/card HTTP/1.1\r\nhost: x\r\nx: ", hostile.target.agency);
    hostile.hold(&|link| link.send(head.as_bytes()), &|link| link.send(b"y"));
}

fn heads_without_end(hostile: &Hostile<'_>) {
    let lines = format!("GET / HTTP/1.1\r\n{}", "x: y\r\n".repeat(2000));
    hostile.hold(&|_| true, &|link| link.send(lines.as_bytes()));
}

fn slow_texts(hostile: &Hostile<'_>) {
    let text = &hostile.target.text;
    let head = hostile.report_head(text);
    let begin = |link: &mut Link| link.send(head.as_bytes()) && link.send(text.get(..4000).unwrap_or(text));
    hostile.hold(&begin, &|link| link.send(b"0"));
}

/// Takes a place for evidence and then sends next to nothing.
fn slow_pieces(hostile: &Hostile<'_>) {
    let begin = |link: &mut Link| {
        let Some(address) = hostile.begin(link) else { return false };
        link.send(piece_head(&address, 0, 1 << 20).as_bytes())
    };
    hostile.hold(&begin, &|link| link.send(b"a"));
}

fn tiny_pieces(hostile: &Hostile<'_>) {
    let Some(mut link) = hostile.connect() else { return };
    let Some(address) = hostile.begin(&mut link) else { return };
    for (offset, byte) in hostile.target.large.iter().enumerate() {
        let answer = hostile.ask(&mut link, &piece_head(&address, offset, 1), &[*byte]);
        if hostile.is_over() || !answer.is_some_and(|answer| answer.starts_with(b"HTTP/1.1 204")) {
            return;
        }
    }
}

fn uploads_begun(hostile: &Hostile<'_>) {
    let Some(mut link) = hostile.connect() else { return };
    while !hostile.is_over() && hostile.begin(&mut link).is_some() {}
}

fn texts(hostile: &Hostile<'_>) {
    let Some(mut link) = hostile.connect() else { return };
    for count in 0.. {
        let count = count + hostile.done.requests.load(Ordering::Relaxed);
        let text = hostile.text(count);
        if hostile.is_over() || hostile.ask(&mut link, &hostile.report_head(&text), &text).is_none() {
            return;
        }
    }
}

/// A report with evidence in one request, which never comes to its end.
fn slow_reports(hostile: &Hostile<'_>) {
    let large = &hostile.target.large;
    let head = hostile.report_head(large);
    let begin = |link: &mut Link| link.send(head.as_bytes()) && link.send(large.get(..8000).unwrap_or(large));
    hostile.hold(&begin, &|link| link.send(b"00"));
}

fn readers_that_take_nothing(hostile: &Hostile<'_>) {
    let head = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", hostile.target.edition).repeat(20);
    let mut links: Vec<Link> = Vec::new();
    while !hostile.is_over() {
        if links.len() >= HELD {
            links.remove(0);
        }
        if let Some(mut link) = hostile.connect() {
            link.send(head.as_bytes());
            let mut one = [0];
            let _first = link.stream.read(&mut one);
            links.push(link);
        }
    }
}

fn forms(hostile: &Hostile<'_>) {
    let Some(mut link) = hostile.connect() else { return };
    let text = hostile.text(hostile.done.requests.load(Ordering::Relaxed) << 32);
    let mut body = b"--b\r\ncontent-disposition: form-data; name=\"report\"; filename=\"r\"\r\n\r\n".to_vec();
    body.extend_from_slice(&text);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let head = format!(
        "POST /{}/reports HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\n\
         content-length: {}\r\n\r\n",
        hostile.target.agency,
        body.len()
    );
    hostile.ask(&mut link, &head, &body);
}

/// Asks for uploads that are not there, and ends what it has begun.
fn strange_uploads(hostile: &Hostile<'_>) {
    let Some(mut link) = hostile.connect() else { return };
    let Some(address) = hostile.begin(&mut link) else { return };
    let unknown = format!("/{}/uploads/{:032x}", hostile.target.agency, hostile.number);
    for (method, address) in [("HEAD", &unknown), ("DELETE", &unknown), ("DELETE", &address)] {
        let head = format!("{method} {address} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\r\n");
        if hostile.ask(&mut link, &head, b"").is_none() {
            return;
        }
    }
}
