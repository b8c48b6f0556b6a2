//! A clock that jumps, forward and backward: nothing goes but what has come to its rightful end.

use std::fs;
use std::path::{Path, PathBuf};

use super::load::under_load;
use super::stage::Stage;
use super::{Torture, below, pause};
use crate::shell::{Outcome, failure};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Jumps of the wall clock alone, in seconds from the right time.
const WALL: [i64; 9] = [0, 120, -600, 2 * DAY, -3 * DAY, 60 * DAY, -60 * DAY, 5 * DAY, 0];

/// Jumps of all clocks of the machine, as after a long sleep: what is due is done at once.
const ALL: [i64; 4] = [3_600, 6 * DAY, 9 * DAY, 60 * DAY];

/// Days after which reports are deleted, by default.
const RETENTION: i64 = 90;

/// Days after which unfinished uploads are dropped, by default.
const UPLOADS: i64 = 7;

/// Has the clock jump under load.
pub(super) fn play(torture: &Torture) -> Outcome {
    let Some(library) = library() else {
        return Err(failure("libfaketime is missing: apt-get install faketime"));
    };
    for _ in 0..torture.rounds(1, 4) {
        wall(torture, &library)?;
        all(torture, &library)?;
    }
    Ok(())
}

fn wall(torture: &Torture, library: &Path) -> Outcome {
    let mut stage = Stage::set(torture, "clock-wall", None, "")?;
    let clock = wind(&mut stage, library, "FAKETIME_DONT_FAKE_MONOTONIC=1")?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    let mut before = 0;
    for jump in WALL {
        stage.count();
        // An upload that was begun before a jump of weeks is over after it.
        let over = jump - before >= UPLOADS * DAY;
        before = jump;
        under_load(&mut stage, server.at, |rng, ledger| {
            pause(100 + below(200, rng));
            if over {
                ledger.book().uploads_end();
            }
            set(&clock, jump)?;
            pause(200 + below(200, rng));
            Ok(())
        })?;
        if over {
            stage.ledger.book().uploads_end();
        }
        stage.judge(&server)?;
        if below(2, &mut stage.rng) == 0 {
            server.kill()?;
            stage.look()?;
            server = stage.recover()?;
        }
    }
    server.kill()?;
    stage.end()
}

fn all(torture: &Torture, library: &Path) -> Outcome {
    let mut stage = Stage::set(torture, "clock-all", None, "")?;
    let clock = wind(&mut stage, library, "FAKETIME_DONT_FAKE_MONOTONIC=0")?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    under_load(&mut stage, server.at, |_, _| {
        pause(300);
        Ok(())
    })?;
    let held = stage.ledger.book().expected().0;
    for jump in ALL {
        stage.count();
        stage.ledger.book().uploads_end();
        set(&clock, jump)?;
        // The first connection wakes it; the second finds the daily work begun.
        stage.judge(&server)?;
        pause(300);
        stage.judge(&server)?;
    }
    // The end of retention is the one rightful end of what nobody has acknowledged.
    stage.count();
    stage.ledger.book().retention_ends();
    set(&clock, (RETENTION + 70) * DAY)?;
    let patience = super::Patience::new(20_000);
    while !held.is_disjoint(&super::judge::list(&server, &stage.agency.authorization())?) {
        if !patience.lasts() {
            return Err(failure("retention does not end"));
        }
        pause(100);
    }
    stage.judge(&server)?;
    server.kill()?;
    stage.end()
}

/// Puts the server under a clock that follows a file.
fn wind(stage: &mut Stage<'_>, library: &Path, monotonic: &str) -> Outcome<PathBuf> {
    let clock = stage.folder.join("clock");
    set(&clock, 0)?;
    stage.around = vec![
        "env".to_owned(),
        format!("LD_PRELOAD={}", library.display()),
        format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        monotonic.to_owned(),
    ];
    Ok(clock)
}

/// Sets the clock so many seconds away from the right time.
fn set(clock: &Path, seconds: i64) -> Outcome {
    let new = clock.with_extension("new");
    fs::write(&new, format!("{seconds:+}\n"))?;
    Ok(fs::rename(new, clock)?)
}

fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|folder| Some(folder.ok()?.path()));
    folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.exists())
}
