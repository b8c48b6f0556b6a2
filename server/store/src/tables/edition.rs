//! `edition`: for each desk the current edition and the one before; bodies are files.

use bisik_formats::day::EditionNumber;
use bisik_formats::ids::DeskId;
use rusqlite::{Connection, OptionalExtension, params};

use super::{count, integer};
use crate::files::Place;
use crate::{AgencyKey, StoreError, StoredEdition};

pub(super) const CREATE: &str = "CREATE TABLE edition (
    agency INTEGER NOT NULL,
    desk TEXT NOT NULL,
    current INTEGER NOT NULL,
    number TEXT NOT NULL,
    header BLOB NOT NULL,
    place INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (agency, desk, current)
) STRICT, WITHOUT ROWID;";

/// An edition about to be current.
pub(crate) struct Row<'a> {
    pub(crate) desk: &'a DeskId,
    pub(crate) number: EditionNumber,
    pub(crate) header: &'a [u8],
    pub(crate) place: Place,
    pub(crate) length: usize,
}

/// Returns number and header of a desk's current edition.
pub(crate) fn current(
    conn: &Connection,
    agency: AgencyKey,
    desk: &DeskId,
) -> Result<Option<(EditionNumber, Vec<u8>)>, StoreError> {
    let find = "SELECT number, header FROM edition WHERE agency = ?1 AND desk = ?2 AND current = 1";
    let row = conn
        .query_row(find, params![agency.0, desk.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(number, header)| Ok((number.parse().map_err(|_| DAMAGED)?, header))).transpose()
}

/// Makes an edition current, the current one former, and returns the place of the body that goes.
pub(crate) fn replace(
    conn: &Connection,
    agency: AgencyKey,
    edition: &Row<'_>,
) -> Result<Option<Place>, StoreError> {
    let desk = edition.desk.as_str();
    let gone = conn
        .query_row(
            "DELETE FROM edition WHERE agency = ?1 AND desk = ?2 AND current = 0 RETURNING place",
            params![agency.0, desk],
            |row| row.get(0),
        )
        .optional()?;
    conn.execute(
        "UPDATE edition SET current = 0 WHERE agency = ?1 AND desk = ?2 AND current = 1",
        params![agency.0, desk],
    )?;
    conn.execute(
        "INSERT INTO edition (agency, desk, current, number, header, place, length) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)",
        params![
            agency.0,
            desk,
            edition.number.to_string(),
            edition.header,
            edition.place.key(),
            integer(u64::try_from(edition.length).unwrap_or(u64::MAX))
        ],
    )?;
    gone.map(|key| Place::from_key(key).ok_or(DAMAGED)).transpose()
}

/// Removes the editions of desks that are not in `desks` and returns the places of their bodies.
pub(crate) fn keep_only(
    conn: &Connection,
    agency: AgencyKey,
    desks: &[DeskId],
) -> Result<Vec<Place>, StoreError> {
    let mut gone = Vec::new();
    for edition in all(conn, agency)?.iter().filter(|edition| !desks.contains(&edition.desk)) {
        gone.extend(place(conn, agency, &edition.desk, edition.number)?);
        conn.execute(
            "DELETE FROM edition WHERE agency = ?1 AND desk = ?2 AND number = ?3",
            params![agency.0, edition.desk.as_str(), edition.number.to_string()],
        )?;
    }
    Ok(gone)
}

/// Returns every edition of an agency.
pub(crate) fn all(conn: &Connection, agency: AgencyKey) -> Result<Vec<StoredEdition>, StoreError> {
    let mut find = conn.prepare(
        "SELECT desk, current, number, header, length FROM edition WHERE agency = ?1 ORDER BY desk, current",
    )?;
    let rows = find.query_map([agency.0], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?, row.get(4)?))
    })?;
    rows.map(|row| {
        let (desk, current, number, header, length) = row?;
        Ok(StoredEdition {
            desk: desk.parse().map_err(|_| DAMAGED)?,
            number: number.parse().map_err(|_| DAMAGED)?,
            current,
            header,
            body_length: count(length, "edition")?,
        })
    })
    .collect()
}

/// An edition with the place of its body.
pub(crate) struct Stored {
    pub(crate) desk: DeskId,
    pub(crate) number: EditionNumber,
    pub(crate) header: Vec<u8>,
    pub(crate) place: Place,
    pub(crate) length: u64,
}

/// Returns every edition of an agency with its place.
pub(crate) fn stored(conn: &Connection, agency: AgencyKey) -> Result<Vec<Stored>, StoreError> {
    all(conn, agency)?
        .into_iter()
        .map(|edition| {
            let place = place(conn, agency, &edition.desk, edition.number)?.ok_or(DAMAGED)?;
            let StoredEdition { desk, number, header, body_length: length, .. } = edition;
            Ok(Stored { desk, number, header, place, length })
        })
        .collect()
}

/// Removes the edition whose body is at this place.
pub(crate) fn delete(conn: &Connection, agency: AgencyKey, place: Place) -> Result<(), StoreError> {
    conn.execute("DELETE FROM edition WHERE agency = ?1 AND place = ?2", params![agency.0, place.key()])?;
    Ok(())
}

/// Returns the place of an edition's body.
pub(crate) fn place(
    conn: &Connection,
    agency: AgencyKey,
    desk: &DeskId,
    number: EditionNumber,
) -> Result<Option<Place>, StoreError> {
    let find = "SELECT place FROM edition WHERE agency = ?1 AND desk = ?2 AND number = ?3";
    let row = conn
        .query_row(find, params![agency.0, desk.as_str(), number.to_string()], |row| row.get(0))
        .optional()?;
    row.map(|key| Place::from_key(key).ok_or(DAMAGED)).transpose()
}

/// Returns the places of all bodies.
pub(crate) fn places(conn: &Connection) -> Result<Vec<Place>, StoreError> {
    let mut find = conn.prepare("SELECT place FROM edition")?;
    let rows = find.query_map([], |row| row.get(0))?;
    rows.map(|row| Place::from_key(row?).ok_or(DAMAGED)).collect()
}

const DAMAGED: StoreError = StoreError::Damaged("edition");
