//! Reports in and out, quotas, periods, retention.

use std::sync::Arc;
use std::sync::mpsc::channel;

use bisik_formats::ids::ReportId;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use crate::{Accepted, Class, LocalStore, Period, Reconciled, Settings, Store, StoreError};

use super::*;

#[test]
fn reports_are_kept_listed_and_read_across_a_restart() {
    let mut fixture = Fixture::new();
    let (text, large) = (fixture.bytes(36_000), fixture.bytes(200_000));
    assert_eq!(fixture.text(&text).unwrap(), Accepted::New);
    assert_eq!(fixture.large(&large).unwrap(), Accepted::New);
    assert_eq!(fixture.text(&text).unwrap(), Accepted::AlreadyStored);
    assert_eq!(fixture.large(&large).unwrap(), Accepted::AlreadyStored);
    let fixture = fixture.reopen();
    let mut ids = vec![ReportId::of(&text), ReportId::of(&large)];
    ids.sort();
    assert_eq!(fixture.ids(), ids);
    assert_eq!(fixture.read(&ReportId::of(&text)).unwrap(), text);
    assert_eq!(fixture.read(&ReportId::of(&large)).unwrap(), large);
    assert_eq!(fixture.read(&ReportId::of(b"")), None);
    let usage = fixture.store.usage(fixture.agency, today().plus(1)).unwrap();
    assert_eq!((usage.reports, usage.bytes, usage.oldest), (2, 236_000, Some(today())));
    assert_eq!(fixture.stored_files("reports").len(), 1);
    assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
}

#[test]
fn who_waits_together_is_stored_together_and_nobody_is_lost() {
    let mut fixture = Fixture::new();
    let texts: Vec<_> = (0..200).map(|_| fixture.bytes(1000)).collect();
    let waiting: Vec<_> = texts.iter().map(|text| fixture.queue(text, today(), Period::AT_ONCE)).collect();
    assert!(waiting.iter().all(|told| matches!(told.recv().unwrap(), Ok(Accepted::New))));
    let fixture = fixture.reopen();
    let mut ids: Vec<_> = texts.iter().map(|text| ReportId::of(text)).collect();
    ids.sort();
    assert_eq!(fixture.ids(), ids);
}

#[test]
fn lists_go_page_by_page_and_hold_back_unfinished_periods() {
    let mut fixture = Fixture::new();
    for hour in 0..10 {
        let text = fixture.bytes(100);
        fixture.queue(&text, today(), Period::from_hour(hour)).recv().unwrap().unwrap();
    }
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = fixture.store.list(fixture.agency, after.as_ref(), Period::from_hour(6), 3).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        pages.push(page.len());
    }
    assert_eq!(pages, [3, 3, 1]);
    let unready = fixture.ids();
    assert_eq!(unready.len(), 1);
    let all = fixture.store.list(fixture.agency, None, Period::from_hour(9), 100).unwrap();
    let held = all.iter().filter(|listed| fixture.read(&listed.id).is_none()).count();
    assert_eq!((all.len(), held), (10, 9));
}

#[test]
fn after_its_period_only_the_day_of_a_report_is_kept() {
    let mut fixture = Fixture::new();
    for hour in [5, 6, 7] {
        let text = fixture.bytes(100);
        fixture.queue(&text, today(), Period::from_hour(hour)).recv().unwrap().unwrap();
    }
    fixture.store.maintain(&fixture.plan(today(), &[desk("a")])).unwrap();
    let hours = fixture.store.readers.read(|conn| {
        let mut find = conn.prepare("SELECT ready FROM report ORDER BY ready")?;
        let rows = find.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<Vec<u32>, _>>()?)
    });
    assert_eq!(hours.unwrap(), [0, 0, 7]);
}

#[test]
fn agencies_do_not_see_each_other() {
    let mut fixture = Fixture::new();
    let text = fixture.bytes(100);
    fixture.text(&text).unwrap();
    let other = fixture.store.register(&agency_id('4'), QUOTA).unwrap();
    assert_ne!(other, fixture.agency);
    assert!(fixture.store.list(other, None, Period::AT_ONCE, 10).unwrap().is_empty());
    assert!(fixture.store.read(other, &ReportId::of(&text), Period::AT_ONCE).unwrap().is_none());
    assert_eq!(fixture.store.usage(other, today().plus(1)).unwrap().reports, 0);
    let mut plan = fixture.plan(today(), &[desk("a")]);
    assert_eq!(fixture.store.maintain(&plan).unwrap().unlisted, 0);
    plan.agencies.clear();
    assert_eq!(fixture.store.maintain(&plan).unwrap().unlisted, 1);
}

#[test]
fn a_smaller_card_completes_what_the_remaining_desks_hold() {
    let mut fixture = Fixture::new();
    let (held, other) = (fixture.bytes(100), fixture.bytes(100));
    fixture.text(&held).unwrap();
    fixture.text(&other).unwrap();
    let ids = [ReportId::of(&held)];
    assert_eq!(
        fixture
            .store
            .acknowledge(fixture.agency, &desk("a"), &ids, &[desk("a"), desk("b")], today())
            .unwrap(),
        0
    );
    let done = fixture.store.maintain(&fixture.plan(today(), &[desk("a"), desk("b")])).unwrap();
    assert_eq!(done.acknowledged, 0);
    // Without any desk nothing counts as held by all of them.
    assert_eq!(fixture.store.maintain(&fixture.plan(today(), &[])).unwrap().acknowledged, 0);
    let done = fixture.store.maintain(&fixture.plan(today(), &[desk("a")])).unwrap();
    assert_eq!((done.acknowledged, done.expired), (1, 0));
    assert_eq!(fixture.ids(), [ReportId::of(&other)]);
}

