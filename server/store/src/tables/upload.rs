//! `upload`, `upload_done`: resumable uploads that are coming, and those that became reports.
//!
//! Both are found by a hash of the upload's random id, which is kept nowhere. A finished one keeps its length only
//! under a mask made from that id: nothing in the database says which report it became.

use bisik_formats::day::Day;
use bisik_formats::ids::Digest;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{count, day_from, day_number, integer};
use crate::files::Place;
use crate::{AgencyKey, StoreError};

pub(super) const CREATE: &str = "CREATE TABLE upload (
    key BLOB NOT NULL PRIMARY KEY,
    agency INTEGER NOT NULL,
    length INTEGER NOT NULL,
    header BLOB NOT NULL,
    expires INTEGER NOT NULL,
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE upload_done (
    key BLOB NOT NULL PRIMARY KEY,
    length BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;";

/// An upload that is coming.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coming {
    pub(crate) key: Digest,
    pub(crate) agency: AgencyKey,
    pub(crate) length: u64,
    pub(crate) header: Digest,
    pub(crate) expires: Day,
    pub(crate) place: Place,
}

/// An upload that became a report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished {
    pub(crate) key: Digest,
    pub(crate) masked_length: [u8; 8],
    pub(crate) expires: Day,
}

/// Adds an upload.
pub(crate) fn insert(conn: &Connection, upload: &Coming) -> Result<(), StoreError> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO upload (key, agency, length, header, expires, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![
        upload.key.as_bytes().as_slice(),
        upload.agency.0,
        integer(upload.length),
        upload.header.as_bytes().as_slice(),
        day_number(upload.expires),
        upload.place.key()
    ])?;
    Ok(())
}

/// Removes an upload that is coming.
pub(crate) fn delete(conn: &Connection, key: &Digest) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM upload WHERE key = ?1")?.execute([key.as_bytes().as_slice()])?;
    Ok(())
}

/// Notes that an upload has become a report.
pub(crate) fn finish(conn: &Connection, upload: &Finished) -> Result<(), StoreError> {
    delete(conn, &upload.key)?;
    let mut insert =
        conn.prepare_cached("INSERT INTO upload_done (key, length, expires) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![
        upload.key.as_bytes().as_slice(),
        upload.masked_length.as_slice(),
        day_number(upload.expires)
    ])?;
    Ok(())
}

/// Returns an upload that became a report.
pub(crate) fn finished(conn: &Connection, key: &Digest) -> Result<Option<Finished>, StoreError> {
    let mut find = conn.prepare_cached("SELECT length, expires FROM upload_done WHERE key = ?1")?;
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = find.query_row([key.as_bytes().as_slice()], columns).optional()?;
    let Some((masked_length, expires)) = found else { return Ok(None) };
    Ok(Some(Finished { key: *key, masked_length, expires: day_from(expires, "upload_done")? }))
}

/// Returns the uploads of an agency that are coming.
pub(crate) fn of_agency(conn: &Connection, agency: AgencyKey) -> Result<Vec<Coming>, StoreError> {
    let mut find =
        conn.prepare("SELECT key, length, header, expires, place FROM upload WHERE agency = ?1")?;
    let rows = find
        .query_map([agency.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    rows.map(|row| {
        let (key, length, header, expires, place): (_, i64, _, i64, i64) = row?;
        Ok(Coming {
            key: Digest::from_bytes(key),
            agency,
            length: count(length, "upload")?,
            header: Digest::from_bytes(header),
            expires: day_from(expires, "upload")?,
            place: Place::from_key(place).ok_or(DAMAGED)?,
        })
    })
    .collect()
}

/// Returns up to `limit` uploads whose time is over on this day, after the one with the key `after`.
pub(crate) fn expired(
    conn: &Connection,
    today: Day,
    after: Option<&Digest>,
    limit: usize,
) -> Result<Vec<(Digest, Place)>, StoreError> {
    let mut find = conn.prepare_cached(
        "SELECT key, place FROM upload WHERE key > ?1 AND expires <= ?2 ORDER BY key LIMIT ?3",
    )?;
    let after = after.map_or(&[] as &[u8], |key| key.as_bytes().as_slice());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows =
        find.query_map(params![after, day_number(today), limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (key, place) = row?;
        Ok((Digest::from_bytes(key), Place::from_key(place).ok_or(DAMAGED)?))
    })
    .collect()
}

/// Forgets finished uploads whose time is over on this day.
pub(crate) fn forget_finished(conn: &Connection, today: Day) -> Result<(), StoreError> {
    conn.execute("DELETE FROM upload_done WHERE expires <= ?1", [day_number(today)])?;
    Ok(())
}

/// Forgets all uploads, those that are coming and those that became reports.
pub(crate) fn clear(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.execute_batch("DELETE FROM upload; DELETE FROM upload_done;")?)
}

/// Tells whether a row names this file.
pub(crate) fn names_file(conn: &Connection, place: Place) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM upload WHERE place = ?1")?.exists([place.key()])?)
}

/// Returns the places of all uploads that are coming.
pub(crate) fn places(conn: &Connection) -> Result<Vec<Place>, StoreError> {
    let mut find = conn.prepare("SELECT place FROM upload")?;
    let rows = find.query_map([], |row| row.get(0))?;
    rows.map(|row| Place::from_key(row?).ok_or(DAMAGED)).collect()
}

const DAMAGED: StoreError = StoreError::Damaged("upload");
