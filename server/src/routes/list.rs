//! `GET /{path}/reports` on the courier's side.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use bisik_formats::ids::ReportId;
use bisik_formats::problem::ProblemCode;
use bisik_store::Period;
use http::{HeaderValue, header};

use super::Courier;
use crate::app::App;
use crate::refusal::Refusal;

/// Reports on one page.
const PAGE: usize = 1000;

/// Lists the reports of finished periods by id, at most 1,000 after the given one.
#[utoipa::path(
    get, path = "/{path}/reports", tag = "courier", security(("token" = [])),
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("after" = Option<String>, Query, description = "Last id of the page before"),
    ),
    responses(
        (status = 200, description = "Lines of id, space, length in bytes", content_type = "text/plain", body = String),
        (status = 400, description = "Not a cursor or a number", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 401, description = "Token missing or wrong", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    Courier(agency): Courier,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let after = after(query.as_deref())?;
    let now = Period::from_hour(app.clock.hour());
    let listed = app.on_disk(move |app| app.store.list(agency.key, after.as_ref(), now, PAGE)).await?;
    let mut lines = String::with_capacity(listed.len() * 76);
    for report in listed {
        // Writing into a string cannot fail.
        let _written = writeln!(lines, "{} {}", report.id, report.length);
    }
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], lines)
        .into_response())
}

fn after(query: Option<&str>) -> Result<Option<ReportId>, Refusal> {
    let Some(query) = query else { return Ok(None) };
    let id = query.strip_prefix("after=").and_then(|text| text.parse().ok());
    id.map(Some).ok_or(ProblemCode::BadRequest.into())
}
