//! Damaged samples: whatever still counts as clean is clean by the second pass, and stays as it is when it is cleaned
//! again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "each test file uses its part")]
mod samples;

use std::io::Cursor;
use std::sync::LazyLock;

use bisik_cleaner::{CleanError, clean, verify};
use proptest::prelude::*;
use samples::all;

static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| all().iter().map(samples::Sample::bytes).collect());

/// What is done to a file.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Double(prop::sample::Index, usize),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Remove(at, len) => {
                let at = at.index(bytes.len());
                bytes.drain(at..bytes.len().min(at + len));
            }
            Self::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Double(at, len) => {
                let at = at.index(bytes.len());
                let piece = bytes[at..bytes.len().min(at + len)].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        4 => (place(), 1..=255_u8).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        1 => place().prop_map(Damage::Cut),
        1 => (place(), 1..64_usize).prop_map(|(at, len)| Damage::Remove(at, len)),
        1 => (place(), prop::collection::vec(any::<u8>(), 1..16)).prop_map(|(at, more)| Damage::Insert(at, more)),
        1 => (place(), 1..256_usize).prop_map(|(at, len)| Damage::Double(at, len)),
    ]
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut output = Vec::new();
    match clean(&mut Cursor::new(bytes), &mut output) {
        Ok(cleaned) => {
            prop_assert!(verify(&mut Cursor::new(&output)).is_ok());
            let mut again = Vec::new();
            let second = clean(&mut Cursor::new(&output), &mut again).unwrap();
            prop_assert!(!second.changed && second.traces.is_empty() && again == output);
            prop_assert_eq!(second.extension, cleaned.extension);
        }
        Err(CleanError::Refused(_)) => prop_assert!(output.is_empty()),
        Err(error) => panic!("{error}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn damaged_files_are_clean_or_refused(
        sample in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..6),
    ) {
        let mut bytes = sample.get(&SAMPLES).clone();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        check(&bytes)?;
    }

    #[test]
    fn two_files_in_one_are_clean_or_refused(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
    ) {
        let (mut bytes, other) = (first.get(&SAMPLES).clone(), second.get(&SAMPLES));
        let at = at.index(bytes.len().max(1));
        bytes.splice(at..at, other.iter().copied());
        check(&bytes)?;
    }
}
