//! The agency card: who reads reports, how, and by which form; signed by the root.
//!
//! A reporter gets it as a bundle of frames, the succession notes first and the card last, and trusts nothing but
//! the agency id that the programs pin and posters show.

use serde::{Deserialize, Serialize};

use crate::bundle::{self, FrameError};
use crate::day::Day;
use crate::form::{Form, FormError, Text};
use crate::ids::{AgencyId, DeskId, Digest};
use crate::json::{self, Count, JsonError};
use crate::keys::{SigningKey, VerifyKey};
use crate::note::{Note, NoteError, NoteType};
use crate::padding::MAX_DESKS;
use crate::succession::{MAX_ROOTS, MAX_SUCCESSION, MAX_SUCCESSIONS, Roots, SuccessionError};

/// The longest card note, in bytes.
pub const MAX_CARD: usize = 64 * 1024;
/// The longest card bundle, in bytes.
pub const MAX_BUNDLE: usize = (MAX_CARD + 4) + MAX_SUCCESSIONS * (MAX_SUCCESSION + 4);
/// The most letters in an edition.
pub const MAX_LETTERS: u32 = 1024;
/// The bytes of every sealed letter.
pub const LETTER_SIZE: u32 = 8192;
/// The most days between editions.
pub const MAX_INTERVAL: u32 = 60;
/// The most days a card is valid.
pub const MAX_VALIDITY: i32 = 400;

/// A card is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The bundle is cut or holds too much.
    #[error(transparent)]
    Bundle(#[from] FrameError),
    /// The chain of root keys does not hold.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
    /// The card's note is malformed or not signed by the root.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The content is not strict JSON of the card's schema.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The form on the card breaks a rule of forms.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The root keys on the card are not those of the chain.
    #[error("the root keys on the card are not those of the succession")]
    Roots,
    /// The agency in the content is another one.
    #[error("the card is of another agency")]
    Agency,
    /// No desks, more than eight, two of one name, or a key at two desks or with an empty period.
    #[error("the desks on the card are malformed")]
    Desks,
    /// Serial, dates, letters, letter size, interval or limits are out of range.
    #[error("a value on the card is out of range")]
    Range,
    /// The day is before the card was issued: the clock is wrong, or the card is from the future.
    #[error("the card is not valid yet")]
    NotYet,
    /// The card has expired, or the clock is wrong.
    #[error("the card has expired")]
    Expired,
}

/// The content of the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The agency, the same as on the second line of the note.
    pub agency: AgencyId,
    /// The agency's name.
    pub names: Text,
    /// The root keys valid now; the same as the succession says.
    pub roots: Vec<VerifyKey>,
    /// Rises with every card.
    pub serial: Count,
    /// The first day the card is valid.
    pub issued: Day,
    /// The last day the card is valid.
    pub expires: Day,
    /// The desks; their order is the order of stanzas in every report.
    pub desks: Vec<Desk>,
    /// Letters in an edition: a power of two up to 1,024.
    pub letters: u32,
    /// Bytes of a sealed letter: 8,192.
    pub letter_size: u32,
    /// Days between editions.
    pub interval: u32,
    /// The questions, categories, guidance, statuses and clocks.
    pub form: Form,
    /// What a report may weigh.
    pub limits: Limits,
    /// Whom to turn to in danger, or when the box is silent.
    pub contacts: Vec<Contact>,
}

/// A desk: a group of officers with their own keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// The desk's name in files and notes.
    pub id: DeskId,
    /// The desk's name for people.
    pub names: Text,
    /// The keys by which the desk signs, each with the days on which it may.
    pub keys: Vec<KeyWindow>,
}

/// A signing key of a desk and its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyWindow {
    /// The public key.
    pub key: VerifyKey,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

/// What a report may weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of all evidence in one report.
    pub report_bytes: Count,
    /// Bytes of one file.
    pub file_bytes: Count,
}

/// A way to reach help outside the box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Who it is.
    pub names: Text,
    /// Telephone number or address, as plain text.
    pub address: String,
}

impl Card {
    /// Writes the card's note. One signer as a rule; two during a root change, an old and a new root key.
    pub fn sign(&self, signers: &[&SigningKey]) -> Result<Vec<u8>, CardError> {
        self.check()?;
        let content = String::from_utf8(json::to_json(self)?).map_err(|_| JsonError::Schema)?;
        let note = Note::sign(NoteType::Card, &self.agency, None, &content, signers)?;
        if note.len() > MAX_CARD { Err(NoteError::TooLong.into()) } else { Ok(note) }
    }

    /// Returns the desk of this name.
    pub fn desk(&self, id: &DeskId) -> Option<&Desk> {
        self.desks.iter().find(|desk| desk.id == *id)
    }

