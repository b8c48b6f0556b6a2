//! Signing a card: a description by the agency, a form, the requests of its desks, and one root key.

use bisik_formats::card::{
    Card, CardError, Contact, Desk, KeyWindow, LETTER_SIZE, Limits, MAX_BUNDLE, VerifiedCard, write_bundle,
};
use bisik_formats::day::Day;
use bisik_formats::form::{Form, FormError, Text};
use bisik_formats::ids::DeskId;
use bisik_formats::json::Count;
use bisik_formats::keys::SigningKey;
use serde::Deserialize;

use super::{RootError, RootFolder, demanded_identity};
use crate::request::DeskRequest;

/// Days that a card is valid unless its description says otherwise.
const VALIDITY: u32 = 365;
/// Days that a desk's old key stays on the card beside its new one.
const KEY_OVERLAP: i32 = 14;
/// Days beyond the card's last one that a desk's key may sign: the next card may be late.
const KEY_MARGIN: i32 = 30;

/// Bytes of evidence in one report unless the description says otherwise. A single file of an archive is one byte
/// shorter at most.
const REPORT_BYTES: u64 = 4 << 30;

/// What an agency writes into its card, as TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardDescription {
    /// The agency's names.
    pub names: Text,
    /// Letters in an edition.
    #[serde(default = "default_letters")]
    pub letters: u32,
    /// Days between editions.
    #[serde(default = "default_interval")]
    pub interval: u32,
    /// Days that the card is valid.
    #[serde(default = "default_validity")]
    pub validity: u32,
    /// What a report may weigh.
    #[serde(default)]
    pub limits: LimitsDescription,
    /// Whom to turn to in danger.
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// Desks to leave off the new card, although the last one has them.
    #[serde(default)]
    pub without_desks: Vec<DeskId>,
}

/// Limits in the description.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsDescription {
    /// Bytes of all evidence in one report.
    pub report_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
}

impl Default for LimitsDescription {
    fn default() -> Self {
        Self { report_bytes: REPORT_BYTES, file_bytes: REPORT_BYTES - 1 }
    }
}

const fn default_letters() -> u32 {
    64
}

const fn default_interval() -> u32 {
    3
}

const fn default_validity() -> u32 {
    VALIDITY
}

/// Everything that goes into a card.
pub struct CardOrder {
    description: CardDescription,
    form: Form,
    requests: Vec<DeskRequest>,
}

/// A signed card.
pub struct SignedCard {
    /// The bundle for desks and server.
    pub bundle: Vec<u8>,
    /// Its checked content.
    pub card: VerifiedCard,
}

impl CardOrder {
    /// Returns the requests, whose fingerprints are to be compared with the desks.
    pub fn requests(&self) -> &[DeskRequest] {
        &self.requests
    }

    /// Returns the letters in an edition.
    pub const fn letters(&self) -> u32 {
        self.description.letters
    }
}

/// Reads what a card is to hold. `form` may be in a file of its own.
///
/// # Errors
///
/// [`RootError::Description`], [`RootError::Request`] and others.
pub fn order(
    root: &RootFolder,
    description: &str,
    form: &str,
    requests: &[Vec<u8>],
) -> Result<CardOrder, RootError> {
    let described = |error: toml::de::Error| RootError::Description { detail: error.message().to_owned() };
    let description: CardDescription = toml::from_str(description).map_err(described)?;
    let form: Form = toml::from_str(form).map_err(described)?;
    check_form(&form)?;
    let requests: Vec<DeskRequest> =
        requests.iter().map(|bytes| DeskRequest::parse(bytes)).collect::<Result<_, _>>()?;
    if requests.iter().any(|request| request.agency != root.agency()) {
        return Err(RootError::RequestAgency);
    }
    let mut desks: Vec<&DeskId> = requests.iter().map(|request| &request.desk).collect();
    desks.sort();
    desks.dedup();
    if desks.len() != requests.len() {
        return Err(RootError::RequestTwice);
    }
    Ok(CardOrder { description, form, requests })
}

