//! The real server while others do their worst: how long an honest report takes, and what idle connections cost.

#[path = "../../../server/tests/support/hostile.rs"]
mod hostile;

use std::time::Duration;

use bisik_formats::ids::Digest;
use bisik_formats::padding::{TEXT_SIZE, header_len, sealed_len};
use bisik_formats::pow::Challenge;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::hostile::{Target, flood};
use super::agency::{Agency, DESKS, PATH};
use super::http::Connection;
use super::measure::time;
use super::process::Server;
use super::server::{on_disk, today};
use super::{Amount, Line};
use crate::shell::{Outcome, failure};

/// Figures of floods.
pub(super) const NAMES: [&str; 3] = ["flood_report", "flood_rss", "idle_connection"];

/// Hostile clients; most of them hold eight connections.
const HOSTILE: usize = 64;

/// Fewer places than the flood asks for, the usual paces.
const SCARCE: &str = "connections = 256\nlarge_uploads = 8\nopen_uploads = 64\ntext_memory_mib = 4\n";

/// The longest time that a test of idle connections may take to open them.
const ROOMY: &str = "connections = 12000\nheader_seconds = 60\n";

/// How often an honest visit begins anew before the bench gives up.
const ATTEMPTS: usize = 50;

/// Measures a flood, and connections that do nothing.
pub(super) fn measure(amount: Amount) -> Outcome<Vec<Line>> {
    let mut lines = flooded(amount)?;
    lines.push(idle(amount)?);
    Ok(lines)
}

fn flooded(amount: Amount) -> Outcome<Vec<Line>> {
    let (scratch, agency) = (on_disk()?, Agency::new(today()?)?.with_limits(SCARCE));
    let server = Server::start(&scratch.file("server"), &agency)?;
    server.publish(&agency)?;
    let target = target(&server, &agency)?;
    let (ramp, visits) = if amount.quick { (3, 10) } else { (20, 50) };
    let (slowest, _done) = flood(&target, HOSTILE, || -> Outcome<f64> {
        let mut reports = agency.reports(1 << 50);
        let mut spent = Duration::ZERO;
        // The flood fills every queue first, with honest visits in between.
        while spent < Duration::from_secs(ramp) {
            spent += time(|| visit(&server, &agency, reports.next()))?.1;
            #[expect(clippy::disallowed_methods, reason = "a flood takes its time to rise")]
            std::thread::sleep(Duration::from_millis(100));
            spent += Duration::from_millis(100);
        }
        let mut slowest = Duration::ZERO;
        for _ in 0..visits {
            slowest = slowest.max(time(|| visit(&server, &agency, reports.next()))?.1);
        }
        Ok(slowest.as_secs_f64())
    });
    Ok(vec![
        Line::new("flood_report", slowest?, "s", "limit", 10.0),
        Line::new("flood_rss", server.memory("VmHWM")?, "MiB", "limit", 96.0),
    ])
}

/// Visits as the programs do, until the report is stored.
fn visit(server: &Server, agency: &Agency, report: &[u8]) -> Outcome {
    for _ in 0..ATTEMPTS {
        if attempt(server, agency, report).is_ok_and(|status| status == 201) {
            return Ok(());
        }
    }
    Err(failure("an honest report was not taken"))
}

fn attempt(server: &Server, agency: &Agency, report: &[u8]) -> Outcome<u16> {
    let mut connection = Connection::open(server.public)?;
    for path in [format!("/{PATH}/card"), format!("/{PATH}/headers"), agency.edition_body()] {
        connection.get(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n"))?;
    }
    let answer = connection.get(&format!("GET /{PATH}/challenge HTTP/1.1\r\nHost: localhost\r\n"))?;
    let challenge: Challenge =
        serde_json::from_slice(answer.body).map_err(|error| failure(error.to_string()))?;
    let header = usize::try_from(header_len(DESKS.len())).ok().and_then(|length| report.get(..length));
    let header = Digest::of(header.ok_or_else(|| failure("a report without a header"))?);
    let nonce = challenge.solve(&header, &mut StdRng::seed_from_u64(1));
    let nonce = nonce.ok_or_else(|| failure("a challenge that no client solves"))?;
    let head = format!(
        "POST /{PATH}/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n\
         Bisik-Pow: {nonce}\r\nBisik-Header-Sha256: {header}\r\n"
    );
    Ok(connection.send(&head, report)?.status)
}

fn target(server: &Server, agency: &Agency) -> Outcome<Target> {
    let text = agency.reports(1 << 51).next().to_vec();
    if text.len() as u64 != sealed_len(DESKS.len(), TEXT_SIZE) {
        return Err(failure("a text report of another length"));
    }
    let mut large = text.clone();
    large.resize(usize::try_from(sealed_len(DESKS.len(), 2 << 20)).unwrap_or_default(), 0);
    Ok(Target {
        server: server.public,
        agency: PATH.to_owned(),
        edition: agency.edition_body(),
        desks: DESKS.len(),
        text,
        large,
    })
}

/// Measures what a connection costs that is open and says nothing.
fn idle(amount: Amount) -> Outcome<Line> {
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).map_err(std::io::Error::from)?;
    let (scratch, agency) = (on_disk()?, Agency::new(today()?)?.with_limits(ROOMY));
    let server = Server::start(&scratch.file("server"), &agency)?;
    server.publish(&agency)?;
    let count = if amount.quick { 1000 } else { 10_000 };
    let before = server.memory("VmRSS")?;
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(Connection::open(server.public)?);
    }
    // The last one is answered, so all before it have been accepted.
    let last = format!("GET /{PATH}/challenge HTTP/1.1\r\nHost: localhost\r\n");
    Connection::open(server.public)?.get(&last)?;
    let more = server.memory("VmRSS")? - before;
    drop(connections);
    Ok(Line::new("idle_connection", more * 1024.0 / f64::from(count), "KiB", "limit", 10.0))
}
