//! Every bad input of a server, an agency or a reporter is refused by name, and nothing is sealed before.

use bisik_formats::bundle::write_frames;
use bisik_formats::edition::PLACE_LEN;
use bisik_sealing::receipt::Receipt;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::agency::key;
use crate::server::Answer;
use crate::world::{Run, World};

fn send(world: &World) -> Run {
    world.run(&["send", "--answers", "@jawaban.json"], "")
}

fn inbox(world: &World) -> Run {
    world.run(&["inbox"], &format!("{}\n", *world.receipt().expose_text()))
}

#[test]
fn a_wrong_or_foreign_receipt_is_refused_before_any_request() {
    let world = World::new();
    let own = world.receipt().expose_text().to_string();
    let other = bisik_formats::ids::AgencyId::from_first_root(&key(77).verify_key());
    let foreign = Receipt::generate(&other, &mut StdRng::seed_from_u64(1)).expose_text().to_string();
    let last = if own.ends_with('0') { "1" } else { "0" };
    let mut mistyped = own.clone();
    mistyped.replace_range(own.len() - 1.., last);
    let cases = [
        (foreign, "err-receipt-check"),
        (mistyped, "err-receipt-check"),
        (own.chars().take(20).collect(), "err-receipt-length"),
        (own.replace('-', "!"), "err-receipt-symbol"),
    ];
    for (receipt, id) in cases {
        for command in [&["inbox"][..], &["reply"], &["close", "--yes"]] {
            let run = world.run(command, &format!("{receipt}\nPesan\n")).refused(6, id);
            assert!(run.requests.is_empty());
            assert!(!run.err.contains(&receipt) && !run.out.contains(&receipt));
        }
    }
}

#[test]
fn a_card_that_does_not_hold_ends_the_visit() {
    let world = World::new();
    let good = world.agency.bundle();
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for bad in [
        world.agency.forged_bundle(),
        world.agency.bundle_with_two_signatures(),
        flipped,
        good[..good.len() - 1].to_vec(),
        Vec::new(),
        world.agency.headers(),
    ] {
        world.server.replace("card", bad);
        for run in [send(&world), inbox(&world)] {
            let run = run.refused(3, "err-card");
            assert_eq!(run.requests.len(), 1);
        }
    }
    world.server.replace("card", vec![0; bisik_formats::card::MAX_BUNDLE + 1]);
    send(&world).refused(4, "err-oversized");
}

#[test]
fn another_agency_is_refused() {
    let world = World::new();
    let fingerprint = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ";
    let mut args = world.arguments();
    args[1] = fingerprint.to_owned();
    let file = format!("agency = \"{fingerprint}\"\n");
    std::fs::write(world.path("lain.toml"), file).unwrap();
    let kept = world.path("kartu");
    std::fs::write(&kept, world.agency.bundle()).unwrap();
    world.run(&["card", "verify", "@kartu"], "").success();
    let words: Vec<&str> =
        ["bisik", "card", "verify"].into_iter().chain(args.iter().map(String::as_str)).collect();
    let cli =
        <bisik::cli::Cli as clap::Parser>::try_parse_from([&words[..], &["--direct"]].concat()).unwrap();
    let messages = bisik_term::Messages::new(bisik_term::Language::Indonesian, bisik::messages());
    let screen = bisik_term::testing::Screen::piped(messages, "");
    let mut rng = StdRng::seed_from_u64(1);
    let mut env = bisik::env::Env { ui: screen.ui(), today: world.today, rng: &mut rng, pause: &|_| () };
    assert_eq!(bisik::commands::run(cli, &mut env).unwrap_err().id(), "err-card");
}

#[test]
fn dates_name_both_causes() {
    let mut world = World::new();
    let today = world.today;
    world.today = today.plus(301);
    send(&world).refused(1, "err-card-expired");
    world.today = today.plus(-11);
    send(&world).refused(1, "err-card-not-yet");
    // After the card was issued, but before the editions: the clock, or the box.
    world.today = today.plus(-1);
    let run = inbox(&world).refused(1, "err-clock-behind");
    assert_eq!(run.posts(), 0);
}

