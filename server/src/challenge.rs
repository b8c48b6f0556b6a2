//! The proof-of-work challenge: the same for everybody within ten minutes, harder after ten busy ones.
//!
//! How many zero bits are asked for is decided once for each slot, from two numbers of the slot before: how many
//! proofs were shown, and whether somebody had to wait. Both count all senders together, live in memory only and
//! are forgotten with the slot.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bisik_formats::ids::Digest;
use bisik_formats::pow::{Challenge, ChallengeBytes, MAX_BITS, Nonce};
use rand::CryptoRng;
use ring::hmac;

use crate::config::Limits;

/// Seconds for which a challenge is given out.
const SLOT: u64 = 600;

/// How the number of zero bits follows the load.
#[derive(Debug, Clone, Copy)]
pub struct Difficulty {
    /// Bits that are asked for always.
    pub least: u8,
    /// Proofs shown in a slot up to which it counts as calm.
    pub calm: u64,
}

impl Difficulty {
    /// Returns what the configuration sets.
    pub fn of(limits: &Limits) -> Self {
        Self { least: limits.proof_bits, calm: limits.calm_reports }
    }

    /// Returns the bits of a slot from those of the slot before and what was seen in it.
    ///
    /// A bit more for each doubling of what is calm, three more if somebody had to wait, two less after a slot that
    /// was half as busy as a calm one may be.
    fn next(self, bits: u8, seen: Seen) -> u8 {
        let over = seen.shown.checked_div(self.calm).unwrap_or(u64::MAX);
        let more =
            over.checked_ilog2().map_or(0, |doublings| u8::try_from(doublings).unwrap_or(MAX_BITS) + 1);
        let more = if seen.waited { more.max(3) } else { more };
        let less = if more == 0 && seen.shown.saturating_mul(2) <= self.calm { 2 } else { 0 };
        bits.saturating_add(more).min(MAX_BITS).saturating_sub(less).max(self.least)
    }
}

/// What was seen in a slot.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    shown: u64,
    waited: bool,
}

/// Makes and checks challenges.
///
/// The key lives as long as the process: after a restart a client fetches a new challenge.
pub struct Challenger {
    key: hmac::Key,
    difficulty: Difficulty,
    slots: Mutex<Slots>,
}

/// The present slot and the one before.
#[derive(Debug)]
struct Slots {
    now: u64,
    bits: u8,
    bits_before: u8,
    seen: Seen,
}

/// What a nonce has solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Solved {
    /// The slot of the challenge.
    pub slot: u64,
    /// Its zero bits.
    pub bits: u8,
    /// Whether it is as much work as is asked for now.
    pub enough_now: bool,
}

