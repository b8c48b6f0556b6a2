//! The forms of deploy/forms in the page: asked, answered, read at the desk. The stories of the page use that of KPK.

#![allow(clippy::unwrap_used, reason = "a story fails by panicking")]

use bisik_tests::browser::play;
use bisik_tests::run::workspace;
use bisik_tests::world::{PASSPHRASE, World};

const DESK: &str = "inspektorat";

/// Opens a box that asks this form.
fn world(form: &str) -> World {
    let world = World::open(&[DESK]);
    let path = workspace().join("deploy/forms").join(form);
    let sign = ["root", "sign-card", "root", "--card", "card.toml", "--form", path.to_str().unwrap()];
    let with = ["--request", "inspektorat.request", "--key", "1", "--out", "other.bundle"];
    let how = ["--fingerprints-checked", "--passphrase-stdin", "--json"];
    let all = [&sign[..], &with, &how].concat();
    world.home.run("bisik-desk", &all, &format!("{PASSPHRASE} satu\n")).success();
    world.desk(DESK, &["card", "other.bundle"], "").success();
    world.desk(DESK, &["publish", "stick", "--with-card"], "").success();
    world.push().success();
    world
}

#[test]
fn the_form_of_banten_is_asked_and_read() {
    play(&mut world("banten.toml"), "forms.mjs", "chromium");
}

#[test]
fn the_form_of_biro_umum_ntt_is_asked_and_read() {
    play(&mut world("ntt-biro-umum.toml"), "forms.mjs", "chromium");
}

#[test]
fn the_form_of_diskominfo_ntt_is_asked_and_read() {
    play(&mut world("ntt-diskominfo.toml"), "forms.mjs", "chromium");
}

#[test]
fn the_form_of_tangsel_is_asked_and_read() {
    play(&mut world("tangsel.toml"), "forms.mjs", "chromium");
}

#[test]
fn the_form_of_tarakan_is_asked_and_read() {
    play(&mut world("tarakan.toml"), "forms.mjs", "chromium");
}
