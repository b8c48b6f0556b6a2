//! What the routes of resumable uploads share: version, headers, dates.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bisik_formats::day::Day;
use bisik_formats::problem::ProblemCode;
use bisik_formats::upload::{
    TUS_RESUMABLE, TUS_VERSION, TUS_VERSIONS, UPLOAD_EXPIRES, UPLOAD_LENGTH, UPLOAD_OFFSET, UploadId,
};
use bisik_store::UploadState;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};

use super::typed;
use crate::app::App;
use crate::refusal::Refusal;

/// The upload that a path names.
pub struct UploadPath(pub UploadId);

impl FromRequestParts<Arc<App>> for UploadPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Ok(Self(typed(parts, app, "id").await?))
    }
}

/// Demands the one version of tus, and names it in every answer.
pub async fn speak(request: Request, next: Next) -> Response {
    let asks = request.method() == Method::OPTIONS;
    let spoken = request.headers().get(TUS_RESUMABLE).is_some_and(|version| version == TUS_VERSION);
    let mut response = if asks || spoken {
        next.run(request).await
    } else {
        Refusal::new(ProblemCode::TusVersion).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(TUS_VERSION));
    if asks || !spoken {
        headers.insert(TUS_VERSIONS, HeaderValue::from_static(TUS_VERSION));
    }
    response
}

/// Returns a number in a request header.
///
/// # Errors
/// When it is missing or not plain digits.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Result<u64, Refusal> {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let plain = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().ok_or(ProblemCode::BadRequest.into())
}

/// Says in an answer how far an upload has come.
pub(super) fn tell(headers: &mut HeaderMap, state: &UploadState) {
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(state.offset));
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(state.length));
    tell_end(headers, state.expires);
}

/// Says in an answer when an upload will be dropped.
pub(super) fn tell_end(headers: &mut HeaderMap, expires: Day) {
    if let Ok(value) = HeaderValue::from_str(&midnight(expires)) {
        headers.insert(UPLOAD_EXPIRES, value);
    }
}

/// Returns the first second of a day as HTTP writes dates.
fn midnight(day: Day) -> String {
    let weekdays = ["Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // The first day of the calendar, 2000-01-01, was a Saturday.
    let passed = day.days_since(day.plus(i32::MIN));
    let weekday = usize::try_from(passed % 7).ok().and_then(|place| weekdays.get(place));
    let text = day.to_string();
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| months.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    let name = |found: Option<&&'static str>| found.copied().unwrap_or_default();
    format!(
        "{}, {} {} {} 00:00:00 GMT",
        name(weekday),
        day.unwrap_or_default(),
        name(month),
        year.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_does() {
        let cases = [
            ("2000-01-01", "Sat, 01 Jan 2000 00:00:00 GMT"),
            ("2026-11-29", "Sun, 29 Nov 2026 00:00:00 GMT"),
            ("2028-02-29", "Tue, 29 Feb 2028 00:00:00 GMT"),
            ("9999-12-31", "Fri, 31 Dec 9999 00:00:00 GMT"),
        ];
        for (day, expected) in cases {
            assert_eq!(midnight(day.parse().unwrap()), expected);
        }
    }

    #[test]
    fn numbers_are_plain_digits() {
        let read = |text: &'static str| {
            let headers = HeaderMap::from_iter([("x".parse().unwrap(), HeaderValue::from_static(text))]);
            number(&headers, "x").ok()
        };
        assert_eq!((read("0"), read("1048576")), (Some(0), Some(1 << 20)));
        for text in ["", "-1", "+1", "1 ", "0x1", "1e3", "9999999999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(number(&HeaderMap::new(), "x").unwrap_err().code(), ProblemCode::BadRequest);
    }
}
