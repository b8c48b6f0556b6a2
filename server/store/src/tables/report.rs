//! `report`: one small row for each sealed report, ordered by its id, which is a hash.

use bisik_formats::day::Day;
use bisik_formats::ids::ReportId;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{count, day_from, day_number, integer};
use crate::files::Place;
use crate::{AgencyKey, Listed, NewReport, Period, StoreError};

pub(super) const CREATE: &str = "CREATE TABLE report (
    agency INTEGER NOT NULL,
    id BLOB NOT NULL,
    length INTEGER NOT NULL,
    day INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    place INTEGER NOT NULL,
    in_file INTEGER NOT NULL,
    mixed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agency, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX report_file ON report (place) WHERE in_file = 1;";

/// Adds the column that says whether the file of a report has been moved since it arrived.
pub(super) const ADD_MIXED: &str = "ALTER TABLE report ADD COLUMN mixed INTEGER NOT NULL DEFAULT 0;";

/// A report whose file still lies where it arrived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrived {
    pub(crate) agency: AgencyKey,
    pub(crate) id: ReportId,
    pub(crate) place: Place,
}

/// Where a report is kept, and what the counters need when it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored {
    pub(crate) length: u64,
    pub(crate) day: Day,
    pub(crate) ready: Period,
    pub(crate) place: Place,
    pub(crate) in_file: bool,
}

/// Adds a row; returns false when the report is there already.
pub(crate) fn insert(
    conn: &Connection,
    report: &NewReport,
    length: u64,
    place: Place,
    in_file: bool,
) -> Result<bool, StoreError> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO report (agency, id, length, day, ready, place, in_file) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (agency, id) DO NOTHING",
    )?;
    let added = insert.execute(params![
        report.agency.0,
        report.id.as_bytes().as_slice(),
        integer(length),
        day_number(report.day),
        report.ready.hour(),
        place.key(),
        in_file
    ])?;
    Ok(added == 1)
}

/// Returns where a report is kept.
pub(crate) fn get(conn: &Connection, agency: AgencyKey, id: &ReportId) -> Result<Option<Stored>, StoreError> {
    let mut find = conn.prepare_cached(
        "SELECT length, day, ready, place, in_file FROM report WHERE agency = ?1 AND id = ?2",
    )?;
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    let found: Option<(i64, i64, u32, i64, bool)> =
        find.query_row(params![agency.0, id.as_bytes().as_slice()], columns).optional()?;
    let Some((length, day, ready, place, in_file)) = found else { return Ok(None) };
    let place = Place::from_key(place).ok_or(DAMAGED)?;
    let ready = Period::from_hour(ready);
    Ok(Some(Stored {
        length: count(length, "report")?,
        day: day_from(day, "report")?,
        ready,
        place,
        in_file,
    }))
}

/// Removes a row.
pub(crate) fn delete(conn: &Connection, agency: AgencyKey, id: &ReportId) -> Result<(), StoreError> {
    let mut delete = conn.prepare_cached("DELETE FROM report WHERE agency = ?1 AND id = ?2")?;
    delete.execute(params![agency.0, id.as_bytes().as_slice()])?;
    Ok(())
}

/// Returns up to `limit` rows that are ready at `now`, ascending by id, after `after`.
pub(crate) fn list(
    conn: &Connection,
    agency: AgencyKey,
    after: Option<&ReportId>,
    now: Period,
    limit: usize,
) -> Result<Vec<Listed>, StoreError> {
    let mut find = conn.prepare_cached(
        "SELECT id, length FROM report WHERE agency = ?1 AND id > ?2 AND ready <= ?3 ORDER BY id LIMIT ?4",
    )?;
    // No id is shorter, so the empty blob comes before all of them.
    let after = after.map_or(&[] as &[u8], |id| id.as_bytes().as_slice());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows =
        find.query_map(params![agency.0, after, now.hour(), limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (id, length): ([u8; 32], i64) = row?;
        Ok(Listed { id: ReportId::from_bytes(id), length: count(length, "report")? })
    })
    .collect()
}

