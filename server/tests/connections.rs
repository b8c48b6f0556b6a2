//! The real program against slow, ambiguous and cut connections.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr
)]

#[path = "support/process.rs"]
mod process;
mod support;

use std::fs;
use std::net::Shutdown;
use std::time::Duration;

use process::{Courier, Http, Open, Process, configure, number, report_head, world};
use tempfile::TempDir;

#[test]
fn slow_heads_and_slow_bodies_are_closed() {
    let mut open = Open::start("[limits]\nheader_seconds = 1\ngrace_seconds = 2");
    let sealed = open.world.text();
    let mut half_head = Http::connect(open.server.public);
    half_head.write(b"GET /contoh/card HTTP/1.1\r\nhost:");
    let silent = Http::connect(open.server.public);
    let mut used = Http::connect(open.server.public);
    assert_eq!(used.request("GET", "/contoh/card", "", b"").status, 200);
    let mut half_body = Http::connect(open.server.public);
    half_body.write(report_head(&sealed).as_bytes());
    half_body.write(&sealed[..100]);
    for waiting in [half_head, silent, used] {
        let rest = waiting.rest();
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
    }
    assert_eq!(half_body.read().unwrap().status, 408);
}

#[test]
fn readers_that_take_nothing_are_closed() {
    let folder = TempDir::new().unwrap();
    let mut world = world(1);
    world.letters = 1024;
    let config = configure(folder.path(), &world, "off", "[limits]\nheader_seconds = 1\ngrace_seconds = 1");
    let server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let path = format!("/contoh/editions/{}/{}", world.desks[0].0, number());
    let mut reader = Http::connect(server.public);
    // Twenty times 8 MiB is more than the kernel's buffers hold; asked for at once, so that nothing else runs out.
    reader.write(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").repeat(20).as_bytes());
    // The server gives up and closes: its side of the connection is gone while nothing was read here.
    wait_for_no_connection(server.id(), server.public.port());
    let taken = reader.rest().len();
    assert!(taken < 160 << 20, "{taken}");
}

/// Waits until a process has no established connection on a port.
fn wait_for_no_connection(process: u32, port: u16) {
    let local = format!(":{port:04X} ");
    loop {
        let table = fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap();
        // Columns: number, local address, remote address, state; 01 is established.
        let open = table.lines().any(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            columns.get(1).is_some_and(|address| format!("{address} ").ends_with(&local))
                && columns.get(3) == Some(&"01")
        });
        if !open {
            return;
        }
        std::thread::yield_now();
    }
}

/// Header lines that leave open where the request ends.
const AMBIGUOUS: [&str; 32] = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\ncontent-length: 0\r\n",
    "Content-Length: 5\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nContent-Length: 50\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: -5\r\n",
    "Content-Length: 0x5\r\n",
    "Content-Length: 5a\r\n",
    "Content-Length:\r\n",
    "Content-Length : 5\r\n",
    "Content-Length\t: 5\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: identity, chunked\r\n",
    "Transfer-Encoding:\x0bchunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    " Transfer-Encoding: chunked\r\n",
    "X: y\r\n Transfer-Encoding: chunked\r\n",
    "X: y\r\n\tfolded: z\r\n",
    "X: y\n",
    "X: y\rTransfer-Encoding: chunked\r\n",
    "X: y\nTransfer-Encoding: chunked\r\n",
    "X: \0\r\n",
    "X\0: y\r\n",
    "no colon\r\n",
    ": no name\r\n",
    "X Y: z\r\n",
];

