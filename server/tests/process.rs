//! The real program: start, stop, kill, slow and ambiguous connections, a full disk, and what it leaves in logs.

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

use std::collections::BTreeSet;
use std::fs;
use std::net::Shutdown;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bisik_formats::ids::ReportId;
use process::{Courier, Http, Process, command, configure, day, number, report_head, world};
use rustix::process::Signal;
use support::World;
use tempfile::TempDir;

struct Box {
    folder: TempDir,
    world: World,
    server: Process,
}

impl Box {
    fn open(more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut world = world(1);
        let server = Process::start(&configure(folder.path(), &world, "off", more));
        Courier::connect(&server, &world).open_box(&mut world, &number());
        Self { folder, world, server }
    }
}

#[test]
fn every_acknowledged_report_survives_kill() {
    let folder = TempDir::new().unwrap();
    let mut world = world(1);
    let config = configure(folder.path(), &world, "off", "");
    let first = Process::start(&config);
    Courier::connect(&first, &world).open_box(&mut world, &number());
    first.kill();
    let acknowledged = Mutex::new(BTreeSet::new());
    for round in 0..6 {
        let server = Process::start(&config);
        let enough = AtomicBool::new(false);
        let address = server.public;
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..4)
                .map(|sender| {
                    let (acknowledged, enough) = (&acknowledged, &enough);
                    let mut world = process::world(100 + round * 10 + sender);
                    scope.spawn(move || {
                        let mut http = Http::connect(address);
                        for count in 0.. {
                            // Every fifth is a file.
                            let sealed =
                                if count % 5 == 4 { world.sealed(2, 48 << 10) } else { world.text() };
                            if http.post(&sealed) != Some(201) {
                                break;
                            }
                            acknowledged.lock().unwrap().insert(ReportId::of(&sealed).to_string());
                            if count == 10 + round {
                                enough.store(true, Ordering::Relaxed);
                            }
                        }
                    })
                })
                .collect();
            // The kill comes in the middle of the others' work.
            while !enough.load(Ordering::Relaxed) && !senders.iter().all(|sender| sender.is_finished()) {
                std::thread::yield_now();
            }
            server.kill();
        });
    }
    let server = Process::start(&config);
    let mut courier = Courier::connect(&server, &world);
    let stored: BTreeSet<String> = courier.list().into_iter().collect();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 60, "{}", acknowledged.len());
    assert_eq!(acknowledged.difference(&stored).count(), 0);
    for id in &stored {
        let report = courier.get(&format!("/contoh/reports/{id}"));
        assert_eq!(ReportId::of(&report.body).to_string(), *id);
    }
    assert_eq!(fs::read_dir(folder.path().join("data/reports/staging")).unwrap().count(), 0);
}

#[test]
fn a_stop_finishes_what_has_begun() {
    let mut open = Box::open("");
    let sealed = open.world.text();
    let mut begun = Http::connect(open.server.public);
    begun.write(report_head(&sealed).as_bytes());
    begun.write(&sealed[..10_000]);
    let idle = Http::connect(open.server.public);
    // The idle connection ends because of the stop, which proves that the stop has been heard.
    open.server.signal(Signal::TERM);
    assert_eq!(idle.rest(), b"");
    begun.write(&sealed[10_000..]);
    let answer = begun.read().unwrap();
    assert_eq!(answer.status, 201);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    let (status, log) = open.server.end();
    assert!(status.success(), "{log}");
    assert!(log.contains("stopping") && log.contains("stopped"), "{log}");
    let wal = open.folder.path().join("data/bisik.sqlite-wal");
    assert!(!wal.exists() || fs::metadata(wal).unwrap().len() == 0);
    let again = Process::start(&open.folder.path().join("server.toml"));
    assert_eq!(Courier::connect(&again, &open.world).list(), [ReportId::of(&sealed).to_string()]);
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let mut open = Box::open("[limits]\nstop_seconds = 1");
    let sealed = open.world.text();
    let mut stalled = Http::connect(open.server.public);
    stalled.write(report_head(&sealed).as_bytes());
    open.server.signal(Signal::INT);
    let (status, log) = open.server.end();
    assert!(status.success(), "{log}");
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let open = Box::open("");
    let output = command(&open.folder.path().join("server.toml")).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("Folder data sedang dipakai server lain."), "{text}");
}

