//! Any order of steps against a simple model.

use bisik_formats::ids::ReportId;
use proptest::prelude::*;

use crate::{Accepted, Reconciled, Store};

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Text(u8),
    Large(u8),
    Acknowledge(bool, Vec<u8>),
    Maintain,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..12u8).prop_map(Step::Text),
        2 => (12..18u8).prop_map(Step::Large),
        3 => (any::<bool>(), prop::collection::vec(0..18u8, 0..6)).prop_map(|(desk, ids)| Step::Acknowledge(desk, ids)),
        1 => Just(Step::Maintain),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, the store holds what a simple model says.
    #[test]
    fn the_store_agrees_with_a_model(steps in steps()) {
        let mut fixture = Fixture::new();
        let mut model: std::collections::BTreeMap<u8, [bool; 2]> = std::collections::BTreeMap::new();
        let sealed = |number: u8| vec![number; if number < 12 { 3000 } else { 30_000 }];
        let desks = [desk("a"), desk("b")];
        for step in steps {
            match step {
                Step::Text(number) | Step::Large(number) => {
                    let bytes = sealed(number);
                    let accepted = if number < 12 { fixture.text(&bytes) } else { fixture.large(&bytes) };
                    let known = model.contains_key(&number);
                    prop_assert_eq!(accepted.unwrap(), if known { Accepted::AlreadyStored } else { Accepted::New });
                    model.entry(number).or_default();
                }
                Step::Acknowledge(second, numbers) => {
                    let which = usize::from(second);
                    let ids: Vec<_> = numbers.iter().map(|number| ReportId::of(&sealed(*number))).collect();
                    fixture.store.acknowledge(fixture.agency, &desks[which], &ids, &desks, today()).unwrap();
                    for number in numbers {
                        model.entry(number).and_modify(|held| held[which] = true);
                    }
                    model.retain(|_, held| *held != [true, true]);
                }
                Step::Maintain => {
                    fixture.store.maintain(&fixture.plan(today(), &desks)).unwrap();
                }
                Step::Reopen => fixture = fixture.reopen(),
            }
            let mut expected: Vec<_> = model.keys().map(|number| ReportId::of(&sealed(*number))).collect();
            expected.sort();
            prop_assert_eq!(fixture.ids(), expected);
            let bytes: u64 = model.keys().map(|number| sealed(*number).len() as u64).sum();
            let usage = fixture.store.usage(fixture.agency, today().plus(1)).unwrap();
            prop_assert_eq!((usage.reports, usage.bytes), (model.len() as u64, bytes));
        }
        for number in model.keys() {
            let expected = sealed(*number);
            prop_assert_eq!(fixture.read(&ReportId::of(&expected)), Some(expected));
        }
        prop_assert_eq!(fixture.store.reconcile().unwrap(), Reconciled::default());
    }
}
