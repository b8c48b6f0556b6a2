//! The real server under load on loopback: reports made durable, editions fetched, memory, and the start.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, SystemTime};

use bisik_formats::day::Day;
use bisik_formats::ids::ReportId;

use super::agency::{Agency, PATH, Reports};
use super::http::Connection;
use super::load::{fetch, load, send_reports};
use super::measure::{Scratch, median, time};
use super::process::Server;
use super::yardstick::{BareAxum, BareStore};
use super::{Amount, Line};
use crate::shell::{Outcome, failure, target};

/// Figures of reports, editions and memory under load.
pub(super) const LOADED: [&str; 6] =
    ["report_rate_8", "report_rate_64", "report_lost", "report_cpu", "edition_rate", "server_rss_load"];

/// Figures with a million reports in the index.
pub(super) const FULL: [&str; 2] = ["report_rate_8_at_1m", "edition_rate_at_1m"];

/// Figures of a server that has nothing to do.
pub(super) const IDLE: [&str; 2] = ["server_rss_idle", "server_start"];

/// Clients that fetch editions.
const READERS: u64 = 8;

/// Room that the reports of a run take on the disk.
const ROOM: u64 = 24 << 30;

fn duration(amount: Amount) -> Duration {
    Duration::from_secs(if amount.quick { 1 } else { 2 })
}

/// Reports in the index when it is called full.
fn full(amount: Amount) -> u64 {
    if amount.quick { 100_000 } else { 1_000_000 }
}

/// Measures a server under the load of reports and readers.
pub(super) fn loaded(amount: Amount) -> Outcome<Vec<Line>> {
    let (scratch, agency) = (on_disk()?, Agency::new(today()?)?);
    let server = Server::start(&scratch.file("server"), &agency)?;
    server.publish(&agency)?;
    let bare = &mut BareStore::create(&scratch.file("bare.sqlite"))?;
    let mut lines = vec![report_rate("report_rate_8", 8, amount, &agency, &server, bare)?.0];
    let (rate, processor) = report_rate("report_rate_64", 64, amount, &agency, &server, bare)?;
    lines.push(rate);
    lines.push(Line::new("report_cpu", processor, "ms", "limit", 1.0));
    lines.push(edition_rate(amount, &agency, &server, &scratch)?);
    lines.push(Line::new("server_rss_load", server.memory("VmHWM")?, "MiB", "limit", 40.0));
    lines.push(lost(amount, &agency, server)?);
    Ok(lines)
}

/// Measures the same rates with an empty and with a full index, side by side.
pub(super) fn at_full(amount: Amount) -> Outcome<Vec<Line>> {
    let (scratch, agency) = (on_disk()?, Agency::new(today()?)?);
    let (empty, crowded) = (scratch.file("empty"), scratch.file("full"));
    let first = Server::start(&crowded, &agency)?;
    first.publish(&agency)?;
    first.stop()?;
    fill(&crowded, full(amount))?;
    let (empty, crowded) = (Server::start(&empty, &agency)?, Server::start(&crowded, &agency)?);
    empty.publish(&agency)?;
    let (time, path) = (duration(amount), agency.edition_body());
    let [mut reports, mut yard_reports, mut editions, mut yard_editions] = [const { Vec::new() }; 4];
    for round in 0..amount.rounds() as u64 {
        yard_reports.push(send_reports(&agency, empty.public, 8, time, round)?.rate);
        reports.push(send_reports(&agency, crowded.public, 8, time, round)?.rate);
        yard_editions.push(fetch(empty.public, &path, READERS, time)?.rate);
        editions.push(fetch(crowded.public, &path, READERS, time)?.rate);
    }
    let yardstick = "the same with an empty store";
    Ok(vec![
        Line::new("report_rate_8_at_1m", median(reports), "1/s", yardstick, median(yard_reports)),
        Line::new("edition_rate_at_1m", median(editions), "1/s", yardstick, median(yard_editions)),
    ])
}

/// Measures the start and the memory of a server that waits.
pub(super) fn idle(amount: Amount) -> Outcome<Vec<Line>> {
    let (scratch, agency) = (on_disk()?, Agency::new(today()?)?);
    let folder = scratch.file("server");
    let first = Server::start(&folder, &agency)?;
    first.publish(&agency)?;
    first.stop()?;
    let [mut starts, mut memories] = [const { Vec::new() }; 2];
    for _ in 0..amount.rounds() {
        let (server, took) = time(|| Server::start(&folder, &agency))?;
        starts.push(took.as_secs_f64() * 1000.0);
        memories.push(server.memory("VmRSS")?);
    }
    Ok(vec![
        Line::new("server_rss_idle", median(memories), "MiB", "limit", 15.0),
        Line::new("server_start", median(starts), "ms", "limit", 100.0),
    ])
}

/// Durable reports a second beside the bare store, and the server's milliseconds of processor for each.
fn report_rate(
    name: &'static str,
    clients: u64,
    amount: Amount,
    agency: &Agency,
    server: &Server,
    bare: &mut BareStore,
) -> Outcome<(Line, f64)> {
    let [mut rates, mut yardsticks, mut processor] = [const { Vec::new() }; 3];
    for round in 0..amount.rounds() as u64 {
        let seed = clients.wrapping_mul(100).wrapping_add(round);
        yardsticks.push(bare.commit(clients, duration(amount), &mut agency.reports(seed))?);
        let before = server.processor()?;
        let sent = send_reports(agency, server.public, clients, duration(amount), seed)?;
        #[expect(clippy::cast_precision_loss, reason = "a figure of three digits")]
        processor.push((server.processor()? - before) / sent.done as f64);
        rates.push(sent.rate);
    }
    let yardstick = "bare SQLite, groups as large";
    Ok((Line::new(name, median(rates), "1/s", yardstick, median(yardsticks)), median(processor)))
}