#[test]
fn slow_heads_and_slow_bodies_are_closed() {
    let mut open = Box::open("[limits]\nheader_seconds = 1\ngrace_seconds = 2");
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
    // Twenty times 8 MiB is more than the kernel's buffers hold.
    for _ in 0..20 {
        reader.write(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes());
    }
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
    let open = Box::open("");
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
    let mut open = Box::open("");
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
    let open = Box::open("[limits]\nconnections = 2\nheader_seconds = 2");
    let _one = Http::connect(open.server.public);
    let _other = Http::connect(open.server.public);
    // Its place comes when the first two have said nothing for two seconds.
    let mut third = Http::connect(open.server.public);
    assert_eq!(third.request("GET", "/contoh/card", "", b"").status, 200);
}

#[test]
fn a_cut_upload_leaves_no_file() {
    let mut open = Box::open("");
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
fn the_process_leaves_no_core_file_and_cannot_be_traced() {
    let open = Box::open("");
    let limits = fs::read_to_string(format!("/proc/{}/limits", open.server.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);
    let owner = fs::metadata(format!("/proc/{}/mem", open.server.id())).unwrap();
    // The files of a process that is not dumpable belong to root; run by root this shows nothing.
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&owner), 0);
}

#[test]
fn no_request_leaves_a_trace_in_log_or_data() {
    let mut open = Box::open("");
    let marker = "PENANDAuji7391";
    let mut http = Http::connect(open.server.public);
    let headers = format!(
        "user-agent: {marker}\r\ncookie: a={marker}\r\nx-forwarded-for: {marker}\r\naccept-language: {marker}\r\n"
    );
    let sealed = open.world.text();
    for path in ["/contoh/card", "/contoh/headers", "/contoh/challenge", "/contoh/editions/x/1", "/none"] {
        http.request("GET", &format!("{path}?{marker}"), &headers, b"");
    }
    http.request("GET", &format!("/{marker}/card"), &headers, b"");
    http.request("POST", "/contoh/reports", &headers, format!("{marker} kalimat rahasia").as_bytes());
    let typed = format!("{headers}content-type: application/octet-stream\r\n");
    http.request("POST", "/contoh/reports", &typed, marker.as_bytes());
    let proof = format!("bisik-pow: 0000000000000000\r\nbisik-header-sha256: {}\r\n", "0".repeat(64));
    let mut shaped = sealed.clone();
    shaped[40..40 + marker.len()].copy_from_slice(marker.as_bytes());
    assert_eq!(http.request("POST", "/contoh/reports", &format!("{typed}{proof}"), &shaped).status, 422);
    let mut large = open.world.sealed(2, 1 << 20);
    large.truncate(800_000);
    large[700_000..700_000 + marker.len()].copy_from_slice(marker.as_bytes());
    let mut cut = Http::connect(open.server.public);
    cut.write(report_head(&open.world.sealed(2, 1 << 20)).as_bytes());
    cut.write(&large);
    drop(cut);
    let mut other = Http::connect(open.server.courier);
    other.request("GET", &format!("/{marker}/status"), &format!("authorization: Bearer {marker}\r\n"), b"");
    assert_eq!(http.post(&sealed), Some(201));
    drop((http, other));
    open.server.signal(Signal::TERM);
    let (_, log) = open.server.end();
    assert!(!log.contains(marker), "{log}");
    // Times of day and addresses of visitors have no place in the log either.
    assert!(log.lines().all(|line| line.starts_with(&day().to_string())), "{log}");
    for (path, bytes) in all_files(&open.folder.path().join("data")) {
        assert!(!path.contains(marker), "{path}");
        assert!(!bytes.windows(marker.len()).any(|window| window == marker.as_bytes()), "{path}");
    }
}

