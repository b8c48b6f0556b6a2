//! `PATCH /{path}/uploads/{id}`: the next piece of a resumable upload (tus 1.0).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bisik_formats::problem::ProblemCode;
use bisik_formats::shape::{MAX_HEADER_LEN, Shape};
use bisik_formats::upload::{MAX_PIECE, PIECE_TYPE, UPLOAD_OFFSET, UploadId};
use bisik_store::{Resumed, StoreError, UploadState};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::reports::{durable, judge_header};
use super::tus::{UploadPath, number, tell_end};
use super::{AgencyPath, content_length, media_type};
use crate::app::{Agency, App};
use crate::gates::SMALL_PIECE;
use crate::intake::Intake;
use crate::places::Place;
use crate::refusal::Refusal;
use crate::turns::Turn;

/// Takes a piece at the offset that the upload has reached; 204 means that it is durable, and for the last piece that
/// the report is stored.
///
/// Of a piece that is cut short what has arrived is kept: ask for the offset before going on.
#[utoipa::path(
    patch, path = "/{path}/uploads/{id}", tag = "public",
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("id" = String, Path, description = "Random id of the upload"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the piece begins"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream", description = "At most 1 MiB"),
    responses(
        (status = 204, description = "Durable", headers(
            ("Upload-Offset" = u64, description = "Bytes that are durably stored"),
            ("Upload-Expires" = String, description = "Midnight at which the upload is dropped if it is not finished"),
        )),
        (status = 400, description = "Cut short, without an offset, or beyond the end", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 404, description = "Unknown, ended or expired", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 408, description = "Too slow", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 409, description = "The upload is at another offset", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 411, description = "Length not declared", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 412, description = "Another version of tus", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 413, description = "The piece is longer than 1 MiB", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 415, description = "Another media type", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 422, description = "The header is refused; the upload has ended", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 423, description = "Another piece is arriving", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 429, description = "Too much at once", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
        (status = 507, description = "No room; the upload is where it was", content_type = "application/problem+json", body = crate::openapi::ProblemDocument),
    )
)]
pub async fn patch(
    State(app): State<Arc<App>>,
    AgencyPath(agency): AgencyPath,
    UploadPath(id): UploadPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let length = content_length(&headers)?;
    let mut intake = Intake::new(body, length, app.floor);
    // In a task of its own: when the connection goes, this future goes with it, but what has arrived is still kept.
    let taken = tokio::spawn(async move {
        let result = take(&app, &agency, id, &headers, length, &mut intake).await;
        // Where the piece itself came to a halt there is nobody to wait for.
        let halted =
            |refusal: &Refusal| matches!(refusal.code(), ProblemCode::Timeout | ProblemCode::Truncated);
        if result.as_ref().is_err_and(|refusal| !halted(refusal)) {
            intake.drain(&headers).await;
        }
        result
    });
    let state = taken.await.map_err(|_| Refusal::new(ProblemCode::Internal))??;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(UPLOAD_OFFSET, HeaderValue::from(state.offset));
    tell_end(response.headers_mut(), state.expires);
    Ok(response)
}

/// Takes a piece; returns where the upload is then.
async fn take(
    app: &Arc<App>,
    agency: &Arc<Agency>,
    id: UploadId,
    headers: &HeaderMap,
    length: u64,
    intake: &mut Intake,
) -> Result<UploadState, Refusal> {
    if media_type(headers) != PIECE_TYPE || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(ProblemCode::MediaType.into());
    }
    if length > MAX_PIECE {
        return Err(ProblemCode::ReportTooLarge.into());
    }
    let offset = number(headers, UPLOAD_OFFSET)?;
    let (key, today) = (agency.key, app.clock.today());
    let state = app.on_disk(move |app| app.store.upload(key, &id, today)).await?;
    let state = state.ok_or(Refusal::new(ProblemCode::NotFound))?;
    if offset != state.offset {
        return Err(ProblemCode::UploadOffset.into());
    }
    if offset.saturating_add(length) > state.length {
        return Err(ProblemCode::BadRequest.into());
    }
    if length == 0 {
        return Ok(state);
    }
    let end = offset.saturating_add(length);
    if length < SMALL_PIECE && end < state.length {
        app.gates.small_piece().await?;
    }
    // Only now: a request that does not fit must not be in the way of one that does.
    let turn = app.turns.take(id).ok_or(Refusal::new(ProblemCode::UploadLocked))?;
    let mut piece = Piece::begin(app, agency, id, &state).await?;
    match receive(app, &turn, intake, &mut piece).await? {
        Received::Whole => Ok(UploadState { offset: piece.complete().await?, ..state }),
        Received::Cut(refusal) => {
            piece.keep().await?;
            Err(refusal)
        }
    }
}

