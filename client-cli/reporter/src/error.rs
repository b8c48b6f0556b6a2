//! What can go wrong in a visit, and the words for it.

use bisik_formats::bundle::FrameError;
use bisik_formats::card::CardError;
use bisik_formats::day::Day;
use bisik_formats::edition::EditionError;
use bisik_formats::json::JsonError;
use bisik_sealing::receipt::ReceiptError;
use bisik_sealing::report::SealError;
use bisik_sealing::schedule::ScheduleError;
use bisik_sealing::writer::WriteError;
use bisik_term::{CommandError, ErrorKind};

use crate::evidence::CHANGED;
use crate::network::NetworkError;

/// A visit failed.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// A request failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The card does not hold.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The list of headers is malformed.
    #[error(transparent)]
    Frames(#[from] FrameError),
    /// The headers are not in the order of the card, or one desk has two.
    #[error("the headers are not in the order of the card")]
    HeaderOrder,
    /// A desk published a new edition between two requests.
    #[error("an edition was replaced")]
    EditionReplaced,
    /// An edition does not hold.
    #[error(transparent)]
    Edition(#[from] EditionError),
    /// The clock of this device is before a signed date.
    #[error("the clock is before a signed date")]
    ClockBehind {
        /// The newest signed date.
        newest: Day,
    },
    /// The challenge is malformed, or asks for more work than any honest server does.
    #[error("the challenge is malformed")]
    Challenge,
    /// What was to be done in the visit failed.
    #[error("the errand failed")]
    Errand(Box<CommandError>),
}

impl VisitError {
    /// Says whether the same visit may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network(error) => error.is_transient(),
            Self::EditionReplaced => true,
            _ => false,
        }
    }

    /// Gives the words, with the device's date where dates are the matter.
    #[must_use]
    pub fn into_command_error(self, today: Day) -> CommandError {
        use ErrorKind::{Network, Verification};
        match self {
            Self::Network(error) => error.into(),
            Self::Card(error) => card_error(error, today),
            Self::Frames(_) | Self::HeaderOrder => CommandError::new(Verification, "err-headers"),
            Self::EditionReplaced => CommandError::new(Network, "err-edition-replaced"),
            Self::Edition(EditionError::CardRolledBack) => {
                CommandError::new(Verification, "err-card-rolled-back")
            }
            Self::Edition(EditionError::BodyHash | EditionError::Body) => {
                CommandError::new(Verification, "err-edition-body")
            }
            Self::Edition(_) => CommandError::new(Verification, "err-edition"),
            Self::ClockBehind { newest } => CommandError::new(ErrorKind::Refused, "err-clock-behind")
                .with("today", today.to_string())
                .with("date", newest.to_string()),
            Self::Challenge => CommandError::new(Network, "err-challenge"),
            Self::Errand(error) => *error,
        }
    }
}

impl From<CommandError> for VisitError {
    fn from(error: CommandError) -> Self {
        Self::Errand(Box::new(error))
    }
}

/// Gives the words for a card that does not hold; dates name both causes, the clock and the box.
#[must_use]
pub fn card_error(error: CardError, today: Day) -> CommandError {
    let dated = |id| CommandError::new(ErrorKind::Refused, id).with("today", today.to_string());
    match error {
        CardError::Expired => dated("err-card-expired"),
        CardError::NotYet => dated("err-card-not-yet"),
        _ => CommandError::new(ErrorKind::Verification, "err-card"),
    }
}

/// Gives the words for a receipt that is refused.
#[must_use]
pub fn receipt_error(error: ReceiptError) -> CommandError {
    let refused = |id| CommandError::new(ErrorKind::Secret, id);
    match error {
        ReceiptError::Length { found } => refused("err-receipt-length").with("found", found),
        ReceiptError::Symbol { place } => refused("err-receipt-symbol").with("place", place),
        ReceiptError::Check => refused("err-receipt-check"),
    }
}

/// Gives the words for a library that refuses keys, which no input can cause.
#[must_use]
pub fn keys_error(error: ScheduleError) -> CommandError {
    CommandError::internal(error)
}

/// Gives the words for a report that was not sealed.
#[must_use]
pub fn seal_error(error: SealError) -> CommandError {
    use ErrorKind::{Io, Refused};
    match error {
        SealError::TooLong { over } => CommandError::new(Refused, "err-report-too-long").with("over", over),
        SealError::TooLarge => CommandError::new(Refused, "err-evidence-too-large"),
        SealError::EvidenceChanged { number } => {
            CommandError::new(Refused, "err-evidence-changed").with("number", number)
        }
        // The mark that the reader of evidence leaves.
        SealError::EvidenceRead { number, source } if source.kind() == CHANGED => {
            CommandError::new(Refused, "err-evidence-changed").with("number", number)
        }
        SealError::EvidenceRead { number, source } => CommandError::new(Io, "err-evidence-read")
            .with("number", number)
            .with("detail", source.to_string()),
        SealError::Write(WriteError::Io(source)) => {
            CommandError::new(Io, "err-seal-write").with("detail", source.to_string())
        }
        SealError::Json(JsonError::TooLong) => CommandError::new(Refused, "err-evidence-too-large"),
        other => CommandError::internal(other),
    }
}
