//! Acknowledgements: a desk says which sealed reports it has durably imported, opened or not.
//!
//! The server deletes a report only when every desk of the card has said so, or its retention ends.

use crate::card::{Card, KeyWindow};
use crate::day::Day;
use crate::ids::{AgencyId, DeskId, ReportId};
use crate::keys::SigningKey;
use crate::note::{Note, NoteError, NoteType};

/// The most ids in one acknowledgement.
pub const MAX_IDS: usize = 65_536;
/// The longest acknowledgement note, in bytes.
pub const MAX_ACKNOWLEDGEMENT: usize = 65 * MAX_IDS + 1024;
/// Days after the end of a key's period on which its acknowledgements still count: they travel by hand.
const TRAVEL_DAYS: i32 = 30;

/// An acknowledgement is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AcknowledgementError {
    /// The note is malformed or not signed by a key of its desk.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The desk is not on the card.
    #[error("the acknowledgement is of a desk that is not on the card")]
    Desk,
    /// None or too many ids, or they are not written as rising ids, one a line.
    #[error("the ids of the acknowledgement are malformed")]
    Ids,
}

/// The ids of reports that a desk has durably imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    desk: DeskId,
    ids: Vec<ReportId>,
}

impl Acknowledgement {
    /// Takes ids in any order, from 1 to [`MAX_IDS`] different ones.
    pub fn new(desk: DeskId, mut ids: Vec<ReportId>) -> Result<Self, AcknowledgementError> {
        ids.sort_unstable();
        ids.dedup();
        let counted = (1..=MAX_IDS).contains(&ids.len());
        if counted { Ok(Self { desk, ids }) } else { Err(AcknowledgementError::Ids) }
    }

    /// Writes the note.
    pub fn sign(&self, agency: &AgencyId, key: &SigningKey) -> Result<Vec<u8>, AcknowledgementError> {
        let lines: Vec<String> = self.ids.iter().map(ReportId::to_string).collect();
        let content = lines.join("\n");
        Ok(Note::sign(NoteType::Acknowledgement, agency, Some(&self.desk), &content, &[key])?)
    }

    /// Reads a note and checks it against the card: signed by a key of its desk whose period holds `today`, or has
    /// ended at most 30 days before.
    pub fn verify(bytes: &[u8], card: &Card, today: Day) -> Result<Self, AcknowledgementError> {
        let note = Note::parse(bytes, MAX_ACKNOWLEDGEMENT, NoteType::Acknowledgement, &card.agency)?;
        let named = note.desk().ok_or(NoteError::WrongDesk)?;
        let desk = card.desk(named).ok_or(AcknowledgementError::Desk)?;
        let valid = |window: &&KeyWindow| window.from <= today && today <= window.to.plus(TRAVEL_DAYS);
        let keys: Vec<_> = desk.keys.iter().filter(valid).map(|window| window.key).collect();
        note.verify_one(&keys)?;
        let ids = parse_ids(note.content())?;
        Ok(Self { desk: desk.id.clone(), ids })
    }

    /// Returns the desk that says so.
    pub const fn desk(&self) -> &DeskId {
        &self.desk
    }

    /// Returns the ids, rising.
    pub fn ids(&self) -> &[ReportId] {
        &self.ids
    }
}

fn parse_ids(content: &str) -> Result<Vec<ReportId>, AcknowledgementError> {
    let mut ids: Vec<ReportId> = Vec::new();
    for line in content.split('\n') {
        let id = line.parse().map_err(|_| AcknowledgementError::Ids)?;
        if ids.len() == MAX_IDS || ids.last().is_some_and(|last| *last >= id) {
            return Err(AcknowledgementError::Ids);
        }
        ids.push(id);
    }
    Ok(ids)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::card::tests::{agency, card, day, key};
    use proptest::prelude::*;

    fn desk() -> DeskId {
        "pusat".parse().unwrap()
    }

    fn ids(bytes: &[u8]) -> Vec<ReportId> {
        bytes.iter().map(|byte| ReportId::from_bytes([*byte; 32])).collect()
    }

    fn verify(bytes: &[u8], today: &str) -> Result<Acknowledgement, AcknowledgementError> {
        Acknowledgement::verify(bytes, &card(), day(today))
    }

    #[test]
    fn signed_by_the_desk_within_its_period() {
        let acknowledgement = Acknowledgement::new(desk(), ids(&[3, 1, 3])).unwrap();
        assert_eq!(acknowledgement.ids(), ids(&[1, 3]));
        let note = acknowledgement.sign(&agency(), &key(11)).unwrap();
        assert_eq!(verify(&note, "2027-01-30"), Ok(acknowledgement.clone()));
        let refused = Err(NoteError::Signature.into());
        assert_eq!(verify(&note, "2027-01-31"), refused);
        assert_eq!(verify(&note, "2025-12-31"), refused);
        assert_eq!(verify(&acknowledgement.sign(&agency(), &key(12)).unwrap(), "2026-05-01"), refused);
    }

    #[test]
    fn ids_rise_one_a_line() {
        let line = |byte: u8| ReportId::from_bytes([byte; 32]).to_string();
        let bad = [
            String::new(),
            format!("{}\n{}", line(2), line(1)),
            format!("{}\n{}", line(1), line(1)),
            line(1).to_uppercase().replace('0', "A"),
            format!("{} {}", line(1), line(2)),
        ];
        for content in bad {
            let desk = desk();
            let note =
                Note::sign(NoteType::Acknowledgement, &agency(), Some(&desk), &content, &[&key(11)]).unwrap();
            assert!(verify(&note, "2026-05-01").is_err(), "{content:?}");
        }
        assert_eq!(Acknowledgement::new(desk(), Vec::new()), Err(AcknowledgementError::Ids));
        let many = (0..=MAX_IDS).map(|n| ReportId::of(&n.to_be_bytes())).collect();
        assert_eq!(Acknowledgement::new(desk(), many), Err(AcknowledgementError::Ids));
    }

    #[test]
    fn a_desk_off_the_card_is_refused() {
        let other = Acknowledgement::new("lain".parse().unwrap(), ids(&[1])).unwrap();
        let note = other.sign(&agency(), &key(11)).unwrap();
        assert_eq!(verify(&note, "2026-05-01"), Err(AcknowledgementError::Desk));
    }

    proptest! {
        #[test]
        fn what_is_signed_is_read(ids in proptest::collection::btree_set(any::<[u8; 32]>(), 1..50)) {
            let ids: Vec<_> = ids.into_iter().map(ReportId::from_bytes).collect();
            let acknowledgement = Acknowledgement::new(desk(), ids).unwrap();
            let note = acknowledgement.sign(&agency(), &key(11)).unwrap();
            prop_assert_eq!(verify(&note, "2026-05-01"), Ok(acknowledgement));
        }
    }
}
