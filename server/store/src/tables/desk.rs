//! `desk`: the day of each desk's last acknowledgement.

use bisik_formats::day::Day;
use bisik_formats::ids::DeskId;
use rusqlite::{Connection, params};

use super::{day_from, day_number};
use crate::{AgencyKey, DeskActivity, StoreError};

pub(super) const CREATE: &str = "CREATE TABLE desk (
    agency INTEGER NOT NULL,
    desk TEXT NOT NULL,
    acknowledged INTEGER NOT NULL,
    PRIMARY KEY (agency, desk)
) STRICT, WITHOUT ROWID;";

/// Notes a sign of life.
pub(crate) fn seen(conn: &Connection, agency: AgencyKey, desk: &DeskId, day: Day) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO desk (agency, desk, acknowledged) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET acknowledged = max(acknowledged, excluded.acknowledged)",
        params![agency.0, desk.as_str(), day_number(day)],
    )?;
    Ok(())
}

/// Returns the last sign of life of every desk.
pub(crate) fn all(conn: &Connection, agency: AgencyKey) -> Result<Vec<DeskActivity>, StoreError> {
    let mut find = conn.prepare("SELECT desk, acknowledged FROM desk WHERE agency = ?1 ORDER BY desk")?;
    let rows = find.query_map([agency.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (desk, day) = row?;
        let desk = desk.parse().map_err(|_| StoreError::Damaged("desk"))?;
        Ok(DeskActivity { desk, acknowledged: day_from(day, "desk")? })
    })
    .collect()
}
