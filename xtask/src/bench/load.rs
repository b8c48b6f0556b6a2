//! Clients that work at the same time, and what they count.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::agency::{Agency, Reports};
use super::http::Connection;
use crate::shell::{Outcome, failure};

/// What all clients did together.
pub(super) struct Load {
    /// Requests that were answered as they should be.
    pub(super) done: u64,
    /// Done requests a second.
    pub(super) rate: f64,
}

/// Lets clients repeat a piece of work for a while. Each makes its own by `client`, from its number.
pub(super) fn load<W: FnMut() -> Outcome>(
    clients: u64,
    duration: Duration,
    client: impl Fn(u64) -> Outcome<W> + Sync,
) -> Outcome<Load> {
    let stop = AtomicBool::new(false);
    let (client, stop) = (&client, &stop);
    let start = now();
    let counts: Vec<Outcome<u64>> = thread::scope(|scope| {
        let repeat = move |number| {
            let mut work = client(number)?;
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) && start.elapsed() < duration {
                work().inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
                count += 1;
            }
            Ok(count)
        };
        let threads: Vec<_> = (0..clients).map(|number| scope.spawn(move || repeat(number))).collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended.map(|end| end.unwrap_or_else(|_| Err(failure("a client panicked")))).collect()
    });
    let took = start.elapsed().as_secs_f64();
    let done = counts.into_iter().sum::<Outcome<u64>>()?;
    #[expect(clippy::cast_precision_loss, reason = "a figure of three digits")]
    let rate = done as f64 / took;
    Ok(Load { done, rate })
}

/// Lets clients send reports for a while; one that is refused ends the bench.
pub(super) fn send_reports(
    agency: &Agency,
    address: SocketAddr,
    clients: u64,
    duration: Duration,
    seed: u64,
) -> Outcome<Load> {
    load(clients, duration, |number| {
        let mut connection = Connection::open(address)?;
        let mut reports = agency.reports(seed.wrapping_mul(1000).wrapping_add(number));
        Ok(move || {
            let report = reports.next();
            let status = connection.send(&Reports::request(report)?, report)?.status;
            if status == 201 { Ok(()) } else { Err(failure(format!("a report was refused: {status}"))) }
        })
    })
}

/// Lets clients fetch one path for a while.
pub(super) fn fetch(address: SocketAddr, path: &str, clients: u64, duration: Duration) -> Outcome<Load> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
    let length = Connection::open(address)?.get(&head)?.body.len();
    load(clients, duration, |_| {
        let mut connection = Connection::open(address)?;
        let head = &head;
        Ok(move || {
            let answer = connection.get(head)?;
            if answer.status == 200 && answer.body.len() == length {
                return Ok(());
            }
            Err(failure(format!("{} bytes with status {}", answer.body.len(), answer.status)))
        })
    })
}

#[expect(clippy::disallowed_methods, reason = "measuring time is the purpose")]
fn now() -> Instant {
    Instant::now()
}
