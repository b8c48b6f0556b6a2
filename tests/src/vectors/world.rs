//! The small agency that all vectors are about: two desks, two root keys, one thread.

use std::collections::BTreeMap;

use bisik_formats::answers::{Answer, Value, When};
use bisik_formats::card::{Card, Contact, Desk, KeyWindow, Limits, VerifiedCard, write_bundle};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::form::{Form, Text, YesNo};
use bisik_formats::ids::{AgencyId, DeskId, Digest, Salt};
use bisik_formats::keys::SigningKey;
use bisik_formats::succession::Succession;
use bisik_sealing::hybrid::Identity;
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{Kind, Language, ReportContent, ReportFormat, ReportNonce, ThreadPublic};
use bisik_sealing::schedule::ThreadKeys;
use zeroize::Zeroizing;

use super::random::Recorded;

/// Keys and documents of the agency.
pub(super) struct World {
    /// The agency.
    pub(super) agency: AgencyId,
    /// The root keys; the first founds the agency, the second enters by a succession note.
    pub(super) roots: [SigningKey; 2],
    /// The desks, in card order.
    pub(super) desks: [VectorDesk; 2],
    /// The receipt of the thread.
    pub(super) receipt: Receipt,
    /// Its keys.
    pub(super) keys: ThreadKeys,
}

/// A desk with its secrets.
pub(super) struct VectorDesk {
    /// Its name.
    pub(super) id: DeskId,
    /// Opens reports.
    pub(super) identity: Identity,
    /// Signs editions and acknowledgements.
    pub(super) signing: SigningKey,
}

/// Returns a day.
pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Returns the key whose seed repeats one byte.
pub(super) fn signing_key(byte: u8) -> SigningKey {
    SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
}

/// Returns the identity whose seed repeats one byte.
pub(super) fn identity(byte: u8) -> Identity {
    Identity::from_seed(Zeroizing::new([byte; 32]))
}

impl World {
    /// Makes the agency; it is always the same.
    pub(super) fn new() -> Self {
        let roots = [signing_key(1), signing_key(2)];
        let agency = AgencyId::from_first_root(&roots[0].verify_key());
        let desk = |name: &str, byte| VectorDesk {
            id: name.parse().unwrap(),
            identity: identity(byte),
            signing: signing_key(byte),
        };
        let receipt = Receipt::generate(&agency, &mut Recorded::new("receipt"));
        let keys = receipt.keys().unwrap();
        Self { agency, roots, desks: [desk("inspektorat", 11), desk("walikota", 12)], receipt, keys }
    }

    /// Returns the form on the card.
    pub(super) fn form(&self) -> Form {
        toml::from_str(include_str!("form.toml")).unwrap()
    }

    /// Returns the card with this serial.
    pub(super) fn card(&self, serial: u32) -> Card {
        let text = |id: &str, en: &str| Text { id: id.into(), en: en.into() };
        let desk = |desk: &VectorDesk| Desk {
            id: desk.id.clone(),
            names: text("Inspektorat Kota", "City inspectorate"),
            keys: vec![KeyWindow {
                key: desk.signing.verify_key(),
                from: day("2026-01-01"),
                to: day("2026-12-31"),
            }],
        };
        Card {
            agency: self.agency,
            names: text("Pemerintah Kota Contoh", "Example City"),
            roots: self.roots.iter().map(SigningKey::verify_key).collect(),
            serial: serial.into(),
            issued: day("2026-01-01"),
            expires: day("2026-12-31"),
            desks: self.desks.iter().map(desk).collect(),
            letters: 2,
            letter_size: 8192,
            interval: 3,
            form: self.form(),
            limits: Limits { report_bytes: (100 << 20).into(), file_bytes: (25 << 20).into() },
            contacts: vec![Contact { names: text("LPSK", "Witness protection"), address: "148".into() }],
        }
    }

    /// Returns the note by which the second root key enters.
    pub(super) fn succession(&self) -> Vec<u8> {
        let roots = self.roots.iter().map(SigningKey::verify_key).collect();
        let content = Succession { number: 1.into(), issued: day("2026-01-01"), roots };
        content.sign(&self.agency, &self.roots[0], &self.roots[1]).unwrap()
    }

    /// Returns the bundle of card 3.
    pub(super) fn bundle(&self) -> Vec<u8> {
        let card = self.card(3).sign(&[&self.roots[0]]).unwrap();
        write_bundle(&[self.succession()], &card).unwrap()
    }

    /// Returns card 3, verified.
    pub(super) fn verified_card(&self) -> VerifiedCard {
        VerifiedCard::verify(&self.bundle(), &self.agency).unwrap()
    }

    /// Returns the number of the edition of the vectors.
    pub(super) fn edition(&self) -> EditionNumber {
        "202603041".parse().unwrap()
    }

    /// Returns the salt of that edition.
    pub(super) fn salt(&self) -> Salt {
        Salt::from_bytes([0x5a; 32])
    }

    /// Returns a report without evidence to the first desk.
    pub(super) fn content(&self) -> ReportContent {
        let answer = |field: &str, value| Answer { field: field.into(), entry: None, part: None, value };
        let part = |part: &str, text: &str| Answer {
            field: "siapa".into(),
            entry: Some(1),
            part: Some(part.into()),
            value: Value::Text(text.into()),
        };
        ReportContent {
            format: ReportFormat::V1,
            agency: self.agency,
            card: 3.into(),
            to: vec![self.desks[0].id.clone()],
            kind: Kind::Report,
            nonce: ReportNonce::generate(&mut Recorded::new("report nonce")),
            seen: BTreeMap::from([(self.desks[0].id.clone(), (self.edition(), Digest::of(b"header")))]),
            language: Language::Id,
            form: self.form().id,
            answers: vec![
                answer("kategori", Value::Choice(vec!["suap".into()])),
                answer("apa", Value::Text("Uang diminta \"di loket\" — Rp50.000 🙂.".into())),
                part("jabatan", "Kepala bidang"),
                answer("kapan", Value::When(When::Month("2026-02".parse().unwrap()))),
                answer("di_mana", Value::Unknown),
                answer("atasan", Value::YesNo(YesNo::No)),
            ],
            message: "Mohon diperiksa.\nTerima kasih.".into(),
            evidence: Vec::new(),
            thread: ThreadPublic::of(&self.keys).unwrap(),
        }
    }
}
