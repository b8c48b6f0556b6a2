//! How often something may be done in ten minutes by everybody together, first at once, then by lot.
//!
//! A quarter may be done in one burst, the rest comes evenly. Whoever finds nothing left waits for a random time and
//! tries again, so that nobody gains by asking more often, and one honest sender among many hostile ones gets the
//! share of one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bisik_formats::problem::ProblemCode;
use rand::rngs::StdRng;
use rand::{CryptoRng, Rng, SeedableRng};
use tokio::time::{Instant, sleep};

use crate::places::Waiting;

/// A pace.
#[derive(Debug)]
pub struct Pace {
    often: u64,
    begun: Instant,
    bucket: Mutex<Bucket>,
    waiting: AtomicUsize,
    rng: Mutex<StdRng>,
}

#[derive(Debug)]
struct Bucket {
    level: u64,
    /// Milliseconds since the beginning.
    at: u64,
}

/// What doing something once takes out of the bucket: `often` comes in every millisecond, three quarters of
/// `often` times this in ten minutes.
const ONE: u64 = 800_000;

/// The shortest time between two attempts.
const SHORTEST: u64 = 20;

impl Pace {
    /// Allows something so often in ten minutes, by a lot drawn from a seed of its own.
    pub fn new(often: u32, rng: &mut impl CryptoRng) -> Self {
        let often = u64::from(often.max(1));
        let bucket = Mutex::new(Bucket { level: burst(often), at: 0 });
        let rng = Mutex::new(StdRng::from_rng(rng));
        Self { often, begun: Instant::now(), bucket, waiting: AtomicUsize::new(0), rng }
    }

    /// Takes one turn if there is one and nobody waits; the second half of the burst stays untouched by who `stands
    /// back`.
    pub fn at_once(&self, stands_back: bool) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0 && self.draw(stands_back)
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`ProblemCode::Busy`] when none came in `patience`.
    pub async fn turn(&self, stands_back: bool, patience: Duration) -> Result<(), ProblemCode> {
        let _waiting = Waiting::new(&self.waiting);
        let begun = Instant::now();
        loop {
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(ProblemCode::Busy);
            }
            sleep(self.pause(patience).min(left)).await;
            if self.draw(stands_back) {
                return Ok(());
            }
        }
    }

    fn draw(&self, stands_back: bool) -> bool {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let came = now.saturating_sub(bucket.at).saturating_mul(self.often);
        bucket.level = bucket.level.saturating_add(came).min(burst(self.often));
        bucket.at = now;
        let kept = if stands_back { burst(self.often) / 2 } else { 0 };
        let enough = bucket.level >= kept.saturating_add(ONE);
        if enough {
            bucket.level = bucket.level.saturating_sub(ONE);
        }
        enough
    }

    /// Returns a random time, so long that all who wait together try about as often as turns come.
    fn pause(&self, patience: Duration) -> Duration {
        let waiting = u64::try_from(self.waiting.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        let longest = (2 * ONE).saturating_mul(waiting) / self.often;
        let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        let longest = longest.min(patience / 2).max(SHORTEST);
        let drawn = self.rng.lock().unwrap_or_else(PoisonError::into_inner).next_u64() % longest;
        Duration::from_millis(drawn.max(1))
    }
}

/// Returns what the bucket holds: a quarter, but always one.
const fn burst(often: u64) -> u64 {
    let quarter = often.saturating_mul(ONE / 4);
    if quarter < ONE { ONE } else { quarter }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn pace(often: u32) -> Pace {
        Pace::new(often, &mut StdRng::seed_from_u64(1))
    }

    /// Returns how many turns can be taken at once.
    fn burst_of(pace: &Pace, stands_back: bool) -> usize {
        std::iter::from_fn(|| pace.at_once(stands_back).then_some(())).count()
    }

    #[tokio::test(start_paused = true)]
    async fn ten_minutes_allow_what_is_configured() {
        let pace = pace(400);
        assert_eq!(burst_of(&pace, false), 100);
        let mut more = 0;
        for _ in 0..600 {
            sleep(Duration::from_secs(1)).await;
            more += burst_of(&pace, false);
        }
        assert_eq!(more, 300);
        // What is not used does not add up beyond a burst.
        sleep(Duration::from_secs(86_400)).await;
        assert_eq!(burst_of(&pace, false), 100);
        assert!(Pace::new(0, &mut StdRng::seed_from_u64(1)).at_once(false));
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_the_burst_is_kept_for_who_did_the_work() {
        let pace = pace(400);
        assert_eq!(burst_of(&pace, true), 50);
        assert_eq!(pace.turn(true, Duration::from_millis(5)).await, Err(ProblemCode::Busy));
        assert_eq!(burst_of(&pace, false), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn one_among_many_gets_a_share() {
        let pace = Arc::new(pace(20_000));
        burst_of(&pace, false);
        // 64 who come back as soon as they got their turn.
        let hostile: Vec<_> = (0..64)
            .map(|_| {
                let pace = Arc::clone(&pace);
                tokio::spawn(async move { while pace.turn(false, PATIENCE).await.is_ok() {} })
            })
            .collect();
        sleep(Duration::from_secs(5)).await;
        let mut longest = Duration::ZERO;
        for _ in 0..50 {
            let begun = Instant::now();
            assert!(!pace.at_once(false), "who comes last does not jump the queue");
            pace.turn(false, PATIENCE).await.unwrap();
            longest = longest.max(begun.elapsed());
        }
        assert!(longest < Duration::from_secs(20), "{longest:?}");
        hostile.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
