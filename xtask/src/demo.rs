//! `cargo xtask demo`: the whole story on this machine, with a throw-away agency that is made anew each time.

#![expect(clippy::indexing_slicing, reason = "a JSON value answers null for a member that it lacks")]

mod stage;
mod words;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use self::stage::{Language, Server, Stage};
use self::words as say;
use crate::shell::{Outcome, cargo, failure, root, run, target};

/// How the demonstration ends, and what it speaks.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// End when the story is over, with status 0 only if all of it held.
    #[arg(long)]
    exit: bool,
    /// Tell the story in one language only.
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// The desks of the invented agency: the second one is left out of the report.
const CHOSEN: &str = "inspektorat";
const LEFT_OUT: &str = "dinas";

/// Words of the report by which the story looks for it where it must not be.
const MARKER: &str = "amplop cokelat di ruang arsip";

/// Tells the story.
pub(crate) fn chore(args: &Args) -> Outcome {
    let programs = ["bisik-server", "bisik", "bisik-courier", "bisik-desk"];
    run(cargo(["build"]).args(programs.iter().flat_map(|program| ["--package", program])))?;
    let mut stage = Stage::new(args.lang, fresh_folder()?, target().join("debug"))?;
    let mut server = prologue(&mut stage)?;
    let (receipt, message) = report(&mut stage, &server)?;
    carry(&mut stage, &server)?;
    answer(&mut stage, &server)?;
    read(&mut stage, &server, &receipt, &message)?;
    follow_up(&mut stage, &server, &receipt)?;
    let held = stage.verdict();
    if !args.exit && held.is_ok() {
        let public = server.public();
        stage.tell(&say::STILL_SERVING, &[public, public, &stage.fingerprint, &receipt]);
        server.wait()?;
    }
    server.stop()?;
    held
}

/// Makes the empty folder of this run; what a run before left is thrown away.
fn fresh_folder() -> Outcome<PathBuf> {
    let folder = target().join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("media"))?;
    Ok(folder)
}

/// The agency comes into being: root keys, desks, card, server, first editions.
fn prologue(stage: &mut Stage) -> Outcome<Server> {
    stage.tell(&say::ROOT, &[]);
    let passphrases = "demo kunci akar pertama\ndemo kunci akar kedua\n";
    let made = stage.json("bisik-desk", &["root", "init", "akar", "--passphrase-stdin"], passphrases)?;
    stage.fingerprint = text(&made, "fingerprint")?;
    stage.tell(&say::FINGERPRINT, &[&stage.fingerprint.clone()]);
    for (desk, names) in [(CHOSEN, say::CHOSEN_NAMES), (LEFT_OUT, say::LEFT_OUT_NAMES)] {
        let (request, agency) = (format!("{desk}.permintaan"), stage.fingerprint.clone());
        let (id, en) = names;
        let args = [
            "init",
            "--officer",
            "petugas",
            "--agency",
            &agency,
            "--desk",
            desk,
            "--name-id",
            id,
            "--name-en",
            en,
            "--request",
            &request,
        ];
        stage.desk(desk, &args, "")?;
    }
    fs::write(stage.path("kartu.toml"), say::CARD)?;
    let form = root().join("deploy/forms/kpk.toml").to_string_lossy().into_owned();
    let sign = [
        "root",
        "sign-card",
        "akar",
        "--card",
        "kartu.toml",
        "--form",
        &form,
        "--request",
        "inspektorat.permintaan",
        "--request",
        "dinas.permintaan",
        "--key",
        "1",
        "--out",
        "kartu.bundle",
        "--fingerprints-checked",
        "--passphrase-stdin",
    ];
    stage.json("bisik-desk", &sign, "demo kunci akar pertama\n")?;
    stage.tell(&say::CARD_SIGNED, &[]);
    let server = Server::start(stage)?;
    for desk in [CHOSEN, LEFT_OUT] {
        stage.desk(desk, &["card", "kartu.bundle"], "")?;
        stage.desk(desk, &["publish", "media", "--with-card"], "")?;
    }
    stage.courier(&server, &["push", "--from", "media"])?;
    stage.tell(&say::SERVING, &[server.public()]);
    Ok(server)
}

/// The reporter seals and sends, leaving one desk out.
fn report(stage: &mut Stage, server: &Server) -> Outcome<(String, String)> {
    stage.tell(&say::REPORTING, &[]);
    let samples = root().join("docs/samples");
    let report = json!({
        "answers": say::answers(MARKER),
        "leave_out": [LEFT_OUT],
        "evidence": [
            {"file": samples.join("papan-proyek.jpg"), "kind": "foto", "holders": "many", "note": say::PHOTO_NOTE},
            {"file": samples.join("kuitansi.pdf"), "kind": "kontrak", "holders": "few", "note": ""},
        ],
    });
    fs::write(stage.path("laporan.json"), report.to_string())?;
    let sent = stage.reporter(server, &["send", "--answers", "laporan.json", "--no-check"], "")?;
    let (receipt, message) = (text(&sent, "receipt")?, text(&sent, "message")?);
    stage.tell(&say::RECEIPT, &[&receipt, &message]);

    let (files, marked) = stage.search(server.folder(), &[MARKER, &receipt, "Kepala bidang"])?;
    stage.tell(&say::SERVER_HOLDS, &[&files.to_string()]);
    stage.check(marked == 0, &say::CHECK_SERVER_BLIND);
    Ok((receipt, message))
}

