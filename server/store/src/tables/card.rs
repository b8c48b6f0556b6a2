//! `card`, `card_seen`, `shape`: the current card, the hashes of all cards so far, and former numbers of desks.

use bisik_formats::day::Day;
use bisik_formats::ids::Digest;
use rusqlite::{Connection, OptionalExtension, params};

use super::{count, day_from, day_number, integer};
use crate::{AgencyKey, NewCard, StoreError, StoredCard};

pub(super) const CREATE: &str = "CREATE TABLE card (
    agency INTEGER PRIMARY KEY,
    serial INTEGER NOT NULL,
    desks INTEGER NOT NULL,
    bundle BLOB NOT NULL
) STRICT;
CREATE TABLE card_seen (
    agency INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (agency, serial)
) STRICT, WITHOUT ROWID;
CREATE TABLE shape (
    agency INTEGER NOT NULL,
    desks INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    PRIMARY KEY (agency, desks)
) STRICT, WITHOUT ROWID;";

/// The row of the current card.
pub(crate) struct Current {
    pub(crate) serial: u64,
    pub(crate) desks: i64,
    pub(crate) bundle: Vec<u8>,
}

/// Returns the current card's row.
pub(crate) fn current(conn: &Connection, agency: AgencyKey) -> Result<Option<Current>, StoreError> {
    let find = "SELECT serial, desks, bundle FROM card WHERE agency = ?1";
    let row =
        conn.query_row(find, [agency.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((serial, desks, bundle)) = row else { return Ok(None) };
    Ok(Some(Current { serial: count(serial, "card")?, desks, bundle }))
}

/// Makes a card current and remembers the number of desks that the former one had.
pub(crate) fn replace(conn: &Connection, agency: AgencyKey, card: &NewCard<'_>) -> Result<(), StoreError> {
    let desks = i64::try_from(card.desks.len()).unwrap_or(i64::MAX);
    if let Some(former) = current(conn, agency)?.filter(|former| former.desks != desks) {
        conn.execute(
            "INSERT OR REPLACE INTO shape (agency, desks, last_day) VALUES (?1, ?2, ?3)",
            params![agency.0, former.desks, day_number(card.old_shape_until)],
        )?;
    }
    conn.execute("DELETE FROM shape WHERE agency = ?1 AND desks = ?2", params![agency.0, desks])?;
    conn.execute(
        "INSERT OR REPLACE INTO card (agency, serial, desks, bundle) VALUES (?1, ?2, ?3, ?4)",
        params![agency.0, integer(card.serial), desks, card.bundle],
    )?;
    conn.execute(
        "INSERT OR REPLACE INTO card_seen (agency, serial, hash) VALUES (?1, ?2, ?3)",
        params![agency.0, integer(card.serial), card.hash.as_bytes().as_slice()],
    )?;
    Ok(())
}

/// Returns the current card with its history.
pub(crate) fn get(conn: &Connection, agency: AgencyKey) -> Result<Option<StoredCard>, StoreError> {
    let Some(current) = current(conn, agency)? else { return Ok(None) };
    Ok(Some(StoredCard {
        bundle: current.bundle,
        known: known(conn, agency)?,
        old_shapes: old_shapes(conn, agency)?,
    }))
}

/// Drops former numbers of desks whose time is over.
pub(crate) fn expire_shapes(conn: &Connection, agency: AgencyKey, today: Day) -> Result<(), StoreError> {
    let delete = "DELETE FROM shape WHERE agency = ?1 AND last_day < ?2";
    conn.execute(delete, params![agency.0, day_number(today)])?;
    Ok(())
}

fn known(conn: &Connection, agency: AgencyKey) -> Result<Vec<(u64, Digest)>, StoreError> {
    let mut find = conn.prepare("SELECT serial, hash FROM card_seen WHERE agency = ?1 ORDER BY serial")?;
    let rows = find.query_map([agency.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (serial, hash): (i64, [u8; 32]) = row?;
        Ok((count(serial, "card_seen")?, Digest::from_bytes(hash)))
    })
    .collect()
}

fn old_shapes(conn: &Connection, agency: AgencyKey) -> Result<Vec<(usize, Day)>, StoreError> {
    let mut find = conn.prepare("SELECT desks, last_day FROM shape WHERE agency = ?1")?;
    let rows = find.query_map([agency.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (desks, day): (i64, i64) = row?;
        let desks = usize::try_from(desks).map_err(|_| StoreError::Damaged("shape"))?;
        Ok((desks, day_from(day, "shape")?))
    })
    .collect()
}
