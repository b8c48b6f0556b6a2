//! `tally`: reports and bytes of each day, so that nothing has to be counted by reading all rows.

use std::collections::BTreeMap;

use bisik_formats::day::Day;
use rusqlite::{Connection, params};

use super::{count, day_from, day_number, integer};
use crate::usage::DayCount;
use crate::{AgencyKey, StoreError};

pub(super) const CREATE: &str = "CREATE TABLE tally (
    agency INTEGER NOT NULL,
    day INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (agency, day)
) STRICT, WITHOUT ROWID;";

/// Adds reports to a day.
pub(crate) fn add(conn: &Connection, agency: AgencyKey, day: Day, more: DayCount) -> Result<(), StoreError> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO tally (agency, day, reports, bytes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET reports = reports + excluded.reports, bytes = bytes + excluded.bytes",
    )?;
    insert.execute(params![agency.0, day_number(day), integer(more.reports), integer(more.bytes)])?;
    Ok(())
}

/// Takes one report of this length from a day, and the day itself when it was the last.
pub(crate) fn remove(conn: &Connection, agency: AgencyKey, day: Day, length: u64) -> Result<(), StoreError> {
    let mut update = conn.prepare_cached(
        "UPDATE tally SET reports = reports - 1, bytes = bytes - ?3 WHERE agency = ?1 AND day = ?2",
    )?;
    update.execute(params![agency.0, day_number(day), integer(length)])?;
    let mut empty =
        conn.prepare_cached("DELETE FROM tally WHERE agency = ?1 AND day = ?2 AND reports <= 0")?;
    empty.execute(params![agency.0, day_number(day)])?;
    Ok(())
}

/// Returns the counts of every day.
pub(crate) fn days(conn: &Connection, agency: AgencyKey) -> Result<BTreeMap<Day, DayCount>, StoreError> {
    let mut find = conn.prepare("SELECT day, reports, bytes FROM tally WHERE agency = ?1")?;
    let rows = find.query_map([agency.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.map(|row| {
        let (day, reports, bytes): (i64, i64, i64) = row?;
        let counts = DayCount { reports: count(reports, "tally")?, bytes: count(bytes, "tally")? };
        Ok((day_from(day, "tally")?, counts))
    })
    .collect()
}

/// Replaces the counts of every day.
pub(crate) fn replace(
    conn: &Connection,
    agency: AgencyKey,
    days: &BTreeMap<Day, DayCount>,
) -> Result<(), StoreError> {
    conn.execute("DELETE FROM tally WHERE agency = ?1", [agency.0])?;
    days.iter().try_for_each(|(day, count)| add(conn, agency, *day, *count))
}

/// Returns how many reports belong to agencies that are not among these.
pub(crate) fn reports_of_others(conn: &Connection, agencies: &[AgencyKey]) -> Result<u64, StoreError> {
    let mut find = conn.prepare("SELECT agency, sum(reports) FROM tally GROUP BY agency")?;
    let rows = find.query_map([], |row| Ok((AgencyKey(row.get(0)?), row.get(1)?)))?;
    let mut others = 0_u64;
    for row in rows {
        let (agency, reports): (AgencyKey, i64) = row?;
        if !agencies.contains(&agency) {
            others = others.saturating_add(count(reports, "tally")?);
        }
    }
    Ok(others)
}
