//! `content`: the sealed bytes of text reports, under random keys.

use rusqlite::{Connection, OptionalExtension, params};

use super::count;
use crate::StoreError;
use crate::files::Place;

pub(super) const CREATE: &str = "CREATE TABLE content (
    key INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;";

/// Adds sealed bytes.
pub(crate) fn insert(conn: &Connection, place: Place, sealed: &[u8]) -> Result<(), StoreError> {
    let mut insert = conn.prepare_cached("INSERT INTO content (key, sealed) VALUES (?1, ?2)")?;
    insert.execute(params![place.key(), sealed])?;
    Ok(())
}

/// Returns sealed bytes.
pub(crate) fn get(conn: &Connection, place: Place) -> Result<Option<Vec<u8>>, StoreError> {
    let mut find = conn.prepare_cached("SELECT sealed FROM content WHERE key = ?1")?;
    Ok(find.query_row([place.key()], |row| row.get(0)).optional()?)
}

/// Removes sealed bytes.
pub(crate) fn delete(conn: &Connection, place: Place) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM content WHERE key = ?1")?.execute([place.key()])?;
    Ok(())
}

/// Returns how many there are.
pub(crate) fn count_all(conn: &Connection) -> Result<u64, StoreError> {
    count(conn.query_row("SELECT count(*) FROM content", [], |row| row.get(0))?, "content")
}
