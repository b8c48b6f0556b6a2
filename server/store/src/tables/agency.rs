//! `agency`: the small number that stands for an agency in the other tables.

use bisik_formats::ids::AgencyId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{AgencyKey, StoreError};

pub(super) const CREATE: &str = "CREATE TABLE agency (
    key INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE
) STRICT;";

/// Returns the key of an agency, adding it when it is new.
pub(crate) fn key(conn: &Connection, id: &AgencyId) -> Result<AgencyKey, StoreError> {
    let find = "SELECT key FROM agency WHERE id = ?1";
    let known = conn.query_row(find, [id.as_bytes().as_slice()], |row| row.get(0)).optional()?;
    if let Some(key) = known {
        return Ok(AgencyKey(key));
    }
    conn.execute("INSERT INTO agency (id) VALUES (?1)", params![id.as_bytes().as_slice()])?;
    Ok(AgencyKey(conn.last_insert_rowid()))
}

/// Returns every agency.
pub(crate) fn all(conn: &Connection) -> Result<Vec<(AgencyKey, AgencyId)>, StoreError> {
    let mut find = conn.prepare("SELECT key, id FROM agency ORDER BY key")?;
    let rows = find.query_map([], |row| Ok((AgencyKey(row.get(0)?), AgencyId::from_bytes(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
