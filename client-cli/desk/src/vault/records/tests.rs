#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;
use rand::SeedableRng;

fn records() -> Records {
    let master = MasterKey::generate(&mut StdRng::seed_from_u64(1));
    let db = Connection::open_in_memory().unwrap();
    Records::create(db, &master, StdRng::seed_from_u64(2), Digest::of(b"")).unwrap()
}

fn put(records: &mut Records, name: &[u8], content: &[u8]) {
    records.transaction(|records| records.put(Table::Settings, name, content)).unwrap();
}

#[test]
fn a_failed_part_undoes_only_itself() {
    let mut records = records();
    let done: Result<(), VaultError> = records.transaction(|records| {
        records.put(Table::Settings, b"one", b"1")?;
        let part: Result<(), VaultError> = records.part(|records| {
            records.put(Table::Settings, b"two", b"2")?;
            Err(VaultError::Encoding)
        });
        assert!(part.is_err());
        records.put(Table::Settings, b"three", b"3")
    });
    done.unwrap();
    assert!(records.has(Table::Settings, b"one").unwrap());
    assert!(!records.has(Table::Settings, b"two").unwrap());
    assert!(records.has(Table::Settings, b"three").unwrap());
    records.verify().unwrap();
}

#[test]
fn a_failed_transaction_leaves_nothing() {
    let mut records = records();
    put(&mut records, b"one", b"1");
    let failed: Result<(), VaultError> = records.transaction(|records| {
        records.put(Table::Settings, b"one", b"2")?;
        records.delete(Table::Settings, b"one")?;
        Err(VaultError::Encoding)
    });
    assert!(failed.is_err());
    assert_eq!(records.get(Table::Settings, b"one").unwrap().unwrap().as_slice(), b"1");
    records.verify().unwrap();
}

#[test]
fn one_name_in_two_tables_is_two_records() {
    let mut records = records();
    put(&mut records, b"one", b"1");
    assert!(records.get(Table::Threads, b"one").unwrap().is_none());
}

#[test]
fn a_name_and_a_content_do_not_lie_in_the_file() {
    let mut records = records();
    put(&mut records, b"nama-penanda", b"isi-penanda-isi-penanda");
    let sealed: Vec<u8> = records
        .database()
        .query_row("SELECT sealed FROM records WHERE tbl = 2", [], |row| row.get(0))
        .unwrap();
    assert!(!sealed.windows(7).any(|window| window == b"penanda"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_head_holds_after_any_changes(changes in proptest::collection::vec((0..6u8, any::<Option<u8>>()), 0..40)) {
        let mut records = records();
        let mut expected = std::collections::BTreeMap::new();
        for (name, content) in changes {
            match content {
                Some(content) => {
                    put(&mut records, &[name], &[content]);
                    expected.insert(name, content);
                }
                None => {
                    let done: Result<(), VaultError> =
                        records.transaction(|records| records.delete(Table::Settings, &[name]));
                    done.unwrap();
                    expected.remove(&name);
                }
            }
        }
        records.verify().unwrap();
        for name in 0..6 {
            let found = records.get(Table::Settings, &[name]).unwrap().map(|content| content.to_vec());
            prop_assert_eq!(found, expected.get(&name).map(|content| vec![*content]));
        }
    }
}
