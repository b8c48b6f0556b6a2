//! Publishing: one edition with a letter for every open thread, an acknowledgement, and perhaps the card.
//!
//! Reads case state only, never a report. What was promised is made durable in the vault before the stick is
//! written: a number is used once, whatever happens to the stick.

mod letters;
mod outbox;

use std::path::Path;

use bisik_formats::acknowledgement::{Acknowledgement, AcknowledgementError, MAX_IDS};
use bisik_formats::card::{CardError, VerifiedCard};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::{EditionError, EditionHeader, MAX_UNTIL, VerifiedHeader, write_body};
use bisik_formats::ids::{Digest, ReportId, Salt};
use bisik_sealing::hybrid::Recipient;
use bisik_sealing::letter::LetterError;
use bisik_term::files::FileError;
use rand::CryptoRng;
use serde::Serialize;

use crate::cases;
use crate::desk::{Desk, DeskError, counters, put_counters};
use crate::guard::{self, GuardError, OwnEdition};
use crate::identities::{self, KeptIdentity};
use crate::import::{ImportedFile, forget_old};
use crate::selftest::{self, SelfTestError};
use crate::vault::{Action, Records, Table, Vault, VaultError};

use letters::{Letters, Place};
use outbox::Found;
pub use outbox::OutboxError;

/// An edition stands this many intervals unless told otherwise.
const INTERVALS: i32 = 3;
/// So many editions carry a new card along, in case a stick is lost.
const CARD_EDITIONS: u32 = 3;
/// From this share of places on the officer is warned, in percent.
const FULL: usize = 70;

