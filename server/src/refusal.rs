//! Refusals: one code inside, a problem document in the reader's language outside.

use std::fmt;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bisik_formats::problem::{MEDIA_TYPE, Problem, ProblemCode};
use bisik_store::StoreError;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::language::Language;

/// A request that is refused; it becomes a problem document on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    code: ProblemCode,
    page: bool,
}

impl Refusal {
    /// Refuses with a code.
    pub const fn new(code: ProblemCode) -> Self {
        Self { code, page: false }
    }

    /// Shows the refusal as a page, to somebody who used the plain HTML form.
    pub const fn as_page(self) -> Self {
        Self { page: true, ..self }
    }

    /// Returns the code.
    pub const fn code(self) -> ProblemCode {
        self.code
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Refusal {}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(match error {
            StoreError::DiskFull | StoreError::QuotaFull => ProblemCode::Full,
            StoreError::Busy | StoreError::Closed => ProblemCode::Busy,
            StoreError::Length => ProblemCode::Truncated,
            StoreError::Locked => ProblemCode::UploadLocked,
            StoreError::UnknownAgency
            | StoreError::InUse
            | StoreError::SchemaVersion { .. }
            | StoreError::FilesWithoutDatabase
            | StoreError::Damaged(_)
            | StoreError::Database(_)
            | StoreError::File(_) => ProblemCode::Internal,
        })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = StatusCode::from_u16(self.code.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every answer the same fixed headers, and refusals their text.
pub async fn finish(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    // A chunked body has no length to judge; the connection ends, since nobody reads it to its end.
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = if chunked {
        Refusal::new(ProblemCode::LengthRequired).into_response()
    } else {
        next.run(request).await
    };
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        write(&mut response, refusal, language);
    }
    let headers = response.headers_mut();
    if chunked {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in FIXED {
        // Only the page has a policy of its own.
        headers.entry(name).or_insert(value);
    }
    response
}

/// Sent with every answer, so that no answer can be told from another by them.
const FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

fn write(response: &mut Response, refusal: Refusal, language: Language) {
    let name = refusal.code.as_str();
    let title = language.text(&format!("problem-{name}"), &[]);
    let detail = language.text(&format!("problem-{name}.advice"), &[]);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
    match refusal.code {
        ProblemCode::Busy => insert_retry(headers, "60"),
        ProblemCode::UploadLocked => insert_retry(headers, "5"),
        ProblemCode::Full | ProblemCode::NoCard => insert_retry(headers, "3600"),
        _ => {}
    }
    if refusal.code == ProblemCode::Unauthorized {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let (media_type, body) = if refusal.page {
        ("text/html; charset=utf-8", page(language, &title, &detail).into_bytes())
    } else {
        let problem = Problem::new(refusal.code, title, detail);
        (MEDIA_TYPE, serde_json::to_vec(&problem).unwrap_or_default())
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
}

fn insert_retry(headers: &mut HeaderMap, seconds: &'static str) {
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
}

/// Returns a small page that says one thing; all of it comes from the message files.
pub fn page(language: Language, title: &str, text: &str) -> String {
    let code = language.code();
    format!(
        "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><h1>{title}</h1><p>{text}</p></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_text_and_advice_in_both_languages() {
        for language in Language::ALL {
            for code in ProblemCode::ALL {
                for id in [format!("problem-{}", code.as_str()), format!("problem-{}.advice", code.as_str())]
                {
                    let text = language.text(&id, &[]);
                    assert_ne!(text, id, "{language:?}");
                    assert!(!text.contains(['<', '>', '&', '\n']), "{text}");
                }
            }
        }
    }
}