fn all_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_files(&path));
        } else {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    files
}

/// A small file system in memory; needs root.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(options: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .stderr(std::process::Stdio::null())
            .status();
        if mount.is_ok_and(|status| status.success()) { Some(Self(folder)) } else { None }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_refuses_evidence_first_and_recovers_by_itself() {
    let Some(disk) = SmallDisk::mount("size=24m") else {
        eprintln!("SKIPPED a_full_disk_refuses_evidence_first_and_recovers_by_itself: mounting needs root");
        return;
    };
    let mut world = world(1);
    let config = configure(
        disk.0.path(),
        &world,
        "off",
        "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 1",
    );
    let server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let mut http = Http::connect(server.public);
    let mut stored = Vec::new();
    let large = std::iter::repeat_with(|| world.sealed(2, 3 << 20)).take(12).find(|sealed| {
        let taken = http.post(sealed) == Some(201);
        if taken {
            stored.push(ReportId::of(sealed));
        }
        !taken
    });
    assert!(large.is_some() && stored.len() >= 2, "{}", stored.len());
    let mut http = Http::connect(server.public);
    assert_eq!(http.post(&large.unwrap()), Some(507));
    // Text has room left ...
    let mut texts = 0;
    loop {
        let sealed = world.text();
        match http.post(&sealed) {
            Some(201) => stored.push(ReportId::of(&sealed)),
            Some(507) => break,
            other => panic!("{other:?}"),
        }
        texts += 1;
        assert!(texts < 1000);
    }
    assert!(texts >= 20, "{texts}");
    // ... reading goes on when it is used up, and nothing that was taken is lost ...
    let (mut http, mut courier) = (Http::connect(server.public), Courier::connect(&server, &world));
    assert_eq!(http.request("GET", "/contoh/card", "", b"").status, 200);
    let listed: BTreeSet<String> = courier.list().into_iter().collect();
    assert!(stored.iter().all(|id| listed.contains(&id.to_string())));
    assert_eq!(listed.len(), stored.len());
    // ... and once the desks have everything, evidence fits again without anybody's help.
    for desk in 0..2 {
        let note = world.acknowledgement(desk, &stored);
        assert_eq!(courier.send("POST", "/contoh/acknowledgements", &note), 204);
    }
    assert_eq!(courier.list().len(), 0);
    assert_eq!(Http::connect(server.public).post(&world.sealed(2, 3 << 20)), Some(201));
    drop((http, courier));
    server.signal(Signal::TERM);
    assert!(server.end().0.success());
}

#[test]
fn a_disk_without_inodes_still_takes_text() {
    let Some(disk) = SmallDisk::mount("size=64m,nr_inodes=40") else {
        eprintln!("SKIPPED a_disk_without_inodes_still_takes_text: mounting needs root");
        return;
    };
    let mut world = world(1);
    let config = configure(
        disk.0.path(),
        &world,
        "off",
        "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 1",
    );
    let server = Process::start(&config);
    Courier::connect(&server, &world).open_box(&mut world, &number());
    let mut large = 0;
    while Http::connect(server.public).post(&world.sealed(2, 48 << 10)) == Some(201) {
        large += 1;
        assert!(large < 40);
    }
    assert!(large >= 3, "{large}");
    let mut http = Http::connect(server.public);
    for _ in 0..10 {
        assert_eq!(http.post(&world.text()), Some(201));
    }
    assert_eq!(http.post(&world.sealed(2, 48 << 10)), Some(507));
}

#[test]
fn a_client_that_shuts_its_side_gets_no_half_answer() {
    let open = Box::open("");
    let stream = std::net::TcpStream::connect(open.server.public).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut &stream, &mut rest).unwrap();
    assert_eq!(rest, b"");
}
