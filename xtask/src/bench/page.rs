//! The reporter's page in Chromium, slowed down like a cheap phone on a poor line.

use std::fs;

use bisik_tests::world::World;
use serde::Deserialize;

use super::measure::median;
use super::{Amount, Line};
use crate::shell::{Outcome, command, failure, output};
use crate::web;

/// Figures of the page.
pub(super) const NAMES: [&str; 3] = ["page_first_screen", "page_seal_10mb", "page_send_10mb"];

/// The longest time until the first screen, in milliseconds: 1 Mbit/s, processor four times slower.
const FIRST_SCREEN_LIMIT: f64 = 2500.0;
/// The longest time to seal a report with 10 MB of evidence, in seconds: processor four times slower.
const SEAL_LIMIT: f64 = 4.0;

/// A card that allows evidence of that size.
const CARD: &str = "\
names = { id = \"Inspektorat Kabupaten Rekaan\", en = \"Inspectorate of Rekaan Regency\" }
letters = 64
limits = { report_bytes = 100000000, file_bytes = 25000000 }
";

/// The desks of the invented agency.
const DESKS: [&str; 2] = ["inspektorat", "dinas"];

/// What the script in the browser measured.
#[derive(Deserialize)]
struct Figures {
    first_screen: f64,
    seal: f64,
    send: f64,
}

/// From the first byte to the first screen, from "lock" to the locked file, and from "send" to the receipt.
pub(super) fn measure(amount: Amount) -> Outcome<Vec<Line>> {
    web::packages(&web::folder())?;
    let world = world()?;
    let [mut screens, mut seals, mut sends] = [const { Vec::new() }; 3];
    for _ in 0..amount.rounds() {
        let figures = figures(&world)?;
        screens.push(figures.first_screen);
        seals.push(figures.seal);
        sends.push(figures.send);
    }
    let seal = median(seals);
    Ok(vec![
        Line::new("page_first_screen", median(screens), "ms", "limit", FIRST_SCREEN_LIMIT),
        Line::new("page_seal_10mb", seal, "s", "limit", SEAL_LIMIT),
        Line::new("page_send_10mb", median(sends), "s", "sealing alone", seal),
    ])
}

/// An agency whose card allows large evidence.
fn world() -> Outcome<World> {
    let world = World::open(&DESKS);
    fs::write(world.home.path("card.toml"), CARD)?;
    world.sign_card("larger.bundle", &world.desks);
    for desk in DESKS {
        world.desk(desk, &["card", "larger.bundle"], "").success();
        world.desk(desk, &["publish", "stick", "--with-card"], "").success();
    }
    world.push().success();
    Ok(world)
}

fn figures(world: &World) -> Outcome<Figures> {
    let home = world.home.path("").display().to_string();
    let args = ["e2e/bench.mjs", "--url", world.server.public(), "--home", &home];
    let mut script = command("node", args);
    script.args(["--fingerprint", &world.fingerprint]).current_dir(web::folder());
    let said = output(&mut script)?;
    serde_json::from_str(&said).map_err(|error| failure(format!("bench.mjs: {error}")))
}
