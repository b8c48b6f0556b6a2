//! Outboxes that hold something else than expected.

use std::fs;
use std::os::unix::fs::symlink;

use bisik_desk::desk::Desk;
use bisik_desk::import::{self, ImportError};
use bisik_desk::publish::{self, Choices, OutboxError, PublishError};

use bisik_desk::root;

use crate::agency::{Agency, CARD, FORM, SECRET, day, officer, passphrase};

/// A desk whose vault was restored from a backup after more editions had been published.
fn restored() -> (Agency, Desk) {
    let mut agency = Agency::new();
    let backup = agency.folder.path().join("vault-backup");
    fs::create_dir(&backup).unwrap();
    fs::create_dir(backup.join("evidence")).unwrap();
    for name in ["vault.sqlite", "lock"] {
        fs::copy(agency.vault().join(name), backup.join(name)).unwrap();
    }
    agency.publish();
    let desk = Desk::open(&backup, &officer(), &passphrase(SECRET), &mut agency.rng).unwrap();
    (agency, desk)
}

#[test]
fn a_newer_edition_than_the_vault_knows_is_not_overwritten() {
    let (mut agency, mut desk) = restored();
    let before = fs::read(agency.stick().join("outbox/pusat/header.note")).unwrap();
    let stick = agency.stick();
    let mut publish =
        |desk: &mut Desk, choices| publish::publish(desk, &stick, choices, agency.today, &mut agency.rng);
    let refused = publish(&mut desk, Choices::default());
    assert!(matches!(refused, Err(PublishError::Outbox(OutboxError::Newer { .. }))));
    assert_eq!(fs::read(stick.join("outbox/pusat/header.note")).unwrap(), before);
    let newer = publish(&mut desk, Choices { replace_outbox: true, ..Choices::default() }).unwrap();
    assert_eq!(newer.number.to_string(), "202611222", "it goes on after the number on the stick");
}

#[test]
fn an_old_backup_does_not_import_and_so_acknowledges_nothing_it_cannot_open() {
    let (mut agency, mut desk) = restored();
    let stick = agency.stick();
    let mut import =
        |desk: &mut Desk| import::import(desk, &stick, agency.today, false, &mut agency.rng, &mut |_| {});
    assert!(matches!(import(&mut desk), Err(ImportError::Outbox(OutboxError::Newer { .. }))));
    assert!(import(&mut agency.pusat).is_ok());
}

#[test]
fn a_forked_edition_is_not_overwritten() {
    let (mut agency, mut desk) = restored();
    let other_stick = agency.folder.path().join("other");
    fs::create_dir(&other_stick).unwrap();
    publish::publish(&mut desk, &other_stick, Choices::default(), agency.today, &mut agency.rng).unwrap();
    // Both vaults have now made an edition of the same number.
    let refused =
        publish::publish(&mut desk, &agency.stick(), Choices::default(), agency.today, &mut agency.rng);
    assert!(matches!(refused, Err(PublishError::Outbox(OutboxError::Forked { .. }))));
}

#[test]
fn an_old_edition_of_our_own_is_replaced() {
    let mut agency = Agency::new();
    let first = agency.header("pusat").header().number;
    let old = fs::read(agency.stick().join("outbox/pusat/header.note")).unwrap();
    agency.publish();
    fs::write(agency.stick().join("outbox/pusat/header.note"), old).unwrap();
    assert!(agency.publish().number > first);
}

#[test]
fn foreign_bytes_in_the_outbox_are_replaced_and_told() {
    let mut agency = Agency::new();
    fs::write(agency.stick().join("outbox/pusat/header.note"), b"\x1b[2J").unwrap();
    assert!(agency.publish().replaced_foreign);
    let (theirs, ours) = (agency.header("daerah").note().to_vec(), "outbox/pusat/header.note");
    fs::write(agency.stick().join(ours), theirs).unwrap();
    assert!(agency.publish().replaced_foreign);
}

#[test]
fn a_linked_outbox_is_refused() {
    let mut agency = Agency::new();
    let (outbox, elsewhere) = (agency.stick().join("outbox"), agency.folder.path().join("elsewhere"));
    fs::rename(&outbox, &elsewhere).unwrap();
    symlink(&elsewhere, &outbox).unwrap();
    assert!(matches!(agency.try_publish(Choices::default()), Err(PublishError::Outbox(OutboxError::Kind))));
}

#[test]
fn a_number_is_used_once_even_if_the_stick_cannot_be_written() {
    let mut agency = Agency::new();
    let first = agency.header("pusat").header().number;
    let nowhere = agency.folder.path().join("gone");
    let failed =
        publish::publish(&mut agency.pusat, &nowhere, Choices::default(), agency.today, &mut agency.rng);
    assert!(matches!(failed, Err(PublishError::Stick(_))));
    let next = agency.publish().number;
    assert_eq!((first.to_string().as_str(), next.to_string().as_str()), ("202611220", "202611222"));
}

#[test]
fn the_last_day_is_three_intervals_on_and_at_most_sixty_days() {
    let mut agency = Agency::new();
    assert_eq!(agency.publish().until, day("2026-12-01"));
    let mut publish = |until| agency.try_publish(Choices { until: Some(day(until)), ..Choices::default() });
    assert!(publish("2027-01-21").unwrap().stands_long);
    assert!(!publish("2026-11-23").unwrap().stands_long);
    assert!(matches!(publish("2027-01-22"), Err(PublishError::Until)));
    assert!(matches!(publish("2026-11-21"), Err(PublishError::Until)));
}

#[test]
fn a_card_travels_with_three_editions() {
    let mut agency = Agency::new();
    let card = agency.stick().join("outbox/card.bundle");
    let carried: Vec<bool> = (0..4).map(|_| agency.publish().with_card).collect();
    assert_eq!(carried, [true, true, false, false]);
    fs::remove_file(&card).unwrap();
    agency.publish();
    assert!(!card.exists());
    agency.try_publish(Choices { with_card: true, ..Choices::default() }).unwrap();
    assert_eq!(fs::read(card).unwrap(), agency.card.bundle());
}

#[test]
fn a_newer_card_on_the_stick_stays_and_is_told_and_an_older_one_goes() {
    let mut agency = Agency::new();
    let requests = [agency.pusat.request().unwrap(), agency.daerah.request().unwrap()];
    let order = root::order(&agency.root, CARD, FORM, &requests).unwrap();
    let key = agency.root.unlock(1, &passphrase("kunci akar satu")).unwrap();
    let second = root::sign_card(&agency.root, &order, None, &key, agency.today).unwrap();
    let card = agency.stick().join("outbox/card.bundle");
    fs::write(&card, &second.bundle).unwrap();
    assert!(agency.publish().newer_card);
    assert_eq!(fs::read(&card).unwrap(), second.bundle);
    agency.pusat.take_card(&second.bundle, agency.today).unwrap();
    fs::write(&card, agency.card.bundle()).unwrap();
    assert!(!agency.publish().newer_card);
    assert_eq!(fs::read(&card).unwrap(), second.bundle);
}
