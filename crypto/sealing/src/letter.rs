//! A letter: what a desk answers to one thread, in every edition, whether there is news or not.
//!
//! Every letter has 8,192 bytes: an age file with one stanza around 6,533 bytes of JSON and spaces. Letters that
//! nobody can open look the same.

use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::ids::{AgencyId, DeskId, MessageId};
use bisik_formats::json::{Count, JsonError, from_json, to_json};
use bisik_formats::keys::VerifyKey;
use bisik_formats::padding::MAX_DESKS;
use bisik_formats::shape::header_desks;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

use crate::hybrid::{Identity, Recipient};
use crate::reader::{OpenError, open};
use crate::report::is_code;
use crate::writer::{AgeWriter, WriteError};

/// Bytes of a sealed letter.
pub const LETTER_LEN: usize = 8192;
/// Bytes of JSON and spaces inside.
pub const LETTER_TEXT_LEN: usize = 6533;
/// Confirmed messages that a letter lists.
pub const MAX_RECEIVED: usize = 32;
/// Open questions in a letter.
pub const MAX_QUESTIONS: usize = 16;

/// The content of a letter, in the order of its fields.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// Names the format.
    pub format: LetterFormat,
    /// The agency.
    pub agency: AgencyId,
    /// The desk that writes.
    pub desk: DeskId,
    /// The edition it is in.
    pub edition: EditionNumber,
    /// The thread it is for.
    pub thread: VerifyKey,
    /// The desks that follow-ups of this thread go to.
    pub to: Vec<DeskId>,
    /// Messages that the desk has, oldest first, the last 32.
    pub received: Vec<Received>,
    /// How many messages came before those in `received`.
    pub earlier_received: Count,
    /// The code of the case's status, from the form.
    pub status: String,
    /// What the desk wrote, newest first, as many whole messages as fit.
    pub messages: Vec<LetterMessage>,
    /// How many older messages did not fit.
    pub earlier: Count,
    /// What the desk still asks.
    pub questions: Vec<String>,
    /// The day on which the thread ends, once that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closes: Option<Day>,
}

/// The version of a letter.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
pub enum LetterFormat {
    /// The only one.
    #[serde(rename = "bisik/letter/1")]
    V1,
}

/// A message that the desk confirms to have.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// The day on which the desk imported it.
    pub date: Day,
    /// Its id.
    pub id: MessageId,
}

/// Something that the desk wrote.
#[derive(Serialize, Deserialize, PartialEq, Eq, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct LetterMessage {
    /// The day on which it was written.
    pub date: Day,
    /// The text.
    pub text: String,
}

/// Why a letter was not made or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// It does not fit, even without any older message.
    #[error("the letter is {over} bytes too long")]
    TooLong {
        /// Bytes to save.
        over: usize,
    },
    /// A list is too long or not in order, or a code is malformed.
    #[error("the letter contradicts itself")]
    Content,
    /// It has not the one length of letters.
    #[error("a letter has 8192 bytes")]
    Length,
    /// It is not sealed to exactly one recipient in the fixed shape, or does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is not strict JSON of its schema, followed by spaces.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It belongs elsewhere.
    #[error("the letter is bound to another {0}")]
    Binding(Binding),
    /// It could not be sealed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What a letter is bound to, beside its format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// The agency.
    Agency,
    /// The desk.
    Desk,
    /// The edition.
    Edition,
    /// The thread.
    Thread,
}

impl std::fmt::Display for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Agency => "agency",
            Self::Desk => "desk",
            Self::Edition => "edition",
            Self::Thread => "thread",
        })
    }
}

/// Where a letter was found: it must say the same of itself.
pub struct LetterPlace<'a> {
    /// The agency.
    pub agency: &'a AgencyId,
    /// The desk whose edition it was in.
    pub desk: &'a DeskId,
    /// That edition.
    pub edition: EditionNumber,
    /// The thread that looked for it.
    pub thread: &'a VerifyKey,
}

impl Letter {
    /// Shortens a letter until it fits: all but the last 32 of `received`, then the oldest messages, are counted
    /// instead of listed. The newest message is never dropped.
    ///
    /// # Errors
    ///
    /// [`LetterError::TooLong`] if it does not fit with only the newest message; [`LetterError::Content`].
    pub fn fit(mut self) -> Result<Self, LetterError> {
        let dropped = self.received.len().saturating_sub(MAX_RECEIVED);
        self.received.drain(..dropped);
        self.earlier_received = add(self.earlier_received, dropped)?;
        let mut waiting = std::mem::take(&mut self.messages).into_iter();
        let total = waiting.len();
        let unlisted = self.earlier;
        // With the largest number that can stand there, so that the count never pushes a message out.
        self.earlier = add(unlisted, total)?;
        self.messages.extend(waiting.next());
        self.text_len()?;
        for message in waiting {
            self.messages.push(message);
            if self.text_len().is_err() {
                self.messages.pop();
                break;
            }
        }
        self.earlier = add(unlisted, total - self.messages.len())?;
        self.check()?;
        Ok(self)
    }

