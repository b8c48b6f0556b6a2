//! Editions: all answers of a desk at once, like a newspaper. Everybody fetches the whole of it.
//!
//! The header is a signed note; the body is a fixed number of places, each an address and a sealed letter, sorted
//! by address. Free places hold decoys, so the size tells nothing.

use serde::{Deserialize, Serialize};

use crate::card::{Desk, LETTER_SIZE, VerifiedCard};
use crate::day::{Day, EditionNumber};
use crate::ids::{Address, AgencyId, DeskId, Digest, RecipientText, Salt};
use crate::json::{self, Count, JsonError};
use crate::keys::SigningKey;
use crate::note::{Note, NoteError, NoteType};

/// The longest header note, in bytes.
pub const MAX_HEADER: usize = 4 * 1024;
/// The most days from an edition's date to its `until`.
pub const MAX_UNTIL: i32 = 60;
/// Bytes of one place in the body: address and sealed letter.
pub const PLACE_LEN: usize = ADDRESS_LEN + LETTER_LEN;
const ADDRESS_LEN: usize = 16;
const LETTER_LEN: usize = LETTER_SIZE as usize;

/// An edition is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditionError {
    /// The header's note is malformed or not signed by a key of its desk.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The content is not strict JSON of the header's schema.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The desk is not on the card.
    #[error("the edition is of a desk that is not on the card")]
    Desk,
    /// `until` is before the date or too long after it.
    #[error("the dates of the edition are out of range")]
    Dates,
    /// Number or size of letters differ from the card.
    #[error("the edition does not have the size that the card says")]
    Size,
    /// The header names a newer card, or another one of the same serial: the served card is rolled back or forked.
    #[error("the edition names a newer or another card than the one at hand")]
    CardRolledBack,
    /// The day is before the edition's date: the clock is wrong, or the box is.
    #[error("the edition is dated in the future")]
    Future,
    /// The day is more than one after `until`: the clock is wrong, or the box is not being read.
    #[error("the edition is past its last day")]
    Stale,
    /// The body does not have the hash that the header signs.
    #[error("the body of the edition is not the signed one")]
    BodyHash,
    /// The body does not have the exact length, or its addresses do not rise.
    #[error("the body of the edition is malformed")]
    Body,
}

/// The content of an edition's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionHeader {
    /// Strictly rising from edition to edition of one desk.
    pub number: EditionNumber,
    /// The day the edition was made.
    pub date: Day,
    /// The last day the edition stands; after it the box counts as not being read.
    pub until: Day,
    /// The serial of the card that the desk holds.
    pub card_serial: Count,
    /// The hash of that card's text.
    pub card_hash: Digest,
    /// The age recipient to which reports to this desk are sealed from now on.
    pub recipient: RecipientText,
    /// Places in the body.
    pub letters: u32,
    /// Bytes of a sealed letter.
    pub letter_size: u32,
    /// Makes the addresses of this edition.
    pub salt: Salt,
    /// SHA-256 of the body.
    pub body_hash: Digest,
}

impl EditionHeader {
    /// Writes the header's note.
    pub fn sign(&self, agency: &AgencyId, desk: &DeskId, key: &SigningKey) -> Result<Vec<u8>, EditionError> {
        self.check_dates()?;
        let content = String::from_utf8(json::to_json(self)?).map_err(|_| JsonError::Schema)?;
        Ok(Note::sign(NoteType::Edition, agency, Some(desk), &content, &[key])?)
    }

    fn check_dates(&self) -> Result<(), EditionError> {
        let days = self.until.days_since(self.date);
        if (0..=MAX_UNTIL).contains(&days) { Ok(()) } else { Err(EditionError::Dates) }
    }
}

/// A header whose signature and agreement with a card have been checked; the day has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedHeader {
    header: EditionHeader,
    desk: DeskId,
    hash: Digest,
    note: Vec<u8>,
}

impl VerifiedHeader {
    /// Reads a header note and checks it against the card.
    pub fn verify(bytes: &[u8], card: &VerifiedCard) -> Result<Self, EditionError> {
        let note = Note::parse(bytes, MAX_HEADER, NoteType::Edition, &card.card().agency)?;
        let named = note.desk().ok_or(NoteError::WrongDesk)?;
        let desk = card.card().desk(named).ok_or(EditionError::Desk)?;
        let header = read_signed(&note, desk)?;
        header.check_dates()?;
        if header.letters != card.card().letters || header.letter_size != card.card().letter_size {
            return Err(EditionError::Size);
        }
        let rolled_back = header.card_serial > card.card().serial;
        let forked = header.card_serial == card.card().serial && header.card_hash != card.hash();
        if rolled_back || forked {
            return Err(EditionError::CardRolledBack);
        }
        Ok(Self { header, desk: desk.id.clone(), hash: note.hash(), note: bytes.to_vec() })
    }

