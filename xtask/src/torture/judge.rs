//! What is true after a fault: the word of the reader, and that of the server.

use std::collections::BTreeSet;
use std::{io, thread};

use bisik_formats::bundle::read_frames;
use bisik_formats::ids::{Digest, ReportId};
use serde::Deserialize;

use super::agency::{DESKS, PATH, promise};
use super::ledger::{Finished, Upload};
use super::server::Server;
use super::stage::Stage;
use super::{Patience, below, http, other, pause};
use crate::shell::{Outcome, command, failure, root};

/// Milliseconds until a started server must have compared files with rows.
const TIDY: u64 = 30_000;

/// What is wrong.
#[derive(Deserialize, Default)]
pub(super) struct Found {
    pub(super) lost: Vec<String>,
    pub(super) corrupted: Vec<String>,
}

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.corrupted.is_empty()
    }

    fn wrong(&mut self, words: impl Into<String>) {
        self.corrupted.push(words.into());
    }
}

/// Counts and prints what is wrong; the scene ends with the first of it, and everything stays as it is.
pub(super) fn report(stage: &Stage<'_>, found: &Found) -> Outcome {
    let mut score = stage.torture.score.borrow_mut();
    score.lost = score.lost.saturating_add(found.lost.len());
    score.corrupted = score.corrupted.saturating_add(found.corrupted.len());
    let (name, round, seed) = (stage.name, stage.round, stage.torture.seed);
    for (what, all) in [("lost", &found.lost), ("corrupted", &found.corrupted)] {
        for one in all {
            println!("torture {name}, round {round}, seed {seed}: {what}: {one}");
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(failure(format!("round {round} is not as it should be; see {}", stage.folder.display())))
}

/// Has the reader compare the data folder with the ledger.
pub(super) fn read(stage: &Stage<'_>, settled: bool) -> Outcome<Found> {
    let ledger = stage.folder.join("ledger.json");
    stage.ledger.write(&ledger)?;
    let mut reader = command("python3", [root().join("tests/python-reader/store.py")]);
    reader.arg(stage.data()).arg(ledger).args(settled.then_some("--settled"));
    let output = reader.output()?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| failure(format!("the reader: {}", String::from_utf8_lossy(&output.stderr))))
}

/// As [`read`], once the server has tidied up.
pub(super) fn settled(stage: &Stage<'_>) -> Outcome<Found> {
    let patience = Patience::new(TIDY);
    loop {
        let found = read(stage, true)?;
        if found.is_empty() || !patience.lasts() {
            return Ok(found);
        }
        pause(50);
    }
}

/// Asks the server about everything that it was given, and settles in the ledger what was open.
pub(super) fn answers(stage: &mut Stage<'_>, server: &Server) -> Outcome<Found> {
    let mut found = Found::default();
    uploads(stage, server, &mut found)?;
    reports(stage, server, &mut found)?;
    papers(stage, server, &mut found)?;
    Ok(found)
}

/// An upload stands where it was acknowledged, or up to a piece further.
fn uploads(stage: &Stage<'_>, server: &Server, found: &mut Found) -> Outcome {
    let all: Vec<(String, Upload)> = stage.ledger.book().uploads.clone().into_iter().collect();
    let stand = stand(&all, server)?;
    for ((id, upload), (status, offset)) in all.into_iter().zip(stand) {
        match (upload.finished, offset) {
            (Finished::MaybeEnded, _) => {}
            (_, None) => found.lost.push(format!("upload {id}: {status}")),
            (Finished::Yes, Some(offset)) if offset == upload.length => {}
            (Finished::No, Some(offset)) if offset == upload.length => {
                found.wrong(format!("upload {id} is complete and was not sent"));
            }
            (Finished::No | Finished::Asked, Some(offset))
                if (upload.offset..=upload.sent).contains(&offset) =>
            {
                stage.ledger.book().keep_piece(&id, offset);
            }
            (_, Some(offset)) => found.lost.push(format!("upload {id} stands at {offset}")),
        }
    }
    Ok(())
}

/// Asks where uploads stand, many at the same time: each answer is held for a while. Returns status and offset of each.
fn stand(all: &[(String, Upload)], server: &Server) -> Outcome<Vec<(u16, Option<u64>)>> {
    let ask = |part: &[(String, Upload)]| -> io::Result<Vec<(u16, Option<u64>)>> {
        let mut client = http::Client::open(server.at.public)?;
        let head = |(id, _): &(String, Upload)| {
            let path = format!("/{PATH}/uploads/{id}");
            let answer = client.ask("HEAD", &path, "tus-resumable: 1.0.0\r\n", &[])?;
            Ok((answer.status, answer.number("upload-offset")))
        };
        part.iter().map(head).collect()
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> =
            all.chunks(all.len().div_ceil(16).max(1)).map(|part| scope.spawn(move || ask(part))).collect();
        asking.into_iter().map(|part| part.join()).collect()
    });
    let mut stand = Vec::new();
    for part in parts {
        stand.extend(part.map_err(|_| failure("a client panicked"))??);
    }
    Ok(stand)
}

