//! `GET /{path}/status` on the courier's side.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::Courier;
use crate::app::App;
use crate::health::Status;
use crate::refusal::Refusal;

/// Gives the counts of an agency.
#[utoipa::path(
    get, path = "/{path}/status", tag = "courier", security(("token" = [])),
    params(("path" = String, Path, description = "Path of the agency")),
    responses(
        (status = 200, description = "Counts", body = Status),
        (status = 401, description = "Token missing or wrong", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn get(State(app): State<Arc<App>>, Courier(agency): Courier) -> Result<Response, Refusal> {
    let status = app.on_disk(move |app| Status::of(app, &agency)).await?;
    Ok(axum::Json(status).into_response())
}
