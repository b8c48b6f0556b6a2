//! The memory of the live server: what a request said is gone with its connection. Needs root.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a story fails by panicking, and says what it measured"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use bisik_tests::search::Markers;
use bisik_tests::world::World;

/// Connections, each with a request of its own.
const CONNECTIONS: usize = 200;

/// Looks, at most.
const LOOKS: usize = 60;

fn head(path: &str, token: &str, number: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: kenari-alamat-{number:04}-203.0.113.9\r\n\
         User-Agent: kenari-agen-{number:04}-perangkat\r\nCookie: kenari-kue-{number:04}-nilai\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/octet-stream\r\nContent-Length: 5000\r\n"
    )
}

/// Returns what is found, once nothing is or after many looks.
fn looked(world: &World, markers: &Markers, until_found: bool) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..LOOKS {
        found = markers.in_memory(world.server.pid());
        if found.is_empty() != until_found {
            break;
        }
    }
    found
}

#[test]
fn nothing_of_a_request_stays_in_the_memory_of_the_server() {
    let world = World::open(&["inspektorat"]);
    if fs::File::open(format!("/proc/{}/mem", world.server.pid())).is_err() {
        eprintln!("SKIPPED nothing_of_a_request_stays_in_the_memory_of_the_server: needs root");
        return;
    }
    let token = fs::read_to_string(world.home.path("token")).unwrap();
    let token = token.trim();
    let mut markers = Markers::default();
    markers.text("the courier's token", token);
    markers.bytes("the courier's token", &base16ct::lower::decode_vec(token).unwrap());
    for name in ["kenari-alamat-", "kenari-agen-", "kenari-kue-", "kenari-isi-", "kenari-pertanyaan-"] {
        markers.text(name, name);
    }
    let upload = "c4a9e1f07b5d4e2291aa63d80f7755be";
    markers.text("the id of an upload", upload);
    markers.bytes("the id of an upload", &base16ct::lower::decode_vec(upload).unwrap());
    assert_eq!(looked(&world, &markers, false), Vec::<String>::new(), "before anything was asked");

    let (public, courier) = (world.server.public(), world.server.courier());
    let part = |address: &str| {
        let rest = address.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        (host.to_owned(), format!("/{path}"))
    };
    // The search finds what is there: half a head waits in the memory of the server.
    let (host, path) = part(public);
    let mut open = TcpStream::connect(&host).unwrap();
    open.write_all(head(&format!("{path}/reports"), token, 0).as_bytes()).unwrap();
    assert_ne!(looked(&world, &markers, true), Vec::<String>::new(), "while a head is half there");
    drop(open);

    let body = "kenari-isi-".repeat(500);
    let mut streams = Vec::new();
    for number in 0..CONNECTIONS {
        let (address, asked) = match number % 4 {
            0 => (public, "/reports?kenari-pertanyaan-=1".to_owned()),
            1 => (public, format!("/uploads/{upload}")),
            2 => (courier, "/acknowledgements".to_owned()),
            _ => (courier, "/reports?after=kenari-pertanyaan-".to_owned()),
        };
        let (host, path) = part(address);
        let mut stream = TcpStream::connect(host).unwrap();
        let request =
            format!("{}\r\n{}", head(&format!("{path}{asked}"), token, number), body.get(..5000).unwrap());
        stream.write_all(request.as_bytes()).unwrap();
        streams.push(stream);
    }
    for stream in &mut streams {
        let mut answer = [0; 10];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 4", "{}", String::from_utf8_lossy(&answer));
    }
    drop(streams);
    let left = looked(&world, &markers, false);
    eprintln!("{CONNECTIONS} requests, {} copies of what they said left", left.len());
    assert!(left.is_empty(), "{} places:\n{}", left.len(), left.join("\n"));
}
