//! `POST /{path}/uploads` begins a resumable upload, `OPTIONS` says what is possible (tus 1.0).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bisik_formats::ids::Digest;
use bisik_formats::problem::ProblemCode;
use bisik_formats::routes::Routes;
use bisik_formats::upload::{
    TUS_EXTENSION, TUS_EXTENSIONS, TUS_MAX_SIZE, UPLOAD_DEFER_LENGTH, UPLOAD_LENGTH, UPLOAD_METADATA,
    UploadId,
};
use bisik_store::{NewUpload, UploadState};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::reports::Proof;
use super::{AgencyPath, content_length, tus};
use crate::app::{Agency, App};
use crate::intake::Intake;
use crate::refusal::Refusal;
use crate::spent::Use;

/// Says which version, extensions and length uploads may have.
#[utoipa::path(
    options, path = "/{path}/uploads", tag = "public",
    params(("path" = String, Path, description = "Path of the agency")),
    responses(
        (status = 204, description = "See the headers", headers(
            ("Tus-Version" = String, description = "1.0.0"),
            ("Tus-Extension" = String, description = "creation,expiration,termination"),
            ("Tus-Max-Size" = u64, description = "The longest sealed report that the agency takes"),
        )),
        (status = 503, description = "No card has been brought yet", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn options(
    State(app): State<Arc<App>>,
    AgencyPath(agency): AgencyPath,
) -> Result<Response, Refusal> {
    let longest = agency.published().longest(app.clock.today())?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_EXTENSION, HeaderValue::from_static(TUS_EXTENSIONS));
    headers.insert(TUS_MAX_SIZE, HeaderValue::from(longest));
    Ok(response)
}

/// Begins a resumable upload of a sealed report with evidence; room for all of it is set aside.
#[utoipa::path(
    post, path = "/{path}/uploads", tag = "public",
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "A listed length; not that of text reports"),
        ("Bisik-Pow" = String, Header, description = "Nonce that solves the challenge, 16 hex digits"),
        ("Bisik-Header-Sha256" = String, Header, description = "SHA-256 of the age header, 64 hex digits"),
    ),
    responses(
        (status = 201, description = "Begun, durably", headers(
            ("Location" = String, description = "Address of the upload, with a random id"),
            ("Upload-Expires" = String, description = "Midnight at which it is dropped if it is not finished"),
        )),
        (status = 400, description = "Length missing, metadata or a body given", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 412, description = "Another version of tus", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 413, description = "Larger than the agency takes", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 422, description = "Length or proof of work refused", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 429, description = "Too much at once", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 503, description = "No card has been brought yet", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 507, description = "No room", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    AgencyPath(agency): AgencyPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let length = if headers.contains_key(header::CONTENT_LENGTH) { content_length(&headers)? } else { 0 };
    if length > 0 {
        Intake::new(body, length, app.floor).drain(&headers).await;
        return Err(ProblemCode::BadRequest.into());
    }
    let (id, state) = begin(&app, &agency, &headers).await?;
    let mut response = StatusCode::CREATED.into_response();
    let address = Routes::new(&format!("/{}", agency.path)).upload(id);
    let address = HeaderValue::from_str(&address).map_err(|_| Refusal::new(ProblemCode::Internal))?;
    response.headers_mut().insert(header::LOCATION, address);
    tus::tell_end(response.headers_mut(), state.expires);
    Ok(response)
}

async fn begin(
    app: &Arc<App>,
    agency: &Agency,
    headers: &HeaderMap,
) -> Result<(UploadId, UploadState), Refusal> {
    let named = headers.get(UPLOAD_METADATA).is_some_and(|value| !value.is_empty());
    if named || headers.contains_key(UPLOAD_DEFER_LENGTH) {
        return Err(ProblemCode::BadRequest.into());
    }
    let length = tus::number(headers, UPLOAD_LENGTH)?;
    let proof = Proof::of(headers).ok_or(Refusal::new(ProblemCode::ProofOfWork))?;
    let today = app.clock.today();
    let shapes = agency.published().shapes(length, today)?;
    // Every text report travels in the same way.
    if shapes.iter().any(|shape| shape.is_text()) {
        return Err(ProblemCode::ReportLength.into());
    }
    let flow = proof.check(app)?;
    if let Some(known) = begun_before(app, agency, &proof.header()).await? {
        return Ok(known);
    }
    let spending = app.spent.spend(flow.solved, proof.header(), Use::Beginning)?;
    let _beginning = app.gates.upload(flow).await?;
    let expires = today.plus(i32::from(app.upload_days));
    let new = NewUpload { agency: agency.key, length, header: proof.header(), expires };
    let id = app.on_disk(move |app| app.store.create_upload(&new)).await?;
    spending.keep_as(id);
    Ok((id, UploadState { length, offset: 0, expires }))
}

/// Returns the upload that was begun with the same proof, if it is still there: its sender has not heard the answer.
///
/// One that has ended is forgotten, so that the proof is good for another one.
async fn begun_before(
    app: &Arc<App>,
    agency: &Agency,
    header: &Digest,
) -> Result<Option<(UploadId, UploadState)>, Refusal> {
    let Some(Use::Upload(id)) = app.spent.find(header) else { return Ok(None) };
    let (key, today) = (agency.key, app.clock.today());
    let state = app.on_disk(move |app| app.store.upload(key, &id, today)).await?;
    if state.is_none() {
        app.spent.forget(header);
    }
    Ok(state.map(|state| (id, state)))
}
