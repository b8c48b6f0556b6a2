//! `POST /{path}/reports`: one sealed report, judged by its shape before anything is stored.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bisik_formats::ids::{Digest, ReportId};
use bisik_formats::pow::{HEADER_DIGEST_HEADER, NONCE_HEADER, Nonce};
use bisik_formats::problem::ProblemCode;
use bisik_formats::shape::{Shape, header_desks};
use bisik_store::{Accepted, Class, NewReport, StoreError};
use http::{HeaderMap, StatusCode, header};
use tokio::sync::oneshot;

use super::upload::Upload;
use super::{AgencyPath, OCTETS, content_length, form, media_type};
use crate::app::{Agency, App};
use crate::gates::{Flow, TEXT_CAPACITY};
use crate::intake::Intake;
use crate::places::{Holder, Place};
use crate::refusal::Refusal;
use crate::spent::{Spending, Use};

/// Takes a sealed report; the answer 201 means that it is durable.
///
/// The same report sent again gets the same answer.
#[utoipa::path(
    post, path = "/{path}/reports", tag = "public",
    params(
        ("path" = String, Path, description = "Path of the agency"),
        ("Bisik-Pow" = String, Header, description = "Nonce that solves the challenge, 16 hex digits; not for multipart"),
        ("Bisik-Header-Sha256" = String, Header, description = "SHA-256 of the age header, 64 hex digits; not for multipart"),
    ),
    request_body(
        description = "A sealed report of a listed length, or a form with it as the one part `report`",
        content(
            (Vec<u8> = "application/octet-stream"),
            (crate::openapi::ReportForm = "multipart/form-data"),
        )
    ),
    responses(
        (status = 201, description = "Durably stored; without a body, or a small page for the form"),
        (status = 400, description = "Body cut short", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 408, description = "Body too slow", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 411, description = "Length not declared", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 413, description = "Larger than the agency takes", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 415, description = "Another media type", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 422, description = "Shape, length or proof of work refused", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 429, description = "Too much at once", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 503, description = "No card has been brought yet", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
        (status = 507, description = "No room; nothing was stored", content((crate::openapi::ProblemDocument = "application/problem+json"), (String = "text/html"))),
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    AgencyPath(agency): AgencyPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let is_form = media_type(&headers) == "multipart/form-data";
    let shown = |refusal: Refusal| if is_form { refusal.as_page() } else { refusal };
    let length = content_length(&headers).map_err(shown)?;
    let mut intake = Intake::new(body, length, app.floor);
    let result = if is_form {
        form::take(&app, &agency, &headers, length, &mut intake).await
    } else {
        take(&app, &agency, &headers, length, &mut intake).await
    };
    match result {
        Ok(()) if is_form => Ok((StatusCode::CREATED, form::thanks(&headers)).into_response()),
        Ok(()) => Ok(StatusCode::CREATED.into_response()),
        Err(refusal) => {
            intake.drain(&headers).await;
            Err(shown(refusal))
        }
    }
}

async fn take(
    app: &Arc<App>,
    agency: &Agency,
    headers: &HeaderMap,
    length: u64,
    intake: &mut Intake,
) -> Result<(), Refusal> {
    if media_type(headers) != OCTETS || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(ProblemCode::MediaType.into());
    }
    let proof = Proof::of(headers).ok_or(Refusal::new(ProblemCode::ProofOfWork))?;
    let shapes = agency.published().shapes(length, app.clock.today())?;
    // Before the body: who did not do the work takes no place.
    let shown = Shown { flow: proof.check(app)?, header: proof.header() };
    let mut arrival = Arrival::new(app, agency, shapes, length, Some(shown)).await?;
    loop {
        let piece = tokio::select! {
            () = told(arrival.holder()) => return Err(ProblemCode::Busy.into()),
            piece = intake.next() => piece?,
        };
        match piece {
            Some(piece) => arrival.push(&piece).await?,
            None => return arrival.finish().await,
        }
    }
}

/// What the request headers say about the work done.
pub(super) struct Proof {
    nonce: Nonce,
    header: Digest,
}

impl Proof {
    /// Reads the request headers; `None` when one is missing or malformed.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        let nonce = text(NONCE_HEADER)?.parse().ok()?;
        Some(Self { nonce, header: text(HEADER_DIGEST_HEADER)?.parse().ok()? })
    }

    /// Returns the promised digest of the age header.
    pub(super) const fn header(&self) -> Digest {
        self.header
    }

    /// Demands that the work is done for the present challenge or the one before.
    pub(super) fn check<'a>(&self, app: &'a App) -> Result<Flow<'a>, Refusal> {
        let now = app.clock.unix_seconds();
        let solved = app.challenger.admits(now, &self.header, &self.nonce);
        let solved = solved.ok_or(Refusal::new(ProblemCode::ProofOfWork))?;
        Ok(Flow { challenger: &app.challenger, now, solved })
    }
}

/// Work that was done for the header with this digest.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    flow: Flow<'a>,
    header: Digest,
}

/// A sealed report on its way in.
pub(super) struct Arrival<'a> {
    app: &'a Arc<App>,
    agency: &'a Agency,
    shapes: Vec<Shape>,
    length: u64,
    shown: Option<Shown<'a>>,
    /// The place in memory, until there is one for evidence.
    place: Option<Place>,
    buffer: Vec<u8>,
    judged: bool,
    upload: Option<Upload>,
}

