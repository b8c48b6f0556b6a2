//! A wire tap: stands between a client and a server and keeps what passes. It can also break the line.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What passed over one connection.
#[derive(Debug, Default, Clone)]
pub struct Connection {
    /// Bytes of the client.
    pub up: Vec<u8>,
    /// Bytes of the server.
    pub down: Vec<u8>,
}

/// A tap on a free port of this machine.
pub struct Tap {
    address: String,
    connections: Arc<Mutex<Vec<Arc<Mutex<Connection>>>>>,
}

impl Tap {
    /// Stands in front of a server at `host:port`.
    pub fn before(upstream: &str) -> Self {
        Self::breaking(upstream, &[])
    }

    /// As [`Tap::before`]; the first connections break once so many bytes of the client have passed, one each.
    pub fn breaking(upstream: &str, after: &[usize]) -> Self {
        let mut breaks: VecDeque<usize> = after.iter().copied().collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections: Arc<Mutex<Vec<Arc<Mutex<Connection>>>>> = Arc::default();
        let (all, upstream) = (Arc::clone(&connections), upstream.to_owned());
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&upstream).unwrap());
                let connection = Arc::<Mutex<Connection>>::default();
                all.lock().unwrap().push(Arc::clone(&connection));
                let up = Arc::clone(&connection);
                let most = breaks.pop_front().unwrap_or(usize::MAX);
                pass(client.try_clone().unwrap(), server.try_clone().unwrap(), most, move |bytes| {
                    up.lock().unwrap().up.extend_from_slice(bytes);
                });
                let keep = move |bytes: &[u8]| connection.lock().unwrap().down.extend_from_slice(bytes);
                pass(server, client, usize::MAX, keep);
            }
        });
        Self { address, connections }
    }

    /// Returns `host:port` of the tap.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns what has passed since the last call.
    pub fn take(&self) -> Vec<Connection> {
        let taken = std::mem::take(&mut *self.connections.lock().unwrap());
        taken.iter().map(|connection| connection.lock().unwrap().clone()).collect()
    }
}

/// Passes bytes on until the side that sends ends, or the line breaks after the most bytes that may pass.
fn pass(mut from: TcpStream, mut to: TcpStream, most: usize, keep: impl Fn(&[u8]) + Send + 'static) {
    thread::spawn(move || {
        let mut buffer = [0; 65_536];
        let mut left = most;
        while let Ok(count) = from.read(&mut buffer) {
            let passed = &buffer[..count.min(left)];
            keep(passed);
            if count == 0 || to.write_all(passed).is_err() {
                break;
            }
            left -= passed.len();
            if left == 0 {
                from.shutdown(Shutdown::Both).ok();
                to.shutdown(Shutdown::Both).ok();
                return;
            }
        }
        to.shutdown(Shutdown::Write).ok();
    });
}

/// One request as an observer sees it inside the encryption of the line: what it asks, and how long it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Method and path; digits stand as 0, since dates and numbers change by themselves.
    pub line: String,
    /// Names of the headers and lengths of their values.
    pub headers: Vec<(String, usize)>,
    /// Length of the body.
    pub body: usize,
}

/// Parts the client's bytes into requests.
pub fn requests(mut up: &[u8]) -> Vec<Request> {
    let mut found = Vec::new();
    while !up.is_empty() {
        let end = up.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let head = std::str::from_utf8(&up[..end]).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().unwrap().replace(|c: char| c.is_ascii_digit(), "0");
        let headers: Vec<(String, usize)> = lines
            .clone()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.len()))
            .collect();
        let length =
            lines.find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        let body = length.map_or(0, |length| length.parse().unwrap());
        found.push(Request { line, headers, body });
        up = &up[end + body..];
    }
    found
}
