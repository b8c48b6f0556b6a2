//! A line with one end that never moves: it breaks where it is told to, and can lead to another server later.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// A line on a free port of this machine.
pub struct Line {
    address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// `host:port` of the server.
    upstream: Mutex<String>,
    /// Bytes of clients that have passed.
    passed: Mutex<u64>,
    moved: Condvar,
    breaks: Mutex<VecDeque<u64>>,
    /// Once so many bytes have passed, no answer reaches a client.
    hush: Mutex<Option<u64>>,
}

impl Line {
    /// Leads to a server, given as `http://host:port/path`.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line =
            Self { address: listener.local_addr().unwrap().to_string(), state: Arc::<State>::default() };
        line.lead(server);
        let state = Arc::clone(&line.state);
        thread::spawn(move || {
            for client in listener.incoming() {
                let upstream = state.upstream.lock().unwrap().clone();
                // While the server is away, the client is hung up on.
                if let (Ok(client), Ok(server)) = (client, TcpStream::connect(upstream)) {
                    connect(&state, &client, &server);
                }
            }
        });
        line
    }

    /// Leads new connections to this server.
    pub fn lead(&self, server: &str) {
        let (host, _) = server.strip_prefix("http://").unwrap().split_once('/').unwrap();
        host.clone_into(&mut self.state.upstream.lock().unwrap());
    }

    /// Breaks the first connection over which so many bytes of a client pass; then the next one, after as many as its
    /// number says, and so on.
    pub fn break_after(&self, bytes: impl IntoIterator<Item = u64>) {
        self.state.breaks.lock().unwrap().extend(bytes);
    }

    /// Lets no answer through any more once so many bytes of clients have passed since the beginning.
    pub fn hush_after(&self, bytes: u64) {
        *self.state.hush.lock().unwrap() = Some(bytes);
    }

    /// Lets answers through again.
    pub fn speak(&self) {
        *self.state.hush.lock().unwrap() = None;
    }

    /// Returns how many bytes of clients have passed.
    pub fn passed(&self) -> u64 {
        *self.state.passed.lock().unwrap()
    }

    /// Returns how many of the breaks are still to come.
    pub fn breaks_left(&self) -> usize {
        self.state.breaks.lock().unwrap().len()
    }

    /// Returns this end as `http://host:port/path`.
    pub fn server(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Waits until so many bytes of clients have passed since the beginning.
    pub fn wait_until(&self, bytes: u64) {
        let mut passed = self.state.passed.lock().unwrap();
        while *passed < bytes {
            passed = self.state.moved.wait(passed).unwrap();
        }
    }
}

fn connect(state: &Arc<State>, client: &TcpStream, server: &TcpStream) {
    let most = state.breaks.lock().unwrap().front().copied().unwrap_or(u64::MAX);
    let (client, server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (back_from, back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let counted = Arc::clone(state);
    thread::spawn(move || {
        let count = |bytes| {
            *counted.passed.lock().unwrap() += bytes;
            counted.moved.notify_all();
        };
        let broken = || {
            counted.breaks.lock().unwrap().pop_front();
        };
        pass(client, server, most, || false, count, broken);
    });
    let hushed = Arc::clone(state);
    thread::spawn(move || {
        let hush = || {
            let passed = *hushed.passed.lock().unwrap();
            hushed.hush.lock().unwrap().is_some_and(|from| passed >= from)
        };
        pass(back_from, back_to, u64::MAX, hush, |_| (), || ());
    });
}

fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    most: u64,
    hush: impl Fn() -> bool,
    count: impl Fn(u64),
    broken: impl Fn(),
) {
    let mut buffer = [0; 65_536];
    let mut left = most;
    while let Ok(read) = from.read(&mut buffer) {
        let passed = left.min(read as u64);
        let bytes = &buffer[..usize::try_from(passed).unwrap()];
        if read == 0 || !hush() && to.write_all(bytes).is_err() {
            break;
        }
        count(passed);
        left -= passed;
        if left == 0 {
            broken();
            // As a circuit that is torn down: neither side hears a word more.
            from.shutdown(Shutdown::Both).ok();
            to.shutdown(Shutdown::Both).ok();
            return;
        }
    }
    to.shutdown(Shutdown::Write).ok();
}
