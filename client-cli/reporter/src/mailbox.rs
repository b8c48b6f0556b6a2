//! The letters of a thread: one in every edition, at an address that only the thread and its desks can compute.

use std::collections::BTreeSet;

use bisik_formats::edition::Body;
use bisik_formats::ids::DeskId;
use bisik_sealing::letter::{Letter, LetterError, LetterPlace, open_letter};
use bisik_sealing::schedule::ThreadKeys;

use crate::visit::Verified;

/// What the editions of a visit hold for one thread.
pub struct Mailbox {
    /// The letters that hold, each with the desk that wrote it, in the order of the card.
    pub letters: Vec<(DeskId, Letter)>,
    /// The desks whose letter does not open or belongs elsewhere; nothing of it is shown.
    pub broken: Vec<(DeskId, LetterError)>,
}

impl Mailbox {
    /// Looks for the thread's letter in every edition.
    #[must_use]
    pub fn open(visit: &Verified, keys: &ThreadKeys) -> Self {
        let mut mailbox = Self { letters: Vec::new(), broken: Vec::new() };
        for (desk, header) in visit.desks().headers() {
            let edition = header.header();
            let agency = &visit.desks().card().agency;
            let thread = keys.signing.verify_key();
            let address = keys.letter_key.address(agency, &desk.id, edition.number, &edition.salt, &thread);
            // The body has been checked by now: parsing it again cannot fail.
            let body = visit.body(&desk.id).and_then(|body| Body::parse(body, edition.letters).ok());
            let Some(sealed) = body.and_then(|body| body.find(&address)) else { continue };
            let place = LetterPlace { agency, desk: &desk.id, edition: edition.number, thread: &thread };
            match open_letter(sealed, &keys.identity, &place) {
                Ok(letter) => mailbox.letters.push((desk.id.clone(), letter)),
                Err(error) => mailbox.broken.push((desk.id.clone(), error)),
            }
        }
        mailbox
    }

    /// Returns where a later message goes: the desks that every letter names; `None` if there is no letter, or no
    /// desk that all of them name.
    #[must_use]
    pub fn recipients(&self) -> Option<BTreeSet<DeskId>> {
        let sets = self.letters.iter().map(|(_, letter)| letter.to.iter().cloned().collect::<BTreeSet<_>>());
        sets.reduce(|all, next| &all & &next).filter(|common| !common.is_empty())
    }
}