/// Checks the rules of forms, and that no question in whatever words demands to know who the reporter is.
fn check_form(form: &Form) -> Result<(), RootError> {
    match form.check() {
        Err(error) if error != FormError::DemandsIdentity => return Err(CardError::from(error).into()),
        _ => {}
    }
    let demanded = demanded_identity(form).map(str::to_owned);
    demanded.map_or(Ok(()), |field| Err(RootError::DemandsIdentity { field }))
}

/// Signs a card. Its serial is one more than that of the last card signed here, or of `known`, a card that may have
/// been signed with a copy of the folder.
///
/// # Errors
///
/// [`RootError`]; then nothing was signed.
pub fn sign_card(
    root: &RootFolder,
    order: &CardOrder,
    known: Option<&[u8]>,
    key: &SigningKey,
    today: Day,
) -> Result<SignedCard, RootError> {
    let mut last = root.last_card()?;
    if let Some(known) = known.filter(|known| known.len() <= MAX_BUNDLE) {
        let known = VerifiedCard::verify(known, &root.agency())?;
        // A longer chain of root keys than ours: this folder is an old copy and must not sign.
        if known.roots().notes() > root.roots().notes() {
            return Err(RootError::Rollback { held: known.card().serial.get() });
        }
        if last.as_ref().is_none_or(|last| known.card().serial > last.card().serial) {
            last = Some(known);
        }
    }
    let last = last.as_ref().map(VerifiedCard::card);
    let card = card(root, order, last, today)?;
    let note = card.sign(&[key])?;
    let bundle = write_bundle(root.successions(), &note).map_err(|_| RootError::Damaged)?;
    let verified = VerifiedCard::verify(&bundle, &root.agency())?;
    root.store_card(&bundle)?;
    Ok(SignedCard { bundle, card: verified })
}

fn card(root: &RootFolder, order: &CardOrder, last: Option<&Card>, today: Day) -> Result<Card, RootError> {
    let description = &order.description;
    if let Some(last) = last.filter(|last| last.issued > today) {
        return Err(RootError::Rollback { held: last.serial.get() });
    }
    let serial = last.map_or(0, |last| last.serial.get()) + 1;
    let expires = today.plus(i32::try_from(description.validity).unwrap_or(i32::MAX));
    let count = |number: u64| Count::try_from(number).map_err(CardError::from);
    Ok(Card {
        agency: root.agency(),
        names: description.names.clone(),
        roots: root.roots().current().to_vec(),
        serial: count(serial)?,
        issued: today,
        expires,
        desks: desks(order, last, today, expires),
        letters: description.letters,
        letter_size: LETTER_SIZE,
        interval: description.interval,
        form: order.form.clone(),
        limits: Limits {
            report_bytes: count(description.limits.report_bytes)?,
            file_bytes: count(description.limits.file_bytes)?,
        },
        contacts: description.contacts.clone(),
    })
}

/// Desks of the last card keep their place; new ones follow in the order of their requests.
fn desks(order: &CardOrder, last: Option<&Card>, today: Day, expires: Day) -> Vec<Desk> {
    let to = expires.plus(KEY_MARGIN);
    let mut desks: Vec<Desk> = last.map(|last| last.desks.clone()).unwrap_or_default();
    desks.retain(|desk| !order.description.without_desks.contains(&desk.id));
    for request in &order.requests {
        let window = KeyWindow { key: request.key, from: today, to };
        match desks.iter_mut().find(|desk| desk.id == request.desk) {
            Some(desk) => {
                desk.names = request.names.clone();
                add_key(desk, window, today);
            }
            None => desks.push(Desk {
                id: request.desk.clone(),
                names: request.names.clone(),
                keys: vec![window],
            }),
        }
    }
    for desk in &mut desks {
        desk.keys.retain(|window| window.to >= today);
        // The newest key of a desk lives as long as the card.
        if let Some(newest) = desk.keys.iter_mut().max_by_key(|window| (window.from, window.to)) {
            newest.to = to;
        }
    }
    desks.retain(|desk| !desk.keys.is_empty());
    desks
}

/// Adds a key to a desk; other keys end soon.
fn add_key(desk: &mut Desk, window: KeyWindow, today: Day) {
    if desk.keys.iter().any(|known| known.key == window.key) {
        return;
    }
    for old in &mut desk.keys {
        old.to = old.to.min(today.plus(KEY_OVERLAP));
    }
    desk.keys.push(window);
}