    /// Checks the edition's dates: not before its date, not past `until` and one day more.
    pub fn check_day(&self, today: Day) -> Result<(), EditionError> {
        if today < self.header.date {
            Err(EditionError::Future)
        } else if today > self.header.until.plus(1) {
            Err(EditionError::Stale)
        } else {
            Ok(())
        }
    }

    /// Checks a body against the signed hash and its own rules.
    pub fn check_body<'a>(&self, bytes: &'a [u8]) -> Result<Body<'a>, EditionError> {
        if Digest::of(bytes) != self.header.body_hash {
            return Err(EditionError::BodyHash);
        }
        Body::parse(bytes, self.header.letters)
    }

    /// Returns the content.
    pub const fn header(&self) -> &EditionHeader {
        &self.header
    }

    /// Returns the desk that made the edition.
    pub const fn desk(&self) -> &DeskId {
        &self.desk
    }

    /// Returns SHA-256 of the note's text.
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// Returns the bytes of the note.
    pub fn note(&self) -> &[u8] {
        &self.note
    }
}

/// Returns the content once a key of the desk, valid on the date it names, proves to have signed it.
fn read_signed(note: &Note, desk: &Desk) -> Result<EditionHeader, EditionError> {
    let all: Vec<_> = desk.keys.iter().map(|window| window.key).collect();
    let signer = note.verify_one(&all)?;
    let header: EditionHeader = json::from_json(note.content().as_bytes(), MAX_HEADER)?;
    if desk.keys_on(header.date).contains(&signer) { Ok(header) } else { Err(NoteError::Signature.into()) }
}

/// The body of an edition: places sorted by address.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    bytes: &'a [u8],
}

impl<'a> Body<'a> {
    /// Reads a body of exactly `letters` places with rising addresses.
    pub fn parse(bytes: &'a [u8], letters: u32) -> Result<Self, EditionError> {
        if bytes.len() as u64 != u64::from(letters) * PLACE_LEN as u64 {
            return Err(EditionError::Body);
        }
        let body = Self { bytes };
        let rising = body.places().zip(body.places().skip(1)).all(|(before, after)| before.0 < after.0);
        if rising { Ok(body) } else { Err(EditionError::Body) }
    }

    /// Returns the sealed letter at an address.
    pub fn find(&self, address: &Address) -> Option<&'a [u8]> {
        self.places().find(|(place, _)| place == address).map(|(_, letter)| letter)
    }

    /// Iterates over addresses and sealed letters.
    pub fn places(&self) -> impl Iterator<Item = (Address, &'a [u8])> + use<'a> {
        self.bytes.chunks_exact(PLACE_LEN).filter_map(|place| {
            let (address, letter) = place.split_first_chunk::<ADDRESS_LEN>()?;
            Some((Address::from_bytes(*address), letter))
        })
    }
}

