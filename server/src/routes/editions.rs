//! `GET /{path}/editions/{desk}/{number}`.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use bisik_formats::day::EditionNumber;
use bisik_formats::ids::DeskId;
use bisik_formats::problem::ProblemCode;
use http::request::Parts;

use super::{AgencyPath, octets, sealed, typed};
use crate::app::App;
use crate::published::EditionBody;
use crate::refusal::Refusal;

/// The edition that a path names.
pub struct EditionPath {
    desk: DeskId,
    number: EditionNumber,
}

impl FromRequestParts<Arc<App>> for EditionPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Ok(Self { desk: typed(parts, app, "desk").await?, number: typed(parts, app, "number").await? })
    }
}

/// Gives the body of a desk's current edition, or of the one before.
#[utoipa::path(
    get, path = "/{path}/editions/{desk}/{number}", tag = "public",
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("desk" = String, Path, description = "Id of the desk"),
        ("number" = String, Path, description = "Number of the edition, YYYYMMDDn"),
    ),
    responses(
        (status = 200, description = "Body of the edition", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, description = "Neither the current edition nor the one before", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    AgencyPath(agency): AgencyPath,
    EditionPath { desk, number }: EditionPath,
) -> Result<Response, Refusal> {
    let published = agency.published();
    let found = published.editions().iter().find(|edition| edition.number == number && edition.desk == desk);
    match &found.ok_or(Refusal::new(ProblemCode::NotFound))?.body {
        EditionBody::Memory(bytes) => Ok(octets(bytes.clone())),
        EditionBody::Disk => {
            let key = agency.key;
            let body = app.on_disk(move |app| app.store.edition_body(key, &desk, number)).await?;
            body.map(sealed).ok_or(ProblemCode::NotFound.into())
        }
    }
}