/// Returns up to `limit` reports, ascending by id, after `after`.
pub(crate) fn after(
    conn: &Connection,
    agency: AgencyKey,
    after: Option<&ReportId>,
    limit: usize,
) -> Result<Vec<ReportId>, StoreError> {
    let mut find =
        conn.prepare_cached("SELECT id FROM report WHERE agency = ?1 AND id > ?2 ORDER BY id LIMIT ?3")?;
    let after = after.map_or(&[] as &[u8], |id| id.as_bytes().as_slice());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = find.query_map(params![agency.0, after, limit], |row| row.get(0))?;
    rows.map(|row| Ok(ReportId::from_bytes(row?))).collect()
}

/// Tells whether a report of any agency is kept in a file.
pub(crate) fn names(conn: &Connection, id: &ReportId) -> Result<bool, StoreError> {
    let mut find = conn.prepare_cached("SELECT 1 FROM report WHERE id = ?1 AND in_file = 1")?;
    Ok(find.exists([id.as_bytes().as_slice()])?)
}

/// Returns up to `limit` reports of days before `limit_day`, ascending by id, after `after`.
pub(crate) fn older(
    conn: &Connection,
    agency: AgencyKey,
    after: Option<&ReportId>,
    limit_day: Day,
    limit: usize,
) -> Result<Vec<ReportId>, StoreError> {
    let mut find = conn.prepare_cached(
        "SELECT id FROM report WHERE agency = ?1 AND id > ?2 AND day < ?3 ORDER BY id LIMIT ?4",
    )?;
    let after = after.map_or(&[] as &[u8], |id| id.as_bytes().as_slice());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = find.query_map(params![agency.0, after, day_number(limit_day), limit], |row| row.get(0))?;
    rows.map(|row| Ok(ReportId::from_bytes(row?))).collect()
}

/// Forgets from which hour on reports were ready that are ready now: only their day is kept.
pub(crate) fn forget_hours(conn: &Connection, agency: AgencyKey, now: Period) -> Result<(), StoreError> {
    let update = "UPDATE report SET ready = 0 WHERE agency = ?1 AND ready > 0 AND ready <= ?2";
    conn.execute(update, params![agency.0, now.hour()])?;
    Ok(())
}

/// Returns the reports whose files still lie where they arrived.
pub(crate) fn arrived(conn: &Connection) -> Result<Vec<Arrived>, StoreError> {
    let mut find = conn.prepare("SELECT agency, id, place FROM report WHERE in_file = 1 AND mixed = 0")?;
    let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.map(|row| {
        let (agency, id, place) = row?;
        let place = Place::from_key(place).ok_or(DAMAGED)?;
        Ok(Arrived { agency: AgencyKey(agency), id: ReportId::from_bytes(id), place })
    })
    .collect()
}

/// Says that the file of a report lies elsewhere now; false when the report has gone.
pub(crate) fn move_file(conn: &Connection, arrived: &Arrived, to: Place) -> Result<bool, StoreError> {
    let mut update = conn.prepare_cached(
        "UPDATE report SET place = ?4, mixed = 1 WHERE agency = ?1 AND id = ?2 AND place = ?3 AND in_file = 1",
    )?;
    let (agency, id) = (arrived.agency.0, arrived.id.as_bytes().as_slice());
    Ok(update.execute(params![agency, id, arrived.place.key(), to.key()])? == 1)
}

/// Tells whether a row names this file.
pub(crate) fn names_file(conn: &Connection, place: Place) -> Result<bool, StoreError> {
    let mut find = conn.prepare_cached("SELECT 1 FROM report WHERE place = ?1 AND in_file = 1")?;
    Ok(find.exists([place.key()])?)
}

/// Returns the places of all reports kept in files.
pub(crate) fn file_places(conn: &Connection) -> Result<Vec<Place>, StoreError> {
    let mut find = conn.prepare("SELECT place FROM report WHERE in_file = 1")?;
    let rows = find.query_map([], |row| row.get(0))?;
    rows.map(|row| Place::from_key(row?).ok_or(DAMAGED)).collect()
}

const DAMAGED: StoreError = StoreError::Damaged("report");
