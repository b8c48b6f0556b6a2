//! A limited number of places, none of which can be held by doing little: when all are taken and somebody waits, who
//! got least done in his time gives way.
//!
//! There is no measure of persons in it. Each place remembers when its work began and how many bytes it has moved.
//! Bytes buy time: an honest sender on a slow network stands better than one that only holds the place.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

/// How long places may be held while others wait.
#[derive(Debug, Clone, Copy)]
pub struct Turns {
    /// Time that nobody has to earn.
    pub free: Duration,
    /// Bytes that earn a second more.
    pub bytes_per_second: u64,
    /// Time of somebody who waits for the server, not the server for him.
    pub busy: Duration,
}

/// Places of one kind.
#[derive(Debug, Clone)]
pub struct Places {
    inner: Arc<Inner>,
}

impl Places {
    /// Makes so many places.
    pub fn new(count: usize, turns: Turns) -> Self {
        let free = Arc::new(Semaphore::new(count));
        let (holders, numbers, waiting) = (Mutex::default(), AtomicU64::new(0), AtomicUsize::new(0));
        Self { inner: Arc::new(Inner { free, turns, begun: Instant::now(), holders, numbers, waiting }) }
    }

    /// Waits for a place; somebody is asked to leave if none is free.
    pub async fn take(&self) -> Place {
        let inner = &self.inner;
        if let Ok(permit) = Arc::clone(&inner.free).try_acquire_owned() {
            return inner.seat(permit);
        }
        let _waiting = Waiting::new(&inner.waiting);
        let mut acquire = std::pin::pin!(Arc::clone(&inner.free).acquire_owned());
        loop {
            inner.make_room();
            tokio::select! {
                biased;
                // The semaphore is never closed.
                Ok(permit) = acquire.as_mut() => return inner.seat(permit),
                () = sleep(GLANCE) => {}
            }
        }
    }

    /// Waits until all places are free, and takes them all.
    pub async fn all_free(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let _all = self.inner.free.acquire_many(count).await;
    }
}

/// Time between two looks at who could give way.
const GLANCE: Duration = Duration::from_millis(100);

/// A place; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    holder: Arc<Holder>,
    number: u64,
    inner: Arc<Inner>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Returns what is known about the holder.
    pub const fn holder(&self) -> &Arc<Holder> {
        &self.holder
    }

    /// Waits until the holder is asked to give way.
    pub async fn told(&self) {
        self.holder.told().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.holders().remove(&self.number);
    }
}

/// What somebody got done in his time.
#[derive(Debug)]
pub struct Holder {
    /// Milliseconds since the places were made.
    since: AtomicU64,
    moved: AtomicU64,
    busy: AtomicBool,
    leaving: AtomicBool,
    leave: Notify,
}

impl Holder {
    /// Counts bytes that came or went.
    pub fn moved(&self, bytes: usize) {
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waits until the holder is asked to give way.
    pub async fn told(&self) {
        self.leave.notified().await;
    }

    /// Says whether the holder waits for the server now.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Inner {
    free: Arc<Semaphore>,
    turns: Turns,
    begun: Instant,
    holders: Mutex<HashMap<u64, Arc<Holder>>>,
    numbers: AtomicU64,
    waiting: AtomicUsize,
}

impl Inner {
    fn seat(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        let holder = Arc::new(Holder {
            since: AtomicU64::new(self.now()),
            moved: AtomicU64::new(0),
            busy: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            leave: Notify::new(),
        });
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.holders().insert(number, Arc::clone(&holder));
        Place { holder, number, inner: Arc::clone(self), _permit: permit }
    }

    /// Asks one holder to leave, unless as many are leaving already as there are people waiting.
    fn make_room(&self) {
        let now = self.now();
        let holders = self.holders();
        let leaving = holders.values().filter(|holder| holder.leaving.load(Ordering::Relaxed)).count();
        if leaving >= self.waiting.load(Ordering::Relaxed) {
            return;
        }
        let staying = holders.values().filter(|holder| !holder.leaving.load(Ordering::Relaxed));
        let worst = staying.map(|holder| (self.overdue(holder, now), holder)).max_by_key(|(late, _)| *late);
        if let Some((Some(_), holder)) = worst {
            holder.leaving.store(true, Ordering::Relaxed);
            holder.leave.notify_one();
        }
    }

    /// Returns by how many milliseconds a holder is beyond his turn.
    fn overdue(&self, holder: &Holder, now: u64) -> Option<u64> {
        let turn = if holder.busy.load(Ordering::Relaxed) { self.turns.busy } else { self.turns.free };
        let moved = holder.moved.load(Ordering::Relaxed);
        let earned = moved.saturating_mul(1000) / self.turns.bytes_per_second.max(1);
        let turn = u64::try_from(turn.as_millis()).unwrap_or(u64::MAX).saturating_add(earned);
        now.saturating_sub(holder.since.load(Ordering::Relaxed)).checked_sub(turn)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn holders(&self) -> MutexGuard<'_, HashMap<u64, Arc<Holder>>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts somebody as waiting until dropped.
pub(crate) struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    /// Counts one more.
    pub(crate) fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const TURNS: Turns =
        Turns { free: Duration::from_secs(2), bytes_per_second: 1000, busy: Duration::from_secs(30) };

    /// Holds a place until asked to leave.
    fn hold(place: Place) -> tokio::task::JoinHandle<()> {
        tokio::spawn(async move { place.told().await })
    }

    #[tokio::test(start_paused = true)]
    async fn who_got_least_done_gives_way_after_his_turn() {
        let places = Places::new(3, TURNS);
        let (lazy, steady, busy) = (places.take().await, places.take().await, places.take().await);
        steady.holder().moved(10_000);
        busy.holder().set_busy(true);
        let tasks = [hold(lazy), hold(steady), hold(busy)];
        let begun = Instant::now();
        let first = places.take().await;
        assert!(begun.elapsed() >= TURNS.free && begun.elapsed() < Duration::from_secs(3));
        assert_eq!(tasks.each_ref().map(tokio::task::JoinHandle::is_finished), [true, false, false]);
        first.holder().moved(1_000_000);
        let _second = places.take().await;
        // Ten kilobytes bought ten seconds.
        assert!(begun.elapsed() >= Duration::from_secs(12) && begun.elapsed() < Duration::from_secs(13));
        assert_eq!(tasks.each_ref().map(tokio::task::JoinHandle::is_finished), [true, true, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_asked_to_leave_while_there_is_room() {
        let places = Places::new(2, TURNS);
        let held = hold(places.take().await);
        sleep(Duration::from_secs(100)).await;
        drop(places.take().await);
        assert!(!held.is_finished());
        // One who waits sends one away, not two.
        let other = hold(places.take().await);
        sleep(Duration::from_secs(100)).await;
        let _third = places.take().await;
        sleep(Duration::from_secs(100)).await;
        assert!(held.is_finished() != other.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_comes_back_when_dropped() {
        let places = Places::new(1, TURNS);
        for _ in 0..3 {
            let place = places.take().await;
            assert!(timeout(Duration::from_secs(1), places.take()).await.is_err());
            drop(place);
        }
        assert!(places.inner.holders().is_empty());
        places.all_free(1).await;
    }
}