#[test]
fn a_rolled_back_or_forked_card_is_refused() {
    let mut world = World::new();
    let newer = world.agency.card.serial.get() + 1;
    world.agency.desk("daerah").header.card_serial = newer.try_into().unwrap();
    world.serve();
    assert_eq!(send(&world).refused(3, "err-card-rolled-back").posts(), 0);
    let mut world = World::new();
    world.agency.desk("pusat").header.card_hash = bisik_formats::ids::Digest::of(b"another card");
    world.serve();
    assert_eq!(inbox(&world).refused(3, "err-card-rolled-back").posts(), 0);
}

#[test]
fn headers_that_do_not_hold_are_refused() {
    let world = World::new();
    let [first, second] = [0, 1].map(|n: usize| world.agency.note(&world.agency.desks[n]));
    let double = world.agency.note_with_two_signatures(&world.agency.desks[0]);
    let mut flipped = first.clone();
    flipped[40] ^= 1;
    let frames = |notes: &[&[u8]]| write_frames(notes).unwrap();
    let cases = [
        (frames(&[&double, &second]), "err-edition"),
        (frames(&[&flipped, &second]), "err-edition"),
        (frames(&[&second, &first]), "err-headers"),
        (frames(&[&first, &first]), "err-headers"),
        (frames(&[&first])[1..].to_vec(), "err-headers"),
    ];
    for (headers, id) in cases {
        world.server.replace("headers", headers);
        assert_eq!(send(&world).refused(3, id).posts(), 0, "{id}");
    }
}

#[test]
fn a_desk_that_does_not_read_is_a_named_refusal() {
    let mut world = World::new();
    let today = world.today;
    // One day after `until` still counts.
    world.agency.desk("pusat").header.until = today.plus(-1);
    world.agency.desk("pusat").header.date = today.plus(-9);
    world.serve();
    send(&world).success();
    world.agency.desk("pusat").header.until = today.plus(-2);
    world.serve();
    let run = send(&world).refused(1, "err-desk-stale");
    assert!(format!("{:?}", run.result).contains("pusat"));
    assert_eq!(run.posts(), 1, "a decoy in its place");
    let stale = inbox(&world).success();
    assert!(stale.err.contains("has not been read since"), "{}", stale.err);
    // Left out knowingly, the others can be reached.
    world.run(&["send", "--answers", "@jawaban.json", "--to", "daerah"], "").success();
    // A desk without an edition is not open yet.
    let second = world.agency.note(&world.agency.desks[1]);
    world.server.replace("headers", write_frames(&[&second]).unwrap());
    send(&world).refused(1, "err-desk-not-open");
}

#[test]
fn a_body_that_is_not_the_signed_one_is_refused() {
    let world = World::new();
    let path = format!("editions/daerah/{}", world.agency.desks[1].header.number);
    let good = world.agency.desks[1].body.clone();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for bad in [flipped, good[PLACE_LEN..].to_vec(), Vec::new()] {
        world.server.replace(&path, bad);
        assert_eq!(inbox(&world).refused(3, "err-edition-body").posts(), 0);
    }
    world.server.replace(&path, [&good[..], b"x"].concat());
    inbox(&world).refused(4, "err-oversized");
    // Replaced between two requests: the visit begins anew, and gives up after four times.
    world.server.remove("editions/daerah");
    let run = inbox(&world).refused(4, "err-edition-replaced");
    assert_eq!(run.requests.iter().filter(|request| request.path == "/kpk/card").count(), 4);
}

#[test]
fn a_letter_with_a_wrong_binding_is_not_shown() {
    type Bend = fn(&mut bisik_sealing::letter::Letter);
    let bends: [Bend; 4] = [
        |letter| letter.agency = bisik_formats::ids::AgencyId::from_first_root(&key(77).verify_key()),
        |letter| letter.desk = "daerah".parse().unwrap(),
        |letter| letter.edition = "202001010".parse().unwrap(),
        |letter| letter.thread = key(78).verify_key(),
    ];
    for bend in bends {
        let mut world = World::new();
        let receipt = world.receipt();
        world.agency.answer("pusat", &receipt, bend);
        world.serve();
        let run = inbox(&world).refused(3, "err-letter");
        assert!(!run.out.contains("Mohon tambahkan"), "{}", run.out);
        assert_eq!(run.posts(), 1, "the decoy goes out all the same");
        // Nor does a follow-up go where such a letter says.
        let reply = format!("{}\nPesan\n", *receipt.expose_text());
        world.run(&["reply"], &reply).refused(1, "err-desks-open");
    }
}