/// How a piece ended.
enum Received {
    /// All of it has arrived.
    Whole,
    /// It was cut short, and why.
    Cut(Refusal),
}

/// Reads a piece until its end, until nothing comes for a while, or until somebody asks for the offset.
async fn receive(
    app: &App,
    turn: &Turn,
    intake: &mut Intake,
    piece: &mut Piece,
) -> Result<Received, Refusal> {
    loop {
        let next = tokio::select! {
            () = turn.stopped() => return Ok(Received::Cut(ProblemCode::Timeout.into())),
            // Others wait for the place: this upload goes on later from where it is.
            () = piece.place.told() => return Ok(Received::Cut(ProblemCode::Busy.into())),
            // A connection that is gone without a word must not hold the upload for long.
            next = timeout(app.floor.grace, intake.next()) => next,
        };
        match next {
            Err(_) => return Ok(Received::Cut(ProblemCode::Timeout.into())),
            Ok(Err(refusal)) => return Ok(Received::Cut(refusal)),
            Ok(Ok(None)) => return Ok(Received::Whole),
            Ok(Ok(Some(bytes))) => piece.push(bytes).await?,
        }
    }
}

/// A piece on its way into the file: one block is being written while the next one comes.
struct Piece {
    app: Arc<App>,
    agency: Arc<Agency>,
    resumed: Option<Box<dyn Resumed>>,
    /// The block that is being written, and with it the writer.
    writing: Option<Writing>,
    shapes: Vec<Shape>,
    /// Bytes of the header, until it is judged.
    header: Option<u64>,
    at: u64,
    begun: u64,
    block: Vec<u8>,
    /// The memory of the block before.
    spare: Vec<u8>,
    place: Place,
}

/// Gives back the writer, and the memory of what it has written.
type Writing = JoinHandle<Result<(Box<dyn Resumed>, Vec<u8>), StoreError>>;

impl Piece {
    async fn begin(
        app: &Arc<App>,
        agency: &Arc<Agency>,
        id: UploadId,
        state: &UploadState,
    ) -> Result<Self, Refusal> {
        let place = app.gates.large().await?;
        let (key, today, offset) = (agency.key, app.clock.today(), state.offset);
        let resumed = app.on_disk(move |app| app.store.resume_upload(key, &id, today)).await?;
        let resumed = resumed.ok_or(Refusal::new(ProblemCode::NotFound))?;
        if resumed.offset() != offset {
            return Err(ProblemCode::UploadOffset.into());
        }
        let mut piece = Self {
            app: Arc::clone(app),
            agency: Arc::clone(agency),
            resumed: Some(resumed),
            writing: None,
            shapes: Vec::new(),
            header: None,
            at: offset,
            begun: offset,
            block: Vec::new(),
            spare: Vec::new(),
            place,
        };
        // No header is longer, and one that has arrived has been judged.
        if offset < MAX_HEADER_LEN as u64 {
            piece.expect_header(state.length).await?;
        }
        Ok(piece)
    }

    /// Finds out how long the header is; an upload whose shape is not taken any more ends here.
    async fn expect_header(&mut self, length: u64) -> Result<(), Refusal> {
        match self.agency.published().shapes(length, self.app.clock.today()) {
            Ok(shapes) => self.shapes = shapes,
            Err(code) => return self.end(code.into()).await,
        }
        let longest = self.shapes.iter().map(|shape| shape.header_len()).max();
        self.header = longest.filter(|header| self.at < *header);
        Ok(())
    }

