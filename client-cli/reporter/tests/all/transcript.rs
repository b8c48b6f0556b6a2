//! What a server sees of a visit is the same whatever the visit is for.

use bisik_formats::answers::Value;
use bisik_formats::shape::Shape;
use bisik_sealing::report::Kind;

use crate::server::{Answer, Request};
use crate::world::World;

type Visit = Vec<(String, String, Vec<(String, usize)>, usize)>;

fn shapes(requests: &[Request]) -> Visit {
    requests.iter().map(Request::shape).collect()
}

/// A world in which the desk has answered the receipt.
fn answered() -> (World, String) {
    let mut world = World::new();
    let receipt = world.receipt();
    world.agency.answer("pusat", &receipt, |_| ());
    world.serve();
    let line = format!("{}\n", *receipt.expose_text());
    (world, line)
}

#[test]
fn every_visit_is_the_same_sequence_of_the_same_lengths() {
    let (world, receipt) = answered();
    let message = format!("{receipt}Waktunya bulan Maret.\n");
    let close = receipt.clone();
    let none = format!(
        "{}\n",
        *bisik_sealing::receipt::Receipt::generate(&world.agency.id(), &mut rng()).expose_text()
    );
    let runs = [
        world.run(&["send", "--answers", "@jawaban.json"], "").success(),
        world.run(&["reply"], &message).success(),
        world.run(&["close", "--yes"], &close).success(),
        world.run(&["inbox"], &receipt).success(),
        world.run(&["inbox"], &none).success(),
        world.run(&["card", "verify"], "").success(),
        // A reason not to send that lies in the message changes nothing either.
        world.run(&["reply"], &format!("{none}Pesan.\n")).refused(1, "err-desks-open"),
    ];
    let first = shapes(&runs[0].requests);
    let paths: Vec<&str> = first.iter().map(|(_, path, ..)| path.as_str()).collect();
    let expected =
        ["/kpk/card", "/kpk/headers", "/kpk/editions", "/kpk/editions", "/kpk/challenge", "/kpk/reports"];
    assert_eq!(paths, expected);
    for run in &runs {
        assert_eq!(shapes(&run.requests), first);
        assert_eq!(run.requests[0].headers, runs[0].requests[0].headers, "headers of a fetch are constant");
        assert!(run.requests.iter().all(|request| request.connection == run.requests[0].connection));
        let post = run.requests.last().unwrap();
        assert!(Shape::judge(&post.body, post.body.len() as u64).unwrap().is_text());
    }
}

fn rng() -> rand::rngs::StdRng {
    rand::SeedableRng::seed_from_u64(5)
}

#[test]
fn requests_carry_a_fixed_few_headers() {
    let (world, receipt) = answered();
    let run = world.run(&["inbox"], &receipt).success();
    let names = |request: &Request| request.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&run.requests[0]), ["host", "accept"]);
    let post = ["host", "accept", "content-type", "content-length", "bisik-pow", "bisik-header-sha256"];
    assert_eq!(names(run.requests.last().unwrap()), post);
}

#[test]
fn a_retried_visit_starts_from_the_beginning_for_readers_and_writers_alike() {
    let (world, receipt) = answered();
    let (answers, wait) = ([Answer::HangUp, Answer::HangUp], &world.waits);
    world.server.answer(&answers);
    let reader = world.run(&["inbox"], &receipt).success();
    let waited = wait.take();
    world.server.answer(&answers);
    let writer = world.run(&["reply"], &format!("{receipt}Halo.\n")).success();
    assert_eq!(shapes(&reader.requests), shapes(&writer.requests));
    assert_eq!((reader.posts(), writer.posts()), (3, 3));
    assert_eq!((waited.len(), &waited), (2, &*wait.borrow()));
    // The same sealed bytes every time: the desk counts one message.
    let bodies: Vec<&[u8]> =
        writer.requests.iter().filter(|r| r.method == "POST").map(|r| r.body.as_slice()).collect();
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_upload_of_a_report_opens_at_its_desk_only() {
    let world = World::new();
    let run = world.run_json(&["send", "--answers", "@jawaban.json"], "").success();
    let shown: serde_json::Value = serde_json::from_str(run.out.lines().last().unwrap()).unwrap();
    let sealed = &run.requests.last().unwrap().body;
    let opened = crate::evidence::open(&world, "pusat", sealed).unwrap();
    assert!(crate::evidence::open(&world, "daerah", sealed).is_none(), "left out");
    assert_eq!(opened.content.kind, Kind::Report);
    assert_eq!(shown["message"], opened.message().to_string());
    let fields: Vec<&str> = opened.content.answers.iter().map(|answer| answer.field.as_str()).collect();
    assert_eq!(fields, ["kategori", "apa", "siapa"], "in the order of the form");
    assert!(matches!(&opened.content.answers[1].value, Value::Text(text) if text.starts_with("Pemohon")));
    let receipt = shown["receipt"].as_str().unwrap();
    let receipt = bisik_sealing::receipt::Receipt::parse(receipt, &world.agency.id()).unwrap();
    assert_eq!(opened.content.thread.verify_key, receipt.keys().unwrap().signing.verify_key());
    assert_eq!(opened.content.seen.len(), 2);
}

#[test]
fn a_follow_up_goes_where_all_letters_agree() {
    let mut world = World::new();
    let receipt = world.receipt();
    let both = ["daerah".parse().unwrap(), "pusat".parse().unwrap()];
    world.agency.answer("pusat", &receipt, |letter| letter.to = both.to_vec());
    world.agency.answer("daerah", &receipt, |letter| letter.to = vec![both[0].clone()]);
    world.serve();
    let input = format!("{}\nTambahan.\n", *receipt.expose_text());
    let run = world.run(&["reply"], &input).success();
    let opened = crate::evidence::open(&world, "daerah", &run.requests.last().unwrap().body).unwrap();
    assert_eq!(opened.content.to, [both[0].clone()]);
    assert_eq!((opened.content.kind, opened.content.message.as_str()), (Kind::FollowUp, "Tambahan."));
    // No desk in common: nothing is chosen for the reporter.
    world.agency.answer("pusat", &receipt, |letter| letter.to = vec![both[1].clone()]);
    world.serve();
    world.run(&["reply"], &input).refused(1, "err-desks-open");
    // A person is asked, after a whole visit with a decoy; then follows another visit.
    let typed = format!("{}\nTambahan.\n.\n1\n", *receipt.expose_text());
    let run = world.type_in(&["reply"], &typed).success();
    assert_eq!(run.posts(), 2);
    let opened = crate::evidence::open(&world, "daerah", &run.requests.last().unwrap().body).unwrap();
    assert_eq!(opened.content.to, [both[0].clone()]);
}

#[test]
fn letters_are_shown_with_foreign_text_made_harmless() {
    let (world, receipt) = answered();
    let run = world.run(&["inbox"], &receipt).success();
    assert!(run.out.contains("We need more from you"), "{}", run.out);
    assert!(run.out.contains("    \\u{1b}[2J"), "{}", run.out);
    assert!(run.out.contains("1. Kapan?") && run.out.contains("LPSK, 148"), "{}", run.out);
    assert!(!run.out.contains('\u{1b}'));
    let json = world.run_json(&["inbox"], &receipt).success();
    let inbox: serde_json::Value = serde_json::from_str(json.out.lines().last().unwrap()).unwrap();
    assert_eq!(inbox["desks"][0]["found"], "letter");
    assert_eq!(inbox["desks"][0]["letter"]["questions"][0], "Kapan?");
    assert_eq!(inbox["desks"][1]["found"], "none");
}
