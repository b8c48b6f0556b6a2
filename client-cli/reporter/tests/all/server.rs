//! A scripted HTTP/1.1 server: serves documents, takes uploads, writes down every request to the byte.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::pieces::{Piece, Uploads};

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names and values in the order of arrival.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
}

impl Request {
    /// Returns what an observer of the server can tell: method, class of path, names of headers and lengths of their
    /// values, length of the body.
    pub(crate) fn shape(&self) -> (String, String, Vec<(String, usize)>, usize) {
        let class = self.path.split('/').take(3).collect::<Vec<_>>().join("/");
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), value.len())).collect();
        (self.method.clone(), class, headers, self.body.len())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What the server answers to an upload.
#[derive(Clone)]
pub(crate) enum Answer {
    Stored,
    /// A problem document with this status and code.
    Problem(u16, &'static str),
    /// An answer of any shape.
    Raw(&'static [u8]),
    /// The same before the upload has come, to somebody who asked for leave.
    Early(u16, &'static str),
    /// Takes the upload and closes the connection without a word.
    HangUp,
    /// Takes the upload, says so, and stores it when told to.
    Wait(Sender<()>, Arc<Mutex<Receiver<()>>>),
}

struct State {
    documents: BTreeMap<String, Vec<u8>>,
    answers: VecDeque<Answer>,
    /// Documents that are cut after so many bytes of their declared length, once each.
    cut: BTreeMap<String, usize>,
    requests: Vec<Request>,
    connections: usize,
    uploads: Uploads,
}

/// The server; its thread ends with the process.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start(documents: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            documents,
            answers: VecDeque::new(),
            cut: BTreeMap::new(),
            requests: Vec::new(),
            connections: 0,
            uploads: Uploads::default(),
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&shared);
                let number = {
                    let mut state = state.lock().unwrap();
                    state.connections += 1;
                    state.connections - 1
                };
                // A client that goes away in the middle ends its own connection only.
                thread::spawn(move || serve(stream.unwrap(), &state, number).ok());
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves another document in place of one.
    pub(crate) fn replace(&self, path: &str, bytes: Vec<u8>) {
        self.state.lock().unwrap().documents.insert(path.to_owned(), bytes);
    }

    pub(crate) fn remove(&self, path: &str) {
        self.state.lock().unwrap().documents.retain(|own, _| !own.starts_with(path));
    }

    /// Answers the next uploads like this; after them, everything is stored.
    pub(crate) fn answer(&self, answers: &[Answer]) {
        self.state.lock().unwrap().answers.extend(answers.iter().cloned());
    }

    /// Cuts a document once.
    pub(crate) fn cut(&self, path: &str, after: usize) {
        self.state.lock().unwrap().cut.insert(path.to_owned(), after);
    }

    /// Treats the next requests to resumable uploads like this; after them, everything is taken.
    pub(crate) fn expect(&self, pieces: &[Piece]) {
        self.state.lock().unwrap().uploads.expect(pieces);
    }

    /// Lets everything go well from now on.
    pub(crate) fn forget_script(&self) {
        self.state.lock().unwrap().uploads.forget_script();
    }

    /// Returns the last resumable upload that became whole, once.
    pub(crate) fn uploaded(&self) -> Option<Vec<u8>> {
        self.state.lock().unwrap().uploads.take()
    }

    /// Returns the requests so far and forgets them.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>, connection: usize) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some(mut request) = read_head(&mut reader, connection)? {
        let len = request.header("content-length").map_or(0, |len| len.parse().unwrap());
        if request.header("expect").is_some() {
            let next = state.lock().unwrap().answers.front().cloned();
            if let Some(Answer::Early(status, code)) = next {
                let mut state = state.lock().unwrap();
                state.answers.pop_front();
                state.requests.push(request);
                return stream.write_all(&problem(status, code));
            }
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = vec![0; len];
        reader.read_exact(&mut request.body)?;
        let (method, path) = (request.method.clone(), request.path.clone());
        state.lock().unwrap().requests.push(request.clone());
        if path.starts_with("/kpk/uploads") {
            match piece(&mut state.lock().unwrap(), &request) {
                Some(answer) => stream.write_all(&answer)?,
                None => return Ok(()),
            }
            continue;
        }
        let path = path.strip_prefix("/kpk/").unwrap_or("-").to_owned();
        let answer = match method.as_str() {
            "POST" => state.lock().unwrap().answers.pop_front().unwrap_or(Answer::Stored),
            _ => {
                let (document, cut) = {
                    let mut state = state.lock().unwrap();
                    (state.documents.get(&path).cloned(), state.cut.remove(&path))
                };
                match document {
                    Some(bytes) => {
                        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", bytes.len());
                        stream.write_all(head.as_bytes())?;
                        stream.write_all(&bytes[..cut.unwrap_or(bytes.len())])?;
                        if cut.is_some() {
                            return Ok(());
                        }
                        continue;
                    }
                    None => Answer::Problem(404, "not-found"),
                }
            }
        };
        if !reply(&mut stream, answer)? {
            break;
        }
    }
    Ok(())
}

/// Answers an upload; says whether the connection goes on.
fn reply(stream: &mut TcpStream, answer: Answer) -> std::io::Result<bool> {
    const STORED: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
    match answer {
        Answer::Stored => stream.write_all(STORED)?,
        Answer::Problem(status, code) | Answer::Early(status, code) => {
            stream.write_all(&problem(status, code))?;
        }
        Answer::Raw(bytes) => {
            stream.write_all(bytes)?;
            return Ok(false);
        }
        Answer::HangUp => return Ok(false),
        Answer::Wait(taken, told) => {
            taken.send(()).unwrap();
            told.lock().unwrap().recv().unwrap();
            stream.write_all(STORED)?;
        }
    }
    Ok(true)
}

/// Returns the answer to a request of a resumable upload; `None` breaks the connection.
fn piece(state: &mut State, request: &Request) -> Option<Vec<u8>> {
    if request.method != "POST" {
        return state.uploads.go_on(request);
    }
    match state.answers.pop_front() {
        Some(Answer::Problem(status, code)) => Some(problem(status, code)),
        _ => Some(state.uploads.begin(request)),
    }
}

/// Returns a problem document whose text would do harm on a terminal.
pub(crate) fn problem(status: u16, code: &str) -> Vec<u8> {
    let body = format!(
        "{{\"type\":\"urn:bisik:problem:{code}\",\"title\":\"\\u001b[2J\",\"status\":{status},\"detail\":\"x\"}}"
    );
    let len = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/problem+json\r\ncontent-length: {len}\r\n\r\n{body}"
    );
    head.into_bytes()
}

fn read_head(reader: &mut impl BufRead, connection: usize) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => return Ok(Some(Request { method, path, headers, body: Vec::new(), connection })),
        }
    }
}
