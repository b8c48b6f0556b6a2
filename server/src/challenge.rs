//! The proof-of-work challenge: the same for everybody within ten minutes.

use bisik_formats::ids::Digest;
use bisik_formats::pow::{Challenge, ChallengeBytes, Nonce};
use rand::CryptoRng;
use ring::hmac;

/// Seconds for which a challenge is given out.
const SLOT: u64 = 600;

/// Makes and checks challenges.
///
/// The key lives as long as the process: after a restart a client fetches a new challenge.
pub struct Challenger {
    key: hmac::Key,
    bits: u8,
}

impl Challenger {
    /// Makes a challenger that asks for this many zero bits.
    pub fn new(rng: &mut impl CryptoRng, bits: u8) -> Self {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &*seed), bits }
    }

    /// Returns the challenge at a Unix time in seconds.
    pub fn current(&self, unix_seconds: u64) -> Challenge {
        self.of_slot(unix_seconds / SLOT)
    }

    /// Tells whether a nonce solves the present challenge or the one before.
    pub fn admits(&self, unix_seconds: u64, header: &Digest, nonce: &Nonce) -> bool {
        let slot = unix_seconds / SLOT;
        // Without bits to find every nonce is a solution.
        self.bits == 0
            || self.of_slot(slot).check(header, nonce)
            || self.of_slot(slot.saturating_sub(1)).check(header, nonce)
    }

    fn of_slot(&self, slot: u64) -> Challenge {
        let tag = hmac::sign(&self.key, &slot.to_be_bytes());
        let mut challenge = [0; 16];
        challenge.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Challenge { challenge: ChallengeBytes::from_bytes(challenge), bits: self.bits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn a_solution_holds_for_its_slot_and_the_next() {
        let mut rng = StdRng::seed_from_u64(1);
        let challenger = Challenger::new(&mut rng, 8);
        let header = Digest::of(b"header");
        let now = 1_795_305_600;
        let challenge = challenger.current(now);
        assert_eq!(challenger.current(now + SLOT - 1), challenge);
        assert_ne!(challenger.current(now + SLOT), challenge);
        // Of the nonces for this slot take one that the neighbours do not admit by chance.
        let good = std::iter::repeat_with(|| challenge.solve(&header, &mut rng).unwrap())
            .find(|nonce| !challenger.admits(now + 2 * SLOT, &header, nonce))
            .unwrap();
        assert!(challenger.admits(now, &header, &good));
        assert!(challenger.admits(now + SLOT, &header, &good));
        assert!(!challenger.admits(now + 2 * SLOT, &header, &good));
    }

    #[test]
    fn servers_do_not_share_challenges() {
        let mut rng = StdRng::seed_from_u64(2);
        let (one, other) = (Challenger::new(&mut rng, 0), Challenger::new(&mut rng, 0));
        assert_ne!(one.current(0), other.current(0));
    }
}