    /// Takes the next bytes.
    async fn push(&mut self, bytes: Bytes) -> Result<(), Refusal> {
        self.place.holder().moved(bytes.len());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            if self.block.capacity() == 0 {
                self.block.reserve_exact(BLOCK);
            }
            let (now, later) = rest.split_at(rest.len().min(BLOCK.saturating_sub(self.block.len())));
            self.block.extend_from_slice(now);
            self.at = self.at.saturating_add(now.len() as u64);
            rest = later;
            if self.header.is_some_and(|header| self.at >= header) {
                self.write_header().await?;
            } else if self.block.len() >= BLOCK {
                self.begin_write().await?;
            }
        }
        Ok(())
    }

    /// Hands the block to the disk without waiting for it.
    async fn begin_write(&mut self) -> Result<(), Refusal> {
        let mut resumed = self.take_resumed().await?;
        let mut block = std::mem::replace(&mut self.block, std::mem::take(&mut self.spare));
        self.writing = Some(spawn_blocking(move || {
            resumed.write(&block)?;
            block.clear();
            Ok((resumed, block))
        }));
        Ok(())
    }

    /// Hands the end of the header to the disk, and judges the header once it is there.
    async fn write_header(&mut self) -> Result<(), Refusal> {
        let mut resumed = self.take_resumed().await?;
        let mut block = std::mem::take(&mut self.block);
        let count = usize::try_from(self.header.take().unwrap_or_default()).unwrap_or_default();
        let (resumed, block, first) = self
            .app
            .on_disk(move |_| {
                resumed.write(&block)?;
                block.clear();
                let first = resumed.first(count)?;
                Ok((resumed, block, first))
            })
            .await?;
        let promised = resumed.header();
        (self.resumed, self.block) = (Some(resumed), block);
        match judge_header(&self.shapes, &first, Some(&promised)) {
            Ok(_) => Ok(()),
            Err(code) => self.end(code.into()).await,
        }
    }

    /// Makes everything durable, and the upload a report if this was its last piece; returns the offset.
    async fn complete(mut self) -> Result<u64, Refusal> {
        self.place.holder().set_busy(true);
        let mut resumed = self.take_resumed().await?;
        let (length, block) = (resumed.length(), std::mem::take(&mut self.block));
        if self.at < length {
            return self.app.on_disk(move |_| write_and_keep(resumed, &block)).await;
        }
        let (day, ready) = (self.app.clock.today(), self.agency.ready(self.app.clock.hour()));
        let (done, stored) = oneshot::channel();
        let tell = Box::new(move |result| drop::<Result<(), _>>(done.send(result)));
        self.app
            .on_disk(move |_| {
                resumed.write(&block)?;
                resumed.finish(day, ready, tell);
                Ok(())
            })
            .await?;
        durable(&self.app, stored).await?;
        Ok(length)
    }

    /// Keeps what has arrived, unless that is so little that its turn has not come.
    async fn keep(mut self) -> Result<(), Refusal> {
        if self.at - self.begun < SMALL_PIECE && !self.app.gates.small_rest() {
            return Ok(());
        }
        self.place.holder().set_busy(true);
        let (resumed, block) = (self.take_resumed().await?, std::mem::take(&mut self.block));
        self.app.on_disk(move |_| write_and_keep(resumed, &block)).await?;
        Ok(())
    }

    /// Drops the whole upload and says why.
    async fn end<T>(&mut self, refusal: Refusal) -> Result<T, Refusal> {
        let resumed = self.take_resumed().await?;
        self.app.on_disk(move |_| resumed.end()).await?;
        Err(refusal)
    }

    /// Returns the writer, once it has written what it was given.
    async fn take_resumed(&mut self) -> Result<Box<dyn Resumed>, Refusal> {
        if let Some(writing) = self.writing.take() {
            let written = writing.await.map_err(|_| Refusal::new(ProblemCode::Internal))?;
            let (resumed, memory) = written.map_err(|error| self.app.refuse(error))?;
            (self.resumed, self.spare) = (Some(resumed), memory);
        }
        self.resumed.take().ok_or(ProblemCode::Internal.into())
    }
}

/// Writes the last block of a piece and makes all of it durable.
fn write_and_keep(mut resumed: Box<dyn Resumed>, block: &[u8]) -> Result<u64, StoreError> {
    resumed.write(block)?;
    resumed.keep()
}

/// Bytes handed to the disk at once.
const BLOCK: usize = 256 * 1024;
