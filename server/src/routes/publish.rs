//! `POST /{path}/editions/{desk}` on the courier's side.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use bisik_formats::bundle::read_frames;
use bisik_formats::card::VerifiedCard;
use bisik_formats::edition::{EditionError, MAX_HEADER, PLACE_LEN, VerifiedHeader};
use bisik_formats::ids::DeskId;
use bisik_formats::problem::ProblemCode;
use bisik_store::{EditionOutcome, NewEdition};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::{Courier, content_length, expect_octets, typed};
use crate::app::{Agency, App};
use crate::intake::Intake;
use crate::refusal::Refusal;

/// The desk that a path names.
pub struct DeskPath(DeskId);

impl FromRequestParts<Arc<App>> for DeskPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Ok(Self(typed(parts, app, "desk").await?))
    }
}

/// Makes an edition current, once its desk's signature, dates, sizes, card and body hash are right.
#[utoipa::path(
    post, path = "/{path}/editions/{desk}", tag = "courier", security(("token" = [])),
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("desk" = String, Path, description = "Id of the desk"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "Header note and body, each behind its length"),
    responses(
        (status = 204, description = "Current now, or already"),
        (status = 400, description = "Body cut short, or a name that cannot be", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 401, description = "Token missing or wrong", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 408, description = "Body too slow", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 411, description = "Length not declared", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 409, description = "A newer edition, or another one of this number, is here", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 413, description = "Longer than an edition can be", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 415, description = "Another media type", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 422, description = "Signature, dates, sizes, hash or card refused", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    Courier(agency): Courier,
    DeskPath(desk): DeskPath,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    expect_octets(&headers)?;
    let length = content_length(&headers)?;
    let intake = Intake::new(body, length, app.floor);
    // One at a time: the number is compared with what the one before left, and memory stays bounded.
    let _publishing = agency.publishing.lock().await;
    let limit = longest(agency.published().card()?);
    if length > limit {
        intake.drain(&headers).await;
        return Err(ProblemCode::ReportTooLarge.into());
    }
    let whole = intake.whole().await?;
    let worker = Arc::clone(&agency);
    let outcome = app
        .on_disk(move |app| match check(app, &worker, &desk, &whole) {
            Ok((header, body)) => {
                let (number, note) = (header.header().number, header.note());
                let edition = NewEdition { desk: &desk, number, header: note, body };
                let outcome = app.store.put_edition(worker.key, &edition)?;
                if outcome == EditionOutcome::Current {
                    worker.reload(app.store.as_ref())?;
                    app.events.write(
                        "edition",
                        &[
                            ("agency", worker.path.as_str().into()),
                            ("desk", desk.as_str().into()),
                            ("number", number.to_string().into()),
                        ],
                    );
                }
                Ok(Ok(outcome))
            }
            Err(code) => Ok(Err(code)),
        })
        .await??;
    match outcome {
        EditionOutcome::Current | EditionOutcome::Same => Ok(StatusCode::NO_CONTENT),
        EditionOutcome::Older | EditionOutcome::Forked => Err(ProblemCode::EditionOld.into()),
    }
}

/// Checks an edition against the current card.
fn check<'a>(
    app: &App,
    agency: &Agency,
    desk: &DeskId,
    whole: &'a [u8],
) -> Result<(VerifiedHeader, &'a [u8]), ProblemCode> {
    let published = agency.published();
    let card = published.card()?;
    let frames = read_frames(whole, 2, whole.len()).map_err(|_| ProblemCode::BadRequest)?;
    let [note, body] = frames.as_slice() else { return Err(ProblemCode::BadRequest) };
    let header = VerifiedHeader::verify(note, card).map_err(refused)?;
    if header.desk() != desk {
        return Err(ProblemCode::EditionInvalid);
    }
    // An edition may have been made before the present card was known to its desk, but not under a foreign one.
    if !published.knows_card(header.header().card_serial.get(), header.header().card_hash) {
        return Err(ProblemCode::EditionInvalid);
    }
    // The server's clock may run a day behind the desk's: dates are days, and one of them may be over already.
    let today = app.clock.today();
    header.check_day(today).or_else(|_| header.check_day(today.plus(1))).map_err(refused)?;
    header.check_body(body).map_err(refused)?;
    Ok((header, body))
}

fn refused(_: EditionError) -> ProblemCode {
    ProblemCode::EditionInvalid
}

fn longest(card: &VerifiedCard) -> u64 {
    let places = usize::try_from(card.card().letters).unwrap_or(usize::MAX);
    places.saturating_mul(PLACE_LEN).saturating_add(MAX_HEADER + 8) as u64
}
