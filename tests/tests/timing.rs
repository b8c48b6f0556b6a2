//! Whether an upload is there cannot be told from how long the server takes to answer.
//!
//! What is asked for is there or not by lot, over many connections; the times of both are compared by Welch's t and by
//! the area under the curve (0.5: one is as often the slower as the other). The bounds of the short size are those that
//! equal distributions of its number of samples break once in a million runs; `BISIK_LONG=1` takes 40,000 a class.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that measures, and fails by panicking"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bisik_formats::ids::Digest;
use bisik_formats::json::from_json;
use bisik_formats::padding::sealed_len;
use bisik_formats::pow::Challenge;
use bisik_tests::world::World;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Connections that ask, in turns: the server is never so busy that queues hide what an answer costs.
const LINES: usize = 48;
/// How often a connection asks, and how often where an answer takes longer.
const PACE: Duration = Duration::from_millis(110);
const SLOW_PACE: Duration = Duration::from_millis(550);
/// Connections that begin uploads at the same time.
const BEGINNERS: usize = 8;

#[test]
fn where_an_upload_stands_is_told_as_late_as_that_there_is_none() {
    let lab = Lab::open();
    let known = lab.begin(LINES);
    lab.compare("HEAD", samples(2_500), PACE, |there, worker, line, rng| {
        let id = if there { known[worker].clone() } else { id(rng) };
        (there, line.ask("HEAD", &id, "", if there { "200" } else { "404" }))
    });
}

#[test]
fn a_piece_that_does_not_fit_is_refused_as_late_as_one_of_no_upload() {
    let lab = Lab::open();
    let known = lab.begin(LINES);
    lab.compare("PATCH", samples(2_500), PACE, |there, worker, line, rng| {
        let id = if there { known[worker].clone() } else { id(rng) };
        (there, line.ask("PATCH", &id, PIECE, if there { "409" } else { "404" }))
    });
}

#[test]
fn an_upload_is_ended_as_late_as_none_is() {
    let lab = Lab::open();
    let wanted = samples(800);
    let known = Mutex::new(lab.begin(wanted + wanted / 20 + 100));
    lab.compare("DELETE", wanted, SLOW_PACE, |there, _, line, rng| {
        // Once all are gone the lot cannot be followed any more.
        let known = there.then(|| known.lock().unwrap().pop()).flatten();
        let there = known.is_some();
        let id = known.unwrap_or_else(|| id(rng));
        (there, line.ask("DELETE", &id, "", if there { "204" } else { "404" }))
    });
}

/// A piece of one byte, where none belongs.
const PIECE: &str =
    "Upload-Offset: 7\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 1\r\n\r\nx";

/// How many samples a class has.
fn samples(short: usize) -> usize {
    if std::env::var_os("BISIK_LONG").is_some_and(|long| long == "1") { 40_000 } else { short }
}

/// An id that nobody has.
fn id(rng: &mut StdRng) -> String {
    format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64())
}

/// A box, and what a stranger needs to ask it.
struct Lab {
    host: String,
    // Open as long as somebody asks.
    _world: World,
}

impl Lab {
    fn open() -> Self {
        let limits = "[limits]\nopen_uploads = 60000\nnew_uploads = 100000000\nsmall_pieces = 100000000\ncalm_reports = 100000000\n";
        let world = World::open_with(&["inspektorat"], limits);
        let host =
            world.server.public().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        Self { host, _world: world }
    }

    /// Begins this many uploads, or a few more; returns their ids.
    fn begin(&self, count: usize) -> Vec<String> {
        let each = count.div_ceil(BEGINNERS);
        thread::scope(|scope| {
            let begun: Vec<_> =
                (0..BEGINNERS as u64).map(|seed| scope.spawn(move || self.begin_some(each, seed))).collect();
            begun.into_iter().flat_map(|some| some.join().unwrap()).collect()
        })
    }

    fn begin_some(&self, count: usize, seed: u64) -> Vec<String> {
        let length = sealed_len(1, 48 << 10);
        let mut rng = StdRng::seed_from_u64(1_000 + seed);
        let mut line = self.line();
        let mut challenge = None;
        let begin = |number| {
            // Many uploads are a flood to the server, which then asks for work.
            if number % 64 == 0 {
                challenge = Some(line.challenge());
            }
            let header = Digest::of(id(&mut rng).as_bytes());
            let nonce = challenge.as_ref().unwrap().solve(&header, &mut rng).unwrap();
            let request = format!(
                "POST /kpk/uploads HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Length: {length}\r\n\
                 Bisik-Pow: {nonce}\r\nBisik-Header-Sha256: {header}\r\nContent-Length: 0\r\n\r\n"
            );
            let (answer, _) = line.say(&request, true);
            assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
            let address = answer.lines().find_map(|line| line.split_once("ocation: ")).unwrap().1;
            address.rsplit('/').next().unwrap().to_owned()
        };
        (0..count).map(begin).collect()
    }

