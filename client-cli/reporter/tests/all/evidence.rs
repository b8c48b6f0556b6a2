//! Files: sealed on the way, of few sizes, opened again by the desk.

use std::fs::{self, File};
use std::io;

use bisik_formats::ids::{DeskId, Digest};
use bisik_formats::padding::padded_size_of;
use bisik_sealing::report::{EvidenceSink, Expected, Holders, OpenedReport, open_report};
use bisik_sealing::tar::Extension;

use crate::server::Answer;
use crate::world::World;

struct Ignored;

impl EvidenceSink for Ignored {
    fn begin(&mut self, _: u16, _: Extension, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, _: &Digest) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a sealed report as one desk.
pub(crate) fn open(world: &World, desk: &str, sealed: &[u8]) -> Option<OpenedReport> {
    let id: DeskId = desk.parse().unwrap();
    let own = world.agency.desks.iter().find(|own| own.id == id).unwrap();
    let agency = world.agency.id();
    let expected = Expected { identities: &[&own.identity], agency: &agency, desk: &id, desk_counts: &[2] };
    open_report(sealed, sealed.len() as u64, &expected, &mut Ignored).ok()
}

#[test]
fn evidence_is_sealed_on_the_way_in_one_listed_size() {
    let world = World::new();
    let video: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    fs::write(world.path("Rapat di rumah Budi.AVX"), &video).unwrap();
    fs::write(world.path("nota.txt"), b"nota").unwrap();
    let words = [
        "send",
        "--answers",
        "@jawaban.json",
        "--evidence",
        "@Rapat di rumah Budi.AVX",
        "--evidence",
        "@nota.txt",
        "--evidence-kind",
        "foto",
        "--evidence-kind",
        "surat",
        "--evidence-holders",
        "few",
        "--allow-uncleaned",
    ];
    let run = world.run(&words, "").success();
    assert!(run.err.contains("larger upload, about"), "{}", run.err);
    let sealed = world.server.uploaded().unwrap();
    assert_eq!(padded_size_of(sealed.len() as u64, 2), Some(3 << 20));
    let opened = open(&world, "pusat", &sealed).unwrap();
    assert_eq!(opened.evidence[0].hash, Digest::of(&video));
    assert_eq!(opened.evidence[1].size, 4);
    let notes = &opened.content.evidence;
    assert_eq!((notes[0].kind.as_str(), notes[1].kind.as_str()), ("foto", "surat"));
    assert!(notes.iter().all(|note| note.holders == Holders::Few && note.name.is_none()));
    let content = bisik_formats::json::to_json(&opened.content).unwrap();
    assert!(!String::from_utf8(content).unwrap().contains("Budi"), "the name stays on the device");
    // Asked for, the name goes along.
    let kept = [&words[..], &["--keep-names"]].concat();
    world.run(&kept, "").success();
    let opened = open(&world, "pusat", &world.server.uploaded().unwrap()).unwrap();
    assert_eq!(opened.content.evidence[0].name.as_deref(), Some("Rapat di rumah Budi.AVX"));
}

#[test]
fn a_broken_upload_is_sealed_anew_as_the_same_message() {
    let world = World::new();
    fs::write(world.path("a.bin"), vec![7; 200_000]).unwrap();
    world.server.answer(&[Answer::HangUp]);
    let run = world
        .run(&["send", "--answers", "@jawaban.json", "--evidence", "@a.bin", "--allow-uncleaned"], "")
        .success();
    let posts: Vec<_> = run.requests.iter().filter(|request| request.method == "POST").collect();
    assert_eq!(posts.len(), 2);
    assert_ne!(posts[0].body, posts[1].body);
    let messages = [0, 1].map(|n: usize| open(&world, "pusat", &posts[n].body).unwrap().message());
    assert_eq!(messages[0], messages[1]);
}

#[test]
fn a_file_that_changes_between_attempts_is_named() {
    let world = World::new();
    let path = world.path("a.bin");
    fs::write(&path, vec![7; 200_000]).unwrap();
    world.server.answer(&[Answer::HangUp]);
    *world.meanwhile.borrow_mut() = Some(Box::new(move || fs::write(path, vec![8; 200_001]).unwrap()));
    let run =
        world.run(&["send", "--answers", "@jawaban.json", "--evidence", "@a.bin", "--allow-uncleaned"], "");
    let run = run.refused(1, "err-evidence-changed");
    assert_eq!(run.out, "", "no receipt");
}

#[test]
fn a_refusal_comes_before_evidence_is_sent() {
    let world = World::new();
    for (status, code, exit, id) in
        [(507, "full", 75, "err-problem-full"), (429, "busy", 75, "err-problem-busy")]
    {
        // In one request, with leave asked for first; and in pieces.
        for (size, answer) in
            [(200_000, Answer::Early(status, code)), (3_000_000, Answer::Problem(status, code))]
        {
            fs::write(world.path("a.bin"), vec![7; size]).unwrap();
            world.server.answer(&[answer]);
            let run = world.run(
                &["send", "--answers", "@jawaban.json", "--evidence", "@a.bin", "--allow-uncleaned"],
                "",
            );
            let run = run.refused(exit, id);
            assert_eq!((run.posts(), run.requests.last().unwrap().body.len()), (1, 0));
        }
    }
}

#[test]
fn a_kept_copy_is_what_was_sent_and_can_be_sent_again() {
    let world = World::new();
    fs::write(world.path("a.bin"), vec![7; 200_000]).unwrap();
    let words = [
        "send",
        "--answers",
        "@jawaban.json",
        "--evidence",
        "@a.bin",
        "--allow-uncleaned",
        "--save-sealed",
        "@terkunci.age",
    ];
    let sent = world.run(&words, "").success();
    let kept = fs::read(world.path("terkunci.age")).unwrap();
    assert_eq!(sent.requests.last().unwrap().body, kept);
    let again = world.run(&["send", "--sealed", "@terkunci.age"], "").success();
    assert_eq!(again.requests.last().unwrap().body, kept);
    world.run(&words, "").refused(1, "err-file-exists");
    fs::write(world.path("rusak.age"), &kept[1..]).unwrap();
    world.run(&["send", "--sealed", "@rusak.age"], "").refused(1, "err-kept-shape");
}

#[test]
fn a_report_sealed_without_network_opens_at_the_desk() {
    let world = World::new();
    world.run(&["card", "verify", "--save-card", "@kartu", "--save-headers", "@kepala"], "").success();
    let words =
        ["seal", "--card", "@kartu", "--headers", "@kepala", "--answers", "@jawaban.json", "@laporan.age"];
    let run = world.run(&words, "").success();
    assert!(run.requests.is_empty());
    let sealed = fs::read(world.path("laporan.age")).unwrap();
    let opened = open(&world, "pusat", &sealed).unwrap();
    assert!(run.out.contains(&opened.message().to_string()));
    let sent = world.run(&["send", "--sealed", "@laporan.age"], "").success();
    assert_eq!(sent.requests.last().unwrap().body, sealed);
}

#[test]
fn what_cannot_be_sent_is_refused_and_looks_like_any_visit() {
    let world = World::new();
    let usual: Vec<_> = world.run(&["card", "verify"], "").requests.iter().map(|r| r.shape()).collect();
    File::create(world.path("besar.bin")).unwrap().set_len(4_000_001).unwrap();
    fs::write(world.path("a.txt"), b"a").unwrap();
    let cases: [(&[&str], &str); 3] = [
        (&["--evidence", "@besar.bin", "--allow-uncleaned"], "err-evidence-file-limit"),
        (&["--evidence", "@a.txt", "--evidence-kind", "rahasia"], "err-evidence-kind"),
        (&["--to", "pusat,lain"], "err-desk-unknown"),
    ];
    for (words, id) in cases {
        let run = world.run(&[&["send", "--answers", "@jawaban.json"], words].concat(), "").refused(1, id);
        assert_eq!(run.requests.iter().map(|r| r.shape()).collect::<Vec<_>>(), usual, "{id}");
    }
    let args = [
        "--evidence",
        "@a.txt",
        "--evidence",
        "@a.txt",
        "--evidence",
        "@a.txt",
        "--evidence-holders",
        "few",
        "--evidence-holders",
        "many",
    ];
    let run = world.run(&[&["send", "--answers", "@jawaban.json"], &args[..]].concat(), "");
    assert!(run.refused(2, "err-evidence-count").requests.is_empty());
}

/// Reads a sample of the corpus that both cleaners share.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/evidence/samples");
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn files_are_cleaned_on_this_device() {
    let world = World::new();
    let photo = sample("jpeg-phone.jpg");
    fs::write(world.path("foto.png"), &photo).unwrap();
    fs::write(world.path("surat.pdf"), sample("pdf-rich.pdf")).unwrap();
    let words = ["send", "--answers", "@jawaban.json", "--evidence", "@foto.png", "--evidence", "@surat.pdf"];
    let run = world.run(&words, "").success();
    for told in [
        "foto.png was cleaned on this device. Removed: place, time,",
        "kind of phone or device",
        "surat.pdf was",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    let opened = open(&world, "pusat", &run.requests.last().unwrap().body).unwrap();
    let mut cleaned = Vec::new();
    bisik_cleaner::clean(&mut io::Cursor::new(&photo), &mut cleaned).unwrap();
    assert_eq!(opened.evidence[0].hash, Digest::of(&cleaned));
    let notes = &opened.content.evidence;
    assert!(notes.iter().all(|note| note.cleaned));
    let extensions = [0, 1].map(|n: usize| notes[n].entry.extension.as_str().to_owned());
    assert_eq!(extensions, ["jpg", "pdf"], "by their content");
    assert!(fs::read(world.path("foto.png")).unwrap() == photo, "the original stays as it was");
}

#[test]
fn what_cannot_be_cleaned_goes_only_if_somebody_says_so() {
    let world = World::new();
    fs::write(world.path("foto.heic"), sample("photo.heic")).unwrap();
    fs::write(world.path("kunci.pdf"), sample("pdf-encrypted.pdf")).unwrap();
    for (name, reason) in [("@foto.heic", "cannot be cleaned yet"), ("@kunci.pdf", "locked with a password")]
    {
        let run = world.run(&["send", "--answers", "@jawaban.json", "--evidence", name], "");
        let run = run.refused(1, "err-evidence-uncleaned");
        assert!(run.requests.is_empty() && run.err.contains(reason), "{}", run.err);
    }
    // For one file in the answers file; the other is still refused.
    let mut told: serde_json::Value =
        serde_json::from_slice(&fs::read(world.path("jawaban.json")).unwrap()).unwrap();
    told["evidence"] =
        serde_json::json!([{"file": "foto.heic", "allow_uncleaned": true}, {"file": "kunci.pdf"}]);
    fs::write(world.path("bukti.json"), told.to_string()).unwrap();
    world.run(&["send", "--answers", "@bukti.json"], "").refused(1, "err-evidence-uncleaned");
    let run = world.run(&["send", "--answers", "@bukti.json", "--allow-uncleaned"], "").success();
    let opened = open(&world, "pusat", &run.requests.last().unwrap().body).unwrap();
    assert!(opened.content.evidence.iter().all(|note| !note.cleaned));
    assert_eq!(opened.evidence[0].hash, Digest::of(&sample("photo.heic")));
}

#[test]
fn a_clean_file_that_becomes_another_is_not_sent() {
    let world = World::new();
    let path = world.path("foto.jpg");
    fs::write(&path, sample("jpeg-phone.jpg")).unwrap();
    world.server.answer(&[Answer::HangUp]);
    *world.meanwhile.borrow_mut() = Some(Box::new(move || {
        // Of the same length, with other metadata where the picture was.
        let mut other = sample("jpeg-phone.jpg");
        other.rotate_left(100);
        fs::write(path, other).unwrap();
    }));
    let run = world.run(&["send", "--answers", "@jawaban.json", "--evidence", "@foto.jpg"], "");
    run.refused(1, "err-evidence-changed");
}
