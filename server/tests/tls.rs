//! The real program over TLS: certificates, their renewal, and what must not link visits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr
)]

#[path = "support/process.rs"]
mod process;
#[path = "support/secured.rs"]
mod secured;
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use process::{Courier, Http, Open, Process, configure, number, report_head, world};
use rustix::process::Signal;
use rustls::HandshakeKind;
use rustls::version::{TLS12, TLS13};
use secured::{Authority, Secured, secure};
use tempfile::TempDir;

fn certificate_of(stream: &Secured) -> Vec<u8> {
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

/// A server with an open box that also speaks TLS.
struct Box {
    authority: Authority,
    open: Open,
}

impl Box {
    fn start(more: &str) -> Self {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        let mut world = world(1);
        authority.issue(&folder.path().join("chain.pem"), &folder.path().join("key.pem"));
        let config = configure(folder.path(), &world, "off", &format!("{}{more}", section(folder.path())));
        let server = Process::start(&config);
        Courier::connect(&server, &world).open_box(&mut world, &number());
        Self { authority, open: Open { folder, world, server } }
    }

    fn address(&self) -> SocketAddr {
        self.open.server.tls.unwrap()
    }

    fn connect(&self) -> Secured {
        secure(self.address(), &self.authority.client(&["http/1.1"], &[&TLS13])).unwrap()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.open.folder.path().join(name)
    }
}

fn section(folder: &Path) -> String {
    let path = |name| folder.join(name).display().to_string();
    format!(
        "[tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
        path("chain.pem"),
        path("key.pem")
    )
}

#[test]
fn reports_come_over_tls_as_over_the_plain_side() {
    let mut server = Box::start("");
    for version in [&TLS12, &TLS13] {
        let client = server.authority.client(&[], &[version]);
        let mut http = Http::over(secure(server.address(), &client).unwrap());
        assert_eq!(http.post(&server.open.world.text()), Some(201));
        let sealed = server.open.world.sealed(2, 1 << 20);
        assert_eq!(http.post(&sealed), Some(201));
        for path in ["/contoh/", "/contoh/card", "/contoh/headers", "/nothing"] {
            let plain = Http::connect(server.open.server.public).request("GET", path, "", b"");
            let secured = http.request("GET", path, "", b"");
            assert!(secured.status == plain.status && secured.body == plain.body, "{path}");
            // One header more, and otherwise the same.
            let lines = |head: &str| head.lines().map(str::to_owned).collect::<Vec<_>>();
            let (mut more, fewer) = (lines(&secured.head), lines(&plain.head));
            let before = more.len();
            more.retain(|line| line != "strict-transport-security: max-age=31536000");
            assert!(more.len() + 1 == before && more == fewer, "{}", secured.head);
        }
    }
    let courier = Courier::connect(&server.open.server, &server.open.world);
    assert_eq!(courier.list().len(), 4);
    // Couriers and monitoring are not reachable there.
    assert_eq!(Http::over(server.connect()).request("GET", "/healthz", "", b"").status, 404);
}

#[test]
fn ambiguous_requests_inside_of_tls_get_400_and_the_end() {
    let server = Box::start("");
    let mut http = Http::over(server.connect());
    http.write(b"GET /contoh/card HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n");
    let rest = String::from_utf8_lossy(&http.rest()).into_owned();
    assert!(rest.starts_with("HTTP/1.1 400 ") && rest.matches("HTTP/1.1 ").count() == 1, "{rest}");
}

#[test]
fn only_http_1_1_is_offered() {
    let server = Box::start("");
    let both = secure(server.address(), &server.authority.client(&["h2", "http/1.1"], &[&TLS12, &TLS13]));
    assert_eq!(both.unwrap().conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
    for version in [&TLS12, &TLS13] {
        assert!(secure(server.address(), &server.authority.client(&["h2"], &[version])).is_err());
    }
}

#[test]
fn a_renewed_certificate_leaves_open_connections_alone() {
    let mut server = Box::start("");
    let sealed = server.open.world.sealed(2, 4 << 20);
    let stream = server.connect();
    let old = certificate_of(&stream);
    let mut sending = Http::over(stream);
    sending.write(report_head(&sealed).as_bytes());
    sending.write(&sealed[..2 << 20]);
    server.authority.issue(&server.path("chain.pem"), &server.path("key.pem"));
    assert_eq!(certificate_of(&server.connect()), old);
    server.open.server.signal(Signal::HUP);
    server.open.server.wait_for("tls-renewed:", 1);
    assert_ne!(certificate_of(&server.connect()), old);
    sending.write(&sealed[2 << 20..]);
    assert_eq!(sending.read().unwrap().status, 201);
    assert_eq!(sending.request("GET", "/contoh/card", "", b"").status, 200);
}

#[test]
fn a_bad_renewal_keeps_the_former_certificate_and_says_so() {
    let server = Box::start("");
    let old = certificate_of(&server.connect());
    let (chain, key) = (server.path("chain.pem"), server.path("key.pem"));
    let (good_chain, good_key) = (fs::read(&chain).unwrap(), fs::read(&key).unwrap());
    let other = Authority::new();
    let spoil: [(&str, &dyn Fn()); 7] = [
        ("not PEM", &|| fs::write(&chain, b"junk").unwrap()),
        ("cut", &|| fs::write(&chain, &good_chain[..good_chain.len() / 2]).unwrap()),
        ("missing", &|| fs::remove_file(&chain).unwrap()),
        ("key of another", &|| other.issue(&server.path("x"), &key)),
        ("no key", &|| fs::write(&key, b"").unwrap()),
        ("endless", &|| fs::write(&key, vec![b'a'; 300 << 10]).unwrap()),
        ("open key", &|| fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap()),
    ];
    for (times, (what, spoil)) in (1..).zip(spoil) {
        fs::write(&chain, &good_chain).unwrap();
        fs::write(&key, &good_key).unwrap();
        spoil();
        server.open.server.signal(Signal::HUP);
        server.open.server.wait_for("tls-kept:", times);
        assert_eq!(certificate_of(&server.connect()), old, "{what}");
    }
    server.authority.issue(&chain, &key);
    server.open.server.signal(Signal::HUP);
    server.open.server.wait_for("tls-renewed:", 1);
    assert_ne!(certificate_of(&server.connect()), old);
}

#[test]
fn no_handshake_is_remembered() {
    let server = Box::start("");
    for version in [&TLS12, &TLS13] {
        let client = server.authority.client(&[], &[version]);
        for _ in 0..3 {
            let mut stream = secure(server.address(), &client).unwrap();
            // Tickets would come with the answer.
            stream.write_all(b"GET /contoh/card HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200 "));
            assert_eq!(stream.conn.handshake_kind(), Some(HandshakeKind::Full), "{version:?}");
            assert_eq!(stream.conn.tls13_tickets_received(), 0);
        }
    }
    // Another program's view: no session id in TLS 1.2, no ticket in either.
    for version in ["-tls1_2", "-tls1_3"] {
        let said = s_client(server.address(), &[version]);
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains("HTTP/1.1 200 ") && said.contains("Cipher is "), "{said}");
        assert!(
            !said.contains("TLS session ticket") && !said.contains("Post-Handshake New Session"),
            "{said}"
        );
        let ids = said.lines().filter_map(|line| line.trim().strip_prefix("Session-ID:"));
        assert!(ids.map(str::trim).all(str::is_empty), "{said}");
    }
}