/// The courier carries, the desks import: one opens the report, the other notices nothing.
fn carry(stage: &mut Stage, server: &Server) -> Outcome {
    let pulled = stage.courier(server, &["pull", "--to", "media"])?;
    stage.tell(&say::PULLED, &[&pulled["fetched"].to_string()]);
    let (_, marked) = stage.search(&stage.path("media"), &[MARKER])?;
    stage.check(marked == 0, &say::CHECK_STICK_BLIND);

    let chosen = stage.desk(CHOSEN, &["import", "media"], "")?;
    let left_out = stage.desk(LEFT_OUT, &["import", "media"], "")?;
    let cases = |imported: &Value| imported["new_cases"].as_array().map_or(0, Vec::len).to_string();
    stage.tell(&say::IMPORTED, &[&cases(&chosen), &cases(&left_out)]);
    stage.check(chosen["new_cases"] == json!([1]), &say::CHECK_OPENED);
    stage.check(left_out["new_cases"] == json!([]), &say::CHECK_LEFT_OUT);
    let nothing_said = left_out["refused"] == json!({}) && left_out["repeated"] == 0;
    stage.check(nothing_said, &say::CHECK_NOT_NOTICED);

    stage.tell(&say::SHOWN, &[]);
    stage.show_desk(CHOSEN, &["show", "1"])?;
    let verified = stage.desk_words(CHOSEN, &["evidence", "verify", "1"])?;
    stage.check(verified.contains('2'), &say::CHECK_EVIDENCE);
    Ok(())
}

/// The desk asks for completion and publishes; the courier brings the edition.
fn answer(stage: &mut Stage, server: &Server) -> Outcome {
    stage.tell(&say::ANSWERING, &[]);
    stage.desk_words(CHOSEN, &["status", "1", "perlu_lengkap"])?;
    fs::write(stage.path("pertanyaan.txt"), say::QUESTIONS)?;
    let reply = ["reply", "1", "--text-file", "-", "--questions-file", "pertanyaan.txt", "--words-checked"];
    stage.desk_with(CHOSEN, &reply, say::REPLY)?;
    publish(stage, server)
}

fn publish(stage: &mut Stage, server: &Server) -> Outcome {
    for desk in [CHOSEN, LEFT_OUT] {
        let published = stage.desk(desk, &["publish", "media"], "")?;
        stage.tell(
            &say::PUBLISHED,
            &[desk, &published["letters"].to_string(), &published["places"].to_string()],
        );
    }
    let pushed = stage.courier(server, &["push", "--from", "media"])?;
    let taken =
        pushed.as_array().map_or(0, |parts| parts.iter().filter(|part| part["taken"] == true).count());
    stage.tell(&say::PUSHED, &[&taken.to_string()]);
    Ok(())
}

/// The reporter reads the answer with nothing but the receipt.
fn read(stage: &mut Stage, server: &Server, receipt: &str, message: &str) -> Outcome {
    stage.tell(&say::READING, &[]);
    stage.show_reporter(server, &["inbox"], &format!("{receipt}\n"))?;
    let letter = letter(stage, server, receipt)?;
    stage.check(letter["received"][0]["id"] == *message, &say::CHECK_RECEIVED);
    stage.check(letter["questions"].as_array().is_some_and(|asked| asked.len() == 2), &say::CHECK_QUESTIONS);
    Ok(())
}

/// The reporter completes the report, and sees that it arrived.
fn follow_up(stage: &mut Stage, server: &Server, receipt: &str) -> Outcome {
    stage.tell(&say::FOLLOWING_UP, &[]);
    let sent = stage.reporter(server, &["reply"], &format!("{receipt}\n{}\n", say::FOLLOW_UP))?;
    let second = text(&sent, "message")?;
    stage.courier(server, &["pull", "--to", "media"])?;
    let imported = stage.desk(CHOSEN, &["import", "media"], "")?;
    stage.desk(LEFT_OUT, &["import", "media"], "")?;
    stage.check(imported["messages"] == json!([1]), &say::CHECK_SAME_CASE);
    stage.desk_words(CHOSEN, &["status", "1", "diperiksa"])?;
    stage.desk_words(CHOSEN, &["reply", "1", "--no-questions"])?;
    publish(stage, server)?;
    let letter = letter(stage, server, receipt)?;
    stage.check(letter["received"][1]["id"] == *second, &say::CHECK_FOLLOW_UP);
    stage.check(letter["status"] == "diperiksa", &say::CHECK_STATUS);
    let counts = stage.courier(server, &["status"])?;
    stage.tell(&say::DELETED, &[&counts["reports"].to_string()]);
    // The decoy of the last look into the inbox arrived after the last pull: it alone may still wait.
    stage.check(counts["reports"].as_u64().is_some_and(|left| left <= 3), &say::CHECK_DELETED);
    Ok(())
}

/// Returns the letter of the chosen desk.
fn letter(stage: &mut Stage, server: &Server, receipt: &str) -> Outcome<Value> {
    let inbox = stage.reporter(server, &["inbox"], &format!("{receipt}\n"))?;
    let desks = inbox["desks"].as_array().cloned().unwrap_or_default();
    let found = desks.into_iter().find(|found| found["desk"] == CHOSEN);
    let letter = found.map(|found| found["letter"].clone()).filter(|letter| !letter.is_null());
    letter.ok_or_else(|| failure("the inbox holds no letter of the chosen desk"))
}

fn text(value: &Value, name: &str) -> Outcome<String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| failure(format!("no {name} in {value}")))
}
