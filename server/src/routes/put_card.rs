//! `PUT /{path}/card` on the courier's side.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use bisik_formats::card::{CardError, MAX_BUNDLE, VerifiedCard};
use bisik_formats::ids::DeskId;
use bisik_formats::problem::ProblemCode;
use bisik_store::{CardOutcome, NewCard};
use http::{HeaderMap, StatusCode};

use super::{Courier, document};
use crate::app::App;
use crate::refusal::Refusal;

/// Days for which reports made for the former number of desks are still taken.
const OLD_SHAPE_DAYS: i32 = 7;

/// Makes a card current, once its chain leads to the pinned agency and its serial is above the present one.
#[utoipa::path(
    put, path = "/{path}/card", tag = "courier", security(("token" = [])),
    params(("path" = String, Path, description = "Path of the agency")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "Card bundle"),
    responses(
        (status = 204, description = "Current now, or already"),
        (status = 400, description = "Body cut short, or a name that cannot be", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 401, description = "Token missing or wrong", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 408, description = "Body too slow", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 411, description = "Length not declared", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 409, description = "A newer card is here", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 413, description = "Longer than a bundle can be", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 415, description = "Another media type", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 422, description = "Not a valid card of this agency today", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn put(
    State(app): State<Arc<App>>,
    Courier(agency): Courier,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let intake = document(&app, &headers, body, MAX_BUNDLE as u64).await?;
    let _publishing = agency.publishing.lock().await;
    let bundle = intake.whole().await?;
    let card =
        VerifiedCard::verify(&bundle, &agency.id).map_err(|_| Refusal::new(ProblemCode::CardInvalid))?;
    let today = app.clock.today();
    // The root's clock may be a day ahead of the server's.
    let dated = card.check_day(today).or_else(|error| match error {
        CardError::NotYet => card.check_day(today.plus(1)),
        error => Err(error),
    });
    dated.map_err(|_| Refusal::new(ProblemCode::CardInvalid))?;
    let worker = Arc::clone(&agency);
    let outcome = app
        .on_disk(move |app| {
            let desks: Vec<DeskId> = card.card().desks.iter().map(|desk| desk.id.clone()).collect();
            let serial = card.card().serial.get();
            let new = NewCard {
                serial,
                hash: card.hash(),
                bundle: card.bundle(),
                desks: &desks,
                old_shape_until: today.plus(OLD_SHAPE_DAYS),
            };
            let outcome = app.store.put_card(worker.key, &new)?;
            if outcome == CardOutcome::Current {
                worker.reload(app.store.as_ref())?;
                app.events.write(
                    "card",
                    &[("agency", worker.path.as_str().into()), ("serial", serial.to_string().into())],
                );
            }
            Ok(outcome)
        })
        .await?;
    match outcome {
        CardOutcome::Current | CardOutcome::Same => Ok(StatusCode::NO_CONTENT),
        CardOutcome::NotNewer => Err(ProblemCode::CardOld.into()),
    }
}
