//! `acknowledgement`: which desk holds which report that is still stored.

use std::collections::BTreeSet;

use bisik_formats::ids::{DeskId, ReportId};
use rusqlite::{Connection, params};

use crate::{AgencyKey, StoreError};

pub(super) const CREATE: &str = "CREATE TABLE acknowledgement (
    agency INTEGER NOT NULL,
    id BLOB NOT NULL,
    desk TEXT NOT NULL,
    PRIMARY KEY (agency, id, desk)
) STRICT, WITHOUT ROWID;";

/// Notes that a desk holds a report; noting it twice changes nothing.
pub(crate) fn insert(
    conn: &Connection,
    agency: AgencyKey,
    id: &ReportId,
    desk: &DeskId,
) -> Result<(), StoreError> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO acknowledgement (agency, id, desk) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    insert.execute(params![agency.0, id.as_bytes().as_slice(), desk.as_str()])?;
    Ok(())
}

/// Tells whether all of `desks` hold a report.
pub(crate) fn complete(
    conn: &Connection,
    agency: AgencyKey,
    id: &ReportId,
    desks: &[DeskId],
) -> Result<bool, StoreError> {
    let mut find = conn.prepare_cached("SELECT desk FROM acknowledgement WHERE agency = ?1 AND id = ?2")?;
    let rows = find.query_map(params![agency.0, id.as_bytes().as_slice()], |row| row.get::<_, String>(0))?;
    let held: BTreeSet<String> = rows.collect::<Result<_, _>>()?;
    Ok(!desks.is_empty() && desks.iter().all(|desk| held.contains(desk.as_str())))
}

/// Returns the reports that at least one desk holds.
pub(crate) fn begun(conn: &Connection, agency: AgencyKey) -> Result<Vec<ReportId>, StoreError> {
    let mut find = conn.prepare("SELECT DISTINCT id FROM acknowledgement WHERE agency = ?1")?;
    let rows = find.query_map([agency.0], |row| row.get(0))?;
    rows.map(|row| Ok(ReportId::from_bytes(row?))).collect()
}

/// Forgets a report.
pub(crate) fn delete(conn: &Connection, agency: AgencyKey, id: &ReportId) -> Result<(), StoreError> {
    let mut delete = conn.prepare_cached("DELETE FROM acknowledgement WHERE agency = ?1 AND id = ?2")?;
    delete.execute(params![agency.0, id.as_bytes().as_slice()])?;
    Ok(())
}