/// What is listed is whole and was sent; what was acknowledged is listed, unless all desks hold it.
fn reports(stage: &mut Stage<'_>, server: &Server, found: &mut Found) -> Outcome {
    let listed = list(server, &stage.agency.authorization())?;
    let (must, may) = stage.ledger.book().expected();
    found.lost.extend(must.difference(&listed).map(|id| format!("report {id} is not listed")));
    found.corrupted.extend(listed.difference(&may).map(|id| format!("{id} is listed")));
    let mut client = http::Client::open(server.at.courier)?;
    for id in &listed {
        let path = format!("/{PATH}/reports/{id}");
        let answer = client.ask("GET", &path, &stage.agency.authorization(), &[])?;
        if answer.status != 200 || ReportId::of(&answer.body).to_string() != *id {
            found.wrong(format!("report {id}: {} bytes, {}", answer.body.len(), answer.status));
        }
    }
    let open = stage.ledger.book().open_reports();
    for (id, sealed) in open {
        // The sender tries once more, or gives up.
        if !listed.contains(&id) && below(2, &mut stage.rng) == 0 {
            stage.ledger.book().drop_report(&id);
            continue;
        }
        let status = post(server, &sealed)?;
        if status == 201 {
            stage.ledger.book().hold(&id);
        } else {
            found.wrong(format!("report {id} once more: {status}"));
        }
    }
    Ok(())
}

/// Card and editions are those that were acknowledged last, or ones that were sent since.
fn papers(stage: &Stage<'_>, server: &Server, found: &mut Found) -> Outcome {
    let get = |path: &str| http::ask(server.at.public, "GET", &format!("/{PATH}/{path}"), "", &[]);
    let (card, headers) = (get("card")?, get("headers")?);
    let mut book = stage.ledger.book();
    let hash = Digest::of(&card.body).to_string();
    if card.status == 200 && book.papers().0.contains(&hash) {
        book.found_card(hash);
    } else {
        found.lost.push(format!("the card: {}", card.status));
    }
    let notes = read_frames(&headers.body, DESKS.len(), 1 << 20).unwrap_or_default();
    let mut seen = BTreeSet::new();
    for note in notes {
        let text = String::from_utf8_lossy(note);
        let mut lines = text.lines().skip(2);
        let (desk, content) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let content: serde_json::Value = serde_json::from_str(content).map_err(other)?;
        let field = |name: &str| content.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let hash = Digest::of(note).to_string();
        let body = get(&format!("editions/{desk}/{}", field("number")))?;
        if !book.papers().1.get(desk).is_some_and(|may| may.contains(&hash)) {
            found.lost.push(format!("edition of {desk}: {} is served", field("number")));
        } else if Digest::of(&body.body).to_string() != field("body_hash") {
            found.wrong(format!("body of edition {} of {desk}: {}", field("number"), body.status));
        }
        book.found_edition(desk, hash);
        seen.insert(desk.to_owned());
    }
    let missing = DESKS.iter().filter(|desk| !seen.contains(**desk));
    found.lost.extend(missing.map(|desk| format!("edition of {desk}")));
    Ok(())
}

/// Sends a report in one piece; returns the status.
pub(super) fn post(server: &Server, sealed: &[u8]) -> Outcome<u16> {
    let headers = format!("content-type: application/octet-stream\r\n{}", promise(sealed)?);
    Ok(http::ask(server.at.public, "POST", &format!("/{PATH}/reports"), &headers, sealed)?.status)
}

/// Returns every id that the courier is shown.
pub(super) fn list(server: &Server, authorization: &str) -> io::Result<BTreeSet<String>> {
    let mut client = http::Client::open(server.at.courier)?;
    let mut ids = BTreeSet::new();
    loop {
        let after = ids.last().map(|id| format!("?after={id}")).unwrap_or_default();
        let page = client.ask("GET", &format!("/{PATH}/reports{after}"), authorization, &[])?;
        if page.status != 200 {
            return Err(io::Error::other(format!("the list: {}", page.status)));
        }
        let text = String::from_utf8_lossy(&page.body).into_owned();
        if text.is_empty() {
            return Ok(ids);
        }
        ids.extend(text.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())));
    }
}
