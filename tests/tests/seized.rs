//! A seized server: after a whole story, planted markers are looked for everywhere on the machine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a story fails by panicking, and says what it measured"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bisik_formats::ids::AgencyId;
use bisik_sealing::receipt::Receipt;
use bisik_tests::disk::Disk;
use bisik_tests::run::Home;
use bisik_tests::search::Markers;
use bisik_tests::world::{SMALL, World, report};
use serde_json::json;

const WORDS: &str = "SITA-WORDS-41 amplop dibagi di gudang arsip sebelum pencairan termin kedua.";
const EVIDENCE: &str = "SITA-EVIDENCE-92 nomor rekening penampung;";
const FILE_NAME: &str = "sita-buku-kas-73.csv";
const REPLY: &str = "SITA-REPLY-58 kami membutuhkan nomor kontraknya.";
const FOLLOW_UP: &str = "SITA-FOLLOW-UP-66 nomornya ada di lampiran ketiga.";

/// What a visitor's program or a proxy in front may tell about the visitor.
const VISITOR: [(&str, &str); 9] = [
    ("X-Forwarded-For", "203.0.113.77, 198.51.100.23"),
    ("X-Real-IP", "sita-real-ip-203.0.113.78"),
    ("Forwarded", "for=203.0.113.79;host=sita.example"),
    ("User-Agent", "SITA-AGENT/7.3 (Perangkat Rekaan)"),
    ("Referer", "http://portal-pegawai-sita.example/surat/masuk"),
    ("Cookie", "sita-session=0b3c5a9f77e1"),
    ("X-Request-Id", "sita-request-4f1d22c8a09b"),
    ("X-Unknown", "sita-unknown-header-value"),
    ("Accept-Language", "id,sita-language;q=0.5"),
];

