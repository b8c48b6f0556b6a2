//! `HEAD /{path}/uploads/{id}`: how far an upload has come (tus 1.0).

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bisik_formats::problem::ProblemCode;
use http::StatusCode;

use super::AgencyPath;
use super::tus::{UploadPath, tell};
use crate::app::App;
use crate::refusal::Refusal;

/// Says how many bytes are durably stored; all of them once the report is.
///
/// A piece that is still arriving on another connection is ended first, and what has arrived of it is kept.
#[utoipa::path(
    head, path = "/{path}/uploads/{id}", tag = "public",
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("id" = String, Path, description = "Random id of the upload"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses(
        (status = 200, description = "See the headers", headers(
            ("Upload-Offset" = u64, description = "Bytes that are durably stored"),
            ("Upload-Length" = u64, description = "Length of the whole upload"),
            ("Upload-Expires" = String, description = "Midnight at which nothing is known about it any more"),
        )),
        (status = 404, description = "Unknown, ended or expired"),
        (status = 412, description = "Another version of tus"),
    )
)]
pub async fn head(
    State(app): State<Arc<App>>,
    AgencyPath(agency): AgencyPath,
    UploadPath(id): UploadPath,
) -> Result<Response, Refusal> {
    app.turns.interrupt(id).await;
    let (key, today) = (agency.key, app.clock.today());
    let state = app.on_disk(move |app| app.store.upload(key, &id, today)).await?;
    let mut response = StatusCode::OK.into_response();
    tell(response.headers_mut(), &state.ok_or(Refusal::new(ProblemCode::NotFound))?);
    Ok(response)
}
