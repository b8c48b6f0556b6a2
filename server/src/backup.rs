//! `backup`, `check`, `restore`: what the operator keeps of the data folder, and for how long.

use std::path::Path;

use bisik_store::{BackupError, Counts, Keep, Period};

use crate::clock::Clock;
use crate::config::Config;

/// Writes a backup of the data folder, which a server may be using, and describes it.
///
/// # Errors
/// When there is none.
pub fn backup(config: &Config, to: &Path, clock: &Clock) -> Result<Report, BackupError> {
    let keep = keep(config, clock);
    let counts = bisik_store::backup(&config.data, to, &keep)?;
    Ok(Report::new(&keep.today.to_string(), counts))
}

/// Reads a backup from its first to its last byte and describes it.
///
/// # Errors
/// When it is none.
pub fn check(from: &Path) -> Result<Report, BackupError> {
    let found = bisik_store::check(from)?;
    Ok(Report::new(&found.day.to_string(), found.counts))
}

/// Fills an empty data folder from a backup and describes what came back.
///
/// # Errors
/// When nothing was restored.
pub fn restore(config: &Config, from: &Path, clock: &Clock) -> Result<Report, BackupError> {
    let found = bisik_store::restore(from, &config.data, &keep(config, clock))?;
    Ok(Report::new(&found.day.to_string(), found.counts))
}

/// What was found.
pub struct Report {
    /// Its day and counts, one `name=value` a line.
    pub text: String,
    /// Whether nothing is damaged.
    pub sound: bool,
}

impl Report {
    fn new(day: &str, counts: Counts) -> Self {
        let Counts { reports, bytes, editions, cards, expired, gone, damaged } = counts;
        let text = format!(
            "day={day}\nreports={reports}\nbytes={bytes}\neditions={editions}\ncards={cards}\n\
             expired={expired}\ngone={gone}\ndamaged={damaged}\n"
        );
        Self { text, sound: damaged == 0 }
    }
}

/// Agencies that are not configured any more keep what the one with the longest retention may keep.
fn keep(config: &Config, clock: &Clock) -> Keep {
    let today = clock.today();
    let from = |days: u16| today.plus(-i32::from(days));
    let longest = config.agency.iter().map(|agency| agency.retention_days).max().unwrap_or_default();
    Keep {
        today,
        now: Period::from_hour(clock.hour()),
        agencies: config.agency.iter().map(|agency| (agency.id, from(agency.retention_days))).collect(),
        others: from(longest),
    }
}
