//! `cargo xtask screens`: a picture of every screen of the reporter's page, to be looked at.

use std::fs;
use std::path::PathBuf;

use bisik_tests::browser::play_with;
use bisik_tests::world::World;

use crate::shell::{Outcome, cargo, root, run, target};
use crate::web;

/// Where the pictures go.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder for the pictures.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// The desks of the invented agency.
const DESKS: [&str; 2] = ["inspektorat", "dinas"];

/// Plays the story of all screens in Chromium, in both languages, sizes and schemes of colours.
pub(crate) fn chore(args: &Args) -> Outcome {
    run(&mut cargo(["build", "--workspace", "--bins", "--locked"]))?;
    web::packages(&web::folder())?;
    let out = args.out.as_ref().map_or_else(|| target().join("screens"), |out| root().join(out));
    fs::create_dir_all(&out)?;
    let folder = out.display().to_string();
    play_with(&mut World::open(&DESKS), "gallery.mjs", &["--out", &folder]);
    println!("{folder}");
    Ok(())
}
