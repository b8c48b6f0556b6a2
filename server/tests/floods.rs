//! The real program while 64 hostile clients do their worst at once: honest reports come through, nothing is lost or
//! half there, and everything is given back afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr
)]

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/process.rs"]
mod process;
mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use bisik_formats::ids::ReportId;
use bisik_formats::pow::{Challenge, Nonce};
use hostile::{Target, flood};
use process::{Courier, Http, Process, configure, number, world};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustix::process::Signal;
use support::{World, header_digest};
use tempfile::TempDir;

/// Hostile clients; most of them hold eight connections.
const HOSTILE: usize = 64;

/// Places for fewer than come: of everything there is too little.
const LIMITS: &str = "[limits]\nconnections = 200\nlarge_uploads = 8\nopen_uploads = 64\ntext_memory_mib = 4\n\
    text_reports = 8000\nnew_uploads = 1200\nsmall_pieces = 400\ngrace_seconds = 10\n";

/// Messages and pieces of evidence that honest people send during a flood.
fn messages() -> usize {
    if std::env::var_os("BISIK_LONG").is_some() { 30 } else { 10 }
}

#[test]
fn honest_reports_come_through_a_flood() {
    let folder = TempDir::new().unwrap();
    let mut world = world(1);
    // Editions of 8 MiB, for readers that take nothing.
    world.letters = 1024;
    let config = configure(folder.path(), &world, "off", LIMITS);
    // Room enough: a full disk is another test.
    let text = fs::read_to_string(&config).unwrap().replace("quota_mib = 100", "quota_mib = 4000");
    fs::write(&config, text).unwrap();
    let server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let target = target(&server, &mut world);
    let texts: Vec<Vec<u8>> = (0..messages()).map(|_| world.text()).collect();
    let evidence = world.sealed(2, 3 << 20);
    let before = memory(server.id(), "VmRSS");
    let (seconds, done) = flood(&target, HOSTILE, || {
        // The flood is there once every kind of place has been fought for.
        while done_by_all(&server) < 150 {
            thread::yield_now();
        }
        thread::scope(|scope| {
            let upload = scope.spawn(|| send_evidence(server.public, &target, &evidence));
            let texts: Vec<f64> =
                texts.iter().map(|text| seconds(|| visit(server.public, &target, text))).collect();
            upload.join().unwrap();
            texts
        })
    });
    let most = memory(server.id(), "VmHWM");
    let worst = seconds.iter().copied().fold(0.0, f64::max);
    eprintln!(
        "flood: {} connections, {} requests; {} honest texts, slowest {worst:.1} s; memory {before} to {most} KiB",
        done.connections.load(Ordering::Relaxed),
        done.requests.load(Ordering::Relaxed),
        seconds.len(),
    );
    assert!(most < before + (96 << 10), "{before} {most}");
    all_is_given_back(&server, &world.text(), folder.path());
    let mut honest: Vec<ReportId> = texts.iter().map(|text| ReportId::of(text)).collect();
    honest.push(ReportId::of(&evidence));
    nothing_is_half_there(&server, &world, &honest);
    server.signal(Signal::TERM);
    let (status, log) = server.end();
    assert!(status.success() && !log.contains("panic") && !log.contains("store-failed"), "{log}");
}

fn target(server: &Process, world: &mut World) -> Target {
    Target {
        server: server.public,
        agency: "contoh".to_owned(),
        edition: format!("/contoh/editions/{}/{}", world.desks[0].0, number()),
        desks: 2,
        text: world.text(),
        large: world.sealed(2, 2 << 20),
    }
}

/// Visits as the command line does, again from the start when the connection is lost, until the report is stored.
fn visit(server: SocketAddr, target: &Target, sealed: &[u8]) {
    let stored = (0..20).any(|_| attempt(server, target, sealed) == Some(201));
    assert!(stored, "an honest report was not taken");
}