    /// Asks until both classes have their number, then fails if they can be told apart.
    fn compare(
        &self,
        what: &str,
        wanted: usize,
        pace: Duration,
        ask: impl Fn(bool, usize, &mut Line, &mut StdRng) -> (bool, Duration) + Sync,
    ) {
        let (left, taken) = (AtomicUsize::new(2 * wanted), Mutex::new([Vec::new(), Vec::new()]));
        thread::scope(|scope| {
            for worker in 0..LINES {
                let (ask, left, taken) = (&ask, &left, &taken);
                scope.spawn(move || {
                    let (mut line, mut rng) = (self.line(), StdRng::seed_from_u64(worker as u64));
                    let one_less = |left: usize| left.checked_sub(1);
                    let mut next = Instant::now() + pace.mul_f64(worker as f64 / LINES as f64);
                    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                        thread::sleep(next.saturating_duration_since(Instant::now()));
                        next = Instant::now().max(next) + pace;
                        let (there, took) = ask(rng.next_u32() & 1 == 0, worker, &mut line, &mut rng);
                        taken.lock().unwrap()[usize::from(there)].push(took.as_secs_f64());
                    }
                });
            }
        });
        let [absent, present] = taken.into_inner().unwrap();
        judge(what, &absent, &present);
    }

    fn line(&self) -> Line {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_nodelay(true).unwrap();
        Line { stream }
    }
}

/// A connection.
struct Line {
    stream: TcpStream,
}

impl Line {
    /// Sends a request and returns the answer.
    fn say(&mut self, request: &str, has_body: bool) -> (String, Duration) {
        let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
        let began = Instant::now();
        self.stream.write_all(request.as_bytes()).unwrap();
        let count = self.stream.read(&mut buffer).unwrap();
        let took = began.elapsed();
        answer.extend_from_slice(&buffer[..count]);
        while !is_whole(&answer, has_body) {
            let count = self.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&buffer[..count]);
        }
        (String::from_utf8(answer).unwrap(), took)
    }

    /// Fetches the present challenge.
    fn challenge(&mut self) -> Challenge {
        let (answer, _) = self.say("GET /kpk/challenge HTTP/1.1\r\nHost: x\r\n\r\n", true);
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        from_json(body.as_bytes(), 256).unwrap()
    }

    /// Asks about an upload and returns how long the answer took to begin.
    fn ask(&mut self, method: &str, id: &str, more: &str, status: &str) -> Duration {
        let end = if more.is_empty() { "\r\n" } else { more };
        let request =
            format!("{method} /kpk/uploads/{id} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n{end}");
        let (answer, took) = self.say(&request, method != "HEAD");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        took
    }
}

/// Tells whether all of an answer has come.
fn is_whole(answer: &[u8], has_body: bool) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    answer.len() == end + 4 + length.filter(|_| has_body).unwrap_or(0)
}

/// Fails if samples of two classes differ by more than chance, and prints the figures.
fn judge(what: &str, absent: &[f64], present: &[f64]) {
    let (t, auc) = (welch(absent, present), auc(absent, present));
    // One in a million by chance; in the long size what the design demands.
    let (most_t, most_auc) = match absent.len().min(present.len()) {
        30_000.. => (4.5, 0.01),
        few => (4.9, 4.9 * (1.0 / (6.0 * few as f64)).sqrt()),
    };
    eprintln!(
        "{what}: {} absent, mean {:.3} ms, {} present, mean {:.3} ms: t {t:.2}, AUC {auc:.4}",
        absent.len(),
        mean(absent) * 1e3,
        present.len(),
        mean(present) * 1e3,
    );
    assert!(t.abs() < most_t && (auc - 0.5).abs() < most_auc, "{what} tells: t {t:.2}, AUC {auc:.4}");
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

/// Welch's t of two samples.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let spread = |samples: &[f64]| {
        let middle = mean(samples);
        let squares: f64 = samples.iter().map(|sample| (sample - middle).powi(2)).sum();
        squares / (samples.len() as f64 - 1.0) / samples.len() as f64
    };
    (mean(other) - mean(one)) / (spread(one) + spread(other)).sqrt()
}

/// How often a sample of the second class is larger than one of the first.
fn auc(one: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = one.iter().map(|sample| (*sample, false)).collect();
    all.extend(other.iter().map(|sample| (*sample, true)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Times have nanoseconds: ties do not matter.
    let ranks: f64 =
        all.iter().enumerate().filter(|(_, (_, second))| *second).map(|(rank, _)| rank as f64 + 1.0).sum();
    let (few, many) = (other.len() as f64, one.len() as f64);
    (ranks - few * (few + 1.0) / 2.0) / (few * many)
}

#[test]
fn the_judge_sees_what_may_not_be_and_only_that() {
    let mut rng = StdRng::seed_from_u64(7);
    let mut times = |slower: f64| -> Vec<f64> {
        (0..3_000).map(|_| 0.1 + slower + f64::from(rng.next_u32()) / f64::from(u32::MAX) * 0.001).collect()
    };
    let (one, same, slower) = (times(0.0), times(0.0), times(0.00008));
    judge("the same", &one, &same);
    assert!(welch(&one, &slower).abs() > 4.9 && auc(&one, &slower) > 0.54);
}
