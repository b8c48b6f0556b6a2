//! The plain HTML form of `POST /{path}/reports`: a file that the command line sealed, sent without JavaScript.
//!
//! The form cannot prove work, so all its senders share a few places.

use std::sync::Arc;

use axum::response::Html;
use bisik_formats::problem::ProblemCode;
use bisik_formats::shape::Shape;
use futures_util::stream;
use http::{HeaderMap, header};
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::reports::{Arrival, judge_header, told};
use crate::app::{Agency, App};
use crate::intake::Intake;
use crate::language::Language;
use crate::refusal::{Refusal, page};

/// Bytes that a form adds around its one file, at most.
const AROUND: u64 = 4096;

/// Takes a form with the one part `report`.
pub(super) async fn take(
    app: &Arc<App>,
    agency: &Agency,
    headers: &HeaderMap,
    length: u64,
    intake: &mut Intake,
) -> Result<(), Refusal> {
    let bad_request = Refusal::new(ProblemCode::BadRequest);
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_| bad_request)?;
    let shapes = shapes_within(app, agency, length)?;
    let pieces = stream::try_unfold(intake, |intake| async move {
        Ok::<_, Refusal>(intake.next().await?.map(|piece| (piece, intake)))
    });
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(length));
    let mut parts = Multipart::with_constraints(pieces, boundary, limits);
    let field = parts.next_field().await.map_err(refusal)?.ok_or(bad_request)?;
    if field.name() != Some("report") {
        return Err(bad_request);
    }
    let arrival = receive(app, agency, shapes, field).await?;
    if parts.next_field().await.map_err(refusal)?.is_some() {
        return Err(bad_request);
    }
    arrival.finish().await
}

/// Returns what is shown after a form was taken.
pub(super) fn thanks(headers: &HeaderMap) -> Html<String> {
    let language = Language::of(headers);
    Html(page(language, &language.text("form-stored", &[]), &language.text("form-stored.advice", &[])))
}

/// Reads the file; its length follows from the header, since the sizes are far apart.
async fn receive<'a>(
    app: &'a Arc<App>,
    agency: &'a Agency,
    shapes: Vec<(u64, Shape)>,
    mut field: Field<'_>,
) -> Result<Arrival<'a>, Refusal> {
    let mut first = Vec::new();
    let place = app.gates.text().await?;
    let longest = shapes.iter().map(|(_, shape)| shape.header_len()).max().unwrap_or_default();
    while (first.len() as u64) < longest {
        let piece = field.chunk().await.map_err(refusal)?.ok_or(Refusal::new(ProblemCode::ReportShape))?;
        first.extend_from_slice(&piece);
    }
    let desks =
        bisik_formats::shape::header_desks(&first).map_err(|_| Refusal::new(ProblemCode::ReportShape))?;
    let found = shapes.into_iter().find(|(_, shape)| shape.desks() == desks);
    let (length, shape) = found.ok_or(Refusal::new(ProblemCode::ReportDesks))?;
    judge_header(&[shape], &first, None)?;
    // Only now: what is not even a header takes nothing from the share of the others.
    app.gates.form().await?;
    drop(place);
    let mut arrival = Arrival::new(app, agency, vec![shape], length, None).await?;
    arrival.push(&first).await?;
    loop {
        let piece = tokio::select! {
            () = told(arrival.holder()) => return Err(ProblemCode::Busy.into()),
            piece = field.chunk() => piece.map_err(refusal)?,
        };
        match piece {
            Some(piece) => arrival.push(&piece).await?,
            None => return Ok(arrival),
        }
    }
}

/// Returns the listed lengths that a file in a form of this length may have.
fn shapes_within(app: &App, agency: &Agency, length: u64) -> Result<Vec<(u64, Shape)>, Refusal> {
    let published = agency.published();
    let today = app.clock.today();
    let lowest = length.saturating_sub(AROUND);
    let lengths = published.lengths_within(lowest, length, today)?;
    let mut shapes = Vec::new();
    for length in lengths {
        shapes.extend(published.shapes(length, today)?.into_iter().map(|shape| (length, shape)));
    }
    if shapes.is_empty() {
        // Says whether it is too large or of another length.
        return Err(published
            .shapes(lowest, today)
            .map_or_else(Refusal::new, |_| ProblemCode::ReportLength.into()));
    }
    Ok(shapes)
}

fn refusal(error: multer::Error) -> Refusal {
    match error {
        multer::Error::StreamReadFailed(cause) => {
            cause.downcast_ref::<Refusal>().copied().unwrap_or(ProblemCode::Truncated.into())
        }
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteStream => {
            ProblemCode::Truncated.into()
        }
        _ => ProblemCode::BadRequest.into(),
    }
}
