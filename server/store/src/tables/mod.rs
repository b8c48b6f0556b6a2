//! The database: one table a file.
//!
//! No column holds a time finer than a batch period, and no key rises with time.

pub(crate) mod acknowledgement;
pub(crate) mod agency;
pub(crate) mod card;
pub(crate) mod content;
pub(crate) mod desk;
pub(crate) mod edition;
pub(crate) mod report;
pub(crate) mod tally;
pub(crate) mod upload;

use std::path::Path;

use bisik_formats::day::Day;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// The schema version that this program reads and writes.
const SCHEMA: i64 = 3;

/// Bytes of a page; a text report fills few overflow pages of this size.
const PAGE: i64 = 8192;

/// The most pages that wait in the write-ahead log: 16 MiB.
const LOG_PAGES: u64 = 2048;

/// The fewest pages that wait in the write-ahead log, however little room there is.
const LOG_PAGES_LEAST: u64 = 64;

/// Opens the writing connection and makes the tables when the database is new.
///
/// `floor` is the room in bytes that is left free on the disk: what waits in the log must fit into it, so that it
/// can always be moved into the database.
pub(crate) fn open_writer(path: &Path, floor: u64) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    conn.pragma_update(None, "page_size", PAGE)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    common(&conn)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "cache_size", -4096)?;
    let log_pages = (floor / 2 / PAGE.unsigned_abs()).clamp(LOG_PAGES_LEAST, LOG_PAGES);
    conn.pragma_update(None, "wal_autocheckpoint", integer(log_pages))?;
    // Cut by SQLite, the log would leave its bytes to the free blocks of the disk: it is overwritten first.
    conn.pragma_update(None, "journal_size_limit", -1)?;
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => create(&conn)?,
        // Version 1 knew no resumable uploads, version 2 no mixing of files.
        1 => build(&conn, &[upload::CREATE, report::ADD_MIXED])?,
        2 => build(&conn, &[report::ADD_MIXED])?,
        SCHEMA => {}
        found => return Err(StoreError::SchemaVersion { found, known: SCHEMA }),
    }
    Ok(conn)
}

/// Opens a connection that only reads.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    common(&conn)?;
    conn.pragma_update(None, "cache_size", -512)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Opens the database of a data folder that another process may be using, to copy it.
pub(crate) fn open_beside(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    common(&conn)?;
    // What waits in the log is the owner's to move, in the way that leaves nothing behind.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    check_schema(&conn)?;
    Ok(conn)
}

/// Opens a database for changes that nobody else has or will see before they are complete.
pub(crate) fn open_alone(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    common(&conn)?;
    // A journal on the disk would be a copy of what is deleted.
    conn.pragma_update(None, "journal_mode", "MEMORY")?;
    check_schema(&conn)?;
    Ok(conn)
}

/// Opens a database that nobody changes, without changing it either.
pub(crate) fn open_still(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "trusted_schema", false)?;
    check_schema(&conn)?;
    Ok(conn)
}

/// Refuses a database of another version.
pub(crate) fn check_schema(conn: &Connection) -> Result<(), StoreError> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == SCHEMA { Ok(()) } else { Err(StoreError::SchemaVersion { found, known: SCHEMA }) }
}

/// Settings that every connection needs: SQLite forgets them when it closes.
fn common(conn: &Connection) -> Result<(), StoreError> {
    conn.busy_timeout(std::time::Duration::from_secs(10))?;
    conn.pragma_update(None, "secure_delete", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn create(conn: &Connection) -> Result<(), StoreError> {
    let tables = [
        agency::CREATE,
        report::CREATE,
        content::CREATE,
        acknowledgement::CREATE,
        tally::CREATE,
        edition::CREATE,
        card::CREATE,
        desk::CREATE,
        upload::CREATE,
    ];
    build(conn, &tables)
}

/// Makes tables and says that the database is of the present version, together or not at all.
fn build(conn: &Connection, tables: &[&str]) -> Result<(), StoreError> {
    let sql = format!("BEGIN IMMEDIATE;\n{}\nPRAGMA user_version = {SCHEMA};\nCOMMIT;", tables.join("\n"));
    Ok(conn.execute_batch(&sql)?)
}

/// Returns a day as a column keeps it: days since 2000-01-01.
pub(crate) fn day_number(day: Day) -> i64 {
    // Moving below the first day stops at the first day.
    i64::from(day.days_since(day.plus(i32::MIN)))
}

/// Returns the day that a column names.
pub(crate) fn day_from(number: i64, table: &'static str) -> Result<Day, StoreError> {
    let damaged = StoreError::Damaged(table);
    let Ok(days) = i32::try_from(number) else { return Err(damaged) };
    Day::new(2000, 1, 1).map(|first| first.plus(days)).map_err(|_| damaged)
}

/// Returns a count as SQLite keeps it.
pub(crate) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns a count that SQLite kept.
pub(crate) fn count(value: i64, table: &'static str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged(table))
}