/// Names the place of everything found, and fails if there is any.
#[track_caller]
fn nothing(place: &str, found: &[String]) {
    assert!(found.is_empty(), "{place}:\n{}", found.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "the real programs read the real clock")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Sends one request with everything that tells about a visitor; returns the status line.
fn visit(address: &str, request: &str, body: &[u8], more: &str) -> String {
    let host = address.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let told: String = VISITOR.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: sita-host.example\r\n{told}{more}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

/// Adds everything that a receipt stands for.
fn add_receipt(markers: &mut Markers, world: &World, text: &str) {
    let agency = AgencyId::parse_fingerprint(&world.fingerprint).unwrap();
    let receipt = Receipt::parse(text, &agency).unwrap();
    markers.text("the receipt", &receipt.expose_text());
    markers.text("the receipt as shown", text);
    for between in ["", " ", "_", "+", "%20", "."] {
        let spelling: Vec<&str> = text.split('-').collect();
        markers.text("the receipt, parted otherwise", &spelling.join(between));
    }
    let keys = receipt.keys().unwrap();
    markers.bytes("the seed of the reply identity", keys.identity.expose_seed());
    markers.text("the reply identity", &keys.identity.expose_text());
    markers.text("the reply recipient", &keys.identity.recipient().to_text().unwrap().to_string());
    markers.bytes("the seed of the thread's signing key", keys.signing.expose_seed());
    markers.bytes("the verify key of the thread", keys.signing.verify_key().as_bytes());
    markers.bytes("the letter key", keys.letter_key.expose_bytes());
}

/// What must be nowhere at the server, at any time.
fn secrets(world: &World, receipt: &str) -> Markers {
    let mut markers = Markers::default();
    for (name, text) in [
        ("words of the report", "SITA-WORDS-41 amplop dibagi"),
        ("the evidence", "SITA-EVIDENCE-92 nomor"),
        ("the name of the evidence", FILE_NAME),
        ("the reply", "SITA-REPLY-58 kami"),
        ("the follow-up", "SITA-FOLLOW-UP-66 nomornya"),
        ("an answer of the form", "Kepala bidang rekaan"),
    ] {
        markers.text(name, text);
    }
    for (name, value) in VISITOR {
        markers.text(name, value);
    }
    markers.text("an address of a visitor", "203.0.113.7");
    markers.text("Host", "sita-host.example");
    markers.text("a query", "sita-query-value");
    markers.text("a body that was refused", "sita-refused-body");
    add_receipt(&mut markers, world, receipt);
    let token = fs::read_to_string(world.home.path("token")).unwrap();
    markers.text("the courier's token", token.trim());
    markers.bytes("the courier's token", &base16ct::lower::decode_vec(token.trim()).unwrap());
    markers
}

/// Visits every kind of route, telling everything, the right way and the wrong way.
fn visits(world: &World) {
    let (public, courier) = (world.server.public(), world.server.courier());
    let path = format!("/{}", public.rsplit('/').next().unwrap());
    for asked in
        ["", "/card", "/challenge", "/headers", "/reports", "/uploads/5175657279", "/sita-query-value"]
    {
        let request = format!("GET {path}{asked}?q=sita-query-value");
        assert!(visit(public, &request, b"", "").starts_with("HTTP/1.1 "), "{request}");
    }
    let post = format!("POST {path}/reports?sita-query-value");
    assert!(
        visit(public, &post, b"sita-refused-body", "Content-Type: application/octet-stream\r\n")
            .contains(" 4")
    );
    assert!(
        visit(public, &format!("POST {path}/uploads"), b"", "Tus-Resumable: 1.0.0\r\nUpload-Length: 1\r\n")
            .contains(" 4")
    );
    let token = fs::read_to_string(world.home.path("token")).unwrap();
    let bearer = format!("Authorization: Bearer {}\r\n", token.trim());
    assert!(visit(courier, &format!("GET {path}/reports"), b"", &bearer).contains(" 200"));
    assert!(visit(courier, &format!("GET {path}/reports"), b"", "").contains(" 401"));
}

/// Looks into the memory of the live server until nothing is there: a connection takes a moment to end.
fn memory_is_clean(world: &World, markers: &Markers) {
    let mut found = Vec::new();
    for _ in 0..40 {
        found = markers.in_memory(world.server.pid());
        if found.is_empty() {
            return;
        }
    }
    nothing("the memory of the live server", &found);
}

/// Returns the times and numbers at rest that are of the story, and finer than a day.
fn times(world: &World, begun: Duration, ended: Duration) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![world.server.folder().join("data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let of = fs::metadata(&path).unwrap();
            let stored =
                path.to_string_lossy().contains("/reports/") || path.to_string_lossy().contains("/uploads/");
            let story = begun.as_secs() as i64..=ended.as_secs() as i64;
            for (name, time) in [("modified", of.mtime()), ("changed", of.ctime()), ("read", of.atime())] {
                let told = stored && name != "changed" && time != 0 && story.contains(&time);
                let changed = stored && of.is_file() && name == "changed" && story.contains(&time);
                found.extend((told || changed).then(|| format!("{} was {name} at {time}", path.display())));
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// Tells the story up to an answer that is not published yet; returns the receipts, and the sealed reports.
fn story(world: &World) -> (String, String, Vec<Vec<u8>>) {
    fs::write(world.home.path(FILE_NAME), EVIDENCE.repeat(20_000)).unwrap();
    let mut told = report(WORDS);
    told["evidence"] =
        json!([{"file": FILE_NAME, "kind": "audit", "holders": "few", "note": "", "keep_name": true}]);
    let (receipt, _) = world.send(&told, &[]);
    let (second, _) = world.send(&report(WORDS), &[]);
    visits(world);
    world.deliver("inspektorat");
    let sealed = world.on_stick().iter().map(|path| fs::read(path).unwrap()).collect();
    for case in ["1", "2"] {
        world.desk("inspektorat", &["reply", case, "--text-file", "-"], REPLY).success();
    }
    (receipt, second, sealed)
}

/// Adds parts of reports, as they would lie in blocks that are free again.
fn add_deleted(markers: &mut Markers, sealed: &[Vec<u8>]) {
    for (number, sealed) in sealed.iter().enumerate() {
        let name = format!("deleted report {number}");
        for at in (4000..sealed.len() - 64).step_by(4000) {
            markers.add(&name, &format!("from byte {at}"), sealed[at..at + 32].to_vec());
        }
    }
}

#[test]
fn a_seized_server_tells_nothing() {
    let home = Home::new();
    let Some(disk) = Disk::mount(96, &home.path("data")) else {
        eprintln!("SKIPPED a_seized_server_tells_nothing: mounting needs root");
        return;
    };
    let more = "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 4";
    let mut world = World::open_in(&["inspektorat"], SMALL, more, home);
    let begun = now();

    let (receipt, second, sealed) = story(&world);
    let (mut markers, more) = (secrets(&world, &receipt), secrets(&world, &second));
    markers.absorb(more);
    eprintln!("{} spellings of markers", markers.len());

    // While reports wait, alive: memory, folder, log, and the disk below.
    nothing("the folder of the live server", &markers.in_folder(&world.server.folder()));
    nothing("the disk of the live server", &whole(&markers, &disk.image()));
    memory_is_clean(&world, &markers);

    world.answer("inspektorat");
    let letter = &world.inbox(&receipt, "inspektorat")["letter"];
    assert!(letter["messages"][0]["text"].as_str().unwrap().starts_with("SITA-REPLY-58"));
    world.reporter(&["reply"], &format!("{receipt}\n{FOLLOW_UP}\n")).success();
    world.server.kill();
    nothing("the folder after a crash", &markers.in_folder(&world.server.folder()));
    world.server.up();
    world.deliver("inspektorat");
    world.answer("inspektorat");
    // Readers leave decoys: they go with the next round.
    assert_eq!(world.courier(&["status"]).success().json()["reports"], 0);
    let (left, _) = world.send(&report(WORDS), &[]);
    memory_is_clean(&world, &markers);
    let ended = now();

    // Stopped, after the maintenance: also no time of the story, and nothing of what was deleted.
    world.server.stop();
    // The maintenance is not of the story: its own second is let pass.
    while now().as_secs() <= ended.as_secs() {}
    world.server.maintain();
    let lines: Vec<String> = world.server.log().lines().map(str::to_owned).collect();
    assert!(
        !lines.is_empty()
            && lines.iter().all(|line| line.split(": ").next().unwrap().matches(':').count() == 0)
    );
    nothing("times at rest", &times(&world, begun, ended));
    let mut all = secrets(&world, &left);
    all.absorb(markers);
    add_deleted(&mut all, &sealed);
    for second in begun.as_secs() / 100..=ended.as_secs() / 100 {
        all.add("a time of the story", "in digits", second.to_string().into_bytes());
    }
    nothing("the folder after the maintenance", &all.in_folder(&world.server.folder()));
    nothing("the disk after the maintenance", &whole(&all, &disk.image()));
    // What waits is there, and the search sees it on the disk.
    world.server.up();
    fs::remove_dir_all(world.home.path("stick")).unwrap();
    fs::create_dir(world.home.path("stick")).unwrap();
    world.pull().success();
    let waiting: Vec<Vec<u8>> = world.on_stick().iter().map(|path| fs::read(path).unwrap()).collect();
    let mut there = Markers::default();
    add_deleted(&mut there, &waiting);
    assert!(waiting.len() == 1 && !whole(&there, &disk.image()).is_empty());
    drop(world);
}

/// Looks through a whole file.
fn whole(markers: &Markers, path: &Path) -> Vec<String> {
    markers.in_file(path, 0, fs::metadata(path).unwrap().len())
}

#[test]
fn the_search_finds_what_is_planted_in_every_place_and_spelling() {
    let mut markers = Markers::default();
    markers.text("words", "Sita-Penanda-31");
    markers.bytes("key", &[0xa7; 32]);
    let home = Home::new();
    let folder = home.path("planted");
    fs::create_dir_all(folder.join("deep")).unwrap();
    let planted: [(&str, Vec<u8>); 6] = [
        ("plain", [vec![0; 70_000], b"SITA-PENANDA-31".to_vec()].concat()),
        ("lower", b"x sita-penanda-31 x".to_vec()),
        ("hex", base16ct::lower::encode_string(b"Sita-Penanda-31").into_bytes()),
        ("base64", b"eHh4U2l0YS1QZW5hbmRhLTMx".to_vec()),
        ("raw", vec![0xa7; 40]),
        ("wide", "Sita-Penanda-31".encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    for (name, bytes) in &planted {
        let path = folder.join("deep").join(name);
        fs::write(&path, bytes).unwrap();
        assert!(!whole(&markers, &path).is_empty(), "{name}");
        assert!(!markers.in_folder(&folder).is_empty(), "{name}");
        fs::remove_file(&path).unwrap();
    }
    assert!(markers.in_folder(&folder).is_empty());
    fs::write(folder.join("sita-penanda-31.txt"), b"").unwrap();
    assert!(markers.in_folder(&folder)[0].starts_with("the name "));
    // A marker over the border of two parts that are read together.
    let border = [vec![1; (4 << 20) - 7], b"Sita-Penanda-31".to_vec(), vec![1; 100]].concat();
    fs::write(folder.join("border"), border).unwrap();
    assert_eq!(whole(&markers, &folder.join("border")).len(), 1);

    // In the memory of a process that holds it, as every program that was given it does.
    let mut child = std::process::Command::new("cat")
        .arg("-")
        .arg("Sita-Penanda-31")
        .env("PLANTED", "sita-penanda-31")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Once it answers, it is more than begun.
    child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let found = markers.in_memory(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found.iter().any(|place| place.starts_with("environ")), "{found:?}");
    assert!(found.iter().any(|place| place.starts_with("[stack]")), "{found:?}");
}