    /// Returns the length of the JSON if it fits.
    fn text_len(&self) -> Result<usize, LetterError> {
        let len = to_json(self)?.len();
        match len.checked_sub(LETTER_TEXT_LEN).filter(|over| *over > 0) {
            Some(over) => Err(LetterError::TooLong { over }),
            None => Ok(len),
        }
    }

    fn check(&self) -> Result<(), LetterError> {
        let sorted = self.to.is_sorted_by(|one, next| one < next);
        let desks = !self.to.is_empty() && self.to.len() <= MAX_DESKS && sorted;
        let lists = self.received.len() <= MAX_RECEIVED && self.questions.len() <= MAX_QUESTIONS;
        if desks && lists && is_code(&self.status) { Ok(()) } else { Err(LetterError::Content) }
    }

    fn check_place(&self, place: &LetterPlace<'_>) -> Result<(), LetterError> {
        let bindings = [
            (self.agency == *place.agency, Binding::Agency),
            (self.desk == *place.desk, Binding::Desk),
            (self.edition == place.edition, Binding::Edition),
            (self.thread == *place.thread, Binding::Thread),
        ];
        match bindings.into_iter().find(|(holds, _)| !holds) {
            Some((_, binding)) => Err(LetterError::Binding(binding)),
            None => Ok(()),
        }
    }
}

fn add(count: Count, more: usize) -> Result<Count, LetterError> {
    Ok(Count::try_from(count.get().saturating_add(more as u64))?)
}

/// Seals a letter into exactly [`LETTER_LEN`] bytes.
///
/// # Errors
///
/// [`LetterError`] if it does not fit; see [`Letter::fit`].
pub fn seal_letter(
    letter: &Letter,
    recipient: &Recipient,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, LetterError> {
    letter.check()?;
    letter.text_len()?;
    let mut text = Zeroizing::new(Vec::with_capacity(LETTER_TEXT_LEN));
    text.extend_from_slice(&Zeroizing::new(to_json(letter)?));
    text.resize(LETTER_TEXT_LEN, b' ');
    seal_text(&text, recipient, rng)
}

/// Makes a letter that nobody can open, for the free places of an edition.
///
/// # Errors
///
/// [`LetterError::Write`] if the library refuses.
pub fn decoy_letter(rng: &mut impl CryptoRng) -> Result<Vec<u8>, LetterError> {
    let recipient = Recipient::throwaway(rng);
    seal_text(&[b' '; LETTER_TEXT_LEN], &recipient, rng)
}

fn seal_text(text: &[u8], recipient: &Recipient, rng: &mut impl CryptoRng) -> Result<Vec<u8>, LetterError> {
    let out = Vec::with_capacity(LETTER_LEN);
    let mut writer = AgeWriter::new(std::slice::from_ref(recipient), out, rng)?;
    writer.write_all(text).map_err(WriteError::Io)?;
    let sealed = writer.finish().map_err(WriteError::Io)?;
    if sealed.len() == LETTER_LEN { Ok(sealed) } else { Err(LetterError::Length) }
}

/// Opens a letter and checks that it says of itself where it was found.
///
/// # Errors
///
/// [`LetterError`]; then nothing of it is to be shown.
pub fn open_letter(
    sealed: &[u8],
    identity: &Identity,
    place: &LetterPlace<'_>,
) -> Result<Letter, LetterError> {
    if sealed.len() != LETTER_LEN {
        return Err(LetterError::Length);
    }
    if header_desks(sealed).map_err(OpenError::from)? != 1 {
        return Err(LetterError::Length);
    }
    let mut text = Zeroizing::new(vec![0; LETTER_TEXT_LEN]);
    let mut reader = open(sealed, &[identity])?;
    read_all(&mut reader, &mut text).map_err(OpenError::from)?;
    let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    let letter: Letter = from_json(text.get(..end).unwrap_or_default(), LETTER_TEXT_LEN)?;
    letter.check()?;
    letter.check_place(place)?;
    Ok(letter)
}

/// Fills `out` and makes sure that nothing follows.
fn read_all(reader: &mut impl Read, out: &mut [u8]) -> io::Result<()> {
    reader.read_exact(out)?;
    match reader.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(OpenError::Payload.into()),
    }
}

#[cfg(test)]
mod tests;
