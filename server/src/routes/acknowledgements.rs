//! `POST /{path}/acknowledgements` on the courier's side.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use bisik_formats::acknowledgement::{Acknowledgement, MAX_ACKNOWLEDGEMENT};
use bisik_formats::ids::DeskId;
use bisik_formats::problem::ProblemCode;
use http::{HeaderMap, StatusCode};

use super::{Courier, document};
use crate::app::App;
use crate::refusal::Refusal;

/// Notes which reports a desk holds durably; those that all desks of the card hold are deleted.
#[utoipa::path(
    post, path = "/{path}/acknowledgements", tag = "courier", security(("token" = [])),
    params(("path" = String, Path, description = "Path of the agency")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "Acknowledgement note of a desk"),
    responses(
        (status = 204, description = "Noted; unknown ids are passed over"),
        (status = 400, description = "Body cut short, or a name that cannot be", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 401, description = "Token missing or wrong", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 408, description = "Body too slow", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 411, description = "Length not declared", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 413, description = "Longer than an acknowledgement can be", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 415, description = "Another media type", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 422, description = "Signature or content refused", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    Courier(agency): Courier,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let intake = document(&app, &headers, body, MAX_ACKNOWLEDGEMENT as u64).await?;
    let _publishing = agency.publishing.lock().await;
    let note = intake.whole().await?;
    let published = agency.published();
    let card = published.card()?.card();
    let today = app.clock.today();
    let acknowledged = Acknowledgement::verify(&note, card, today)
        .map_err(|_| Refusal::new(ProblemCode::AcknowledgementInvalid))?;
    let desks: Vec<DeskId> = card.desks.iter().map(|desk| desk.id.clone()).collect();
    let key = agency.key;
    app.on_disk(move |app| {
        app.store.acknowledge(key, acknowledged.desk(), acknowledged.ids(), &desks, today)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
