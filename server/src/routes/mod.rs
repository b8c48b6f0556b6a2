//! The routes, one a file, and what they share.

pub mod acknowledgements;
pub mod card;
pub mod challenge;
pub mod editions;
pub mod even;
pub mod files;
pub mod form;
pub mod headers;
pub mod health;
pub mod list;
pub mod offset;
pub mod page;
pub mod piece;
pub mod publish;
pub mod put_card;
pub mod read;
pub mod reports;
pub mod status;
pub mod terminate;
#[cfg(test)]
mod tests;
pub mod tus;
pub mod upload;
pub mod uploads;

use std::io::Read;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use bisik_formats::access::AccessToken;
use bisik_formats::problem::ProblemCode;
use bisik_store::Sealed;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};

use crate::app::{Agency, App};
use crate::intake::Intake;
use crate::refusal::Refusal;

/// Media type of everything sealed or framed.
pub const OCTETS: &str = "application/octet-stream";

/// The agency that the path names.
pub struct AgencyPath(pub Arc<Agency>);

impl FromRequestParts<Arc<App>> for AgencyPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let path = parameter(parts, app, "path").await?;
        app.agency(&path).cloned().map(Self).ok_or(ProblemCode::NotFound.into())
    }
}

/// The agency that the path names, for a courier who showed its token.
pub struct Courier(pub Arc<Agency>);

impl FromRequestParts<Arc<App>> for Courier {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let agency = AgencyPath::from_request_parts(parts, app).await.map(|AgencyPath(agency)| agency);
        let token = bearer(&parts.headers).ok_or(Refusal::new(ProblemCode::Unauthorized))?;
        match agency {
            Ok(agency) if agency.admits(&token) => Ok(Self(agency)),
            // Without a token nobody learns which agencies there are.
            Ok(_) | Err(_) => Err(ProblemCode::Unauthorized.into()),
        }
    }
}

/// A value in the path, read by its type; what cannot be read is not there.
pub(crate) async fn typed<T: std::str::FromStr>(
    parts: &mut Parts,
    app: &Arc<App>,
    name: &str,
) -> Result<T, Refusal> {
    parameter(parts, app, name).await?.parse().map_err(|_| ProblemCode::NotFound.into())
}

async fn parameter(parts: &mut Parts, app: &Arc<App>, name: &str) -> Result<String, Refusal> {
    let not_found = Refusal::new(ProblemCode::NotFound);
    let parameters = RawPathParams::from_request_parts(parts, app).await.map_err(|_| not_found)?;
    parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).ok_or(not_found)
}

fn bearer(headers: &HeaderMap) -> Option<AccessToken> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    AccessToken::parse(value.strip_prefix("Bearer ")?).ok()
}

/// Returns the declared length of a body.
///
/// # Errors
/// When none is declared.
pub fn content_length(headers: &HeaderMap) -> Result<u64, Refusal> {
    let value = headers.get(header::CONTENT_LENGTH).ok_or(Refusal::new(ProblemCode::LengthRequired))?;
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.ok_or(ProblemCode::BadRequest.into())
}

/// Returns the media type of a body without its parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Demands a body of bytes.
///
/// # Errors
/// When it is declared as something else.
pub fn expect_octets(headers: &HeaderMap) -> Result<(), Refusal> {
    if media_type(headers) == OCTETS { Ok(()) } else { Err(ProblemCode::MediaType.into()) }
}

/// Begins to read a document of at most `limit` bytes that a courier brings.
///
/// # Errors
/// When it is declared as something else than bytes, without a length, or as longer.
pub async fn document(app: &App, headers: &HeaderMap, body: Body, limit: u64) -> Result<Intake, Refusal> {
    expect_octets(headers)?;
    let length = content_length(headers)?;
    let intake = Intake::new(body, length, app.floor);
    if length > limit {
        intake.drain(headers).await;
        return Err(ProblemCode::ReportTooLarge.into());
    }
    Ok(intake)
}

/// Answers with bytes.
pub fn octets(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(OCTETS))], bytes).into_response()
}

/// Answers with stored bytes, streaming what is a file.
pub fn sealed(sealed: Sealed) -> Response {
    let (file, length) = match sealed {
        Sealed::Bytes(bytes) => return octets(bytes.into()),
        Sealed::File { file, length } => (file, length),
    };
    let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            let count = Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
            Ok::<_, std::io::Error>((count > 0).then_some((Bytes::from(piece), file)))
        });
        read.await?
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(OCTETS)),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

/// Bytes read from a file at once.
const PIECE: usize = 256 * 1024;
