//! What everybody together may use at the same time and in ten minutes, so that no stranger uses it up for others.
//!
//! Text reports have places and a pace of their own: nothing that large reports do takes any of it.

use std::time::Duration;

use bisik_formats::problem::ProblemCode;
use rand::CryptoRng;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::challenge::{Challenger, Solved};
use crate::config::{Limits, mib};
use crate::pace::Pace;
use crate::places::{Place, Places, Turns};
use crate::refusal::Refusal;

/// Bytes set aside in memory for a report until it is stored or moved into a file: no text report is longer.
pub const TEXT_CAPACITY: usize = 48 * 1024;

/// Pieces below this length count as small unless they are the last: each is made durable by itself.
pub const SMALL_PIECE: u64 = 64 * 1024;

/// How long a text report may take to arrive while others wait for its place.
const TEXT_TURNS: Turns =
    Turns { free: Duration::from_secs(3), bytes_per_second: 8 * 1024, busy: Duration::from_secs(60) };

/// How long a sender of evidence may hold a place while others wait: then it goes to the next one, and the upload
/// goes on later from where it is.
const LARGE_TURNS: Turns =
    Turns { free: Duration::from_secs(1), bytes_per_second: 16 * 1024, busy: Duration::from_secs(60) };

/// Uploads that are begun at the same time: each is a file and a row in the database.
const BEGINNINGS: usize = 4;

/// How long somebody waits for a place or a turn before being told to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a form waits: its body stands still meanwhile, and that may not take as long as the grace for bodies.
const FORM_PATIENCE: Duration = Duration::from_secs(10);

/// The gates.
pub struct Gates {
    text: Places,
    large: Places,
    beginnings: Semaphore,
    reports: Pace,
    uploads: Pace,
    small: Pace,
    forms: Pace,
}

impl Gates {
    /// Makes the gates that the configuration sets.
    pub fn new(limits: &Limits, rng: &mut impl CryptoRng) -> Self {
        let text = mib(limits.text_memory_mib) / TEXT_CAPACITY as u64;
        Self {
            text: Places::new(usize::try_from(text).unwrap_or(usize::MAX), TEXT_TURNS),
            large: Places::new(limits.large_uploads, LARGE_TURNS),
            beginnings: Semaphore::new(BEGINNINGS),
            reports: Pace::new(limits.text_reports, rng),
            uploads: Pace::new(limits.new_uploads, rng),
            small: Pace::new(limits.small_pieces, rng),
            forms: Pace::new(limits.form_reports, rng),
        }
    }

    /// Waits for a place in memory.
    ///
    /// # Errors
    /// When none became free in time.
    pub async fn text(&self) -> Result<Place, Refusal> {
        timeout(PATIENCE, self.text.take()).await.map_err(|_| ProblemCode::Busy.into())
    }

    /// Waits for a place of a report with evidence.
    ///
    /// # Errors
    /// When none became free in time.
    pub async fn large(&self) -> Result<Place, Refusal> {
        timeout(PATIENCE, self.large.take()).await.map_err(|_| ProblemCode::Busy.into())
    }

    /// Waits for the turn of a text report.
    ///
    /// # Errors
    /// When it did not come in time.
    pub async fn report(&self, flow: Flow<'_>) -> Result<(), Refusal> {
        flow.through(&self.reports, PATIENCE).await
    }

    /// Waits for the turn of a new resumable upload; what is returned is held until it has begun.
    ///
    /// # Errors
    /// When it did not come in time.
    pub async fn upload(&self, flow: Flow<'_>) -> Result<SemaphorePermit<'_>, Refusal> {
        flow.through(&self.uploads, PATIENCE).await?;
        let permit = timeout(PATIENCE, self.beginnings.acquire()).await.map_err(|_| ProblemCode::Busy)?;
        permit.map_err(|_| ProblemCode::Busy.into())
    }

    /// Waits for the turn of a form, which shows no proof.
    ///
    /// # Errors
    /// When it did not come in time.
    pub async fn form(&self) -> Result<(), Refusal> {
        if self.forms.at_once(false) {
            return Ok(());
        }
        self.forms.turn(false, FORM_PATIENCE).await.map_err(Refusal::from)
    }

    /// Waits for the turn of a small piece.
    ///
    /// # Errors
    /// When it did not come in time.
    pub async fn small_piece(&self) -> Result<(), Refusal> {
        if self.small.at_once(false) {
            return Ok(());
        }
        self.small.turn(false, PATIENCE).await.map_err(Refusal::from)
    }

    /// Tells whether what arrived of a small piece may be made durable at once.
    pub fn small_rest(&self) -> bool {
        self.small.at_once(false)
    }
}

/// Somebody who showed a proof.
#[derive(Clone, Copy)]
pub struct Flow<'a> {
    /// Counts it.
    pub challenger: &'a Challenger,
    /// The Unix time in seconds.
    pub now: u64,
    /// What was shown.
    pub solved: Solved,
}

impl Flow<'_> {
    async fn through(self, pace: &Pace, patience: Duration) -> Result<(), Refusal> {
        self.challenger.count(self.now);
        // Who did less than is asked for now stands behind who did enough.
        let stands_back = !self.solved.enough_now;
        if pace.at_once(stands_back) {
            return Ok(());
        }
        self.challenger.count_wait(self.now);
        pace.turn(stands_back, patience).await.map_err(Refusal::from)
    }
}
