//! `kill -9` at any moment, also of a server that is starting; and SIGTERM in the middle of everything.

use super::agency::STOP_SECONDS;
use super::load::under_load;
use super::server::Server;
use super::stage::Stage;
use super::{Torture, below, pause};
use crate::shell::{Outcome, failure};

/// The longest time until the blow, in milliseconds.
const LONGEST: u64 = 350;

/// Kills the server again and again.
pub(super) fn play(torture: &Torture) -> Outcome {
    let mut stage = Stage::set(torture, "kill", None, "")?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    for _ in 0..torture.rounds(50, 500) {
        stage.count();
        under_load(&mut stage, server.at, |rng, _| {
            pause(below(LONGEST, rng));
            server.kill()
        })?;
        stage.look()?;
        if below(5, &mut stage.rng) == 0 {
            let after = below(120, &mut stage.rng);
            Server::start_and_kill(&stage.folder, &stage.config(), after)?;
            stage.look()?;
        }
        server = stage.recover()?;
    }
    server.kill()?;
    stage.end()
}

/// Asks the server to stop again and again.
pub(super) fn stop(torture: &Torture) -> Outcome {
    let mut stage = Stage::set(torture, "stop", None, "")?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    for _ in 0..torture.rounds(4, 40) {
        stage.count();
        under_load(&mut stage, server.at, |rng, _| {
            pause(below(LONGEST, rng));
            match server.stop((STOP_SECONDS + 2) * 1000)? {
                Some(status) if status.success() => Ok(()),
                Some(status) => Err(failure(format!("the server did not stop in order: {status}"))),
                None => Err(failure("the server does not stop")),
            }
        })?;
        stage.look()?;
        server = stage.recover()?;
    }
    server.kill()?;
    stage.end()
}
