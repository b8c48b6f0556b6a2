//! Stories of the reporter's page in real browsers, with the real server, courier and desks.

use bisik_tests::browser::play;
use bisik_tests::world::World;

const DESKS: [&str; 2] = ["inspektorat", "dinas"];

#[test]
fn the_whole_story_passes_in_chromium() {
    play(&mut World::open(&DESKS), "story.mjs", "chromium");
}

#[test]
fn the_whole_story_passes_in_firefox_set_like_tor_browser() {
    play(&mut World::open(&DESKS), "story.mjs", "firefox");
}

#[test]
fn every_visit_looks_the_same_on_the_line_and_like_the_program() {
    play(&mut World::open(&DESKS), "visits.mjs", "chromium");
}

#[test]
fn every_visit_looks_the_same_on_the_line_in_firefox_too() {
    play(&mut World::open(&DESKS), "visits.mjs", "firefox");
}

#[test]
fn evidence_goes_on_where_a_bad_line_or_server_stopped_it() {
    play(&mut World::open(&DESKS), "lost.mjs", "chromium");
}

#[test]
fn bad_cards_editions_clocks_servers_and_browsers_have_their_screens() {
    play(&mut World::open(&DESKS), "opening.mjs", "chromium");
}

#[test]
fn what_fails_while_sending_has_its_screen_and_keeps_what_is_typed() {
    play(&mut World::open(&DESKS), "sending.mjs", "chromium");
}

#[test]
fn wrong_receipts_hostile_letters_and_idling_have_their_screens() {
    play(&mut World::open(&DESKS), "returning.mjs", "chromium");
}

#[test]
fn the_whole_way_can_be_gone_with_the_keyboard() {
    play(&mut World::open(&DESKS), "keyboard.mjs", "chromium");
}

#[test]
fn every_screen_is_for_everybody() {
    play(&mut World::open(&DESKS), "access.mjs", "chromium");
}

#[test]
fn the_saved_page_locks_a_report_and_opens_an_edition() {
    play(&mut World::open(&DESKS), "saved.mjs", "chromium");
}

#[test]
fn a_lasting_profile_keeps_the_address_and_nothing_that_was_written() {
    play(&mut World::open(&DESKS), "residue.mjs", "chromium");
}
