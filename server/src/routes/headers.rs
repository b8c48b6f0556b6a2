//! `GET /{path}/headers`.

use axum::response::Response;

use super::{AgencyPath, octets};
use crate::refusal::Refusal;

/// Gives the header notes of all desks that have an edition, in card order.
#[utoipa::path(
    get, path = "/{path}/headers", tag = "public",
    params(("path" = String, Path, description = "Path of the agency")),
    responses(
        (status = 200, description = "Header notes, each behind its length",
         content_type = "application/octet-stream", body = Vec<u8>),
        (status = 503, description = "No card has been brought yet", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn get(AgencyPath(agency): AgencyPath) -> Result<Response, Refusal> {
    let published = agency.published();
    published.card()?;
    Ok(octets(published.headers()))
}
