//! `GET /{path}/reports/{id}` on the courier's side.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use bisik_formats::ids::ReportId;
use bisik_formats::problem::ProblemCode;
use bisik_store::Period;
use http::request::Parts;

use super::{Courier, sealed, typed};
use crate::app::App;
use crate::refusal::Refusal;

/// The report that a path names.
pub struct ReportPath(ReportId);

impl FromRequestParts<Arc<App>> for ReportPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Ok(Self(typed(parts, app, "id").await?))
    }
}

/// Gives the sealed bytes of a report of a finished period.
#[utoipa::path(
    get, path = "/{path}/reports/{id}", tag = "courier", security(("token" = [])),
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("id" = String, Path, description = "SHA-256 of the sealed bytes"),
    ),
    responses(
        (status = 200, description = "The sealed report", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, description = "Token missing or wrong", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 404, description = "Not there, or of a period that is not finished", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    Courier(agency): Courier,
    ReportPath(id): ReportPath,
) -> Result<Response, Refusal> {
    let now = Period::from_hour(app.clock.hour());
    let report = app.on_disk(move |app| app.store.read(agency.key, &id, now)).await?;
    report.map(sealed).ok_or(ProblemCode::NotFound.into())
}
