//! `DELETE /{path}/uploads/{id}`: the sender does not go on (tus 1.0, termination).

use std::sync::Arc;

use axum::extract::State;
use bisik_formats::problem::ProblemCode;
use http::StatusCode;

use super::AgencyPath;
use super::tus::UploadPath;
use crate::app::App;
use crate::refusal::Refusal;

/// Drops an unfinished upload at once; one that has become a report is not found.
#[utoipa::path(
    delete, path = "/{path}/uploads/{id}", tag = "public",
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("id" = String, Path, description = "Random id of the upload"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses(
        (status = 204, description = "Nothing of it is left"),
        (status = 404, description = "Unknown, ended, expired or finished", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 412, description = "Another version of tus", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 423, description = "A piece is still arriving", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    AgencyPath(agency): AgencyPath,
    UploadPath(id): UploadPath,
) -> Result<StatusCode, Refusal> {
    app.turns.interrupt(id).await;
    let _turn = app.turns.take(id).ok_or(Refusal::new(ProblemCode::UploadLocked))?;
    let (key, today) = (agency.key, app.clock.today());
    let ended = app.on_disk(move |app| app.store.end_upload(key, &id, today)).await?;
    if !ended {
        return Err(ProblemCode::NotFound.into());
    }
    Ok(StatusCode::NO_CONTENT)
}