#[test]
fn an_inbox_without_letter_says_one_thing() {
    let world = World::new();
    let run = inbox(&world).success();
    assert!(run.out.contains("no letter for this code"), "{}", run.out);
}

#[test]
fn the_servers_refusals_get_our_own_words() {
    let cases = [
        (413, "report-too-large", 1, "err-problem-too-large"),
        (422, "report-shape", 1, "err-problem-shape"),
        (422, "report-length", 1, "err-problem-shape"),
        (422, "report-desks", 75, "err-problem-desks"),
        (429, "busy", 75, "err-problem-busy"),
        (507, "full", 75, "err-problem-full"),
        (500, "internal", 75, "err-problem-internal"),
        (404, "not-found", 4, "err-problem-not-found"),
        (418, "teapot", 4, "err-answer"),
    ];
    for (status, code, exit, id) in cases {
        let world = World::new();
        world.server.answer(&[Answer::Problem(status, code)]);
        let run = send(&world).refused(exit, id);
        assert!(
            !run.out.contains("Your receipt") && run.out.is_empty(),
            "no receipt before the report is stored"
        );
        assert_eq!(run.posts(), 1);
        // A reader is told what was found, whether or not the decoy arrived.
        world.server.answer(&[Answer::Problem(status, code)]);
        inbox(&world).success();
    }
}

#[test]
fn odd_answers_do_no_harm() {
    let world = World::new();
    let cases: [(&'static [u8], &str); 3] = [
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", "err-answer"),
        (b"HTTP/1.1 500 X\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n\x1b[2J", "err-answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "err-answer"),
    ];
    for (answer, id) in cases {
        world.server.answer(&[Answer::Raw(answer)]);
        assert_eq!(send(&world).refused(4, id).posts(), 1);
    }
    // Cut in the middle of a document: the visit begins anew.
    world.server.cut("headers", 10);
    let run = send(&world).success();
    assert_eq!(run.requests.iter().filter(|request| request.path == "/kpk/card").count(), 2);
    for challenge in [&b"{\"challenge\":\"00112233445566778899aabbccddeeff\",\"bits\":64}"[..], b"{}", b""] {
        world.server.replace("challenge", challenge.to_vec());
        assert_eq!(send(&world).refused(4, "err-challenge").posts(), 0);
    }
}

#[test]
fn a_receipt_is_shown_only_after_the_report_is_stored() {
    let world = World::new();
    world.server.answer(&[Answer::HangUp, Answer::HangUp, Answer::HangUp, Answer::HangUp]);
    let run = send(&world).refused(4, "err-connection");
    assert_eq!((run.posts(), run.out.as_str()), (4, ""));
    let stored = send(&world).success();
    assert!(Receipt::parse(stored.out.lines().next().unwrap(), &world.agency.id()).is_ok());
}

#[test]
fn answers_that_do_not_fit_are_named() {
    let world = World::new();
    let cases = [
        (
            r#"{"answers": [{"field": "nama_pelapor", "value": {"text": "x"}}], "leave_out": []}"#,
            "err-answer-question",
        ),
        (
            r#"{"answers": [{"field": "kategori", "value": {"text": "x"}}], "leave_out": []}"#,
            "err-answer-kind",
        ),
        (
            r#"{"answers": [{"field": "kategori", "value": {"choice": ["x"]}}], "leave_out": []}"#,
            "err-answer-option",
        ),
        (
            r#"{"answers": [{"field": "apa", "value": {"text": "pendek"}}], "leave_out": []}"#,
            "err-answer-length",
        ),
        (r#"{"answers": [], "leave_out": []}"#, "err-answer-missing"),
        (r#"{"answers": []}"#, "err-desks-open"),
        (r#"{"answers": [], "leave_out": ["pusat", "daerah"]}"#, "err-answer-missing"),
    ];
    for (file, id) in cases {
        std::fs::write(world.path("salah.json"), file).unwrap();
        world.run(&["send", "--answers", "@salah.json"], "").refused(1, id);
    }
    std::fs::write(world.path("salah.json"), "{\"nama\": 1}").unwrap();
    assert!(
        world
            .run(&["send", "--answers", "@salah.json"], "")
            .refused(1, "err-answers-file")
            .requests
            .is_empty()
    );
    world
        .run(&["send", "--answers", "@jawaban.json", "--leave-out", "pusat,daerah"], "")
        .refused(1, "err-desks-none");
}
