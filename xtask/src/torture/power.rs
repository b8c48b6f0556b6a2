//! Power cuts: under load, and while nobody does anything, right after an acknowledgement.

use bisik_formats::ids::ReportId;

use super::agency::{sealed, text};
use super::disk::Disk;
use super::faults::Tracer;
use super::judge::post;
use super::load::under_load;
use super::server::Server;
use super::stage::Stage;
use super::{Torture, below, pause, scene_folder};
use crate::shell::{Outcome, failure};

/// Settings for a small disk.
pub(super) const SMALL: &str = "[disk]\nreserve_mib = 8\nreserve_inodes = 10\nfloor_mib = 4";

/// The calls by which data become durable.
pub(super) const SYNCS: &str = "fsync,fdatasync";

/// Cuts the power of ext4 and XFS.
pub(super) fn play(torture: &Torture) -> Outcome {
    cuts(torture, "power-ext4", &["mkfs.ext4"], torture.rounds(8, 40))?;
    cuts(torture, "power-xfs", &["mkfs.xfs"], torture.rounds(6, 30))
}

fn cuts(torture: &Torture, name: &'static str, make: &[&str], rounds: u64) -> Outcome {
    let mut disk = Disk::make(&scene_folder(&format!("{name}.disk"))?, make, 400)?;
    let mut stage = Stage::set(torture, name, Some(disk.path()), SMALL)?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    for round in 0..rounds {
        stage.count();
        if round % 2 == 0 {
            under_load(&mut stage, server.at, |rng, ledger| {
                pause(50 + below(500, rng));
                // An answer may be on its way while the power goes: it counts for nobody.
                ledger.book().freeze();
                disk.cut()?;
                server.kill()
            })?;
        } else {
            // Whatever is answered last is as durable as everything before.
            if round % 4 == 1 {
                under_load(&mut stage, server.at, |rng, _| {
                    pause(50 + below(300, rng));
                    Ok(())
                })?;
            } else {
                send_one(&mut stage, &server, round % 8 == 3)?;
            }
            disk.cut()?;
            server.kill()?;
        }
        disk.again()?;
        stage.ledger.book().thaw();
        stage.look()?;
        server = stage.recover()?;
    }
    server.kill()?;
    stage.end()
}

/// Kills a server while it makes a report durable, has the sender try again, and cuts the power after the answer.
///
/// What the first attempt left may be in memory only, and look as if it were on the disk.
pub(super) fn retry(torture: &Torture) -> Outcome {
    let mut disk = Disk::make(&scene_folder("retry.disk")?, &["mkfs.ext4"], 200)?;
    let mut stage = Stage::set(torture, "retry", Some(disk.path()), SMALL)?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    for round in 0..torture.rounds(3, 20) {
        stage.count();
        let report = if round % 3 == 2 { sealed(48 << 10, &mut stage.rng)? } else { text(&mut stage.rng)? };
        let id = ReportId::of(&report);
        stage.ledger.book().send(id, report.clone());
        let tracer = Tracer::attach(server.id()?, SYNCS, "signal=KILL:error=EIO:when=1")?;
        if let Ok(status) = post(&server, &report) {
            return Err(failure(format!("the server answered {status} before anything was durable")));
        }
        server.kill()?;
        tracer.ended()?;
        server = stage.up()?;
        if post(&server, &report)? == 201 {
            stage.ledger.book().hold(&id.to_string());
        }
        disk.cut()?;
        server.kill()?;
        disk.again()?;
        stage.look()?;
        server = stage.recover()?;
    }
    server.kill()?;
    stage.end()
}

/// Sends one report and waits for its answer.
pub(super) fn send_one(stage: &mut Stage<'_>, server: &Server, is_text: bool) -> Outcome {
    let report = if is_text { text(&mut stage.rng)? } else { sealed(48 << 10, &mut stage.rng)? };
    let id = ReportId::of(&report);
    stage.ledger.book().send(id, report.clone());
    match post(server, &report)? {
        201 => stage.ledger.book().hold(&id.to_string()),
        status => return Err(failure(format!("a report was refused: {status}"))),
    }
    Ok(())
}