/// Sends a request by `openssl s_client`.
fn s_client(address: SocketAddr, more: &[&str]) -> Output {
    let mut child = Command::new("openssl")
        .args(["s_client", "-ign_eof", "-servername", "kotak.example", "-connect", &address.to_string()])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is installed");
    let request = b"GET /contoh/card HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    child.stdin.take().unwrap().write_all(request).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn old_versions_are_refused() {
    let server = Box::start("");
    for version in ["-tls1", "-tls1_1"] {
        let said = s_client(server.address(), &[version, "-cipher", "DEFAULT:@SECLEVEL=0"]);
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(!said.contains("HTTP/1.1 ") && said.contains("Cipher is (NONE)"), "{said}");
    }
}

#[test]
fn half_handshakes_are_closed_and_give_their_place_back() {
    let server = Box::start("[limits]\nheader_seconds = 1\nconnections = 3\n");
    let connect = || {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    };
    for _ in 0..3 {
        let silent = connect();
        let mut half = connect();
        // The record of a ClientHello that says it is longer than what comes.
        half.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).unwrap();
        // Shakes hands, but never asks.
        let idle = secure(server.address(), &server.authority.client(&[], &[&TLS13])).unwrap();
        // All places are taken: this one's comes when the others have been closed.
        let mut http = Http::over(server.connect());
        assert_eq!(http.request("GET", "/contoh/card", "", b"").status, 200);
        for mut stream in [silent, half, idle.sock] {
            let mut rest = Vec::new();
            // A reset ends it as well; a timeout would not.
            let ended = stream.read_to_end(&mut rest);
            assert!(
                ended.is_ok()
                    || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
            );
        }
    }
}

