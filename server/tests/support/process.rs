//! The real server as a child process, and a plain HTTP client over a socket.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use bisik_formats::day::{Day, EditionNumber};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::support::{World, header_digest};

/// Returns the present day: the real program reads the real clock, so the agency's papers are dated by it too.
#[allow(clippy::disallowed_methods, reason = "the real program reads the real clock")]
pub fn day() -> Day {
    let seconds = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    Day::from_unix_seconds(seconds).unwrap()
}

/// Returns the number of an edition made today.
pub fn number() -> String {
    EditionNumber::next(None, day()).to_string()
}

pub fn world(seed: u64) -> World {
    World::for_day(seed, day())
}

/// A running server; it is killed when the test ends.
pub struct Process {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    pub public: SocketAddr,
    pub courier: SocketAddr,
    pub tls: Option<SocketAddr>,
}

impl Process {
    /// Starts the server and waits until it says that it has started.
    pub fn start(config: &Path) -> Self {
        let ready = config.with_extension("ready");
        let mut child = command(config)
            .arg("--ready-file")
            .arg(&ready)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        while !log.contains("started") {
            assert_ne!(errors.read_line(&mut log).unwrap(), 0, "the server ended: {log}");
        }
        // Its further lines are collected until it ends, so that it never waits for a full pipe.
        let log = Arc::new(Mutex::new(log));
        let lines = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            errors.lines().for_each(|line| *lines.lock().unwrap() += &(line.unwrap() + "\n"));
        });
        let addresses = fs::read_to_string(ready).unwrap();
        let address = |name: &str| {
            addresses.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        Self {
            public: address("public").unwrap(),
            courier: address("courier").unwrap(),
            tls: address("tls"),
            child,
            log,
            reader: Some(reader),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits until it has written a text this many times.
    pub fn wait_for(&self, text: &str, times: usize) {
        while self.log.lock().unwrap().matches(text).count() < times {
            std::thread::yield_now();
        }
    }

    /// Waits for the end; returns how it ended and everything it wrote.
    pub fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        (status, self.log.lock().unwrap().clone())
    }

    /// Kills it without a warning.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

pub fn command(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bisik-server"));
    command.arg("run").arg("--config").arg(config);
    command
}

/// Writes a configuration with its data folder beside it.
pub fn configure(folder: &Path, world: &World, batch: &str, more: &str) -> PathBuf {
    let path = folder.join("server.toml");
    fs::write(&path, world.config(&folder.join("data"), batch, more)).unwrap();
    path
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the value of a header.
    pub fn value(&self, name: &str) -> Option<String> {
        let line = |line: &str| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        self.head.lines().find_map(line)
    }
}

/// A connection that is used for one request after the other.
pub struct Http {
    stream: BufReader<Box<dyn Stream>>,
}

/// What a connection runs over.
pub trait Stream: Read + Write + Send {
    /// Returns the socket below.
    fn tcp(&self) -> Option<&TcpStream> {
        None
    }
}

impl Stream for TcpStream {
    fn tcp(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

impl Http {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self::over(stream)
    }

    pub fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)) }
    }

    /// Fails when nothing comes for so long.
    pub fn give_up_after(&mut self, time: Duration) {
        self.stream.get_ref().tcp().unwrap().set_read_timeout(Some(time)).unwrap();
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// Writes, unless the connection has ended.
    pub fn try_write(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.get_mut().write_all(bytes).ok()
    }

    /// Reads one answer; `None` when the connection ends instead.
    pub fn read(&mut self) -> Option<Answer> {
        let mut answer = self.read_head()?;
        let length = answer.value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        answer.body = vec![0; length];
        self.stream.read_exact(&mut answer.body).ok()?;
        Some(answer)
    }

    /// Reads an answer without a body, as to a `HEAD`.
    pub fn read_head(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head, body: Vec::new() })
    }

    /// Returns what comes until the connection ends.
    pub fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset ends the connection as well.
        let _read = self.stream.read_to_end(&mut rest);
        rest
    }

    pub fn request(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {}\r\n\r\n", body.len());
        self.write(head.as_bytes());
        self.write(body);
        self.read().expect("an answer")
    }

    /// Posts a sealed report of two desks; `None` when the connection ends instead of an answer.
    pub fn post(&mut self, sealed: &[u8]) -> Option<u16> {
        self.stream.get_mut().write_all(report_head(sealed).as_bytes()).ok()?;
        self.stream.get_mut().write_all(sealed).ok()?;
        self.read().map(|answer| answer.status)
    }
}

/// A resumable upload over one connection after the other.
pub struct Upload<'a> {
    pub server: SocketAddr,
    pub sealed: &'a [u8],
    pub address: String,
}