/// Marks a vault that comes from a backup and has published nothing since.
const RESTORED: &[u8] = b"restored";

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The date is not believed.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The self-test failed.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    /// The desk refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The card does not let this desk sign today.
    #[error("the card does not let this desk sign today")]
    KeyWindow,
    /// `until` is not from today to 60 days on.
    #[error("the last day of the edition is out of range")]
    Until,
    /// The outbox on the stick is not what this desk has left there.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The edition could not be made.
    #[error(transparent)]
    Edition(#[from] EditionError),
    /// A letter for nobody could not be made.
    #[error(transparent)]
    Letter(#[from] LetterError),
    /// The acknowledgement could not be made.
    #[error(transparent)]
    Acknowledgement(#[from] AcknowledgementError),
    /// The stick could not be written. The number is used up; publish again.
    #[error(transparent)]
    Stick(#[from] FileError),
}

impl From<CardError> for PublishError {
    fn from(error: CardError) -> Self {
        Self::Desk(error.into())
    }
}

/// What an officer may decide about an edition.
#[derive(Default, Clone, Copy)]
pub struct Choices {
    /// The last day it stands.
    pub until: Option<Day>,
    /// Whether a date that is not believed has been confirmed.
    pub date_confirmed: bool,
    /// Whether an outbox with a newer or forked edition is to be replaced.
    pub replace_outbox: bool,
    /// Whether the card is written even if it has been before.
    pub with_card: bool,
}

/// What an edition holds.
#[derive(Debug, Serialize)]
pub struct Published {
    /// Its number.
    pub number: EditionNumber,
    /// The last day it stands.
    pub until: Day,
    /// Open threads that have a letter.
    pub letters: usize,
    /// Places in all.
    pub places: usize,
    /// Numbers of cases for which there was no room.
    pub without_room: Vec<u32>,
    /// Numbers of cases whose letter could not be made.
    pub failed: Vec<u32>,
    /// Sealed files that are acknowledged.
    pub acknowledged: usize,
    /// Whether the card was written.
    pub with_card: bool,
    /// Whether the stick carries a newer card than the desk holds.
    pub newer_card: bool,
    /// Whether a new identity was made for it.
    pub new_identity: bool,
    /// Old identities destroyed.
    pub destroyed: u32,
    /// Whether so many places are taken that a larger edition should be considered.
    pub nearly_full: bool,
    /// Whether it stands longer than three intervals.
    pub stands_long: bool,
    /// Whether something in the outbox that was no edition of this desk has been replaced.
    pub replaced_foreign: bool,
}

/// Makes an edition and writes the outbox on a stick.
///
/// # Errors
///
/// [`PublishError`]. After [`PublishError::Stick`] the number is used up; the next edition has the next one.
pub fn publish(
    desk: &mut Desk,
    stick: &Path,
    choices: Choices,
    today: Day,
    rng: &mut impl CryptoRng,
) -> Result<Published, PublishError> {
    guard::check_date(desk, today, choices.date_confirmed)?;
    let until = check_until(desk, choices.until, today)?;
    selftest::check_identity(desk, rng)?;
    let found = outbox::look(stick, desk, desk.card()?)?;
    if !choices.replace_outbox {
        check_restored(desk, &found)?;
    }
    let last = last_number(desk, &found, choices.replace_outbox)?;
    let (identity, new_identity) = current_identity(desk, today, rng)?;
    let number = EditionNumber::next(last, today);
    let salt = Salt::from_bytes(random(rng));
    let card = desk.card()?.clone();
    let letters = letters::seal_all(desk, &card, &Place { number, salt, today }, rng)?;
    let made = Made { identity, number, until, salt };
    let (header, body) = sign(desk, &card, &made, &letters, today)?;
    let acknowledged = acknowledged_ids(desk, today)?;
    let with_card = choices.with_card || counters(desk.records())?.card_editions < CARD_EDITIONS;
    let note = acknowledgement(desk, acknowledged.clone())?;
    let destroyed = record(desk, &made, &header, &found, today)?;
    let newer_card = outbox::put_card(stick, &card, with_card)?;
    outbox::write(stick, desk, &header, &body, note.as_deref())?;
    let summary = summary(&card, &made, letters, acknowledged.len(), today);
    Ok(summary.with(&found, destroyed, [with_card, new_identity, newer_card]))
}

/// What belongs to one edition beside its letters.
struct Made {
    identity: KeptIdentity,
    number: EditionNumber,
    until: Day,
    salt: Salt,
}

fn check_until(desk: &Desk, asked: Option<Day>, today: Day) -> Result<Day, PublishError> {
    let card = desk.card()?;
    card.check_day(today)?;
    let named = card.card().desk(&desk.info().desk).ok_or(DeskError::NotOnCard)?;
    if !named.keys_on(today).contains(&desk.signing().verify_key()) {
        return Err(PublishError::KeyWindow);
    }
    let until = asked.unwrap_or_else(|| today.plus(standard_days(card)));
    if (0..=MAX_UNTIL).contains(&until.days_since(today)) { Ok(until) } else { Err(PublishError::Until) }
}

fn standard_days(card: &VerifiedCard) -> i32 {
    i32::try_from(card.card().interval).unwrap_or(MAX_UNTIL).saturating_mul(INTERVALS).min(MAX_UNTIL)
}

/// Refuses a stick whose outbox holds an edition of this desk that the vault does not know: the vault is an old
/// backup, or the desk's key is in use elsewhere.
///
/// # Errors
///
/// [`OutboxError`].
pub(crate) fn check_outbox(desk: &Desk, stick: &Path) -> Result<(), OutboxError> {
    // Without a card nothing has been published yet.
    let Ok(card) = desk.card() else { return Ok(()) };
    let found = outbox::look(stick, desk, card)?;
    check_restored(desk, &found)?;
    last_number(desk, &found, false)?;
    Ok(())
}

/// Notes that the vault comes from a backup: until the next edition, it must see the last one.
pub(crate) fn note_restored(records: &mut Records, today: Day) -> Result<(), VaultError> {
    records.put_json(Table::Settings, RESTORED, &today)
}

/// A restored vault may be older than it knows: without the outbox of the last edition nothing would tell.
fn check_restored(desk: &Desk, found: &Found) -> Result<(), OutboxError> {
    let unseen = !matches!(found, Found::Edition { .. });
    if unseen && desk.records().has(Table::Settings, RESTORED)? { Err(OutboxError::Restored) } else { Ok(()) }
}

/// Compares the outbox with what the vault remembers; returns the number to go on from.
fn last_number(desk: &Desk, found: &Found, replace: bool) -> Result<Option<EditionNumber>, OutboxError> {
    let own = guard::editions(desk.records())?;
    let last = own.last().map(|edition| edition.number);
    let Found::Edition { number, hash } = found else { return Ok(last) };
    let known = own.iter().find(|edition| edition.number == *number);
    match known {
        Some(known) if known.hash == *hash => Ok(last),
        _ if replace => Ok(last.max(Some(*number))),
        None if last.is_none_or(|last| *number > last) => Err(OutboxError::Newer { number: *number }),
        _ => Err(OutboxError::Forked { number: *number }),
    }
}

/// Returns the identity to publish: a new one once a week, durable before anybody can seal to it.
fn current_identity(
    desk: &mut Desk,
    today: Day,
    rng: &mut impl CryptoRng,
) -> Result<(KeptIdentity, bool), VaultError> {
    if let Some(kept) = identities::current(desk.records())?
        && !kept.is_due(today)
    {
        return Ok((kept, false));
    }
    Ok((rotate(desk, today, rng)?, true))
}

/// Makes a new identity now; the next edition publishes it.
///
/// # Errors
///
/// [`GuardError`].
pub fn rotate_now(desk: &mut Desk, today: Day, rng: &mut impl CryptoRng) -> Result<(), GuardError> {
    guard::check_date(desk, today, false)?;
    rotate(desk, today, rng)?;
    Ok(())
}

fn rotate(desk: &mut Desk, today: Day, rng: &mut impl CryptoRng) -> Result<KeptIdentity, VaultError> {
    let officer = desk.vault().officer().clone();
    desk.vault_mut().records_mut().transaction(|records| identities::rotate(records, &officer, today, rng))
}

/// Signs the header and checks the whole edition as a reporter would.
fn sign(
    desk: &Desk,
    card: &VerifiedCard,
    made: &Made,
    letters: &Letters,
    today: Day,
) -> Result<(Vec<u8>, Vec<u8>), PublishError> {
    let body = write_body(letters.places.clone())?;
    let header = EditionHeader {
        number: made.number,
        date: today,
        until: made.until,
        card_serial: card.card().serial,
        card_hash: card.hash(),
        recipient: identities::recipient_text(&made.identity.identity())?,
        letters: card.card().letters,
        letter_size: card.card().letter_size,
        salt: made.salt,
        body_hash: Digest::of(&body),
    };
    let info = desk.info();
    let note = header.sign(&info.agency, &info.desk, desk.signing())?;
    VerifiedHeader::verify(&note, card)?.check_body(&body)?;
    Recipient::parse(&header.recipient).map_err(|_| VaultError::Crypto)?;
    Ok((note, body))
}

/// Everything that the server may still hold: what is older it has deleted by itself.
fn acknowledged_ids(desk: &Desk, today: Day) -> Result<Vec<ReportId>, VaultError> {
    let mut files: Vec<ImportedFile> = desk.records().all_json(Table::Imported)?;
    let kept = identities::kept_days(desk.info().retention);
    files.retain(|file| today.days_since(file.day) <= kept);
    files.sort_by_key(|file| std::cmp::Reverse(file.day));
    Ok(files.into_iter().take(MAX_IDS).map(|file| file.id).collect())
}

fn acknowledgement(desk: &Desk, ids: Vec<ReportId>) -> Result<Option<Vec<u8>>, PublishError> {
    if ids.is_empty() {
        return Ok(None);
    }
    let info = desk.info();
    Ok(Some(Acknowledgement::new(info.desk.clone(), ids)?.sign(&info.agency, desk.signing())?))
}

/// Makes the edition durable in the vault, and destroys identities whose time is over.
fn record(
    desk: &mut Desk,
    made: &Made,
    header: &[u8],
    found: &Found,
    today: Day,
) -> Result<u32, PublishError> {
    let hash = VerifiedHeader::verify(header, desk.card()?)?.hash();
    let (officer, retention) = (desk.vault().officer().clone(), desk.info().retention);
    let own = OwnEdition { number: made.number, hash, date: today, until: made.until };
    let number = made.number.to_string();
    let known = guard::editions(desk.records())?;
    let replaced = matches!(found, Found::Edition { hash, .. } if known.iter().all(|own| own.hash != *hash));
    let destroyed: Result<u32, VaultError> = desk.vault_mut().records_mut().transaction(|records| {
        records.put_json(Table::Editions, number.as_bytes(), &own)?;
        let mut counters = counters(records)?;
        counters.card_editions = counters.card_editions.saturating_add(1);
        put_counters(records, &counters)?;
        note_identity(records, made)?;
        records.delete(Table::Settings, RESTORED)?;
        if replaced {
            Vault::note_in(records, &officer, today, Action::OutboxReplaced, &number)?;
        }
        Vault::note_in(records, &officer, today, Action::Published, &number)?;
        forget_old(records, identities::kept_days(retention), today)?;
        identities::destroy_old(records, &officer, retention, today)
    });
    Ok(destroyed?)
}

fn note_identity(records: &mut Records, made: &Made) -> Result<(), VaultError> {
    match identities::current(records)? {
        Some(current) => identities::note_named(records, current, made.until),
        None => Ok(()),
    }
}

fn summary(card: &VerifiedCard, made: &Made, letters: Letters, acknowledged: usize, today: Day) -> Published {
    let places = letters.places.len();
    let wanted = letters.written + letters.without_room.len();
    Published {
        number: made.number,
        until: made.until,
        letters: letters.written,
        places,
        nearly_full: wanted * 100 >= places * FULL,
        without_room: letters.without_room,
        failed: letters.failed,
        acknowledged,
        with_card: false,
        newer_card: false,
        new_identity: false,
        destroyed: 0,
        stands_long: made.until > today.plus(standard_days(card)),
        replaced_foreign: false,
    }
}

impl Published {
    fn with(self, found: &Found, destroyed: u32, [with_card, new_identity, newer_card]: [bool; 3]) -> Self {
        let replaced_foreign = matches!(found, Found::Foreign);
        Self { with_card, new_identity, newer_card, destroyed, replaced_foreign, ..self }
    }
}

fn random<const N: usize>(rng: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Returns how many threads want a letter and how many places there are.
///
/// # Errors
///
/// [`DeskError`].
pub fn load(desk: &Desk, today: Day) -> Result<(usize, u32), DeskError> {
    let open = cases::all(desk)?.iter().filter(|case| case.is_open(today)).count();
    Ok((open, desk.card()?.card().letters))
}
