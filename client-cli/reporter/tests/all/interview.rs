//! The form on a terminal.

use bisik_formats::answers::Value;

use crate::evidence::open;
use crate::server::Answer;
use crate::world::World;

/// The self-check of the form of KPK; the last answer says that somebody is close to a desk.
const SELF_CHECK: &str = "1\n2\n\n3\n1\n";

/// What a person types for a whole report: some answers skipped, one unknown, one too short and then added to, one
/// with a hint of who writes and then written anew.
fn typed() -> String {
    let sections = [
        // The desk to leave out.
        "2\n",
        // Category, what (short, then longer), how (with own position, then anew), why.
        "1,3\n",
        "Uang diminta.\n.\nPemohon diminta menyetor uang tunai sebelum berkas diproses.\n.\n",
        "Saya selaku bendahara tahu.\n.\ny\nLewat loket tiga.\n.\n",
        ".\n",
        // Who: an empty entry is asked again; then position only, no other person.
        "\n\n\n\n\nKepala bidang\n\n\nn\n",
        // Influence, witnesses.
        "3\nn\n",
        // When, where.
        "5\nLoket tiga\n",
        // Value, source, reported before.
        "4\n1,2\n\n",
        // Evidence: a file that is not there, then none; where it can be found; what must stay secret.
        "/tidak/ada\n\n?\n.\n.\n",
    ];
    sections.concat()
}

fn send(world: &World, after: &str) -> crate::world::Run {
    world.type_in(&["send"], &format!("{SELF_CHECK}{}{after}", typed()))
}

#[test]
fn a_report_is_asked_for_question_by_question() {
    let world = World::new();
    // Lock and send; note the receipt in another way.
    let run = send(&world, "1\n\n").success();
    assert_eq!(run.posts(), 2, "the form comes with a visit of its own");
    let opened = open(&world, "pusat", &run.requests.last().unwrap().body).unwrap();
    assert!(open(&world, "daerah", &run.requests.last().unwrap().body).is_none());
    let answers = &opened.content.answers;
    let find = |field: &str| answers.iter().find(|answer| answer.field == field).map(|answer| &answer.value);
    assert_eq!(find("kategori"), Some(&Value::Choice(vec!["suap".to_owned(), "pemerasan".to_owned()])));
    let Some(Value::Text(what)) = find("apa") else { panic!("no text") };
    assert!(what.starts_with("Uang diminta.\nPemohon"), "{what}");
    assert_eq!(find("bagaimana"), Some(&Value::Text("Lewat loket tiga.".to_owned())));
    assert_eq!(find("mengapa"), None);
    assert_eq!(find("kapan"), Some(&Value::Unknown));
    assert_eq!(find("bukti_ket"), Some(&Value::Unknown));
    let group: Vec<_> = answers.iter().filter(|answer| answer.field == "siapa").collect();
    assert_eq!((group.len(), group[0].entry, group[0].part.as_deref()), (1, Some(1), Some("jabatan")));
    // Advice, hint, summary and gaps were shown; the self-check went nowhere.
    for words in [
        "Leave that desk out",
        "a sentence about yourself",
        "Check your answers",
        "Able to read: Meja pusat.",
    ] {
        assert!(run.err.contains(words), "{words}\n{}", run.err);
    }
    assert!(!run.err.contains("Meja daerah."), "{}", run.err);
    assert!(answers.iter().all(|answer| answer.field != "konflik" && answer.field != "pejabat"));
    assert!(run.out.contains(&opened.message().to_string()));
}

#[test]
fn a_file_that_cannot_be_cleaned_is_asked_about() {
    let world = World::new();
    std::fs::write(world.path("foto.heic"), crate::evidence::sample("photo.heic")).unwrap();
    std::fs::write(world.path("foto.jpg"), crate::evidence::sample("jpeg-phone.jpg")).unwrap();
    let path = |name: &str| world.path(name).to_string_lossy().into_owned();
    // Left out; then sent as it is, with kind, holders, note and name; then one that is cleaned.
    let files = format!("{0}\n1\n{0}\n2\n1\n3\n\nn\n{1}\n1\n3\n\nn\n", path("foto.heic"), path("foto.jpg"));
    let typed = typed().replace("/tidak/ada\n", &files);
    let run = world.type_in(&["send"], &format!("{SELF_CHECK}{typed}1\n\n")).success();
    assert!(run.err.contains("What is to become of"), "{}", run.err);
    assert!(run.err.contains("foto.jpg was cleaned on this device"), "{}", run.err);
    let opened = open(&world, "pusat", &run.requests.last().unwrap().body).unwrap();
    let told: Vec<_> =
        opened.content.evidence.iter().map(|note| (note.entry.extension.to_string(), note.cleaned)).collect();
    assert_eq!(told, [("heic".to_owned(), false), ("jpg".to_owned(), true)]);
}