    /// Checks every rule that does not need signatures or the day.
    fn check(&self) -> Result<(), CardError> {
        let in_range = self.serial.get() >= 1
            && self.issued <= self.expires
            && self.expires.days_since(self.issued) <= MAX_VALIDITY
            && self.letters.is_power_of_two()
            && self.letters <= MAX_LETTERS
            && self.letter_size == LETTER_SIZE
            && (1..=MAX_INTERVAL).contains(&self.interval)
            && self.limits.file_bytes <= self.limits.report_bytes
            && !self.roots.is_empty()
            && self.roots.len() <= MAX_ROOTS;
        if !in_range {
            return Err(CardError::Range);
        }
        self.check_desks()?;
        Ok(self.form.check()?)
    }

    fn check_desks(&self) -> Result<(), CardError> {
        let mut ids: Vec<_> = self.desks.iter().map(|desk| &desk.id).collect();
        let mut keys: Vec<_> = self.desks.iter().flat_map(|desk| &desk.keys).collect();
        let (all_ids, all_keys) = (ids.len(), keys.len());
        ids.sort();
        ids.dedup();
        keys.sort_by_key(|window| window.key);
        keys.dedup_by_key(|window| window.key);
        let sound = (1..=MAX_DESKS).contains(&all_ids)
            && ids.len() == all_ids
            && keys.len() == all_keys
            && self.desks.iter().all(|desk| !desk.keys.is_empty())
            && keys.iter().all(|window| window.from <= window.to);
        if sound { Ok(()) } else { Err(CardError::Desks) }
    }
}

impl Desk {
    /// Returns the keys that may sign something dated `day`.
    pub fn keys_on(&self, day: Day) -> Vec<VerifyKey> {
        let valid = |window: &&KeyWindow| window.from <= day && day <= window.to;
        self.keys.iter().filter(valid).map(|window| window.key).collect()
    }
}

/// Returns the bundle of succession notes and card note.
pub fn write_bundle(successions: &[Vec<u8>], card: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut parts: Vec<&[u8]> = successions.iter().map(Vec::as_slice).collect();
    parts.push(card);
    bundle::write_frames(&parts)
}

/// A card whose signatures, chain of roots and rules have been checked; the day has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCard {
    card: Card,
    roots: Roots,
    hash: Digest,
    bundle: Vec<u8>,
}

impl VerifiedCard {
    /// Reads a bundle and checks everything but the day against the pinned agency.
    pub fn verify(bytes: &[u8], agency: &AgencyId) -> Result<Self, CardError> {
        if bytes.len() > MAX_BUNDLE {
            return Err(FrameError::TooLong.into());
        }
        let parts = bundle::read_frames(bytes, MAX_SUCCESSIONS + 1, MAX_CARD)?;
        let (card, successions) = parts.split_last().ok_or(FrameError::Cut)?;
        let note = Note::parse(card, MAX_CARD, NoteType::Card, agency)?;
        // Nothing of the content counts before its signature is checked, but the first root stands in it when
        // there is no succession yet; the pinned id then proves that key.
        let card: Card = json::from_json(note.content().as_bytes(), MAX_CARD)?;
        let roots = Roots::follow(agency, successions, &card.roots)?;
        match note.signature_count() {
            1 => note.verify_one(roots.current()).map(|_| ())?,
            _ => note.verify_two(roots.previous(), roots.current()).map(|_| ())?,
        }
        if card.agency != *agency {
            return Err(CardError::Agency);
        }
        if card.roots != roots.current() {
            return Err(CardError::Roots);
        }
        card.check()?;
        Ok(Self { card, roots, hash: note.hash(), bundle: bytes.to_vec() })
    }

    /// Checks the card's dates.
    pub fn check_day(&self, today: Day) -> Result<(), CardError> {
        if today < self.card.issued {
            Err(CardError::NotYet)
        } else if today > self.card.expires {
            Err(CardError::Expired)
        } else {
            Ok(())
        }
    }

    /// Returns the content.
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// Returns the root keys behind the card.
    pub const fn roots(&self) -> &Roots {
        &self.roots
    }

    /// Returns SHA-256 of the card's text, by which editions name it.
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// Returns the bytes of the whole bundle.
    pub fn bundle(&self) -> &[u8] {
        &self.bundle
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use crate::form::tests::small_form;
    use crate::succession::Succession;
    use zeroize::Zeroizing;

    pub(crate) fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
    }

    pub(crate) fn agency() -> AgencyId {
        AgencyId::from_first_root(&key(1).verify_key())
    }

    pub(crate) fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    pub(crate) fn text(words: &str) -> Text {
        Text { id: words.to_owned(), en: words.to_owned() }
    }

