//! `GET /{path}/`: the reporter's page, the same bytes for everybody.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bisik_formats::problem::ProblemCode;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::AgencyPath;
use crate::app::App;
use crate::refusal::Refusal;

/// Gives the page, compressed where the browser takes it.
#[utoipa::path(
    get, path = "/{path}/", tag = "public",
    params(("path" = String, Path, description = "Path of the agency")),
    responses((status = 200, description = "The reporter's page", content_type = "text/html", body = String)),
)]
pub async fn get(AgencyPath(agency): AgencyPath, headers: HeaderMap) -> Response {
    let page = &agency.page;
    let mut response = if takes_gzip(&headers) {
        ([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))], page.gzip()).into_response()
    } else {
        page.html().into_response()
    };
    let own = response.headers_mut();
    own.insert(header::CONTENT_SECURITY_POLICY, page.policy());
    for (name, value) in AROUND {
        own.insert(name, value);
    }
    response
}

/// Leads to the page of an agency: addresses on posters have no stroke at their end, but the page's own need it.
pub async fn lead(AgencyPath(agency): AgencyPath) -> Response {
    to_page(&agency.path)
}

/// Leads to the page of the only agency: whoever types an onion address types no path.
///
/// # Errors
/// When there are several agencies.
pub async fn lead_from_root(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let mut agencies = app.agencies();
    match (agencies.next(), agencies.next()) {
        (Some(agency), None) => Ok(to_page(&agency.path)),
        _ => Err(ProblemCode::NotFound.into()),
    }
}

fn to_page(path: &str) -> Response {
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("/{path}/"))]).into_response()
}

/// Tells whether a browser takes gzip.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        named && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)))
    })
}

/// Sent with the page beside what is sent with everything.
const AROUND: [(HeaderName, HeaderValue); 5] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(), \
             display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), \
             idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), \
             payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), \
             storage-access=(), sync-xhr=(), usb=(), web-share=(), xr-spatial-tracking=()",
        ),
    ),
    (header::X_DNS_PREFETCH_CONTROL, HeaderValue::from_static("off")),
];
