//! A server for tests that answers the courier's routes from memory and keeps what it was sent.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use bisik_formats::access::AccessToken;
use bisik_formats::ids::ReportId;
use bisik_formats::problem::{MEDIA_TYPE, Problem, ProblemCode};
use bisik_formats::routes::Routes;
use bisik_term::Language;

use crate::config::Config;
use crate::server::Server;

/// An answer in place of the usual one.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// The connection closes in the middle of the body.
    Cut,
    /// A problem document.
    Problem(ProblemCode),
}

#[derive(Default)]
struct State {
    reports: BTreeMap<ReportId, (u64, Vec<u8>)>,
    page: usize,
    next: VecDeque<Answer>,
    next_report: VecDeque<Answer>,
    answers: HashMap<String, Answer>,
    seen: Vec<Seen>,
}

struct Seen {
    line: String,
    authorized: bool,
    body: Vec<u8>,
}

pub(crate) struct FakeServer {
    address: String,
    state: Arc<Mutex<State>>,
}

impl FakeServer {
    pub(crate) const TOKEN: &'static str = "5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5";

    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/kpk", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { page: 1000, ..State::default() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { address, state }
    }

    pub(crate) fn server(&self) -> Server {
        let config = Config {
            routes: Routes::new(&self.address),
            token: AccessToken::parse(Self::TOKEN).unwrap(),
            proxy: None,
        };
        Server::new(config, Language::English).ok().unwrap()
    }

    pub(crate) fn add_report(&self, id: ReportId, bytes: &[u8]) {
        self.add_listed(id, bytes.len() as u64, bytes);
    }

    pub(crate) fn add_listed(&self, id: ReportId, len: u64, bytes: &[u8]) {
        self.state.lock().unwrap().reports.insert(id, (len, bytes.to_vec()));
    }

    pub(crate) fn page_of(&self, count: usize) {
        self.state.lock().unwrap().page = count;
    }

    pub(crate) fn next(&self, answer: Answer) {
        self.state.lock().unwrap().next.push_back(answer);
    }

    pub(crate) fn next_report(&self, answer: Answer) {
        self.state.lock().unwrap().next_report.push_back(answer);
    }

    pub(crate) fn answer(&self, line: &str, answer: Answer) {
        self.state.lock().unwrap().answers.insert(line.to_owned(), answer);
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.state.lock().unwrap().seen.iter().map(|seen| seen.line.clone()).collect()
    }

    pub(crate) fn requests(&self, method: &str, path: &str) -> usize {
        self.log().iter().filter(|line| line.starts_with(&format!("{method} {path}"))).count()
    }

    pub(crate) fn body_of(&self, line: &str) -> Vec<u8> {
        let state = self.state.lock().unwrap();
        state.seen.iter().find(|seen| seen.line == line).unwrap().body.clone()
    }

    pub(crate) fn saw(&self, marker: &[u8]) -> bool {
        let state = self.state.lock().unwrap();
        state.seen.iter().any(|seen| seen.body.windows(marker.len()).any(|window| window == marker))
    }

    pub(crate) fn all_authorized(&self) -> bool {
        self.state.lock().unwrap().seen.iter().all(|seen| seen.authorized)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(seen) = read_request(&mut reader) {
        let line = seen.line.clone();
        let mut state = state.lock().unwrap();
        state.seen.push(seen);
        if !answer(&stream, &mut state, &line) {
            stream.shutdown(Shutdown::Both).ok();
            return;
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Seen> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let line = first.rsplit_once(' ').unwrap().0.to_owned();
    let (mut len, mut authorized) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        if header.trim().is_empty() {
            break;
        }
        let (name, value) = header.trim().split_once(": ").unwrap();
        match name.to_lowercase().as_str() {
            "content-length" => len = value.parse().unwrap(),
            "authorization" => authorized = value == format!("Bearer {}", FakeServer::TOKEN),
            _ => {}
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).unwrap();
    Some(Seen { line, authorized, body })
}

/// Answers one request; `false` if the connection is to close.
fn answer(stream: &TcpStream, state: &mut State, line: &str) -> bool {
    let (method, target) = line.split_once(' ').unwrap();
    let report = target.strip_prefix("/kpk/reports/");
    let special = state.next.pop_front().or_else(|| state.answers.get(line).copied());
    let special = special.or_else(|| report.and_then(|_| state.next_report.pop_front()));
    match (special, method, report) {
        (Some(Answer::Problem(code)), ..) => {
            let problem = Problem::new(code, "title".to_owned(), "detail".to_owned());
            let body = serde_json::to_vec(&problem).unwrap();
            write(stream, code.status(), MEDIA_TYPE, body.len(), &body);
        }
        (Some(Answer::Cut), ..) => {
            write(stream, 200, "application/octet-stream", 1000, b"h");
            return false;
        }
        (None, "GET", Some(id)) => {
            let (_, bytes) = state.reports.get(&id.parse().unwrap()).unwrap();
            write(stream, 200, "application/octet-stream", bytes.len(), bytes);
        }
        (None, "GET", None) => {
            let after = target.split_once("?after=").map(|(_, id)| id.parse::<ReportId>().unwrap());
            let page: String = state
                .reports
                .iter()
                .filter(|(id, _)| Some(**id) > after)
                .take(state.page)
                .map(|(id, (len, _))| format!("{id} {len}\n"))
                .collect();
            write(stream, 200, "text/plain", page.len(), page.as_bytes());
        }
        _ => write(stream, 204, "text/plain", 0, b""),
    }
    true
}

fn write(mut stream: &TcpStream, status: u16, kind: &str, len: usize, body: &[u8]) {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
}
