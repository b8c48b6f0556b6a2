//! A disk without room, and one without inodes: the right refusals, reading goes on, and room that returns is used.

use std::fs::{self, File};
use std::io::Write;

use super::agency::{PATH, sealed, text};
use super::disk::Disk;
use super::faults::works_again;
use super::http;
use super::judge::{list, post};
use super::load::{Statuses, under_load};
use super::power::SMALL;
use super::server::Server;
use super::stage::Stage;
use super::{Torture, below, pause, scene_folder};
use crate::shell::{Outcome, failure};

/// Fills disks and empties them again.
pub(super) fn play(torture: &Torture) -> Outcome {
    for _ in 0..torture.rounds(1, 4) {
        room(torture)?;
        inodes(torture)?;
    }
    Ok(())
}

fn room(torture: &Torture) -> Outcome {
    let mut disk = Disk::make(&scene_folder("full-room.disk")?, &["mkfs.ext4"], 64)?;
    let mut stage = Stage::set(torture, "full-room", Some(disk.path()), SMALL)?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    let filler = disk.path().join("filler");
    for killed in [false, true] {
        stage.count();
        let statuses = under_load(&mut stage, server.at, |rng, _| {
            pause(below(300, rng));
            let mut file = File::create(&filler)?;
            while file.write_all(&[7; 1 << 16]).is_ok() {}
            while file.write_all(&[7; 512]).is_ok() {}
            pause(700);
            Ok(())
        })?;
        only_right_refusals(&statuses)?;
        refuses(&mut stage, &server, 507)?;
        reads(&stage, &server)?;
        if killed {
            // It must also start on a full disk, with everything that it had.
            server.kill()?;
            stage.look()?;
            server = stage.up()?;
            reads(&stage, &server)?;
        }
        fs::remove_file(&filler)?;
        works_again(&mut stage, &server)?;
        stage.judge(&server)?;
    }
    server.kill()?;
    disk.again()?;
    stage.look()?;
    stage.end()
}

fn inodes(torture: &Torture) -> Outcome {
    let mut disk = Disk::make(&scene_folder("full-inodes.disk")?, &["mkfs.ext4", "-N", "1600"], 96)?;
    let mut stage = Stage::set(torture, "full-inodes", Some(disk.path()), SMALL)?;
    let mut server = stage.up()?;
    stage.open_box(&server)?;
    stage.count();
    let folder = disk.path().join("fillers");
    fs::create_dir(&folder)?;
    let statuses = under_load(&mut stage, server.at, |rng, _| {
        pause(below(300, rng));
        let mut number = 0;
        while File::create(folder.join(u32::to_string(&number))).is_ok() {
            number = number.saturating_add(1);
        }
        pause(500);
        Ok(())
    })?;
    only_right_refusals(&statuses)?;
    refuses(&mut stage, &server, 201)?;
    reads(&stage, &server)?;
    fs::remove_dir_all(&folder)?;
    works_again(&mut stage, &server)?;
    stage.judge(&server)?;
    server.kill()?;
    disk.again()?;
    stage.look()?;
    stage.end()
}

/// Evidence finds no room; text is answered with this status.
fn refuses(stage: &mut Stage<'_>, server: &Server, for_text: u16) -> Outcome {
    for (what, report, wanted) in
        [("evidence", sealed(48 << 10, &mut stage.rng)?, 507), ("text", text(&mut stage.rng)?, for_text)]
    {
        let id = bisik_formats::ids::ReportId::of(&report);
        stage.ledger.book().send(id, report.clone());
        let status = post(server, &report)?;
        if status == 201 {
            stage.ledger.book().hold(&id.to_string());
        }
        if status != wanted {
            return Err(failure(format!("{what} on a full disk is answered with {status}, not {wanted}")));
        }
    }
    Ok(())
}

/// Card, list and health are there although nothing can be written.
fn reads(stage: &Stage<'_>, server: &Server) -> Outcome {
    let card = http::ask(server.at.public, "GET", &format!("/{PATH}/card"), "", &[])?.status;
    let listed = list(server, &stage.agency.authorization())?;
    let held = listed.iter().filter(|id| stage.ledger.book().is_held(id)).count();
    let health = http::ask(server.at.courier, "GET", "/healthz", "", &[])?.status;
    if card == 200 && held > 0 && health == 503 {
        return Ok(());
    }
    Err(failure(format!("on a full disk: card {card}, {held} reports listed, health {health}")))
}

/// Refusals name what is missing; nothing is called an error of the server.
fn only_right_refusals(statuses: &Statuses) -> Outcome {
    let wrong = |((_, status), _): &(&(&'static str, u16), &u64)| {
        !matches!(status, 200 | 201 | 204 | 404 | 409 | 422 | 423 | 429 | 503 | 507)
    };
    let wrong: Vec<String> = statuses
        .iter()
        .filter(wrong)
        .map(|((what, status), count)| format!("{what} {status}: {count}"))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(failure(format!("on a full disk: {}", wrong.join(", ")))) }
}
