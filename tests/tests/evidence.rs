//! Stories with evidence, and with a desk that is left out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use bisik_tests::craft::Craft;
use bisik_tests::run::workspace;
use bisik_tests::world::{World, report};
use serde_json::json;

const WORDS: &str = "PENANDA-7F3A uang dibagi di ruang arsip setelah pencairan tahap tiga pekerjaan atap.";
const MARKERS: [&str; 3] = ["PENANDA-7F3A", "ruang arsip", "BUKTI-9C41"];

/// Returns the files below a folder that hold one of the markers.
fn marked(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(marked(&path));
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let holds = |marker: &str| bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
            found.extend(MARKERS.iter().any(|marker| holds(marker)).then(|| path.display().to_string()));
        }
    }
    found
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn evidence_reaches_the_chosen_desk_and_stock_tools_confirm_it() {
    let world = World::open(&["inspektorat", "dinas"]);
    let photo = fs::read(workspace().join("tests/evidence/samples/jpeg-phone.jpg")).unwrap();
    let ledger: Vec<u8> = b"BUKTI-9C41;".iter().copied().cycle().take(300_000).collect();
    fs::write(world.home.path("foto.jpg"), &photo).unwrap();
    fs::write(world.home.path("buku.csv"), &ledger).unwrap();
    let mut told = report(WORDS);
    told["leave_out"] = json!(["dinas"]);
    told["evidence"] = json!([
        {"file": "foto.jpg", "kind": "foto", "holders": "many", "note": "", "keep_name": true},
        {"file": "buku.csv", "kind": "audit", "holders": "few", "note": ""},
    ]);
    let (receipt, message) = world.send(&told, &[]);
    fs::remove_file(world.home.path("answers.json")).unwrap();
    fs::remove_file(world.home.path("buku.csv")).unwrap();

    // The desk that is left out opens nothing. What it is told is the same as with decoys alone.
    let left_out = world.deliver("dinas");
    assert_eq!(world.desk("dinas", &["list", "--all"], "").success().json(), json!([]));
    world.inbox(&receipt, "dinas");
    world.pull().success();
    let decoys_only = world.desk("dinas", &["import", "stick"], "").success().json();
    assert_eq!(left_out, decoys_only);

    assert_eq!(world.desk("inspektorat", &["import", "stick"], "").success().json()["new_cases"], json!([1]));
    let listed = world.desk("inspektorat", &["evidence", "list", "1"], "").success().json();
    assert_eq!(listed[0]["name"], "foto.jpg");
    assert!(listed[0]["size"].as_u64().unwrap() < photo.len() as u64, "cleaned before it was sealed");
    assert_eq!((listed[1]["size"].as_u64(), &listed[1]["name"]), (Some(300_000), &json!(null)));
    world.desk("inspektorat", &["evidence", "verify", "1"], "").success();
    world.desk("inspektorat", &["evidence", "export", "1", "1", "2", "--to", "satu", "--yes"], "").success();
    let one = fs::read_dir(world.home.path("satu")).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read(one).unwrap() == ledger);
    fs::remove_dir_all(world.home.path("satu")).unwrap();

    // Planted words are nowhere but on paper and in the reporter's head: sealed on server, stick and in the vaults.
    assert_eq!(marked(&world.server.folder()), Vec::<String>::new());
    assert!(!world.server.log().contains(&receipt));
    assert_eq!(marked(&world.home.path("")), Vec::<String>::new());

    // For the court, with the desk's export: coreutils confirm it.
    world.desk("inspektorat", &["export", "1", "--to", "sidang", "--yes"], "").success();
    let folder = fs::read_dir(world.home.path("sidang")).unwrap().next().unwrap().unwrap().path();
    succeed(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&folder));
    let told: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap();
    assert!(told["answers"].to_string().contains("PENANDA-7F3A"));
    let planted = |bytes: &[u8]| bytes.windows(7).any(|window| window == b"RAHASIA");
    assert!(planted(&photo) && !planted(&fs::read(folder.join("evidence/0001.jpg")).unwrap()));
    assert_eq!([&told["evidence"][0]["cleaned"], &told["evidence"][1]["cleaned"]], [true, true]);

    stock_tools_open_the_sealed_report(&world, &folder);
    world.answer("inspektorat");
    assert_eq!(world.inbox(&receipt, "inspektorat")["letter"]["received"][0]["id"], message);
}

