//! Stories of the whole system with the real programs.

use bisik_tests::world::{World, report};

const WORDS: &str =
    "Uang pelicin diminta sebelum berita acara pekerjaan atap gedung serbaguna ditandatangani.";

#[test]
fn a_text_report_is_answered_and_the_answer_is_read_with_the_receipt() {
    let world = World::open(&["inspektorat"]);
    let (receipt, message) = world.send(&report(WORDS), &[]);
    assert_eq!(world.inbox(&receipt, "inspektorat")["found"], "none");

    assert_eq!(world.deliver("inspektorat")["new_cases"], serde_json::json!([1]));
    let shown = world.desk("inspektorat", &["show", "1"], "").success().json();
    assert_eq!(shown["messages"][0]["id"], message);
    assert!(shown["messages"][0]["answers"].to_string().contains(WORDS));

    world.desk("inspektorat", &["status", "1", "perlu_lengkap"], "").success();
    std::fs::write(world.home.path("questions.txt"), "Di mana pembayaran dilakukan?\n").unwrap();
    let reply = ["reply", "1", "--text-file", "-", "--questions-file", "questions.txt"];
    world.desk("inspektorat", &reply, "Terima kasih. Kami membutuhkan satu hal lagi.\n").success();
    world.answer("inspektorat");

    let found = world.inbox(&receipt, "inspektorat");
    let letter = &found["letter"];
    assert_eq!(found["found"], "letter");
    assert_eq!(letter["status"], "perlu_lengkap");
    assert_eq!(letter["received"][0]["id"], message);
    assert_eq!(letter["messages"][0]["text"], "Terima kasih. Kami membutuhkan satu hal lagi.");
    assert_eq!(letter["questions"][0], "Di mana pembayaran dilakukan?");

    let follow_up = format!("{receipt}\nPembayaran dilakukan di kantor dinas.\n");
    let second =
        world.reporter(&["reply"], &follow_up).success().json()["message"].as_str().unwrap().to_owned();
    assert_eq!(world.deliver("inspektorat")["messages"], serde_json::json!([1]));
    let shown = world.desk("inspektorat", &["show", "1"], "").success().json();
    assert_eq!(shown["messages"][1]["message"], "Pembayaran dilakukan di kantor dinas.");
    world.answer("inspektorat");
    assert_eq!(world.inbox(&receipt, "inspektorat")["letter"]["received"][1]["id"], second);

    world.reporter(&["close", "--yes"], &format!("{receipt}\n")).success();
    world.deliver("inspektorat");
    let list = world.desk("inspektorat", &["list", "--all"], "").success().json();
    assert_eq!(list[0]["reporter_closed"], true);
    // Everything was acknowledged with an edition before or after it: nothing waits at the server for ever.
    world.answer("inspektorat");
    assert_eq!(world.courier(&["status"]).success().json()["reports"], 0);
}
