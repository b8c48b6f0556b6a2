//! What the server does by itself: retention, tidying, and telling the operator about alarms.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bisik_formats::day::Day;
use bisik_formats::ids::DeskId;
use bisik_store::{AgencyPlan, Maintained, Period, Plan, Reconciled, StoreError};

use crate::app::{Agency, App};
use crate::health::{Alarm, Health};

/// Time between two looks at the day and the alarms.
const PAUSE: Duration = Duration::from_secs(600);

/// Works until it is dropped.
pub async fn run(app: Arc<App>) {
    // A failure is in the event log already; the next round tries again.
    let _done = app.on_disk(reconcile).await;
    let mut done: Option<Day> = None;
    let mut known = BTreeSet::new();
    loop {
        tokio::time::sleep(PAUSE).await;
        let today = app.clock.today();
        if done != Some(today) && app.on_disk(maintain).await.is_ok() {
            done = Some(today);
        }
        let _dropped = app.on_disk(|app| app.store.drop_silent_uploads()).await;
        if let Ok(health) = app.on_disk(Health::of).await {
            known = tell(&app, health, &known);
        }
    }
}

/// After a start: ends uploads whose time is over, compares files with rows, and writes what it found.
///
/// # Errors
/// When the store fails.
pub fn reconcile(app: &App) -> Result<Reconciled, StoreError> {
    app.store.expire_uploads(app.clock.today())?;
    let found = app.store.reconcile()?;
    if found != Reconciled::default() {
        app.events
            .write("reconciled", &[("removed", found.removed.into()), ("missing", found.missing.into())]);
    }
    Ok(found)
}

/// Ends retention and tidies.
///
/// # Errors
/// When the store fails.
pub fn maintain(app: &App) -> Result<Maintained, StoreError> {
    let today = app.clock.today();
    let now = Period::from_hour(app.clock.hour());
    let plan = Plan { today, agencies: app.agencies().map(|agency| plan(agency, today, now)).collect() };
    let done = app.store.maintain(&plan)?;
    if done.expired > 0 {
        app.events.write("expired", &[("reports", done.expired.into())]);
    }
    if done.unlisted > 0 {
        app.events.write("unlisted", &[("reports", done.unlisted.into())]);
    }
    if done.left > 0 {
        app.events.write("not-moved", &[("files", done.left.into())]);
    }
    if !done.rewritten {
        app.events.write("not-rewritten", &[]);
    }
    Ok(done)
}

fn plan(agency: &Agency, today: Day, now: Period) -> AgencyPlan {
    let published = agency.published();
    let desks: Vec<DeskId> = match published.card() {
        Ok(card) => card.card().desks.iter().map(|desk| desk.id.clone()).collect(),
        Err(_) => Vec::new(),
    };
    AgencyPlan { agency: agency.key, keep_from: today.plus(-i32::from(agency.retention_days)), desks, now }
}

/// Writes alarms that are new; returns those there are.
fn tell(app: &App, health: Health, known: &BTreeSet<Alarm>) -> BTreeSet<Alarm> {
    let alarms: BTreeSet<Alarm> = health.alarms.into_iter().collect();
    for alarm in alarms.difference(known) {
        let agency = alarm.agency.clone().unwrap_or_default();
        let desk = alarm.desk.clone().unwrap_or_default();
        app.events.write(alarm.code.event(), &[("agency", agency.into()), ("desk", desk.into())]);
    }
    alarms
}
