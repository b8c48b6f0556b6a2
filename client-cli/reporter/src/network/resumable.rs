//! The requests of a resumable upload (tus 1.0).

use bisik_formats::pow::{HEADER_DIGEST_HEADER, NONCE_HEADER};
use bisik_formats::problem::ProblemCode;
use bisik_formats::routes::Routes;
use bisik_formats::upload::{PIECE_TYPE, TUS_RESUMABLE, TUS_VERSION, UPLOAD_LENGTH, UPLOAD_OFFSET, UploadId};
use ureq::Body;
use ureq::http::Response;
use ureq::http::header::{ACCEPT, CONTENT_TYPE, LOCATION};

use super::{Client, NetworkError, Upload};

impl Client {
    /// Begins an upload in pieces.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn begin(&self, upload: Upload) -> Result<UploadId, NetworkError> {
        let request = self
            .agent
            .post(self.routes.uploads())
            .header(ACCEPT, "*/*")
            .header(TUS_RESUMABLE, TUS_VERSION)
            .header(UPLOAD_LENGTH, upload.len)
            .header(NONCE_HEADER, upload.nonce.to_string())
            .header(HEADER_DIGEST_HEADER, upload.header.to_string());
        let response = request.send_empty().map_err(|error| self.failure(&error))?;
        match response.status().as_u16() {
            201 => header(&response, LOCATION.as_str())
                .and_then(Routes::upload_of)
                .ok_or(NetworkError::Unexpected { status: 201 }),
            _ => Err(self.refusal(response)),
        }
    }

    /// Sends one piece and returns what the server then has durably.
    ///
    /// # Errors
    /// [`NetworkError::UploadGone`] and others.
    pub fn send_piece(&self, upload: UploadId, offset: u64, piece: &[u8]) -> Result<u64, NetworkError> {
        let request = self
            .agent
            .patch(self.routes.upload(upload))
            .header(ACCEPT, "*/*")
            .header(TUS_RESUMABLE, TUS_VERSION)
            .header(UPLOAD_OFFSET, offset)
            .header(CONTENT_TYPE, PIECE_TYPE);
        let response = request.send(piece).map_err(|error| self.failure(&error))?;
        self.offset_of(response, 204)
    }

    /// Asks how much of an upload the server has.
    ///
    /// # Errors
    /// [`NetworkError::UploadGone`] and others.
    pub fn offset(&self, upload: UploadId) -> Result<u64, NetworkError> {
        let request = self.agent.head(self.routes.upload(upload));
        let request = request.header(ACCEPT, "*/*").header(TUS_RESUMABLE, TUS_VERSION);
        let response = request.call().map_err(|error| self.failure(&error))?;
        self.offset_of(response, 200)
    }

    fn offset_of(&self, response: Response<Body>, success: u16) -> Result<u64, NetworkError> {
        match response.status().as_u16() {
            status if status == success => header(&response, UPLOAD_OFFSET)
                .and_then(|offset| offset.parse().ok())
                .ok_or(NetworkError::Unexpected { status }),
            // The answer to HEAD has no body that could say more.
            404 | 410 => Err(NetworkError::UploadGone),
            409 => Err(NetworkError::Problem(ProblemCode::UploadOffset)),
            423 => Err(NetworkError::Problem(ProblemCode::UploadLocked)),
            429 => Err(NetworkError::Problem(ProblemCode::Busy)),
            _ => Err(self.refusal(response)),
        }
    }
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}
