//! Bad inputs that need the whole chain. Each gets a clear error and loses nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story fails by panicking")]

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Command;

use bisik_sealing::report::{EvidenceEntry, EvidenceNote, Holders, ThreadPublic};
use bisik_sealing::schedule::{LetterKey, ThreadKeys};
use bisik_tests::craft::Craft;
use bisik_tests::run::Output;
use bisik_tests::world::{PASSPHRASE, World, report};
use serde_json::json;
use zeroize::Zeroizing;

const DESK: &str = "inspektorat";
const WORDS: &str =
    "Pungutan diminta untuk setiap berkas izin yang sudah lengkap, dan dicatat di buku kecil.";

/// Runs a command of the desk that answers in words.
fn in_words(world: &World, args: &[&str]) -> Output {
    let all = [&["--vault", "vault-inspektorat", "--passphrase-stdin"], args].concat();
    world.home.run("bisik-desk", &all, &format!("{PASSPHRASE}\n"))
}

fn copy_folder(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_wrong_or_foreign_receipt_is_refused_and_a_wrong_passphrase_too() {
    let world = World::open(&[DESK]);
    let (receipt, _) = world.send(&report(WORDS), &[]);
    let other = if receipt.starts_with('7') { "8" } else { "7" };
    let mistyped = format!("{other}{}", receipt.get(1..).unwrap());
    let foreign = bisik_sealing::receipt::Receipt::generate(
        &"0".repeat(32).parse().unwrap(),
        &mut Craft::new(&world, 1).rng,
    );
    let requests = world.server.log().lines().count();
    for wrong in [mistyped.as_str(), foreign.expose_text().as_str()] {
        let _judged = world.reporter(&["inbox"], &format!("{wrong}\n")).refused(6, "err-receipt-check");
    }
    let _judged = world.reporter(&["inbox"], "1234\n").refused(6, "err-receipt-length");
    assert_eq!(world.server.log().lines().count(), requests);
    assert_eq!(world.inbox(&receipt, DESK)["found"], "none");

    let args = ["--vault", "vault-inspektorat", "--passphrase-stdin", "--json", "list"];
    let _judged = world.home.run("bisik-desk", &args, "kata sandi yang salah\n").fails(6);
    assert_eq!(world.desk(DESK, &["list"], "").success().json(), json!([]));
}

#[test]
fn junk_swapped_for_a_report_on_the_stick_is_refused_and_fetched_again() {
    let world = World::open(&[DESK]);
    world.send(&report(WORDS), &[]);
    world.pull().success();
    let stolen = world.on_stick().remove(0);
    let whole = fs::read(&stolen).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for junk in [&b"junk"[..], &vec![b'x'; whole.len()], &whole[..whole.len() - 1], &flipped] {
        fs::write(&stolen, junk).unwrap();
        let imported = world.desk(DESK, &["import", "stick"], "").success().json();
        assert_eq!(imported["new_cases"], json!([]));
        assert_ne!(imported["refused"], json!({}), "{}", junk.len());
    }
    // What was refused is not acknowledged, so the server keeps it and the courier brings it again.
    world.answer(DESK);
    assert_eq!(world.pull().success().json()["fetched"], 1);
    assert!(fs::read(&stolen).unwrap() == whole);
    assert_eq!(world.desk(DESK, &["import", "stick"], "").success().json()["new_cases"], json!([1]));
}

#[test]
fn an_outbox_with_an_old_or_forked_edition_is_refused() {
    let world = World::open(&[DESK]);
    let (outbox, old) = (world.home.path("stick/outbox"), world.home.path("old"));
    copy_folder(&outbox, &old);
    copy_folder(&world.home.path("vault-inspektorat"), &world.home.path("vault-salinan"));
    world.answer(DESK);
    let current = fs::read(outbox.join(DESK).join("header.note")).unwrap();

    fs::remove_dir_all(&outbox).unwrap();
    copy_folder(&old, &outbox);
    let pushed = world.push().refused(1, "err-push").json();
    let edition = pushed.as_array().unwrap().iter().find(|part| part["kind"] == "edition").unwrap();
    assert_eq!((&edition["taken"], &edition["error"]), (&json!(false), &json!("err-edition-old")));

    // A copy of the vault makes another edition of the same number.
    fs::remove_dir_all(&outbox).unwrap();
    world.desk("salinan", &["publish", "stick"], "").success();
    assert!(fs::read(outbox.join(DESK).join("header.note")).unwrap() != current);
    let _judged = world.push().refused(1, "err-push");
    // The server still gives the right one to everybody.
    let headers = request(&world, "GET", "headers", &[], b"");
    assert!(headers.windows(current.len()).any(|window| window == current));
}

#[test]
fn hostile_names_and_texts_reach_no_terminal_and_no_path() {
    let world = World::open(&[DESK]);
    let mut craft = Craft::new(&world, 2);
    let keys = craft.thread();
    let names = ["../../../tmp/x\u{1b}[2J", "\u{202e}gpj.exe", "a\nb\rc\u{7}", "C:\\CON", "/etc/passwd"];
    let mut content = craft.content(&keys, DESK);
    content.message =
        "\u{1b}]0;judul\u{7}\u{1b}[31mmerah\u{202e} terbalik\u{200b}\n  | Petugas: palsu".to_owned();
    content.evidence = (1..)
        .zip(names)
        .map(|(number, name)| EvidenceNote {
            entry: EvidenceEntry { number, extension: "sh".parse().unwrap() },
            kind: "lainnya".to_owned(),
            name: Some(name.to_owned()),
            holders: Holders::Unknown,
            note: "\u{9b}2J\u{2066}".to_owned(),
            cleaned: false,
        })
        .collect();
    let sealed = craft.seal(&content, &keys, &[b"1", b"2", b"3", b"4", b"5"]);
    craft.put(&sealed);
    assert_eq!(world.desk(DESK, &["import", "stick"], "").success().json()["new_cases"], json!([1]));

    let export = ["evidence", "export", "1", "1", "1", "--to", "keluar", "--yes"];
    for args in [&["show", "1"][..], &["evidence", "list", "1"], &["list"], &export, &["--json", "show", "1"]]
    {
        let output = in_words(&world, args).success();
        for text in [&output.out, &output.err] {
            let raw = text.chars().find(|c| {
                (c.is_control() && *c != '\n')
                    || matches!(*c as u32, 0x200b..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069)
            });
            assert_eq!(raw, None, "{args:?}: {text}");
        }
    }
    let shown = in_words(&world, &["show", "1"]).success().out;
    assert!(
        !shown
            .lines()
            .any(|line| line.trim_start().starts_with("| Petugas: palsu") && !line.starts_with("  | "))
    );
    let exported: Vec<_> =
        fs::read_dir(world.home.path("keluar")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(exported, ["kasus-0001-pesan-01-bukti-0001.bin"]);
}

#[test]
fn thirty_three_threads_with_one_letter_key_are_thirty_three_cases_and_stop_no_edition() {
    let world = World::open(&[DESK]);
    let mut craft = Craft::new(&world, 3);
    for _ in 0..33 {
        let thread = craft.thread();
        let keys = ThreadKeys { letter_key: LetterKey::from_bytes(Zeroizing::new([7; 32])), ..thread };
        let mut content = craft.content(&keys, DESK);
        content.thread = ThreadPublic::of(&keys).unwrap();
        let sealed = craft.seal(&content, &keys, &[]);
        craft.put(&sealed);
    }
    let imported = world.desk(DESK, &["import", "stick"], "").success().json();
    assert_eq!(imported["new_cases"].as_array().unwrap().len(), 33);
    // From the thirty-third on the officer is warned.
    assert_eq!(imported["warned"].as_array().unwrap().len(), 1);
    // Eight places, thirty-four threads: what an officer has confirmed comes first.
    let (receipt, _) = world.send(&report(WORDS), &[]);
    assert_eq!(world.deliver(DESK)["new_cases"], json!([34]));
    world.desk(DESK, &["status", "34", "verifikasi"], "").success();
    let published = world.desk(DESK, &["publish", "stick"], "").success().json();
    assert_eq!(published["without_room"].as_array().unwrap().len(), 26);
    world.push().success();
    assert_eq!(world.inbox(&receipt, DESK)["found"], "letter");
}

#[test]
fn a_vault_with_one_flipped_byte_is_noticed() {
    let world = World::open(&[DESK]);
    fs::write(world.home.path("bukti.csv"), vec![b'7'; 200_000]).unwrap();
    let mut told = report(WORDS);
    told["evidence"] = json!([{"file": "bukti.csv", "kind": "audit", "holders": "few", "note": ""}]);
    world.send(&told, &[]);
    world.deliver(DESK);
    world.desk(DESK, &["self-test"], "").success();
    let evidence = largest(&world.home.path("vault-inspektorat"));
    let mut bytes = fs::read(&evidence).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&evidence, bytes).unwrap();
    let _judged = world.desk(DESK, &["self-test"], "").fails(3);
    let _judged = world.desk(DESK, &["evidence", "verify", "1"], "").fails(3);
    // The case itself is still there.
    world.desk(DESK, &["show", "1"], "").success();
}

fn largest(folder: &Path) -> std::path::PathBuf {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let sealed = |path: &std::path::PathBuf| {
        path.extension().is_none_or(|extension| !extension.to_string_lossy().contains("sqlite"))
    };
    files.into_iter().filter(sealed).max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap()
}

#[test]
fn a_hostile_header_of_100_kb_is_refused_by_server_and_desk() {
    let world = World::open(&[DESK]);
    let mut header = b"age-encryption.org/v1\n".to_vec();
    while header.len() < 100_000 {
        header.extend_from_slice(b"-> X25519 0123456789012345678901234567890123456789012\nAAAA\n");
    }
    let answer = post(&world, &header);
    assert!(answer.starts_with("HTTP/1.1 413") || answer.starts_with("HTTP/1.1 422"), "{answer}");
    // Also with a length that is listed.
    header.truncate(34_427);
    let answer = post(&world, &header);
    assert!(
        answer.starts_with("HTTP/1.1 422") && answer.contains("urn:bisik:problem:report-shape"),
        "{answer}"
    );
    assert_eq!(world.courier(&["status"]).success().json()["reports"], 0);

    Craft::new(&world, 4).put(&header);
    let imported = world.desk(DESK, &["import", "stick"], "").success().json();
    assert_eq!(imported["refused"]["shape"], 1, "{imported}");
}

fn post(world: &World, body: &[u8]) -> String {
    let headers = [
        ("content-type", "application/octet-stream"),
        ("bisik-pow", "0000000000000000"),
        ("bisik-header-sha256", "0000000000000000000000000000000000000000000000000000000000000000"),
    ];
    String::from_utf8_lossy(&request(world, "POST", "reports", &headers, body)).into_owned()
}

/// Sends a request as it is and returns everything that comes back.
fn request(world: &World, method: &str, route: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let (host, path) = world.server.public().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut head = format!("{method} /{path}/{route} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // A server that refuses at once may not read to the end.
    stream.write_all(body).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    stream.shutdown(Shutdown::Both).ok();
    answer
}