#[test]
fn answers_can_be_changed_before_sending() {
    let world = World::new();
    // Change the answer to the ninth question (where), then the desks, then give up by mistake, then send.
    let run = send(&world, "2\n9\nAula\n3\n1\n4\nn\n1\n\n").success();
    let opened = open(&world, "daerah", &run.requests.last().unwrap().body).unwrap();
    let place = opened.content.answers.iter().find(|answer| answer.field == "di_mana").unwrap();
    assert_eq!(place.value, Value::Text("Aula".to_owned()));
    assert_eq!(opened.content.to.len(), 1);
}

#[test]
fn nothing_is_typed_twice_when_the_server_is_full() {
    let world = World::new();
    // The form's own visit, then a full server twice; the person says "again" once, then keeps the sealed file.
    world.server.answer(&[Answer::Stored, Answer::Problem(507, "full"), Answer::Problem(429, "busy")]);
    let kept = world.path("nanti.age").to_string_lossy().into_owned();
    let run = send(&world, &format!("1\ny\nt\n{kept}\n")).refused(75, "err-problem-busy");
    assert_eq!(run.posts(), 3);
    let sealed = std::fs::read(&kept).unwrap();
    assert!(open(&world, "pusat", &sealed).is_some());
    assert!(run.out.contains('-'), "the receipt of the kept report is shown");
}

#[test]
fn an_answer_that_cannot_be_taken_loses_no_other() {
    let world = World::new();
    // One byte more than a line may have; what follows is the same question again.
    let line = "x".repeat(64 * 1024 + 1);
    let typed = typed().replace("Lewat loket tiga.", &format!("{line}\nLewat loket tiga."));
    let run = world.type_in(&["send"], &format!("{SELF_CHECK}{typed}1\n\n")).success();
    let opened = open(&world, "pusat", &run.requests.last().unwrap().body).unwrap();
    let how = opened.content.answers.iter().find(|answer| answer.field == "bagaimana").unwrap();
    assert_eq!(how.value, Value::Text("Lewat loket tiga.".to_owned()));
    assert!(opened.content.answers.iter().any(|answer| answer.field == "apa"));
}

#[test]
fn a_report_can_be_given_up() {
    let world = World::new();
    let run = send(&world, "4\ny\n").refused(1, "err-given-up");
    assert_eq!(run.posts(), 1);
}

#[test]
fn without_a_terminal_answers_come_from_a_file() {
    let world = World::new();
    assert!(world.run(&["send"], "").refused(2, "err-no-answers").requests.is_empty());
}

#[test]
fn a_kept_card_saves_the_visit_for_the_form() {
    let world = World::new();
    world.run(&["card", "verify", "--save-card", "@kartu"], "").success();
    let run =
        world.type_in(&["send", "--card", "@kartu"], &format!("{SELF_CHECK}{}1\n\n", typed())).success();
    assert_eq!(run.posts(), 1);
}

#[test]
fn closing_is_confirmed_twice() {
    let mut world = World::new();
    let receipt = world.receipt();
    world.agency.answer("pusat", &receipt, |_| ());
    world.serve();
    let text = receipt.expose_text();
    for typed in [format!("{}\nn\n", *text), format!("{}\ny\nya\n", *text)] {
        assert!(world.type_in(&["close"], &typed).success().requests.is_empty());
    }
    let run = world.type_in(&["close"], &format!("{}\ny\nclose\n", *text)).success();
    let opened = open(&world, "pusat", &run.requests.last().unwrap().body).unwrap();
    assert_eq!(opened.content.kind, bisik_sealing::report::Kind::Close);
}