fn attempt(server: SocketAddr, target: &Target, sealed: &[u8]) -> Option<u16> {
    let mut http = Http::connect(server);
    for path in ["/contoh/card", "/contoh/headers", &target.edition] {
        let answer = ask(&mut http, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"), b"")?;
        assert_eq!(answer.0, 200, "{path}");
    }
    let proof = prove(&mut http, sealed)?;
    post(&mut http, &proof, sealed)
}

fn post(http: &mut Http, proof: &str, sealed: &[u8]) -> Option<u16> {
    let head = format!(
        "POST /contoh/reports HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n{proof}\
         content-length: {}\r\n\r\n",
        sealed.len()
    );
    ask(http, &head, sealed).map(|(status, _)| status)
}

/// Fetches the challenge and solves it; returns the header lines that say so.
fn prove(http: &mut Http, sealed: &[u8]) -> Option<String> {
    let (_, body) = ask(http, "GET /contoh/challenge HTTP/1.1\r\nhost: x\r\n\r\n", b"")?;
    let challenge: Challenge = serde_json::from_slice(&body).unwrap();
    let header = header_digest(sealed, 2);
    let nonce: Nonce = challenge.solve(&header.parse().unwrap(), &mut StdRng::seed_from_u64(1)).unwrap();
    Some(format!("bisik-pow: {nonce}\r\nbisik-header-sha256: {header}\r\n"))
}

/// Sends evidence in pieces: after whatever happens it asks how far it came, and goes on.
fn send_evidence(server: SocketAddr, target: &Target, sealed: &[u8]) {
    let mut address = (0..20).find_map(|_| begin(server, sealed)).unwrap();
    let mut offset = 0;
    for _ in 0..2000 {
        match reached(server, &address) {
            Some(Some(reached)) => {
                assert!(reached >= offset, "what was acknowledged is gone");
                offset = reached;
            }
            // Only one of which nothing has come may give way.
            Some(None) => {
                assert_eq!(offset, 0, "an upload on its way has given way");
                address = begin(server, sealed).unwrap_or(address);
            }
            None => {}
        }
        if offset == sealed.len() {
            return;
        }
        let piece = &sealed[offset..sealed.len().min(offset + (1 << 20))];
        let head = format!(
            "PATCH {address} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-offset: {offset}\r\n\
             content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
            piece.len()
        );
        if ask(&mut Http::connect(server), &head, piece).is_some_and(|(status, _)| status == 204) {
            offset += piece.len();
        }
    }
    panic!("honest evidence did not come through: {offset} of {} {}", sealed.len(), target.agency);
}

fn begin(server: SocketAddr, sealed: &[u8]) -> Option<String> {
    let mut http = Http::connect(server);
    let proof = prove(&mut http, sealed)?;
    let head = format!(
        "POST /contoh/uploads HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-length: {}\r\n{proof}\
         content-length: 0\r\n\r\n",
        sealed.len()
    );
    http.try_write(head.as_bytes())?;
    http.read()?.value("location")
}

/// Asks how far an upload has come; the inner `None` when the server does not know it.
fn reached(server: SocketAddr, address: &str) -> Option<Option<usize>> {
    let mut http = Http::connect(server);
    http.try_write(format!("HEAD {address} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\r\n").as_bytes())?;
    let answer = http.read_head()?;
    match answer.status {
        200 => Some(answer.value("upload-offset")?.parse().ok()),
        404 => Some(None),
        _ => None,
    }
}

fn ask(http: &mut Http, head: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
    http.try_write(head.as_bytes())?;
    http.try_write(body)?;
    http.read().map(|answer| (answer.status, answer.body))
}

/// Waits until the flood has left no trace but what was stored.
fn all_is_given_back(server: &Process, sealed: &[u8], folder: &Path) {
    // Connections first: with them go places, memory and what was half there.
    while done_by_all(server) > 0 {
        thread::yield_now();
    }
    let staging = folder.join("data/reports/staging");
    while fs::read_dir(&staging).map_or(0, Iterator::count) > 0 {
        thread::yield_now();
    }
    let mut http = Http::connect(server.public);
    let proof = prove(&mut http, sealed).unwrap();
    assert_eq!(post(&mut http, &proof, sealed), Some(201));
}

/// Looks at everything that the courier gets.
fn nothing_is_half_there(server: &Process, world: &World, honest: &[ReportId]) {
    let courier = Courier::connect(server, world);
    let ids = courier.list();
    for id in honest {
        assert!(ids.contains(&id.to_string()));
    }
    for id in &ids {
        let report = courier.get(&format!("/contoh/reports/{id}"));
        assert_eq!((report.status, ReportId::of(&report.body).to_string()), (200, id.clone()));
    }
}

/// Returns how many connections the server has with reporters.
fn done_by_all(server: &Process) -> usize {
    let table = fs::read_to_string(format!("/proc/{}/net/tcp", server.id())).unwrap();
    let local = format!(":{:04X}", server.public.port());
    let open = table.lines().filter(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        // Columns: number, local address, remote address, state; 01 is established. The other side is here as well.
        columns.get(1).is_some_and(|address| address.ends_with(&local)) && columns.get(3) == Some(&"01")
    });
    open.count()
}

/// Returns a figure of `/proc/PID/status` in KiB.
fn memory(process: u32, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[allow(clippy::disallowed_methods, reason = "a figure that is printed, not judged")]
fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
