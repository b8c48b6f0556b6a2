//! The desks of a visit: which of them can read, and the places they have in a report's header.

use std::collections::{BTreeMap, BTreeSet};

use bisik_formats::bundle::read_frames;
use bisik_formats::card::{Card, Desk, VerifiedCard};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::{EditionError, MAX_HEADER, VerifiedHeader};
use bisik_formats::ids::{DeskId, Digest};
use bisik_formats::padding::MAX_DESKS;
use bisik_sealing::hybrid::Recipient;
use bisik_sealing::report::Slot;
use bisik_term::{CommandError, ErrorKind};

use crate::error::VisitError;

/// The longest answer to `GET headers`, in bytes.
pub const MAX_HEADERS: usize = MAX_DESKS * (MAX_HEADER + 4);

/// The card and the newest header of each desk, with every signature checked.
#[derive(Debug)]
pub struct Desks {
    card: VerifiedCard,
    headers: BTreeMap<DeskId, VerifiedHeader>,
}

/// Whether reports to a desk are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskState {
    /// Yes.
    Open,
    /// Its last edition is past its last day.
    Stale {
        /// That day.
        until: Day,
    },
    /// It has published no edition yet.
    NotOpened,
}

impl Desks {
    /// Takes the card and the frames of `GET headers`: each a header of another desk, in the order of the card.
    ///
    /// # Errors
    /// Fails if a signature does not hold, a header names a newer or another card, or the order is wrong.
    pub fn verify(card: VerifiedCard, frames: &[u8]) -> Result<Self, VisitError> {
        let mut headers = BTreeMap::new();
        let mut order = card.card().desks.iter();
        for frame in read_frames(frames, MAX_DESKS, MAX_HEADER)? {
            let header = VerifiedHeader::verify(frame, &card)?;
            // Searching on where the last header was found refuses repetition and disorder at once.
            if !order.any(|desk| desk.id == *header.desk()) {
                return Err(VisitError::HeaderOrder);
            }
            headers.insert(header.desk().clone(), header);
        }
        Ok(Self { card, headers })
    }

    /// Checks the clock of this device against every signed date, and the card's last day.
    ///
    /// # Errors
    /// Fails if the day is before the newest signed date or after the card's last day.
    pub fn check_day(&self, today: Day) -> Result<(), VisitError> {
        self.card.check_day(today)?;
        match self.headers.values().map(|header| header.header().date).max() {
            Some(newest) if today < newest => Err(VisitError::ClockBehind { newest }),
            _ => Ok(()),
        }
    }

    /// Returns the card.
    #[must_use]
    pub fn card(&self) -> &Card {
        self.card.card()
    }

    /// Returns the card as it came.
    #[must_use]
    pub fn verified_card(&self) -> &VerifiedCard {
        &self.card
    }

    /// Returns the newest header of a desk.
    #[must_use]
    pub fn header(&self, desk: &DeskId) -> Option<&VerifiedHeader> {
        self.headers.get(desk)
    }

    /// Iterates over the headers in the order of the card.
    pub fn headers(&self) -> impl Iterator<Item = (&Desk, &VerifiedHeader)> {
        self.card().desks.iter().filter_map(|desk| Some((desk, self.header(&desk.id)?)))
    }

    /// Returns whether reports to a desk are read.
    #[must_use]
    pub fn state(&self, desk: &DeskId, today: Day) -> DeskState {
        match self.header(desk) {
            None => DeskState::NotOpened,
            Some(header) => match header.check_day(today) {
                Err(EditionError::Stale) => DeskState::Stale { until: header.header().until },
                _ => DeskState::Open,
            },
        }
    }

    /// Returns what a report says it has seen.
    #[must_use]
    pub fn seen(&self) -> BTreeMap<DeskId, (EditionNumber, Digest)> {
        let seen = |(desk, header): (&DeskId, &VerifiedHeader)| {
            (desk.clone(), (header.header().number, header.hash()))
        };
        self.headers.iter().map(seen).collect()
    }

    /// Returns the places of all desks in a report to the desks in `to`.
    ///
    /// # Errors
    /// Names the first desk in `to` that is not on the card or does not read; it is never left out silently.
    pub fn slots(&self, to: &BTreeSet<DeskId>, today: Day) -> Result<Vec<Slot>, CommandError> {
        if let Some(foreign) = to.iter().find(|id| self.card().desk(id).is_none()) {
            return Err(
                CommandError::new(ErrorKind::Refused, "err-desk-unknown").with("desk", foreign.to_string())
            );
        }
        let slot = |desk: &Desk| {
            if to.contains(&desk.id) { self.open_slot(&desk.id, today) } else { Ok(Slot::LeftOut) }
        };
        self.card().desks.iter().map(slot).collect()
    }

    fn open_slot(&self, desk: &DeskId, today: Day) -> Result<Slot, CommandError> {
        let refused = |id| CommandError::new(ErrorKind::Refused, id).with("desk", desk.to_string());
        let header = self.header(desk).ok_or_else(|| refused("err-desk-not-open"))?;
        if let DeskState::Stale { until } = self.state(desk, today) {
            let dates = refused("err-desk-stale").with("today", today.to_string());
            return Err(dates.with("until", until.to_string()));
        }
        // Signed by the desk, so a key that does not hold is a fault of the desk and not of the server.
        let recipient = Recipient::parse(&header.header().recipient).map_err(|_| {
            CommandError::new(ErrorKind::Verification, "err-desk-key").with("desk", desk.to_string())
        })?;
        Ok(Slot::For(Box::new(recipient)))
    }
}