impl<'a> Arrival<'a> {
    /// Begins to take a report of this length in one of these shapes; waits for a place in memory.
    pub(super) async fn new(
        app: &'a Arc<App>,
        agency: &'a Agency,
        shapes: Vec<Shape>,
        length: u64,
        shown: Option<Shown<'a>>,
    ) -> Result<Self, Refusal> {
        let class = if shapes.iter().any(|shape| shape.is_text()) { Class::Text } else { Class::Large };
        app.store.admit(agency.key, length, class).map_err(|error| app.refuse(error))?;
        let place = Some(app.gates.text().await?);
        Ok(Self {
            app,
            agency,
            shapes,
            length,
            shown,
            place,
            buffer: Vec::new(),
            judged: false,
            upload: None,
        })
    }

    /// Returns who holds its place.
    pub(super) fn holder(&self) -> Option<Arc<Holder>> {
        let place = self.upload.as_ref().map(Upload::place).or(self.place.as_ref());
        place.map(|place| Arc::clone(place.holder()))
    }

    /// Takes the next bytes.
    pub(super) async fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        // In small steps, so that a report with evidence leaves memory as soon as its header is judged.
        for step in piece.chunks(STEP) {
            self.take_step(step).await?;
        }
        Ok(())
    }

    async fn take_step(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        if let Some(upload) = &mut self.upload {
            return upload.push(piece).await;
        }
        if let Some(place) = &self.place {
            place.holder().moved(piece.len());
        }
        if self.buffer.is_empty() {
            let text = usize::try_from(self.length).unwrap_or(usize::MAX).min(TEXT_CAPACITY);
            self.buffer.reserve_exact(text);
        }
        self.buffer.extend_from_slice(piece);
        if self.judged || (self.buffer.len() as u64) < self.longest_header() {
            return Ok(());
        }
        self.judge()?;
        if !self.shapes.iter().any(|shape| shape.is_text()) {
            let mut upload = Upload::begin(self.app, self.agency.key, self.length).await?;
            upload.push(&std::mem::take(&mut self.buffer)).await?;
            self.upload = Some(upload);
            self.place = None;
        }
        Ok(())
    }

    /// Makes the report durable.
    pub(super) async fn finish(self) -> Result<(), Refusal> {
        // Every listed length is above its header's, so what was not judged was cut.
        if !self.judged {
            return Err(ProblemCode::Truncated.into());
        }
        if let Some(mut upload) = self.upload {
            let spending = spend(self.app, self.shown, upload.id().await?)?;
            upload.commit(self.app.clock.today(), self.agency.ready(self.app.clock.hour())).await?;
            keep(spending);
            return Ok(());
        }
        if self.buffer.len() as u64 != self.length {
            return Err(ProblemCode::Truncated.into());
        }
        if let Some(place) = &self.place {
            place.holder().set_busy(true);
        }
        let id = ReportId::of(&self.buffer);
        let spending = spend(self.app, self.shown, id)?;
        if let Some(shown) = self.shown {
            self.app.gates.report(shown.flow).await?;
        }
        let (day, ready) = (self.app.clock.today(), self.agency.ready(self.app.clock.hour()));
        let report = NewReport { agency: self.agency.key, id, day, ready };
        let (done, stored) = oneshot::channel();
        let tell = Box::new(move |result| drop::<Result<(), _>>(done.send(result)));
        self.app.store.accept_text(report, self.buffer, tell);
        durable(self.app, stored).await?;
        keep(spending);
        Ok(())
    }

    fn longest_header(&self) -> u64 {
        self.shapes.iter().map(|shape| shape.header_len()).max().unwrap_or_default()
    }

    /// Judges the header; the work was done for its digest.
    fn judge(&mut self) -> Result<(), Refusal> {
        let promised = self.shown.as_ref().map(|shown| &shown.header);
        self.shapes = vec![judge_header(&self.shapes, &self.buffer, promised)?];
        self.judged = true;
        Ok(())
    }
}

/// Waits until a place is needed for somebody else.
pub(super) async fn told(holder: Option<Arc<Holder>>) {
    match holder {
        Some(holder) => holder.told().await,
        None => std::future::pending().await,
    }
}

/// Uses a proof for the report with this id; a form has none.
fn spend<'a>(app: &'a App, shown: Option<Shown<'_>>, id: ReportId) -> Result<Option<Spending<'a>>, Refusal> {
    let spending = shown.map(|shown| app.spent.spend(shown.flow.solved, shown.header, Use::Report(id)));
    Ok(spending.transpose()?)
}

fn keep(spending: Option<Spending<'_>>) {
    if let Some(spending) = spending {
        spending.keep();
    }
}

/// Judges the header at the start of a sealed report; returns its shape, which is one of `shapes`.
///
/// # Errors
/// When it has another shape, or not the digest that its sender promised.
pub(super) fn judge_header(
    shapes: &[Shape],
    first: &[u8],
    promised: Option<&Digest>,
) -> Result<Shape, ProblemCode> {
    let desks = header_desks(first).map_err(|_| ProblemCode::ReportShape)?;
    let shape = *shapes.iter().find(|shape| shape.desks() == desks).ok_or(ProblemCode::ReportDesks)?;
    let length = usize::try_from(shape.header_len()).unwrap_or(usize::MAX);
    let header = first.get(..length).ok_or(ProblemCode::ReportShape)?;
    match promised {
        Some(promised) if Digest::of(header) != *promised => Err(ProblemCode::ProofOfWork),
        Some(_) | None => Ok(shape),
    }
}

/// Waits until the store says that a report is durable.
pub(super) async fn durable(
    app: &App,
    stored: oneshot::Receiver<Result<Accepted, StoreError>>,
) -> Result<(), Refusal> {
    match stored.await {
        Ok(Ok(Accepted::New | Accepted::AlreadyStored)) => Ok(()),
        Ok(Err(error)) => Err(app.refuse(error)),
        Err(_) => Err(app.refuse(StoreError::Closed)),
    }
}

/// Bytes looked at together.
const STEP: usize = 16 * 1024;
