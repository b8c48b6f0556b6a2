//! Problem documents (RFC 9457): the stable codes by which a server names a refusal.
//!
//! The server adds title and advice in Indonesian or English; programs go by the code alone.

use serde::{Deserialize, Serialize};

/// Media type of problem documents.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Prefix of the `type` member.
const TYPE_PREFIX: &str = "urn:bisik:problem:";

/// Declares the codes once: variant, status, text.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $text:literal,)*) => {
        /// A refusal, by its stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ProblemCode { $($(#[$doc])* $name,)* }

        impl ProblemCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the stable text of the code, e.g. `report-shape`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns the HTTP status that goes with the code.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// No such address here.
    NotFound = 404 "not-found",
    /// The address exists, but not for this method.
    MethodNotAllowed = 405 "method-not-allowed",
    /// The request cannot be understood.
    BadRequest = 400 "bad-request",
    /// The body came too slowly or stopped.
    Timeout = 408 "timeout",
    /// The body has no declared length.
    LengthRequired = 411 "length-required",
    /// The body is of another media type.
    MediaType = 415 "media-type",
    /// The body ended before its declared length; nothing was stored.
    Truncated = 400 "truncated",
    /// The sealed file does not have the header of a report.
    ReportShape = 422 "report-shape",
    /// The sealed file is made for another number of desks: the card has changed.
    ReportDesks = 422 "report-desks",
    /// The length is not one of the listed ones.
    ReportLength = 422 "report-length",
    /// Larger than this agency takes.
    ReportTooLarge = 413 "report-too-large",
    /// Proof of work is missing, stale or wrong.
    ProofOfWork = 422 "proof-of-work",
    /// Too many requests at once; try again later.
    Busy = 429 "busy",
    /// No room for a report of this size now; nothing was stored.
    Full = 507 "full",
    /// No card has been brought yet.
    NoCard = 503 "no-card",
    /// The access token is missing or wrong.
    Unauthorized = 401 "unauthorized",
    /// The card is not valid for this agency.
    CardInvalid = 422 "card-invalid",
    /// A newer card is already here.
    CardOld = 409 "card-old",
    /// The edition is not valid: signature, dates, sizes, hash or card.
    EditionInvalid = 422 "edition-invalid",
    /// A newer edition, or another one of the same number, is already here.
    EditionOld = 409 "edition-old",
    /// The acknowledgement is not valid.
    AcknowledgementInvalid = 422 "acknowledgement-invalid",
    /// The request does not speak tus 1.0.0.
    TusVersion = 412 "tus-version",
    /// The upload is not at the offset that the piece names.
    UploadOffset = 409 "upload-offset",
    /// Another request is writing to this upload.
    UploadLocked = 423 "upload-locked",
    /// Something failed in the server; nothing was acknowledged.
    Internal = 500 "internal",
}

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:bisik:problem:` and the code.
    pub r#type: String,
    /// What is wrong, one sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do now, one or two sentences.
    pub detail: String,
}

impl Problem {
    /// Returns the document of a code with its texts.
    pub fn new(code: ProblemCode, title: String, detail: String) -> Self {
        Self { r#type: format!("{TYPE_PREFIX}{}", code.as_str()), title, status: code.status(), detail }
    }

    /// Returns the code, or `None` if this program does not know it.
    pub fn code(&self) -> Option<ProblemCode> {
        let text = self.r#type.strip_prefix(TYPE_PREFIX)?;
        ProblemCode::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct_and_found_again() {
        let texts: HashSet<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), ProblemCode::ALL.len());
        for code in ProblemCode::ALL {
            let problem = Problem::new(*code, String::new(), String::new());
            assert_eq!(problem.code(), Some(*code));
            assert!((400..600).contains(&problem.status));
        }
    }
}
