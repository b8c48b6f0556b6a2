//! What the server is measured against: SQLite alone, and axum alone.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use rusqlite::Connection;

use super::agency::Reports;
use super::measure::child;
use crate::shell::{Outcome, failure};

/// A database that does nothing but keep reports, with the settings that make a commit durable.
pub(super) struct BareStore {
    database: Connection,
    key: i64,
}

impl BareStore {
    pub(super) fn create(path: &Path) -> Outcome<Self> {
        let database = Connection::open(path).map_err(other)?;
        let settings = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE content (key INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;";
        database.execute_batch(settings).map_err(other)?;
        Ok(Self { database, key: 1 })
    }

    /// Commits reports in groups for a while, and returns reports a second.
    pub(super) fn commit(&mut self, group: u64, duration: Duration, reports: &mut Reports) -> Outcome<f64> {
        #[expect(clippy::disallowed_methods, reason = "measuring time is the purpose")]
        let start = Instant::now();
        let mut count = 0.0;
        while start.elapsed() < duration {
            let transaction = self.database.transaction().map_err(other)?;
            for _ in 0..group {
                // Keys in random order, as a store that hides the order of arrival needs them.
                self.key =
                    self.key.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let mut insert =
                    transaction.prepare_cached("INSERT INTO content VALUES (?1, ?2)").map_err(other)?;
                insert.execute((self.key, reports.next())).map_err(other)?;
                count += 1.0;
            }
            transaction.commit().map_err(other)?;
        }
        Ok(count / start.elapsed().as_secs_f64())
    }
}

/// An axum server, in a process of its own, that answers one path with the bytes of a file.
pub(super) struct BareAxum {
    child: Child,
    pub(super) address: SocketAddr,
}

impl BareAxum {
    pub(super) fn start(file: &Path) -> Outcome<Self> {
        let path = file.to_str().ok_or_else(|| failure("a path that is no text"))?;
        let mut child = child(&["axum", path])?.stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().ok_or_else(|| failure("no output to read"))?;
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(said), &mut line)?;
        let address =
            line.trim().parse().map_err(|_| failure("the bare server does not tell its address"))?;
        Ok(Self { child, address })
    }
}

impl Drop for BareAxum {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Serves a file from memory until killed.
pub(super) fn serve(file: &Path) -> Outcome {
    let body = Bytes::from(fs::read(file)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        let router = Router::new().route("/", get(move || async move { body }));
        Ok(axum::serve(listener, router).await?)
    })
}

fn other(error: impl ToString) -> crate::shell::Failure {
    failure(error.to_string())
}