impl Challenger {
    /// Makes a key.
    pub fn new(rng: &mut impl CryptoRng, difficulty: Difficulty) -> Self {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        let least = difficulty.least;
        let slots = Slots { now: 0, bits: least, bits_before: least, seen: Seen::default() };
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &*seed), difficulty, slots: Mutex::new(slots) }
    }

    /// Returns the challenge at a Unix time in seconds.
    pub fn current(&self, unix_seconds: u64) -> Challenge {
        let slots = self.at(unix_seconds);
        self.challenge(slots.now, slots.bits)
    }

    /// Tells which challenge a nonce solves, the present one or the one before, each with the bits that were asked for
    /// then; `None` when it solves neither.
    pub fn admits(&self, unix_seconds: u64, header: &Digest, nonce: &Nonce) -> Option<Solved> {
        let slots = self.at(unix_seconds);
        let (now, bits, bits_before) = (slots.now, slots.bits, slots.bits_before);
        drop(slots);
        [(now, bits), (now.saturating_sub(1), bits_before)]
            .into_iter()
            .find(|(slot, bits)| self.challenge(*slot, *bits).check(header, nonce))
            .map(|(slot, solved)| Solved { slot, bits: solved, enough_now: solved >= bits })
    }

    /// Counts a proof that came with all that belongs to it.
    pub fn count(&self, unix_seconds: u64) {
        let mut slots = self.at(unix_seconds);
        slots.seen.shown = slots.seen.shown.saturating_add(1);
    }

    /// Notes that somebody has to wait.
    pub fn count_wait(&self, unix_seconds: u64) {
        self.at(unix_seconds).seen.waited = true;
    }

    /// Comes to the slot of a time.
    fn at(&self, unix_seconds: u64) -> MutexGuard<'_, Slots> {
        let now = unix_seconds / SLOT;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // Each slot lowers the bits by two at most: after so many there is nothing left to lower.
        for _ in 0..now.saturating_sub(slots.now).min(u64::from(MAX_BITS)) {
            let bits = self.difficulty.next(slots.bits, slots.seen);
            (slots.bits_before, slots.bits, slots.seen) = (slots.bits, bits, Seen::default());
        }
        // A clock that was set back changes the challenge but not the work.
        slots.now = now;
        slots
    }

    fn challenge(&self, slot: u64, bits: u8) -> Challenge {
        let tag = hmac::sign(&self.key, &slot.to_be_bytes());
        let mut challenge = [0; 16];
        challenge.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Challenge { challenge: ChallengeBytes::from_bytes(challenge), bits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    const NOW: u64 = 1_795_305_600;

    fn challenger(least: u8, calm: u64) -> Challenger {
        Challenger::new(&mut StdRng::seed_from_u64(1), Difficulty { least, calm })
    }

    #[test]
    fn a_solution_holds_for_its_slot_and_the_next() {
        let mut rng = StdRng::seed_from_u64(1);
        let challenger = challenger(8, 100);
        let header = Digest::of(b"header");
        let challenge = challenger.current(NOW);
        assert_eq!(challenger.current(NOW + SLOT - 1), challenge);
        // Of the nonces for this slot take one that the neighbours do not admit by chance.
        let good = std::iter::repeat_with(|| challenge.solve(&header, &mut rng).unwrap())
            .find(|nonce| !challenger.challenge(NOW / SLOT + 1, 8).check(&header, nonce))
            .filter(|nonce| !challenger.challenge(NOW / SLOT + 2, 8).check(&header, nonce))
            .unwrap();
        let solved = Solved { slot: NOW / SLOT, bits: 8, enough_now: true };
        assert_eq!(challenger.admits(NOW, &header, &good), Some(solved));
        assert_ne!(challenger.current(NOW + SLOT), challenge);
        assert_eq!(challenger.admits(NOW + SLOT, &header, &good), Some(solved));
        assert_eq!(challenger.admits(NOW + 2 * SLOT, &header, &good), None);
    }

    #[test]
    fn bits_grow_with_the_load_and_go_back_when_it_ends() {
        let challenger = challenger(0, 10);
        let mut now = NOW;
        let mut slot = |shown: u64, waited: bool| {
            (0..shown).for_each(|_| challenger.count(now));
            let bits = challenger.current(now + SLOT - 1).bits;
            if waited {
                challenger.count_wait(now);
            }
            // Whatever is seen, the bits of a slot stay as they were published.
            assert_eq!(challenger.current(now + SLOT - 1).bits, bits);
            now += SLOT;
            challenger.current(now).bits
        };
        let seen = [(0, false), (9, false), (10, false), (19, false), (20, false), (80, false), (6, false)];
        assert_eq!(seen.map(|(shown, waited)| slot(shown, waited)), [0, 0, 1, 2, 4, 8, 8]);
        assert_eq!(slot(5, false), 6);
        assert_eq!(slot(5, true), 9);
        assert_eq!(slot(10_000, true), 18);
        assert_eq!(slot(10_000, true), MAX_BITS);
        assert_eq!([(); 10].map(|()| slot(0, false)), [16, 14, 12, 10, 8, 6, 4, 2, 0, 0]);
    }

    #[test]
    fn each_slot_is_judged_by_its_own_bits() {
        let mut rng = StdRng::seed_from_u64(1);
        let challenger = challenger(0, 1);
        let header = Digest::of(b"header");
        let idle = challenger.current(NOW);
        (0..1 << 11).for_each(|_| challenger.count(NOW));
        let flooded = challenger.current(NOW + SLOT);
        assert_eq!((idle.bits, flooded.bits), (0, 12));
        // A nonce of the idle slot holds for one slot more, but stands behind those that did the work.
        let lazy = idle.solve(&header, &mut rng).unwrap();
        let worked = flooded.solve(&header, &mut rng).unwrap();
        let admitted = |nonce| challenger.admits(NOW + SLOT, &header, nonce);
        let before = Solved { slot: NOW / SLOT, bits: 0, enough_now: false };
        assert_eq!(admitted(&lazy), Some(before));
        assert_eq!(admitted(&worked), Some(Solved { slot: NOW / SLOT + 1, bits: 12, enough_now: true }));
        (0..1 << 11).for_each(|_| challenger.count(NOW + SLOT));
        assert_eq!(challenger.admits(NOW + 2 * SLOT, &header, &lazy), None);
        assert_eq!(challenger.admits(NOW + 2 * SLOT, &header, &worked).map(|solved| solved.bits), Some(12));
    }

    #[test]
    fn clocks_that_jump_change_no_more_than_the_challenge() {
        let challenger = challenger(3, 1);
        (0..100).for_each(|_| challenger.count(NOW));
        let bits = challenger.current(NOW + SLOT).bits;
        assert!(bits > 3);
        assert_eq!(challenger.current(NOW - 100 * SLOT).bits, bits);
        assert_eq!(challenger.current(NOW + 1_000_000 * SLOT).bits, 3);
        assert_eq!(challenger.current(0).bits, 3);
        assert_eq!(challenger.current(u64::MAX).bits, 3);
    }

    #[test]
    fn servers_do_not_share_challenges() {
        let mut rng = StdRng::seed_from_u64(2);
        let difficulty = Difficulty { least: 0, calm: 1 };
        let (one, other) = (Challenger::new(&mut rng, difficulty), Challenger::new(&mut rng, difficulty));
        assert_ne!(one.current(0), other.current(0));
    }
}