    pub(crate) fn desk(id: &str, byte: u8) -> Desk {
        let window =
            KeyWindow { key: key(byte).verify_key(), from: day("2026-01-01"), to: day("2026-12-31") };
        Desk { id: id.parse().unwrap(), names: text(id), keys: vec![window] }
    }

    pub(crate) fn card() -> Card {
        Card {
            agency: agency(),
            names: text("Lembaga"),
            roots: vec![key(1).verify_key(), key(2).verify_key()],
            serial: 7.into(),
            issued: day("2026-01-01"),
            expires: day("2026-12-31"),
            desks: vec![desk("pusat", 11), desk("daerah", 12)],
            letters: 4,
            letter_size: LETTER_SIZE,
            interval: 3,
            form: small_form(),
            limits: Limits { report_bytes: 1000.into(), file_bytes: 100.into() },
            contacts: vec![Contact { names: text("LPSK"), address: "148".to_owned() }],
        }
    }

    pub(crate) fn bundle(card: &[u8]) -> Vec<u8> {
        let roots = vec![key(1).verify_key(), key(2).verify_key()];
        let first = Succession { number: 1.into(), issued: day("2026-01-01"), roots };
        write_bundle(&[first.sign(&agency(), &key(1), &key(2)).unwrap()], card).unwrap()
    }

    pub(crate) fn verified() -> VerifiedCard {
        VerifiedCard::verify(&bundle(&card().sign(&[&key(2)]).unwrap()), &agency()).unwrap()
    }

    #[test]
    fn either_root_key_may_sign() {
        for signer in [1, 2] {
            let bytes = bundle(&card().sign(&[&key(signer)]).unwrap());
            let verified = VerifiedCard::verify(&bytes, &agency()).unwrap();
            assert_eq!(verified.card(), &card());
            assert_eq!(verified.bundle(), bytes);
        }
        let forged = bundle(&card().sign(&[&key(9)]).unwrap());
        assert_eq!(VerifiedCard::verify(&forged, &agency()), Err(NoteError::Signature.into()));
    }

    #[test]
    fn a_second_root_without_succession_is_refused() {
        let evil = Card { roots: vec![key(1).verify_key(), key(9).verify_key()], ..card() };
        let alone = write_bundle(&[], &evil.sign(&[&key(9)]).unwrap()).unwrap();
        assert_eq!(VerifiedCard::verify(&alone, &agency()), Err(NoteError::Signature.into()));
        let chained = bundle(&evil.sign(&[&key(1)]).unwrap());
        assert_eq!(VerifiedCard::verify(&chained, &agency()), Err(CardError::Roots));
    }

    #[test]
    fn two_signatures_only_span_a_root_change() {
        let both = bundle(&card().sign(&[&key(1), &key(2)]).unwrap());
        assert!(VerifiedCard::verify(&both, &agency()).is_ok());
        let twice = bundle(&card().sign(&[&key(2), &key(9)]).unwrap());
        assert_eq!(VerifiedCard::verify(&twice, &agency()), Err(NoteError::Signature.into()));
    }

    #[test]
    fn dates_are_checked() {
        let card = verified();
        assert_eq!(card.check_day(day("2025-12-31")), Err(CardError::NotYet));
        assert_eq!(card.check_day(day("2026-12-31")), Ok(()));
        assert_eq!(card.check_day(day("2027-01-01")), Err(CardError::Expired));
    }

    #[test]
    fn values_out_of_range_are_refused_by_signer_and_reader() {
        let bad = [
            Card { letters: 3, ..card() },
            Card { letters: 2048, ..card() },
            Card { letter_size: 4096, ..card() },
            Card { interval: 0, ..card() },
            Card { serial: 0.into(), ..card() },
            Card { expires: day("2025-01-01"), ..card() },
            Card { expires: day("2029-01-01"), ..card() },
            Card { roots: Vec::new(), ..card() },
        ];
        for card in bad {
            assert_eq!(card.sign(&[&key(1)]), Err(CardError::Range));
        }
        let same_key = vec![desk("pusat", 11), desk("daerah", 11)];
        let same_name = vec![desk("pusat", 11), desk("pusat", 12)];
        let nine = (0..9).map(|n| desk(&format!("d{n}"), n + 20)).collect();
        for desks in [Vec::new(), same_key, same_name, nine] {
            assert_eq!(Card { desks, ..card() }.sign(&[&key(1)]), Err(CardError::Desks));
        }
    }

    #[test]
    fn every_flipped_byte_of_a_bundle_is_refused() {
        let good = bundle(&card().sign(&[&key(1)]).unwrap());
        for place in 0..good.len() {
            let mut bad = good.clone();
            *bad.get_mut(place).unwrap() ^= 1;
            assert!(VerifiedCard::verify(&bad, &agency()).is_err(), "{place}");
        }
        assert!(VerifiedCard::verify(&[], &agency()).is_err());
    }
}