impl<'a> Upload<'a> {
    /// Begins an upload; the status of the refusal if it is refused.
    pub fn begin(server: SocketAddr, sealed: &'a [u8]) -> Result<Self, u16> {
        let headers = format!(
            "tus-resumable: 1.0.0\r\nupload-length: {}\r\nbisik-pow: 0000000000000000\r\n\
             bisik-header-sha256: {}\r\n",
            sealed.len(),
            header_digest(sealed, 2)
        );
        let answer = Http::connect(server).request("POST", "/contoh/uploads", &headers, b"");
        match (answer.status, answer.value("location")) {
            (201, Some(address)) => Ok(Self { server, sealed, address }),
            (status, _) => Err(status),
        }
    }

    /// Returns the head of a request that carries the bytes from one place to another.
    pub fn head(&self, from: usize, to: usize) -> String {
        format!(
            "PATCH {} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-offset: {from}\r\n\
             content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
            self.address,
            to - from
        )
    }

    /// Sends the bytes from one place to another; `None` when the connection ends instead of an answer.
    pub fn piece(&self, http: &mut Http, from: usize, to: usize) -> Option<u16> {
        http.stream.get_mut().write_all(self.head(from, to).as_bytes()).ok()?;
        http.stream.get_mut().write_all(&self.sealed[from..to]).ok()?;
        http.read().map(|answer| answer.status)
    }

    /// Sends everything from a place on, in pieces of this length.
    pub fn rest(&self, from: usize, piece: usize) {
        let mut http = Http::connect(self.server);
        for from in (from..self.sealed.len()).step_by(piece) {
            let to = self.sealed.len().min(from + piece);
            assert_eq!(self.piece(&mut http, from, to), Some(204), "{from}");
        }
    }

    /// Asks how far it has come; `None` when the server does not know it.
    pub fn offset(&self) -> Option<usize> {
        let head = format!("HEAD {} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\r\n", self.address);
        let mut http = Http::connect(self.server);
        http.write(head.as_bytes());
        let answer = http.read_head().expect("an answer");
        let length = answer.value("upload-length");
        assert!(answer.status == 404 || length == Some(self.sealed.len().to_string()), "{}", answer.head);
        answer.value("upload-offset")?.parse().ok()
    }
}

pub fn report_head(sealed: &[u8]) -> String {
    format!(
        "POST /contoh/reports HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n\
         bisik-pow: 0000000000000000\r\nbisik-header-sha256: {}\r\ncontent-length: {}\r\n\r\n",
        header_digest(sealed, 2),
        sealed.len()
    )
}

/// A courier that holds the token; it connects anew for each request.
pub struct Courier {
    address: SocketAddr,
    authorization: String,
}

impl Courier {
    pub fn connect(server: &Process, world: &World) -> Self {
        let authorization = format!("authorization: Bearer {}\r\n", *world.token.expose_text());
        Self { address: server.courier, authorization }
    }

    pub fn get(&self, path: &str) -> Answer {
        Http::connect(self.address).request("GET", path, &self.authorization, b"")
    }

    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> u16 {
        let headers = format!("{}content-type: application/octet-stream\r\n", self.authorization);
        Http::connect(self.address).request(method, path, &headers, body).status
    }

    /// Brings card 1 and an edition of each desk, dated today.
    pub fn open_box(&self, world: &mut World, number: &str) {
        assert_eq!(self.send("PUT", "/contoh/card", &world.bundle(1)), 204);
        for desk in 0..world.desks.len() {
            let framed = world.framed(desk, number, 1);
            let path = format!("/contoh/editions/{}", world.desks[desk].0);
            assert_eq!(self.send("POST", &path, &framed), 204);
        }
    }

    /// Returns all listed ids.
    pub fn list(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        loop {
            let after = ids.last().map(|id| format!("?after={id}")).unwrap_or_default();
            let page = self.get(&format!("/contoh/reports{after}"));
            assert_eq!(page.status, 200);
            let page = String::from_utf8(page.body).unwrap();
            if page.is_empty() {
                return ids;
            }
            ids.extend(page.lines().map(|line| line.split(' ').next().unwrap().to_owned()));
        }
    }
}

/// A server with an open box.
pub struct Open {
    pub folder: TempDir,
    pub world: World,
    pub server: Process,
}

impl Open {
    pub fn start(more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut world = world(1);
        let server = Process::start(&configure(folder.path(), &world, "off", more));
        Courier::connect(&server, &world).open_box(&mut world, &number());
        Self { folder, world, server }
    }
}
