//! A deterministic simulation: one box, fifty reporters, two desks and a courier over weeks of bad weather.
//!
//! The programs are the real ones: the server's routers and store, the reporter's visit, the courier's pull and push,
//! the desk's vault, import and publication. What is simulated is what lies between them: days, clocks, connections
//! that break before or after a request was done, requests that come twice or weeks late, crashes, and sticks that
//! are lost, half copied or damaged. A small model, which knows nothing of files and keys, says what must hold.
//!
//! Everything follows from a seed. `BISIK_SEED=n` makes only that history; a failure prints its seed and steps.

mod courier;
mod desk;
mod figures;
mod reporter;
mod truth;
mod weather;
mod world;

use std::env;

use figures::{Figures, digest};
use world::{Size, World};

use crate::sized;

/// Makes the history of a seed; returns its steps.
fn history(seed: u64, size: Size) -> Vec<String> {
    let mut world = World::new(seed, size);
    for _ in 0..size.days {
        world.day();
    }
    world.heal();
    world.finish()
}

/// The seed that was asked for.
fn wanted() -> Option<u64> {
    env::var("BISIK_SEED").ok().map(|seed| seed.parse().expect("BISIK_SEED is a number"))
}

#[test]
fn the_box_keeps_its_word_in_any_weather() {
    let size =
        sized(Size { reporters: 8, days: 18, letters: 8 }, Size { reporters: 12, days: 24, letters: 16 });
    let seeds: Vec<u64> = wanted().map_or_else(|| (1..=sized(4, 100)).collect(), |seed| vec![seed]);
    let mut figures = Figures::default();
    for seed in seeds {
        let steps = history(seed, size);
        figures.add(&steps);
    }
    eprintln!("simulation: {figures}");
    if wanted().is_none() {
        figures.assert_everything_happened();
    }
}

#[test]
fn fifty_reporters_and_two_desks_for_weeks() {
    let size = Size { reporters: 50, days: sized(4, 30), letters: 64 };
    let mut figures = Figures::default();
    for seed in wanted().map_or_else(|| (1001..=sized(1001, 1004)).collect(), |seed| vec![seed]) {
        figures.add(&history(seed, size));
    }
    eprintln!("simulation of fifty reporters: {figures}");
}

#[test]
fn a_seed_replays() {
    let size = Size { reporters: 4, days: 9, letters: 4 };
    let seed = wanted().unwrap_or(7);
    let (first, second) = (history(seed, size), history(seed, size));
    let differs = first.iter().zip(&second).position(|(one, other)| one != other);
    assert_eq!(differs.map(|at| (&first[at], &second[at])), None, "step {differs:?}");
    assert_eq!(digest(&first), digest(&second));
    assert_ne!(digest(&first), digest(&history(seed + 1, size)));
}
