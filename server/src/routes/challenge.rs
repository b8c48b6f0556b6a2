//! `GET /{path}/challenge`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bisik_formats::json::to_json;
use bisik_formats::problem::ProblemCode;
use http::{HeaderValue, header};

use super::AgencyPath;
use crate::app::App;
use crate::refusal::Refusal;

/// Gives the proof-of-work challenge, the same to everybody for ten minutes.
#[utoipa::path(
    get, path = "/{path}/challenge", tag = "public",
    params(("path" = String, Path, description = "Path of the agency")),
    responses((status = 200, description = "The challenge", body = crate::openapi::ChallengeDocument))
)]
pub async fn get(State(app): State<Arc<App>>, _agency: AgencyPath) -> Result<Response, Refusal> {
    let challenge = app.challenger.current(app.clock.unix_seconds());
    let json = to_json(&challenge).map_err(|_| Refusal::new(ProblemCode::Internal))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response())
}