#[test]
fn retention_ends_by_the_day() {
    let mut fixture = Fixture::new();
    for back in 0..300 {
        let text = fixture.bytes(200);
        fixture.queue(&text, today().plus(-back), Period::AT_ONCE).recv().unwrap().unwrap();
    }
    let done = fixture.store.maintain(&fixture.plan(today().plus(-9), &[desk("a")])).unwrap();
    assert_eq!((done.expired, done.rewritten, done.log_empty), (290, true, true));
    let usage = fixture.store.usage(fixture.agency, today().plus(1)).unwrap();
    assert_eq!((usage.reports, usage.oldest), (10, Some(today().plus(-9))));
    assert_eq!(fixture.ids().len(), 10);
    assert_eq!(fixture.store.maintain(&fixture.plan(today().plus(-9), &[desk("a")])).unwrap().expired, 0);
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.usage(fixture.agency, today().plus(1)).unwrap(), usage);
}

#[test]
fn evidence_leaves_room_for_text_also_while_it_arrives() {
    let mut fixture = Fixture::new();
    let agency = fixture.agency;
    let first = fixture.store.stage(agency, 5_000_000).unwrap();
    assert!(matches!(fixture.store.stage(agency, 5_000_000), Err(StoreError::QuotaFull)));
    assert!(fixture.store.admit(agency, 9_000_000, Class::Text).is_ok());
    drop(first);
    let second = fixture.store.stage(agency, 9_000_000).unwrap();
    drop(second);
    let large = fixture.bytes(9_000_000);
    fixture.large(&large).unwrap();
    assert!(matches!(fixture.store.admit(agency, 1, Class::Large), Err(StoreError::QuotaFull)));
    let text = fixture.bytes(600_000);
    assert_eq!(fixture.text(&text).unwrap(), Accepted::New);
    let more = fixture.bytes(600_000);
    assert!(matches!(fixture.text(&more), Err(StoreError::QuotaFull)));
    // What is there already needs no room.
    assert_eq!(fixture.text(&text).unwrap(), Accepted::AlreadyStored);
}

#[test]
fn quotas_count_a_group_as_a_whole() {
    let mut fixture = Fixture::new();
    let texts: Vec<_> = (0..100).map(|_| fixture.bytes(200_000)).collect();
    let waiting: Vec<_> = texts.iter().map(|text| fixture.queue(text, today(), Period::AT_ONCE)).collect();
    let stored = waiting.iter().filter(|told| told.recv().unwrap().is_ok()).count();
    assert_eq!(stored, 50);
    assert_eq!(fixture.store.usage(fixture.agency, today().plus(1)).unwrap().bytes, QUOTA.bytes);
}

#[test]
fn uploads_have_their_announced_length_or_leave_nothing() {
    let fixture = Fixture::new();
    let mut long = fixture.store.stage(fixture.agency, 10).unwrap();
    assert!(matches!(long.write(&[0; 11]), Err(StoreError::Length)));
    let mut short = fixture.store.stage(fixture.agency, 10).unwrap();
    short.write(&[0; 9]).unwrap();
    let (tell, told) = channel();
    short.commit(today(), Period::AT_ONCE, Box::new(move |result| tell.send(result).unwrap()));
    assert!(matches!(told.recv().unwrap(), Err(StoreError::Length)));
    drop(long);
    assert_eq!(fixture.stored_files("reports").len(), 0);
    assert_eq!(fixture.ids(), []);
}

#[test]
fn a_closed_store_takes_nothing_more() {
    let fixture = Fixture::new();
    let staged = fixture.store.stage(fixture.agency, 0).unwrap();
    drop(staged);
    fixture.store.close();
    assert!(matches!(fixture.text(b"late"), Err(StoreError::Closed)));
    assert!(matches!(fixture.store.stage(fixture.agency, 1), Err(StoreError::Closed)));
}

#[test]
fn a_full_queue_says_so() {
    let folder = TempDir::new().unwrap();
    let settings = Settings { queue: 1, ..Settings::new(folder.path()) };
    let store = LocalStore::open(settings, StdRng::seed_from_u64(7)).unwrap();
    let agency = store.register(&agency_id('3'), QUOTA).unwrap();
    let mut fixture = Fixture { store: Arc::new(store), agency, rng: StdRng::seed_from_u64(1), folder };
    // Each commit takes an fsync, so a queue of one overflows long before this many.
    let texts: Vec<_> = (0..500).map(|_| fixture.bytes(100)).collect();
    let waiting: Vec<_> = texts.iter().map(|text| fixture.queue(text, today(), Period::AT_ONCE)).collect();
    let results: Vec<_> = waiting.iter().map(|told| told.recv().unwrap()).collect();
    assert!(results.iter().any(|result| matches!(result, Err(StoreError::Busy))));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), fixture.ids().len());
}
