//! `GET /{path}/card`.

use axum::response::Response;

use super::{AgencyPath, octets};
use crate::refusal::Refusal;

/// Gives the card bundle to everybody.
#[utoipa::path(
    get, path = "/{path}/card", tag = "public",
    params(("path" = String, Path, description = "Path of the agency")),
    responses(
        (status = 200, description = "Card bundle: successions, then the card note, each behind its length",
         content_type = "application/octet-stream", body = Vec<u8>),
        (status = 503, description = "No card has been brought yet", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn get(AgencyPath(agency): AgencyPath) -> Result<Response, Refusal> {
    Ok(octets(agency.published().bundle()?))
}