fn edition_rate(amount: Amount, agency: &Agency, server: &Server, scratch: &Scratch) -> Outcome<Line> {
    let path = agency.edition_body();
    let body = scratch.file("body");
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
    fs::write(&body, Connection::open(server.public)?.get(&head)?.body)?;
    if fs::metadata(&body)?.len() != agency.body_len() {
        return Err(failure("the edition is not as long as it should be"));
    }
    let bare = BareAxum::start(&body)?;
    let [mut rates, mut yardsticks] = [const { Vec::new() }; 2];
    for _ in 0..amount.rounds() {
        yardsticks.push(fetch(bare.address, "/", READERS, duration(amount))?.rate);
        rates.push(fetch(server.public, &path, READERS, duration(amount))?.rate);
    }
    Ok(Line::new("edition_rate", median(rates), "1/s", "bare axum, the same bytes", median(yardsticks)))
}

/// Kills the server in the middle of the load, starts it again, and looks for what it had acknowledged.
fn lost(amount: Amount, agency: &Agency, server: Server) -> Outcome<Line> {
    let acknowledged = Mutex::new(BTreeSet::new());
    let (folder, public) = (server.folder().to_owned(), server.public);
    let killed = thread::scope(|scope| {
        let sending = scope.spawn(|| {
            load(64, duration(amount) * 10, |number| {
                let (mut connection, mut reports) =
                    (Connection::open(public)?, agency.reports(number | 1 << 40));
                let acknowledged = &acknowledged;
                Ok(move || {
                    let report = reports.next();
                    let status = connection.send(&Reports::request(report)?, report)?.status;
                    match (status, acknowledged.lock()) {
                        (201, Ok(mut acknowledged)) => {
                            acknowledged.insert(ReportId::of(report));
                            Ok(())
                        }
                        _ => Err(failure(format!("a report was refused: {status}"))),
                    }
                })
            })
        });
        let killed = wait_then_kill(server, duration(amount));
        // The clients fail with the server, as they must.
        sending.join().ok();
        killed
    });
    killed?;
    let server = Server::start(&folder, agency)?;
    let stored = listed(&server, agency)?;
    let acknowledged = acknowledged.into_inner().map_err(|_| failure("a client panicked"))?;
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let [lost, all] =
        [acknowledged.difference(&stored).count(), acknowledged.len()].map(|count| count as f64);
    Ok(Line::new("report_lost", lost, "reports", "acknowledged before kill -9", all))
}

#[expect(clippy::disallowed_methods, reason = "the load has to go on for a while before the blow")]
fn wait_then_kill(mut server: Server, after: Duration) -> Outcome {
    thread::sleep(after);
    server.kill()
}

/// Every id that the courier is shown.
pub(super) fn listed(server: &Server, agency: &Agency) -> Outcome<BTreeSet<ReportId>> {
    let mut connection = Connection::open(server.courier)?;
    let mut ids = BTreeSet::new();
    loop {
        let after = ids.last().map(|id: &ReportId| format!("?after={id}")).unwrap_or_default();
        let head =
            format!("GET /{PATH}/reports{after} HTTP/1.1\r\nHost: localhost\r\n{}", agency.authorization());
        let page = String::from_utf8_lossy(connection.get(&head)?.body).into_owned();
        let found: Vec<ReportId> =
            page.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
        if found.is_empty() {
            return Ok(ids);
        }
        ids.extend(found);
    }
}

/// Fills the index of a stopped server: rows with the keys of reports, and contents of one byte.
fn fill(folder: &Path, count: u64) -> Outcome {
    let day = today()?.days_since(Day::new(2000, 1, 1).map_err(other)?);
    let database = rusqlite::Connection::open(folder.join("data/bisik.sqlite")).map_err(other)?;
    let sql = format!(
        "BEGIN;
         CREATE TEMP TABLE fresh AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             SELECT randomblob(32) AS id, abs(random()) AS place FROM n;
         INSERT INTO report (agency, id, length, day, ready, place, in_file)
             SELECT (SELECT MIN(agency) FROM card), id, 1, {day}, 0, place, 0
             FROM fresh ORDER BY id;
         INSERT INTO content (key, sealed) SELECT place, x'00' FROM fresh ORDER BY place;
         INSERT INTO tally (agency, day, reports, bytes) SELECT MIN(agency), {day}, {count}, {count} FROM card;
         COMMIT;
         PRAGMA wal_checkpoint(TRUNCATE);"
    );
    database.execute_batch(&sql).map_err(other)
}

/// A folder on the disk that cargo builds on: durable writes are what is measured.
pub(super) fn on_disk() -> Outcome<Scratch> {
    Scratch::make(&target(), ROOM)
}

#[expect(clippy::disallowed_methods, reason = "the card must be valid for the server's clock")]
pub(super) fn today() -> Outcome<Day> {
    let since = SystemTime::UNIX_EPOCH.elapsed().map_err(other)?;
    Day::from_unix_seconds(since.as_secs()).map_err(other)
}

fn other(error: impl ToString) -> crate::shell::Failure {
    failure(error.to_string())
}
