//! Resumable uploads (tus 1.0): the names and sizes that server and clients share.
//!
//! The protocol is that of <https://tus.io/protocols/resumable-upload>: the core with the extensions creation,
//! expiration and termination.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{IdError, hex_bytes};

/// The one version of the protocol, in [`TUS_RESUMABLE`] of every request and answer.
pub const TUS_VERSION: &str = "1.0.0";
/// Extensions that the server announces.
pub const TUS_EXTENSIONS: &str = "creation,expiration,termination";
/// Media type of a piece.
pub const PIECE_TYPE: &str = "application/offset+octet-stream";
/// Bytes of a piece, at most. Programs send pieces of exactly this length, but for the last one.
pub const MAX_PIECE: u64 = 1 << 20;
/// Sealed files above this length are uploaded in pieces, shorter ones by one `POST`.
pub const RESUMABLE_FROM: u64 = 1 << 20;

/// Header: the version that a request or answer speaks.
pub const TUS_RESUMABLE: &str = "tus-resumable";
/// Header: the versions that the server speaks.
pub const TUS_VERSIONS: &str = "tus-version";
/// Header: the extensions of the server.
pub const TUS_EXTENSION: &str = "tus-extension";
/// Header: the longest upload that the server takes.
pub const TUS_MAX_SIZE: &str = "tus-max-size";
/// Header: length of the whole upload.
pub const UPLOAD_LENGTH: &str = "upload-length";
/// Header: bytes that are durably stored; where a piece begins.
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Header: the moment at which an unfinished upload is dropped; always a midnight.
pub const UPLOAD_EXPIRES: &str = "upload-expires";
/// Header that is refused unless it is empty: the server wants to know nothing about a file.
pub const UPLOAD_METADATA: &str = "upload-metadata";
/// Header that is refused: the length must be known from the start.
pub const UPLOAD_DEFER_LENGTH: &str = "upload-defer-length";

/// The random name of an upload: whoever knows it may continue the upload.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId([u8; 16]);
hex_bytes!(UploadId, 16);
