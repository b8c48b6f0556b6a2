//! Root succession: how the set of root keys grows and changes while the agency id stays.
//!
//! The agency id pins the first root key only. Every further root key enters by a succession note that carries two
//! signatures: one by a root key valid before, one by another key valid after. Without this chain anybody could
//! name a second root key beside the first on a card of his own and sign that card with it.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::ids::AgencyId;
use crate::json::{self, Count};
use crate::keys::{SigningKey, VerifyKey};
use crate::note::{Note, NoteError, NoteType};

/// The longest succession note, in bytes.
pub const MAX_SUCCESSION: usize = 4 * 1024;
/// The most succession notes in a card bundle.
pub const MAX_SUCCESSIONS: usize = 32;
/// The most root keys at one time.
pub const MAX_ROOTS: usize = 4;

/// A chain of root keys does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// A note is malformed or wrongly signed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The content of a note is not strict JSON of its schema, or its keys are none, too many or repeated.
    #[error("the root succession is malformed")]
    Content,
    /// The notes are not numbered 1, 2, 3 and so on.
    #[error("the root succession has a gap")]
    Gap,
    /// The first root key, which the agency id pins, is not in the first note.
    #[error("the root keys do not begin with the pinned one")]
    Pinned,
}

/// The content of a succession note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// 1 for the first note, then rising by one.
    pub number: Count,
    /// The day of signing.
    pub issued: Day,
    /// All root keys from now on; those not named are no longer valid.
    pub roots: Vec<VerifyKey>,
}

impl Succession {
    /// Writes the note, signed by a root key valid before (`old`) and another one valid after (`new`).
    pub fn sign(
        &self,
        agency: &AgencyId,
        old: &SigningKey,
        new: &SigningKey,
    ) -> Result<Vec<u8>, SuccessionError> {
        check_roots(&self.roots)?;
        let content = json::to_json(self).map_err(|_| SuccessionError::Content)?;
        let content = String::from_utf8(content).map_err(|_| SuccessionError::Content)?;
        Ok(Note::sign(NoteType::Succession, agency, None, &content, &[old, new])?)
    }
}

/// The root keys of an agency, established by its chain of succession notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    current: Vec<VerifyKey>,
    previous: Vec<VerifyKey>,
    notes: u32,
}

impl Roots {
    /// Follows the chain of notes from the key that `agency` pins. `named` are keys among which to find the first
    /// root when there are no notes yet: those on the card.
    pub fn follow(agency: &AgencyId, notes: &[&[u8]], named: &[VerifyKey]) -> Result<Self, SuccessionError> {
        if notes.len() > MAX_SUCCESSIONS {
            return Err(SuccessionError::Gap);
        }
        let mut roots: Option<Self> = None;
        for bytes in notes {
            let note = Note::parse(bytes, MAX_SUCCESSION, NoteType::Succession, agency)?;
            let content: Succession = json::from_json(note.content().as_bytes(), MAX_SUCCESSION)
                .map_err(|_| SuccessionError::Content)?;
            check_roots(&content.roots)?;
            let before = match &roots {
                None => Self::first(agency, &content.roots)?,
                Some(roots) => roots.clone(),
            };
            if content.number != Count::from(before.notes + 1) {
                return Err(SuccessionError::Gap);
            }
            note.verify_two(&before.current, &content.roots)?;
            roots = Some(Self { current: content.roots, previous: before.current, notes: before.notes + 1 });
        }
        roots.map_or_else(|| Self::first(agency, named), Ok)
    }

    fn first(agency: &AgencyId, named: &[VerifyKey]) -> Result<Self, SuccessionError> {
        let pinned = |key: &&VerifyKey| AgencyId::from_first_root(key) == *agency;
        let first = *named.iter().find(pinned).ok_or(SuccessionError::Pinned)?;
        Ok(Self { current: vec![first], previous: Vec::new(), notes: 0 })
    }

    /// Returns the root keys that are valid now.
    pub fn current(&self) -> &[VerifyKey] {
        &self.current
    }

    /// Returns the root keys that were valid before the last note.
    pub fn previous(&self) -> &[VerifyKey] {
        &self.previous
    }

    /// Returns how many notes the chain has; the next note carries this number plus one.
    pub const fn notes(&self) -> u32 {
        self.notes
    }
}

fn check_roots(roots: &[VerifyKey]) -> Result<(), SuccessionError> {
    let repeated =
        roots.iter().enumerate().any(|(place, key)| roots.iter().skip(place + 1).any(|k| k == key));
    if roots.is_empty() || roots.len() > MAX_ROOTS || repeated {
        Err(SuccessionError::Content)
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
    }

    fn agency() -> AgencyId {
        AgencyId::from_first_root(&key(1).verify_key())
    }

    fn note(number: u32, roots: &[u8], old: u8, new: u8) -> Vec<u8> {
        let roots = roots.iter().map(|byte| key(*byte).verify_key()).collect();
        let issued = "2026-01-01".parse().unwrap();
        Succession { number: number.into(), issued, roots }.sign(&agency(), &key(old), &key(new)).unwrap()
    }

    fn follow(notes: &[Vec<u8>]) -> Result<Roots, SuccessionError> {
        let notes: Vec<&[u8]> = notes.iter().map(Vec::as_slice).collect();
        Roots::follow(&agency(), &notes, &[key(2).verify_key(), key(1).verify_key()])
    }

    #[test]
    fn the_chain_leads_from_the_pinned_key() {
        assert_eq!(follow(&[]).unwrap().current(), [key(1).verify_key()]);
        let chain = [note(1, &[1, 2], 1, 2), note(2, &[2, 3], 2, 3), note(3, &[3], 2, 3)];
        let roots = follow(&chain).unwrap();
        assert_eq!(roots.current(), [key(3).verify_key()]);
        assert_eq!(roots.previous(), [key(2).verify_key(), key(3).verify_key()]);
        assert_eq!(roots.notes(), 3);
    }

    #[test]
    fn a_key_that_no_old_root_admits_is_refused() {
        assert_eq!(follow(&[note(1, &[1, 9], 9, 9)]), Err(NoteError::Signature.into()));
        assert_eq!(follow(&[note(1, &[9, 8], 9, 8)]), Err(SuccessionError::Pinned));
        let wrong = [note(1, &[1, 2], 1, 2), note(2, &[3, 4], 3, 4)];
        assert_eq!(follow(&wrong), Err(NoteError::Signature.into()));
        let alone = [note(1, &[1, 2], 1, 2), note(2, &[1, 2], 1, 1)];
        assert_eq!(follow(&alone), Err(NoteError::Signature.into()));
    }

    #[test]
    fn gaps_and_repeated_keys_are_refused() {
        assert_eq!(follow(&[note(2, &[1, 2], 1, 2)]), Err(SuccessionError::Gap));
        let again = [note(1, &[1, 2], 1, 2), note(1, &[1, 2], 1, 2)];
        assert_eq!(follow(&again), Err(SuccessionError::Gap));
        let one = key(1).verify_key();
        assert_eq!(check_roots(&[one, one]), Err(SuccessionError::Content));
        assert_eq!(check_roots(&[]), Err(SuccessionError::Content));
    }
}
