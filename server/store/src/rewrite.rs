//! Writes the database anew, in the order of its random keys, so that no page tells when it was filled.
//!
//! SQLite's own `VACUUM` would leave a temporary copy and the cut end of the file to the free blocks of the disk, with
//! everything that is deleted later. So the copy is made under a name and overwritten, and the file shrinks only by
//! pages that are zeros on the disk.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::StoreError;
use crate::wiper::wipe;
use crate::writer::Writer;

/// The name of the copy.
pub(crate) const REWRITTEN: &str = "rewritten";

/// Free bytes that the rewriting leaves beside its two copies.
const SPARE: u64 = 1 << 20;

/// Unused pages above which the file may shrink.
const WORTH_CUTTING: i64 = 1024;

/// Pages of zeros that one row of the padding makes.
const PADDING: i64 = 65_536;

/// What the rewriting did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rewritten {
    /// Whether the database was written anew; false when it is too large or the disk too full.
    pub(crate) done: bool,
    /// Whether the write-ahead log is empty now.
    pub(crate) log_empty: bool,
}

/// Rewrites a database of at most `limit` bytes, with `free` bytes on the disk.
pub(crate) fn rewrite(
    writer: &mut Writer,
    folder: &Path,
    limit: u64,
    free: u64,
) -> Result<Rewritten, StoreError> {
    let value = |conn: &Connection, name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = value(&writer.conn, "page_count")?;
    let page = value(&writer.conn, "page_size")?;
    let unused = value(&writer.conn, "freelist_count")?;
    let bytes = |pages: i64| u64::try_from(pages.saturating_mul(page)).unwrap_or(u64::MAX);
    let used = bytes(pages.saturating_sub(unused));
    // What is in use is written to the copy, then all pages to the write-ahead log.
    if used > limit || free < used.saturating_add(bytes(pages)).saturating_add(SPARE) {
        return Ok(Rewritten { done: false, log_empty: writer.empty_log()? });
    }
    let copy = folder.join(REWRITTEN);
    replace(writer, &copy, pages)?;
    let mut log_empty = writer.empty_log()?;
    // The unused pages are zeros on the disk by now, at the end of the file.
    if log_empty && unused > WORTH_CUTTING && unused > pages / 2 {
        replace(writer, &copy, 0)?;
        log_empty = writer.empty_log()?;
    }
    Ok(Rewritten { done: true, log_empty })
}

/// Replaces all pages by those of a fresh copy, and pages of zeros up to so many.
fn replace(writer: &mut Writer, copy: &Path, pages: i64) -> Result<(), StoreError> {
    wipe(copy);
    drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(copy)?);
    let replaced = replace_through(&mut writer.conn, copy, pages);
    wipe(copy);
    replaced
}

fn replace_through(conn: &mut Connection, copy: &Path, pages: i64) -> Result<(), StoreError> {
    conn.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    let from = Connection::open(copy)?;
    // A crash leaves the database as it was: the copy needs no journal.
    from.pragma_update(None, "journal_mode", "OFF")?;
    from.pragma_update(None, "synchronous", "OFF")?;
    from.pragma_update(None, "secure_delete", true)?;
    pad(&from, pages)?;
    match Backup::new(&from, conn)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(StoreError::Busy),
    }
}

/// Adds unused pages of zeros up to so many in all.
fn pad(conn: &Connection, pages: i64) -> Result<(), StoreError> {
    let has: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // One is the table's own.
    let mut missing = pages.saturating_sub(has).saturating_sub(1);
    if missing < 0 {
        return Ok(());
    }
    conn.execute_batch("CREATE TABLE padding (zeros BLOB)")?;
    while missing > 0 {
        let some = missing.min(PADDING);
        // Each page but the row's own holds four bytes less than its size; what is beyond fits into the row's own.
        let length = some.saturating_mul(page.saturating_sub(4)).saturating_add(page / 16);
        conn.execute("INSERT INTO padding VALUES (zeroblob(?1))", [length])?;
        missing = missing.saturating_sub(some);
    }
    Ok(conn.execute_batch("DROP TABLE padding")?)
}
