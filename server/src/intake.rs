//! Request bodies that must keep up a floor of speed.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bisik_formats::problem::ProblemCode;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, header};
use tokio::time::{Instant, timeout_at};

use crate::config::Limits;
use crate::refusal::Refusal;

/// How slowly a body may come.
#[derive(Debug, Clone, Copy)]
pub struct BodyFloor {
    /// Time that is always granted: Tor circuits stall for a while.
    pub grace: Duration,
    /// Bytes a second that must arrive on average beyond that.
    pub bytes_per_second: u64,
    /// Time after which any body is given up.
    pub total: Duration,
}

impl BodyFloor {
    /// Returns the floor that the configuration sets.
    pub fn of(limits: &Limits) -> Self {
        Self {
            grace: Duration::from_secs(limits.grace_seconds),
            bytes_per_second: limits.floor_bytes_per_second,
            total: Duration::from_secs(limits.body_seconds),
        }
    }
}

/// A request body of a declared length, read piece by piece.
pub struct Intake {
    stream: BodyDataStream,
    begun: Option<Instant>,
    floor: BodyFloor,
    declared: u64,
    received: u64,
}

impl Intake {
    /// Prepares to read a body of `declared` bytes; its time begins with the first piece asked for.
    pub fn new(body: Body, declared: u64, floor: BodyFloor) -> Self {
        Self { stream: body.into_data_stream(), begun: None, floor, declared, received: 0 }
    }

    /// Returns the next piece, or `None` after exactly the declared bytes.
    ///
    /// # Errors
    /// When the body is too slow, is cut, or goes on beyond its length.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let earned = Duration::from_secs(self.received / self.floor.bytes_per_second.max(1));
        let allowed = self.floor.grace.saturating_add(earned).min(self.floor.total);
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let deadline = begun.checked_add(allowed).unwrap_or(begun);
        let Ok(piece) = timeout_at(deadline, self.stream.next()).await else {
            return Err(ProblemCode::Timeout.into());
        };
        match piece {
            None if self.received == self.declared => Ok(None),
            None | Some(Err(_)) => Err(ProblemCode::Truncated.into()),
            Some(Ok(bytes)) => {
                self.received = self.received.saturating_add(bytes.len() as u64);
                if self.received > self.declared {
                    Err(ProblemCode::Truncated.into())
                } else {
                    Ok(Some(bytes))
                }
            }
        }
    }

    /// Returns the whole body.
    ///
    /// # Errors
    /// As [`Intake::next`].
    pub async fn whole(mut self) -> Result<Vec<u8>, Refusal> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    /// Reads on for a while after a refusal, so that the client comes to read the answer.
    ///
    /// Closing with unread bytes resets the connection, and the answer would be lost with it. A client that waits
    /// for `100 Continue` has sent nothing yet: it gets its answer at once, and reading would ask it to go on.
    pub async fn drain(mut self, headers: &HeaderMap) {
        if self.received == 0 && headers.contains_key(header::EXPECT) {
            return;
        }
        let passed = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        self.floor.total = self.floor.total.min(passed.saturating_add(DRAIN_TIME));
        let until = self.received.saturating_add(DRAIN_BYTES);
        while self.received < until && matches!(self.next().await, Ok(Some(_))) {}
    }
}

/// Bytes read after a refusal.
const DRAIN_BYTES: u64 = 64 << 20;

/// Time spent on reading after a refusal.
const DRAIN_TIME: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: BodyFloor = BodyFloor {
        grace: Duration::from_secs(30),
        bytes_per_second: 1024,
        total: Duration::from_secs(3600),
    };

    fn pieces(gaps: Vec<(u64, usize)>) -> Body {
        let pieces = futures_util::stream::iter(gaps).then(|(seconds, bytes)| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes]))
        });
        Body::from_stream(pieces)
    }

    #[tokio::test(start_paused = true)]
    async fn slow_bodies_are_given_up_and_steady_ones_are_not() {
        let steady: Vec<_> = (0..100).map(|_| (10, 10 * 1024)).collect();
        let whole = Intake::new(pieces(steady), 1000 * 1024, FLOOR).whole().await;
        assert_eq!(whole.map(|whole| whole.len()), Ok(1000 * 1024));
        let late = Intake::new(pieces(vec![(29, 5), (29, 5)]), 10, FLOOR).whole().await;
        assert_eq!(late.unwrap_err().code(), ProblemCode::Timeout);
        let begun = Instant::now();
        let trickle: Vec<_> = (0..10_000).map(|_| (1, 512)).collect();
        assert_eq!(
            Intake::new(pieces(trickle), 5_120_000, FLOOR).whole().await.unwrap_err().code(),
            ProblemCode::Timeout
        );
        assert!(begun.elapsed() < Duration::from_secs(62));
    }

    #[tokio::test(start_paused = true)]
    async fn the_declared_length_is_exact() {
        let cut = Intake::new(pieces(vec![(0, 5)]), 6, FLOOR).whole().await;
        assert_eq!(cut.unwrap_err().code(), ProblemCode::Truncated);
        let long = Intake::new(pieces(vec![(0, 5), (0, 5)]), 6, FLOOR).whole().await;
        assert_eq!(long.unwrap_err().code(), ProblemCode::Truncated);
    }
}
