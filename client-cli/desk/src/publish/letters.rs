//! The letters of an edition: who gets a place, and sealing on two threads.

use std::collections::BTreeMap;
use std::thread;

use bisik_formats::card::VerifiedCard;
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{Address, Salt};
use bisik_sealing::hybrid::Recipient;
use bisik_sealing::letter::{Letter, LetterError, decoy_letter, seal_letter};
use bisik_sealing::schedule::LetterKey;
use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng};
use zeroize::Zeroizing;

use super::{PublishError, random};
use crate::cases::{self, Case, CaseWarning};
use crate::desk::Desk;
use crate::vault::VaultError;

/// Where letters of one edition are bound to.
pub(super) struct Place {
    pub(super) number: EditionNumber,
    pub(super) salt: Salt,
    pub(super) today: Day,
}

/// All places of an edition.
pub(super) struct Letters {
    pub(super) places: Vec<(Address, Vec<u8>)>,
    /// Letters to threads, decoys not counted.
    pub(super) written: usize,
    pub(super) without_room: Vec<u32>,
    pub(super) failed: Vec<u32>,
}

/// Makes every letter, and decoys for the free places.
pub(super) fn seal_all(
    desk: &Desk,
    card: &VerifiedCard,
    place: &Place,
    rng: &mut impl CryptoRng,
) -> Result<Letters, PublishError> {
    let capacity = usize::try_from(card.card().letters).map_err(|_| VaultError::Encoding)?;
    let (chosen, without_room) = choose(cases::all(desk)?, capacity, place.today, rng);
    let mut failed = Vec::new();
    let mut jobs: BTreeMap<Address, Job> = BTreeMap::new();
    for case in &chosen {
        match Job::letter(desk, card, place, case) {
            Some((address, job)) if !jobs.contains_key(&address) => {
                jobs.insert(address, job);
            }
            _ => failed.push(case.number),
        }
    }
    while jobs.len() < capacity {
        jobs.entry(Address::from_bytes(random(rng))).or_insert(Job::Decoy);
    }
    let (places, not_sealed) = seal_on_two_threads(jobs.into_iter().collect(), rng)?;
    failed.extend(not_sealed);
    let written = chosen.len().saturating_sub(failed.len());
    Ok(Letters { places, written, without_room, failed })
}

/// Decides which open threads get the places: none for junk while others wait, first those that officers have
/// worked on, then by lot; threads that share a letter key with too many others come last.
fn choose(cases: Vec<Case>, capacity: usize, today: Day, rng: &mut impl CryptoRng) -> (Vec<Case>, Vec<u32>) {
    let mut waiting: Vec<([u8; 16], Case)> =
        cases.into_iter().filter(|case| case.is_open(today)).map(|case| (random(rng), case)).collect();
    waiting.sort_by_key(|(lot, case)| (rank(case), *lot));
    let mut chosen: Vec<Case> = waiting.into_iter().map(|(_, case)| case).collect();
    let rest = chosen.split_off(capacity.min(chosen.len()));
    let mut without_room: Vec<u32> = rest.iter().filter(|case| !case.junk).map(|case| case.number).collect();
    without_room.sort_unstable();
    (chosen, without_room)
}

fn rank(case: &Case) -> u8 {
    match case {
        case if case.junk => 3,
        case if case.confirmed => 0,
        case if case.warnings.contains(&CaseWarning::SharedLetterKey) => 2,
        _ => 1,
    }
}

/// What stands at an address.
enum Job {
    Letter { case: u32, letter: Box<Letter>, recipient: Box<Recipient> },
    Decoy,
}

impl Job {
    /// Prepares the letter of a case; `None` if it cannot be made.
    fn letter(desk: &Desk, card: &VerifiedCard, place: &Place, case: &Case) -> Option<(Address, Self)> {
        let info = desk.info();
        let mut letter = case.letter(info.agency, info.desk.clone(), place.number);
        // Desks that have left the card cannot be written to any more.
        letter.to.retain(|desk| card.card().desk(desk).is_some());
        let letter = Box::new(letter.fit().ok()?);
        let recipient = Box::new(Recipient::parse(&case.recipient).ok()?);
        let key = LetterKey::from_bytes(Zeroizing::new(*case.letter_key.expose()));
        let address = key.address(&info.agency, &info.desk, place.number, &place.salt, &case.thread);
        Some((address, Self::Letter { case: case.number, letter, recipient }))
    }

    /// Seals the letter, or a decoy in place of one that cannot be sealed; tells which case that was.
    fn seal(&self, rng: &mut StdRng) -> Result<(Vec<u8>, Option<u32>), LetterError> {
        if let Self::Letter { case, letter, recipient } = self {
            return match seal_letter(letter, recipient, rng) {
                Ok(sealed) => Ok((sealed, None)),
                Err(_) => Ok((decoy_letter(rng)?, Some(*case))),
            };
        }
        Ok((decoy_letter(rng)?, None))
    }
}

type Sealed = (Vec<(Address, Vec<u8>)>, Vec<u32>);

/// Seals one half on each of two threads, each with a generator of its own.
fn seal_on_two_threads(jobs: Vec<(Address, Job)>, rng: &mut impl CryptoRng) -> Result<Sealed, PublishError> {
    let (one, other) = jobs.split_at_checked(jobs.len() / 2).unwrap_or((&jobs, &[]));
    let (mut first, mut second) = (StdRng::from_rng(rng), StdRng::from_rng(rng));
    let (one, other) = thread::scope(|scope| {
        let helper = scope.spawn(|| seal_some(one, &mut first));
        let other = seal_some(other, &mut second);
        (helper.join(), other)
    });
    let mut sealed = one.map_err(|_| VaultError::Crypto)??;
    let (places, failed) = other?;
    sealed.0.extend(places);
    sealed.1.extend(failed);
    Ok(sealed)
}

fn seal_some(jobs: &[(Address, Job)], rng: &mut StdRng) -> Result<Sealed, PublishError> {
    let (mut places, mut failed) = (Vec::with_capacity(jobs.len()), Vec::new());
    for (address, job) in jobs {
        let (sealed, not_sealed) = job.seal(rng)?;
        places.push((*address, sealed));
        failed.extend(not_sealed);
    }
    Ok((places, failed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bisik_formats::json::Count;
    use bisik_formats::keys::SigningKey;
    use bisik_sealing::letter::{LETTER_LEN, LetterFormat, LetterMessage};

    #[test]
    fn a_letter_that_cannot_be_sealed_becomes_a_decoy_and_is_told() {
        let mut rng = StdRng::seed_from_u64(1);
        let thread = SigningKey::generate(&mut rng).unwrap().verify_key();
        let today: Day = "2026-11-22".parse().unwrap();
        let letter = Letter {
            format: LetterFormat::V1,
            agency: bisik_formats::ids::AgencyId::from_first_root(&thread),
            desk: "pusat".parse().unwrap(),
            edition: EditionNumber::next(None, today),
            thread,
            to: vec!["pusat".parse().unwrap()],
            received: Vec::new(),
            earlier_received: Count::from(0),
            status: "telaah".to_owned(),
            messages: vec![LetterMessage { date: today, text: "p".repeat(7000) }],
            earlier: Count::from(0),
            questions: Vec::new(),
            closes: None,
        };
        let recipient = Box::new(Recipient::throwaway(&mut rng));
        let job = Job::Letter { case: 7, letter: Box::new(letter), recipient };
        let (sealed, failed) = job.seal(&mut rng).unwrap();
        assert_eq!((sealed.len(), failed), (LETTER_LEN, Some(7)));
    }
}