#[test]
fn ambiguous_requests_get_400_and_the_end() {
    let open = Open::start("");
    let smuggled = "GET /contoh/card HTTP/1.1\r\nhost: x\r\n\r\n";
    let lines = ["POST /contoh/reports HTTP/1.1", "GET /contoh/card HTTP/1.1"];
    let mut requests: Vec<String> = Vec::new();
    for line in lines {
        requests
            .extend(AMBIGUOUS.iter().map(|head| format!("{line}\r\nhost: x\r\n{head}\r\nhello{smuggled}")));
    }
    for line in [
        "GET  /contoh/card HTTP/1.1",
        "GET /contoh/card HTTP/1.1 x",
        "GET /contoh/card",
        "GET /contoh/card HTTP/2.0",
        "PRI * HTTP/2.0",
    ] {
        requests.push(format!("{line}\r\nhost: x\r\n\r\n{smuggled}"));
    }
    requests.push(format!("GET /contoh/card HTTP/1.1\nhost: x\n\n{smuggled}"));
    assert!(requests.len() >= 60);
    for request in &requests {
        let mut http = Http::connect(open.server.public);
        http.write(request.as_bytes());
        let rest = String::from_utf8_lossy(&http.rest()).into_owned();
        // Only one answer comes, and the hidden request gets none.
        assert!(
            rest.starts_with("HTTP/1.1 400 ") || rest.starts_with("HTTP/1.1 505 "),
            "{request:?}: {rest:?}"
        );
        assert_eq!(rest.matches("HTTP/1.1 ").count(), 1, "{request:?}: {rest}");
    }
    // The end of an over-long head is not waited for, so its answer may be lost; nothing else comes either.
    let mut http = Http::connect(open.server.public);
    http.write(format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n{smuggled}", "a".repeat(10_000)).as_bytes());
    let rest = String::from_utf8_lossy(&http.rest()).into_owned();
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400 "), "{rest}");
    let chunked = format!(
        "POST /contoh/reports HTTP/1.1\r\nhost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
    );
    let mut http = Http::connect(open.server.public);
    http.write(chunked.as_bytes());
    let rest = String::from_utf8_lossy(&http.rest()).into_owned();
    assert!(rest.starts_with("HTTP/1.1 411 ") && rest.matches("HTTP/1.1 ").count() == 1, "{rest}");
}

#[test]
fn a_refusal_comes_before_the_body_for_who_asks() {
    let mut open = Open::start("");
    let sealed = open.world.sealed(2, 72 << 20);
    let head = report_head(&sealed).replace("host: x\r\n", "host: x\r\nexpect: 100-continue\r\n");
    let mut http = Http::connect(open.server.public);
    http.write(head.as_bytes());
    assert_eq!(http.read().unwrap().status, 413);
    let sealed = open.world.text();
    let head = report_head(&sealed).replace("host: x\r\n", "host: x\r\nexpect: 100-continue\r\n");
    let mut http = Http::connect(open.server.public);
    http.write(head.as_bytes());
    assert_eq!(http.read().unwrap().status, 100);
    http.write(&sealed);
    assert_eq!(http.read().unwrap().status, 201);
}

#[test]
fn connections_beyond_the_cap_wait_for_a_place() {
    let open = Open::start("[limits]\nconnections = 2\nheader_seconds = 2");
    let _one = Http::connect(open.server.public);
    let _other = Http::connect(open.server.public);
    // Its place comes when the first two have said nothing for two seconds.
    let mut third = Http::connect(open.server.public);
    assert_eq!(third.request("GET", "/contoh/card", "", b"").status, 200);
}

#[test]
fn a_full_house_sends_away_who_does_nothing() {
    // No time limit frees a place here: it must be taken from who holds it for nothing.
    let mut open = Open::start(
        "[limits]\nconnections = 2\nheader_seconds = 60\ngrace_seconds = 600\nbody_seconds = 3600",
    );
    let sealed = open.world.text();
    let silent = Http::connect(open.server.public);
    let mut half_head = Http::connect(open.server.public);
    half_head.write(format!("GET /contoh/card HTTP/1.1\r\nx: {}", "x".repeat(4000)).as_bytes());
    let mut third = Http::connect(open.server.public);
    third.give_up_after(Duration::from_secs(30));
    assert_eq!(third.post(&sealed), Some(201));
    assert_eq!(third.request("GET", "/contoh/card", "", b"").status, 200);
    // The one that did least had to go.
    assert_eq!(silent.rest(), b"");
}

#[test]
fn a_cut_upload_leaves_no_file() {
    let mut open = Open::start("");
    let sealed = open.world.sealed(2, 2 << 20);
    let mut http = Http::connect(open.server.public);
    http.write(report_head(&sealed).as_bytes());
    http.write(&sealed[..1 << 20]);
    drop(http);
    // The next report goes through the same store: once it is there, the cut one has been let go or soon is.
    let mut other = Http::connect(open.server.public);
    assert_eq!(other.post(&open.world.text()), Some(201));
    let staging = open.folder.path().join("data/reports/staging");
    while fs::read_dir(&staging).unwrap().count() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(Courier::connect(&open.server, &open.world).list().len(), 1);
}

#[test]
fn a_client_that_shuts_its_side_gets_no_half_answer() {
    let open = Open::start("");
    let stream = std::net::TcpStream::connect(open.server.public).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut &stream, &mut rest).unwrap();
    assert_eq!(rest, b"");
}