/// The emergency exit: with the exported identity, `age-encryption` in Node, tar and sha256sum open the sealed file.
fn stock_tools_open_the_sealed_report(world: &World, exported: &Path) {
    world.desk("inspektorat", &["identity", "export", "--out", "kunci.txt", "--yes"], "").success();
    let identity = fs::read_to_string(world.home.path("kunci.txt")).unwrap();
    let identity = identity.lines().find(|line| line.starts_with("AGE-SECRET-KEY-PQ-1")).unwrap();
    fs::write(world.home.path("satu-kunci.txt"), identity).unwrap();
    let sealed = world.on_stick().into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let (archive, folder) = (world.home.path("r.tar"), world.home.path("x"));
    let script = "import * as age from 'age-encryption'; \
                  import { readFileSync, writeFileSync } from 'node:fs'; \
                  const [sealed, key, out] = process.argv.slice(-3); \
                  const d = new age.Decrypter(); d.addIdentity(readFileSync(key, 'utf8')); \
                  writeFileSync(out, await d.decrypt(readFileSync(sealed)));";
    let interop = workspace().join("tests/interop");
    if !interop.join("node_modules/age-encryption").is_dir() {
        succeed(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&interop));
    }
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", script, "--"]).current_dir(&interop);
    succeed(node.args([&sealed, &world.home.path("satu-kunci.txt"), &archive]));
    fs::create_dir(&folder).unwrap();
    succeed(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&folder));
    succeed(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&folder));
    for name in ["report.json", "SHA256SUMS", "SHA256SUMS.sig", "evidence/0002.txt"] {
        assert!(fs::read(folder.join(name)).unwrap() == fs::read(exported.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn a_report_sealed_again_for_a_desk_that_was_left_out_is_not_accepted() {
    let world = World::open(&["inspektorat", "dinas"]);
    let mut craft = Craft::new(&world, 1);
    let keys = craft.thread();
    let content = craft.content(&keys, "inspektorat");
    let sealed = craft.seal(&content, &keys, &[]);

    // An officer of the chosen desk betrays the reporter: opens the report and seals its very bytes for the other.
    world.desk("inspektorat", &["identity", "export", "--out", "kunci.txt", "--yes"], "").success();
    let text = fs::read_to_string(world.home.path("kunci.txt")).unwrap();
    let identity = bisik_sealing::hybrid::Identity::parse(text.lines().next().unwrap()).unwrap();
    let mut plain = Vec::new();
    std::io::Read::read_to_end(
        &mut bisik_sealing::reader::open(sealed.as_slice(), &[&identity]).unwrap(),
        &mut plain,
    )
    .unwrap();
    let recipients = [craft.recipient("inspektorat"), craft.recipient("dinas")];
    let mut again = bisik_sealing::writer::AgeWriter::new(&recipients, Vec::new(), &mut craft.rng).unwrap();
    std::io::Write::write_all(&mut again, &plain).unwrap();
    craft.put(&again.finish().unwrap());

    let imported = world.desk("dinas", &["import", "stick"], "").success().json();
    assert_eq!(imported["new_cases"], json!([]));
    assert_eq!(world.desk("dinas", &["list", "--all"], "").success().json(), json!([]));
    // The chosen desk takes the signed content once, however often it is sealed.
    assert_eq!(world.desk("inspektorat", &["import", "stick"], "").success().json()["new_cases"], json!([1]));
    craft.put(&sealed);
    let repeated = world.desk("inspektorat", &["import", "stick"], "").success().json();
    assert_eq!((&repeated["new_cases"], &repeated["repeated"]), (&json!([]), &json!(1)));
}
