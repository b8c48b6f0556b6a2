//! Cards and editions.

use bisik_formats::ids::{DeskId, Digest};

use crate::{CardOutcome, EditionOutcome, NewCard, NewEdition, Store};

use super::*;

#[test]
fn cards_rise_and_remember_former_ones() {
    let fixture = Fixture::new();
    let put = |serial: u64, bundle: &[u8], desks: &[DeskId]| {
        let hash = Digest::of(bundle);
        let card = NewCard { serial, hash, bundle, desks, old_shape_until: today().plus(7) };
        fixture.store.put_card(fixture.agency, &card).unwrap()
    };
    assert!(fixture.store.card(fixture.agency).unwrap().is_none());
    let (one, two) = ([desk("a")], [desk("a"), desk("b")]);
    assert_eq!(put(1, b"one", &two), CardOutcome::Current);
    assert_eq!(put(1, b"one", &two), CardOutcome::Same);
    assert_eq!(put(1, b"fork", &two), CardOutcome::NotNewer);
    assert_eq!(put(5, b"five", &one), CardOutcome::Current);
    assert_eq!(put(4, b"four", &one), CardOutcome::NotNewer);
    let card = fixture.store.card(fixture.agency).unwrap().unwrap();
    assert_eq!(card.bundle, b"five");
    assert_eq!(card.known, [(1, Digest::of(b"one")), (5, Digest::of(b"five"))]);
    assert_eq!(card.old_shapes, [(2, today().plus(7))]);
    let mut plan = fixture.plan(today(), &one);
    plan.today = today().plus(8);
    fixture.store.maintain(&plan).unwrap();
    assert_eq!(fixture.store.card(fixture.agency).unwrap().unwrap().old_shapes, []);
    assert_eq!(put(6, b"six", &two), CardOutcome::Current);
    assert_eq!(put(7, b"seven", &one), CardOutcome::Current);
    // The present number of desks is never a former one.
    let shapes = fixture.store.card(fixture.agency).unwrap().unwrap().old_shapes;
    assert_eq!(shapes, [(2, today().plus(7))]);
}

#[test]
fn editions_keep_one_before_and_leave_with_their_desk() {
    let fixture = Fixture::new();
    let a = desk("a");
    let put = |number: &str, header: &[u8]| {
        let edition =
            NewEdition { desk: &a, number: number.parse().unwrap(), header, body: number.as_bytes() };
        fixture.store.put_edition(fixture.agency, &edition).unwrap()
    };
    assert_eq!(put("202611220", b"h"), EditionOutcome::Current);
    assert_eq!(put("202611220", b"h"), EditionOutcome::Same);
    assert_eq!(put("202611220", b"fork"), EditionOutcome::Forked);
    assert_eq!(put("202611219", b"h"), EditionOutcome::Older);
    assert_eq!(put("202611221", b"h"), EditionOutcome::Current);
    assert_eq!(put("202611222", b"h"), EditionOutcome::Current);
    let stored = fixture.store.editions(fixture.agency).unwrap();
    let numbers: Vec<_> =
        stored.iter().map(|edition| (edition.number.to_string(), edition.current)).collect();
    assert_eq!(numbers, [("202611221".to_owned(), false), ("202611222".to_owned(), true)]);
    let body = |number: &str| {
        fixture.store.edition_body(fixture.agency, &a, number.parse().unwrap()).unwrap().map(content)
    };
    assert_eq!(body("202611222").unwrap(), b"202611222");
    assert_eq!(body("202611220"), None);
    assert_eq!(fixture.stored_files("editions").len(), 2);
    let card = NewCard {
        serial: 1,
        hash: Digest::of(b""),
        bundle: b"",
        desks: &[desk("b")],
        old_shape_until: today(),
    };
    fixture.store.put_card(fixture.agency, &card).unwrap();
    assert!(fixture.store.editions(fixture.agency).unwrap().is_empty());
    assert_eq!(fixture.stored_files("editions").len(), 0);
}