/// Returns the body of these places, sorted by address. Each letter must have its exact length and no two places
/// one address.
pub fn write_body(mut places: Vec<(Address, Vec<u8>)>) -> Result<Vec<u8>, EditionError> {
    places.sort_by_key(|(address, _)| *address);
    let mut body = Vec::with_capacity(places.len() * PLACE_LEN);
    for (address, letter) in &places {
        if letter.len() != LETTER_LEN {
            return Err(EditionError::Body);
        }
        body.extend_from_slice(address.as_bytes());
        body.extend_from_slice(letter);
    }
    let letters = u32::try_from(places.len()).map_err(|_| EditionError::Body)?;
    Body::parse(&body, letters)?;
    Ok(body)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::card::tests::{agency, bundle, card, day, key, verified};
    use proptest::prelude::*;

    fn body() -> Vec<u8> {
        write_body((0..4u8).rev().map(|n| (Address::from_bytes([n; 16]), vec![n; LETTER_LEN])).collect())
            .unwrap()
    }

    fn header() -> EditionHeader {
        EditionHeader {
            number: "202605010".parse().unwrap(),
            date: day("2026-05-01"),
            until: day("2026-05-10"),
            card_serial: 7.into(),
            card_hash: verified().hash(),
            recipient: format!("age1pq1{}", "q".repeat(1952)).parse().unwrap(),
            letters: 4,
            letter_size: LETTER_SIZE,
            salt: Salt::from_bytes([3; 32]),
            body_hash: Digest::of(&body()),
        }
    }

    fn note(header: &EditionHeader, desk: &str, signer: u8) -> Vec<u8> {
        header.sign(&agency(), &desk.parse().unwrap(), &key(signer)).unwrap()
    }

    fn verify(header: &EditionHeader, desk: &str, signer: u8) -> Result<VerifiedHeader, EditionError> {
        VerifiedHeader::verify(&note(header, desk, signer), &verified())
    }

    #[test]
    fn a_header_is_verified_against_the_card() {
        let verified = verify(&header(), "pusat", 11).unwrap();
        assert_eq!(verified.header(), &header());
        assert_eq!(verified.desk().as_str(), "pusat");
    }

    #[test]
    fn only_a_key_of_that_desk_on_that_date_counts() {
        let refused = Err(NoteError::Signature.into());
        assert_eq!(verify(&header(), "pusat", 12), refused);
        assert_eq!(verify(&header(), "pusat", 1), refused);
        assert_eq!(verify(&header(), "lain", 11), Err(EditionError::Desk));
        let late = EditionHeader { date: day("2027-01-01"), until: day("2027-01-02"), ..header() };
        assert_eq!(verify(&late, "pusat", 11), refused);
    }

    #[test]
    fn sizes_and_dates_follow_the_card() {
        let bad = [
            (EditionHeader { letters: 8, ..header() }, EditionError::Size),
            (EditionHeader { letter_size: 100, ..header() }, EditionError::Size),
            (EditionHeader { card_serial: 8.into(), ..header() }, EditionError::CardRolledBack),
            (EditionHeader { card_hash: Digest::of(b""), ..header() }, EditionError::CardRolledBack),
        ];
        for (header, error) in bad {
            assert_eq!(verify(&header, "pusat", 11), Err(error));
        }
        let older = EditionHeader { card_serial: 6.into(), card_hash: Digest::of(b""), ..header() };
        assert!(verify(&older, "pusat", 11).is_ok());
        for until in ["2026-04-30", "2026-07-01"] {
            let header = EditionHeader { until: day(until), ..header() };
            let desk = "pusat".parse().unwrap();
            assert_eq!(header.sign(&agency(), &desk, &key(11)), Err(EditionError::Dates));
        }
    }

    #[test]
    fn the_day_decides_freshness() {
        let edition = verify(&header(), "pusat", 11).unwrap();
        assert_eq!(edition.check_day(day("2026-04-30")), Err(EditionError::Future));
        assert_eq!(edition.check_day(day("2026-05-01")), Ok(()));
        assert_eq!(edition.check_day(day("2026-05-11")), Ok(()));
        assert_eq!(edition.check_day(day("2026-05-12")), Err(EditionError::Stale));
    }

    #[test]
    fn bodies_are_exact_sorted_and_hashed() {
        let edition = verify(&header(), "pusat", 11).unwrap();
        let good = body();
        let letters = edition.check_body(&good).unwrap();
        assert_eq!(letters.find(&Address::from_bytes([2; 16])), Some([2; LETTER_LEN].as_slice()));
        assert_eq!(letters.find(&Address::from_bytes([9; 16])), None);
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(edition.check_body(&flipped).err(), Some(EditionError::BodyHash));
        assert_eq!(Body::parse(good.get(1..).unwrap(), 4).err(), Some(EditionError::Body));
        let swapped = [good.get(PLACE_LEN..).unwrap(), good.get(..PLACE_LEN).unwrap()].concat();
        assert_eq!(Body::parse(&swapped, 4).err(), Some(EditionError::Body));
        let same = vec![(Address::from_bytes([1; 16]), vec![0; LETTER_LEN]); 2];
        assert_eq!(write_body(same), Err(EditionError::Body));
        assert_eq!(write_body(vec![(Address::from_bytes([1; 16]), vec![0; 5])]), Err(EditionError::Body));
    }

    #[test]
    fn another_card_of_the_same_serial_is_a_fork() {
        let mut other = card();
        other.interval = 4;
        let other = VerifiedCard::verify(&bundle(&other.sign(&[&key(1)]).unwrap()), &agency()).unwrap();
        let refused = VerifiedHeader::verify(&note(&header(), "pusat", 11), &other);
        assert_eq!(refused, Err(EditionError::CardRolledBack));
    }

    proptest! {
        #[test]
        fn written_bodies_are_read(addresses in proptest::collection::btree_set(any::<[u8; 16]>(), 0..6)) {
            let places: Vec<_> =
                addresses.iter().map(|a| (Address::from_bytes(*a), vec![a[0]; LETTER_LEN])).collect();
            let bytes = write_body(places.clone()).unwrap();
            let body = Body::parse(&bytes, u32::try_from(places.len()).unwrap()).unwrap();
            for (address, letter) in &places {
                prop_assert_eq!(body.find(address), Some(letter.as_slice()));
            }
        }
    }
}
