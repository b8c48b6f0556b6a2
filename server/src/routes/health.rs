//! `GET /healthz` on the courier's side.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::app::App;
use crate::health::Health;
use crate::refusal::Refusal;

/// Gives the alarms for the operator: 200 without any, 503 with.
#[utoipa::path(
    get, path = "/healthz", tag = "operator",
    responses(
        (status = 200, description = "Nothing to do", body = Health),
        (status = 503, description = "Somebody has to do something", body = Health),
    )
)]
pub async fn get(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let health = app.on_disk(Health::of).await?;
    let status = if health.alarms.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, axum::Json(health)).into_response())
}
