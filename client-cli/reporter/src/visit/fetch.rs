//! The documents of a visit, and the checks without which nothing is sealed.

use std::collections::BTreeMap;

use bisik_formats::card::{MAX_BUNDLE, VerifiedCard};
use bisik_formats::day::Day;
use bisik_formats::edition::PLACE_LEN;
use bisik_formats::ids::{AgencyId, DeskId};
use bisik_formats::problem::ProblemCode;

use crate::desks::{Desks, MAX_HEADERS};
use crate::error::VisitError;
use crate::network::{Client, NetworkError};

/// The documents of a visit: card and headers are signed, dates and bodies not yet looked at.
pub struct Fetched {
    client: Client,
    desks: Desks,
    bodies: BTreeMap<DeskId, Vec<u8>>,
}

impl Fetched {
    /// Fetches card, headers and the edition of every desk, whoever asks and whatever for.
    ///
    /// # Errors
    /// Fails as soon as a signature does not hold: what such a server serves is not worth another request.
    pub fn fetch(client: Client, agency: &AgencyId) -> Result<Self, VisitError> {
        let bundle = client.get(&client.routes().card(), MAX_BUNDLE)?;
        let card = VerifiedCard::verify(&bundle, agency)?;
        let frames = client.get(&client.routes().headers(), MAX_HEADERS)?;
        let desks = Desks::verify(card, &frames)?;
        let mut bodies = BTreeMap::new();
        for (desk, header) in desks.headers() {
            let number = header.header().number;
            // The card limits the number of letters to 1,024, so this is at most 8.02 MiB.
            let len =
                usize::try_from(header.header().letters).unwrap_or(usize::MAX).saturating_mul(PLACE_LEN);
            let body = match client.get(&client.routes().edition(&desk.id, number), len) {
                Err(NetworkError::Problem(ProblemCode::NotFound)) => return Err(VisitError::EditionReplaced),
                other => other?,
            };
            bodies.insert(desk.id.clone(), body);
        }
        Ok(Self { client, desks, bodies })
    }

    /// Checks the dates and the bodies.
    ///
    /// # Errors
    /// Fails if the clock is before a signed date, the card has expired, or a body is not the signed one. A desk
    /// whose edition is too old is no error here: letters in it may be read, but nothing is sealed to the desk.
    pub fn verify(self, today: Day) -> Result<Verified, VisitError> {
        self.desks.check_day(today)?;
        for (desk, header) in self.desks.headers() {
            header.check_body(self.bodies.get(&desk.id).map(Vec::as_slice).unwrap_or_default())?;
        }
        Ok(Verified { client: self.client, desks: self.desks, bodies: self.bodies })
    }
}

/// The documents of a visit, everything checked.
#[must_use = "a visit ends with exactly one post"]
pub struct Verified {
    pub(super) client: Client,
    desks: Desks,
    bodies: BTreeMap<DeskId, Vec<u8>>,
}

impl Verified {
    /// Returns the card and the desks.
    #[must_use]
    pub fn desks(&self) -> &Desks {
        &self.desks
    }

    /// Returns the body of a desk's edition.
    #[must_use]
    pub fn body(&self, desk: &DeskId) -> Option<&[u8]> {
        self.bodies.get(desk).map(Vec::as_slice)
    }
}
