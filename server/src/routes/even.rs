//! Answers that leave at even times after their request, so that how long they took tells nothing.
//!
//! Equal work does not do: whether a row is found, a file is there or a text is put together shows in the mean of some
//! thousand answers. So on routes that take the id of an upload an answer waits for the next step of a fixed clock of
//! its own request, after everything else about it is done. Only a piece that was taken goes out at once: its sender
//! knows that the upload is there, and a large report has a thousand of them.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use tokio::time::{Instant, sleep_until};

/// The step of answers for which nothing is written.
const STEP: Duration = Duration::from_millis(100);

/// The step where an upload is ended, for which a busy disk may take a while. Nobody waits for it.
const STEP_OF_END: Duration = Duration::from_millis(500);

/// Says of an answer that it has to wait, and for which step.
#[derive(Debug, Clone, Copy)]
struct Even(Duration);

/// Marks the answers of a route.
pub async fn mark(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let mut response = next.run(request).await;
    if !(method == Method::PATCH && response.status() == StatusCode::NO_CONTENT) {
        let step = if method == Method::DELETE { STEP_OF_END } else { STEP };
        response.extensions_mut().insert(Even(step));
    }
    response
}

/// Holds marked answers, ready to be written, until the next step after their request. The outermost layer.
pub async fn hold(request: Request, next: Next) -> Response {
    let arrived = Instant::now();
    let response = next.run(request).await;
    if let Some(Even(step)) = response.extensions().get() {
        sleep_until(step_after(arrived, Instant::now(), *step)).await;
    }
    response
}

/// Returns the first step of the clock that began at `arrived` which is after `now`.
fn step_after(arrived: Instant, now: Instant, step: Duration) -> Instant {
    let steps = now.saturating_duration_since(arrived).as_nanos().checked_div(step.as_nanos());
    let steps = steps.and_then(|steps| u32::try_from(steps).ok()).unwrap_or_default().saturating_add(1);
    arrived.checked_add(step.saturating_mul(steps)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_leaves_with_the_next_step() {
        let arrived = Instant::now();
        let after = |millis| {
            let step = step_after(arrived, arrived + Duration::from_millis(millis), STEP);
            (step - arrived).as_millis()
        };
        assert_eq!(
            [after(0), after(1), after(99), after(100), after(101), after(1250)],
            [100, 100, 100, 200, 200, 1300]
        );
    }
}