#[test]
fn readers_that_take_nothing_are_closed() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let mut world = world(1);
    world.letters = 1024;
    authority.issue(&folder.path().join("chain.pem"), &folder.path().join("key.pem"));
    let more = format!("{}[limits]\nheader_seconds = 1\ngrace_seconds = 1", section(folder.path()));
    let server = Process::start(&configure(folder.path(), &world, "off", &more));
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let address = server.tls.unwrap();
    let mut stream = secure(address, &authority.client(&[], &[&TLS13])).unwrap();
    let path = format!("/contoh/editions/{}/{}", world.desks[0].0, number());
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").repeat(20).as_bytes()).unwrap();
    wait_for_no_connection(server.id(), address.port());
    let mut taken = Vec::new();
    let _cut = stream.sock.read_to_end(&mut taken);
    assert!(taken.len() < 160 << 20, "{}", taken.len());
}

/// Waits until a process has no established connection on a port.
fn wait_for_no_connection(process: u32, port: u16) {
    let local = format!(":{port:04X}");
    loop {
        let table = fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap();
        // Columns: number, local address, remote address, state; 01 is established.
        let open = table.lines().any(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            columns.get(1).is_some_and(|address| address.ends_with(&local)) && columns.get(3) == Some(&"01")
        });
        if !open {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn nothing_about_connections_is_logged() {
    let mut server = Box::start("[limits]\nheader_seconds = 1\n");
    let mut plain = Http::connect(server.address());
    plain.write(b"GET /planted-marker HTTP/1.1\r\nhost: planted-marker\r\n\r\n");
    assert!(!plain.rest().starts_with(b"HTTP/"));
    assert!(secure(server.address(), &server.authority.client(&["planted-marker"], &[&TLS13])).is_err());
    // A client that does not know the root breaks off with an alert.
    assert!(secure(server.address(), &Authority::new().client(&[], &[&TLS13])).is_err());
    let mut http = Http::over(server.connect());
    assert_eq!(http.request("GET", "/planted-marker", "user-agent: planted-marker\r\n", b"").status, 404);
    assert_eq!(http.post(&server.open.world.text()), Some(201));
    drop(http);
    let Box { open, .. } = server;
    open.server.signal(Signal::TERM);
    let (status, log) = open.server.end();
    assert!(status.success());
    let names: Vec<&str> =
        log.lines().map(|line| line.split(' ').nth(1).unwrap().trim_end_matches(':')).collect();
    assert_eq!(names, ["tls-open", "started", "card", "edition", "edition", "stopping", "stopped"], "{log}");
    assert!(!log.contains("planted-marker"));
}

#[test]
fn unusable_files_are_refused_before_the_start() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let config = configure(folder.path(), &world(1), "off", &section(folder.path()));
    let check = |command: &str| {
        let mut check = Command::new(env!("CARGO_BIN_EXE_bisik-server"));
        check.arg(command).arg("--config").arg(&config).env("BISIK_LANG", "en");
        let output = check.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert!(check("check-config").1.contains("cannot be read"));
    authority.issue(&chain, &key);
    assert_eq!(check("check-config"), (Some(0), String::new()));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o604)).unwrap();
    for (command, code) in [("check-config", 1), ("run", 5)] {
        let (found, said) = check(command);
        assert_eq!(found, Some(code));
        assert!(said.contains("open to others"), "{said}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&chain, b"").unwrap();
    assert_eq!(check("check-config").0, Some(1));
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replacen("127.0.0.1:0", "0.0.0.0:0", 1)).unwrap();
    let (code, said) = check("check-config");
    assert!(code == Some(1) && said.contains("without TLS"), "{said}");
}
