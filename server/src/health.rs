//! Counts for the courier and alarms for the operator.

use bisik_formats::day::Day;
use bisik_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{Agency, App};
use crate::config::Batch;

/// Days before its end at which a card is reported.
const CARD_WARNING: i32 = 30;

/// Counts of one agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// Serial of the current card.
    pub card_serial: Option<u64>,
    /// Last day of the current card, YYYY-MM-DD.
    pub card_expires: Option<String>,
    /// Stored reports of finished days.
    pub reports: u64,
    /// Sealed bytes of these reports.
    pub bytes: u64,
    /// Day of the oldest report, YYYY-MM-DD.
    pub oldest: Option<String>,
    /// Desks of the current card, in its order.
    pub desks: Vec<DeskStatus>,
}

/// What the server knows about a desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskStatus {
    /// Id of the desk.
    pub desk: String,
    /// Number of its current edition.
    pub edition: Option<String>,
    /// Last day for which that edition is meant, YYYY-MM-DD.
    pub until: Option<String>,
    /// Day of its last acknowledgement, YYYY-MM-DD.
    pub acknowledged: Option<String>,
}

impl Status {
    /// Counts for one agency.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of(app: &App, agency: &Agency) -> Result<Self, StoreError> {
        let published = agency.published();
        let today = app.clock.today();
        // What arrived within the present period stays unknown to the courier here as in the list.
        let before = if agency.batch == Batch::Off { today.plus(1) } else { today };
        let usage = app.store.usage(agency.key, before)?;
        let activity = app.store.desks(agency.key)?;
        let card = published.card().ok().map(|card| card.card());
        let desks = card.iter().flat_map(|card| &card.desks).map(|desk| {
            let edition =
                published.editions().iter().find(|edition| edition.current && edition.desk == desk.id);
            let seen = activity.iter().find(|seen| seen.desk == desk.id);
            DeskStatus {
                desk: desk.id.to_string(),
                edition: edition.map(|edition| edition.number.to_string()),
                until: edition.and_then(|edition| edition.until).as_ref().map(Day::to_string),
                acknowledged: seen.map(|seen| seen.acknowledged.to_string()),
            }
        });
        Ok(Self {
            card_serial: card.map(|card| card.serial.get()),
            card_expires: card.map(|card| card.expires.to_string()),
            reports: usage.reports,
            bytes: usage.bytes,
            oldest: usage.oldest.as_ref().map(Day::to_string),
            desks: desks.collect(),
        })
    }
}

/// What an operator has to see to.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// `ok` or `alarm`.
    pub status: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// What is not as it should be.
    pub alarms: Vec<Alarm>,
}

/// One thing that is not as it should be.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Alarm {
    /// Which one.
    pub code: AlarmCode,
    /// Path of the agency concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Desk concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<String>,
}

/// The alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmCode {
    /// No card has been brought yet.
    NoCard,
    /// The card ends within 30 days.
    CardEndsSoon,
    /// The card has ended: nobody can send or read.
    CardEnded,
    /// A desk has no edition that is valid today: its box is not being read.
    DeskSilent,
    /// Reports have waited for more than half of their retention.
    ReportsUnacknowledged,
    /// More than nine tenths of the quota are used.
    QuotaLow,
    /// Evidence is refused for want of room on the disk.
    DiskLow,
}

impl AlarmCode {
    /// All alarms.
    pub const ALL: [Self; 7] = [
        Self::NoCard,
        Self::CardEndsSoon,
        Self::CardEnded,
        Self::DeskSilent,
        Self::ReportsUnacknowledged,
        Self::QuotaLow,
        Self::DiskLow,
    ];

    /// Returns the name of its event, the same as in JSON.
    pub const fn event(self) -> &'static str {
        match self {
            Self::NoCard => "no-card",
            Self::CardEndsSoon => "card-ends-soon",
            Self::CardEnded => "card-ended",
            Self::DeskSilent => "desk-silent",
            Self::ReportsUnacknowledged => "reports-unacknowledged",
            Self::QuotaLow => "quota-low",
            Self::DiskLow => "disk-low",
        }
    }
}

impl Health {
    /// Judges the present state.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of(app: &App) -> Result<Self, StoreError> {
        let mut alarms = Vec::new();
        for agency in app.agencies() {
            agency_alarms(app, agency, &mut alarms)?;
        }
        if app.store.disk()?.low {
            alarms.push(Alarm { code: AlarmCode::DiskLow, agency: None, desk: None });
        }
        alarms.sort();
        let status = if alarms.is_empty() { "ok" } else { "alarm" };
        Ok(Self { status, version: env!("CARGO_PKG_VERSION"), alarms })
    }
}

fn agency_alarms(app: &App, agency: &Agency, alarms: &mut Vec<Alarm>) -> Result<(), StoreError> {
    let today = app.clock.today();
    let published = agency.published();
    let mut alarm = |code, desk| alarms.push(Alarm { code, agency: Some(agency.path.clone()), desk });
    match published.card() {
        Err(_) => alarm(AlarmCode::NoCard, None),
        Ok(card) if today > card.card().expires => alarm(AlarmCode::CardEnded, None),
        Ok(card) if card.card().expires.days_since(today) < CARD_WARNING => {
            alarm(AlarmCode::CardEndsSoon, None)
        }
        Ok(_) => {}
    }
    for desk in published.card().iter().flat_map(|card| &card.card().desks) {
        let edition = published.editions().iter().find(|edition| edition.current && edition.desk == desk.id);
        let until = edition.and_then(|edition| edition.until);
        if until.is_none_or(|until| today > until) {
            alarm(AlarmCode::DeskSilent, Some(desk.id.to_string()));
        }
    }
    let usage = app.store.usage(agency.key, today.plus(1))?;
    let waited = usage.oldest.map_or(0, |oldest| today.days_since(oldest));
    if waited.saturating_mul(2) > i32::from(agency.retention_days) {
        alarm(AlarmCode::ReportsUnacknowledged, None);
    }
    if usage.bytes > agency.quota_bytes / 10 * 9 {
        alarm(AlarmCode::QuotaLow, None);
    }
    Ok(())
}
