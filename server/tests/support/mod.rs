//! An agency with its keys, for tests: what a root, desks and reporters would send to a server.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation)]

use bisik_formats::access::AccessToken;
use bisik_formats::acknowledgement::Acknowledgement;
use bisik_formats::bundle::write_frames;
use bisik_formats::card::{Card, Desk, KeyWindow, LETTER_SIZE, Limits, VerifiedCard, write_bundle};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::{EditionHeader, write_body};
use bisik_formats::form::{Choice, Field, FieldKind, Form, Need, Section, Status, Text};
use bisik_formats::ids::{Address, AgencyId, DeskId, Digest, RecipientText, ReportId, Salt};
use bisik_formats::json::Count;
use bisik_formats::keys::SigningKey;
use bisik_formats::padding::{TEXT_SIZE, header_len, sealed_len};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Noon of 2026-11-22.
pub const NOON: u64 = 1_795_348_800;

pub fn today() -> Day {
    Day::from_unix_seconds(NOON).unwrap()
}

/// An agency with one root and some desks.
pub struct World {
    pub rng: StdRng,
    pub root: SigningKey,
    pub id: AgencyId,
    pub desks: Vec<(DeskId, SigningKey)>,
    pub token: AccessToken,
    pub letters: u32,
    pub report_bytes: u32,
    pub day: Day,
    pub issued: Day,
    pub expires: Day,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::for_day(seed, today())
    }

    /// Returns a world whose keys and card are valid around a day.
    pub fn for_day(seed: u64, day: Day) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let root = SigningKey::generate(&mut rng).unwrap();
        let id = AgencyId::from_first_root(&root.verify_key());
        let desks = ["pengawas", "inspektorat"]
            .map(|name| (name.parse().unwrap(), SigningKey::generate(&mut rng).unwrap()))
            .into();
        let token = AccessToken::generate(&mut rng);
        let (issued, expires) = (day.plus(-10), day.plus(300));
        Self { rng, root, id, desks, token, letters: 2, report_bytes: 50 << 20, day, issued, expires }
    }

    /// Returns the configuration of a server for this agency.
    pub fn config(&self, data: &std::path::Path, batch: &str, more: &str) -> String {
        let data = data.display();
        format!(
            "data = \"{data}\"\nlanguage = \"en\"\n[public]\nlisten = \"127.0.0.1:0\"\n[courier]\nlisten = \"127.0.0.1:0\"\n\
             {more}\n[[agency]]\npath = \"contoh\"\nid = \"{}\"\nbatch = \"{batch}\"\nquota_mib = 100\ntext_reserve_mib = 10\n\
             courier_tokens = [\"{}\"]\n",
            self.id.fingerprint(),
            self.token.hash()
        )
    }

    pub fn card(&self, serial: u32) -> Card {
        let text = || Text { id: "Teks".to_owned(), en: "Text".to_owned() };
        let desks = self.desks.iter().map(|(id, key)| Desk {
            id: id.clone(),
            names: text(),
            keys: vec![KeyWindow {
                key: key.verify_key(),
                from: self.day.plus(-100),
                to: self.day.plus(300),
            }],
        });
        let question = Field {
            id: "apa".to_owned(),
            label: text(),
            help: None,
            need: Need::Required,
            kind: FieldKind::Text { long: true, min: 1, max: 1000 },
            role: None,
        };
        Card {
            agency: self.id,
            names: text(),
            roots: vec![self.root.verify_key()],
            serial: Count::from(serial),
            issued: self.issued,
            expires: self.expires,
            desks: desks.collect(),
            letters: self.letters,
            letter_size: LETTER_SIZE,
            interval: 3,
            form: Form {
                id: "uji_1".to_owned(),
                sections: vec![Section { id: "satu".to_owned(), title: text(), fields: vec![question] }],
                one_of: Vec::new(),
                categories: vec![Choice { id: "suap".to_owned(), label: text() }],
                self_check: Vec::new(),
                guidance: Vec::new(),
                statuses: vec![Status { id: "baru".to_owned(), label: text(), shown: true, ends: false }],
                clocks: Vec::new(),
            },
            limits: Limits {
                report_bytes: Count::from(self.report_bytes),
                file_bytes: Count::from(self.report_bytes),
            },
            contacts: Vec::new(),
        }
    }

    pub fn bundle(&self, serial: u32) -> Vec<u8> {
        write_bundle(&[], &self.card(serial).sign(&[&self.root]).unwrap()).unwrap()
    }

    /// Returns header note and body of an edition under the card with this serial.
    pub fn edition(&mut self, desk: usize, number: &str, serial: u32) -> (Vec<u8>, Vec<u8>) {
        let bundle = self.bundle(serial);
        let card = VerifiedCard::verify(&bundle, &self.id).unwrap();
        let places: Vec<_> = (0..self.letters)
            .map(|_| {
                let mut address = [0; 16];
                self.rng.fill_bytes(&mut address);
                (Address::from_bytes(address), self.filling(LETTER_SIZE as usize))
            })
            .collect();
        let body = write_body(places).unwrap();
        let number: EditionNumber = number.parse().unwrap();
        let header = EditionHeader {
            number,
            date: number.day(),
            until: number.day().plus(9),
            card_serial: Count::from(serial),
            card_hash: card.hash(),
            recipient: recipient(),
            letters: self.letters,
            letter_size: LETTER_SIZE,
            salt: Salt::from_bytes([7; 32]),
            body_hash: Digest::of(&body),
        };
        let (desk, key) = &self.desks[desk];
        (header.sign(&self.id, desk, key).unwrap(), body)
    }

    pub fn framed(&mut self, desk: usize, number: &str, serial: u32) -> Vec<u8> {
        let (header, body) = self.edition(desk, number, serial);
        write_frames(&[&header, &body]).unwrap()
    }

    pub fn acknowledgement(&self, desk: usize, ids: &[ReportId]) -> Vec<u8> {
        let (desk, key) = &self.desks[desk];
        Acknowledgement::new(desk.clone(), ids.to_vec()).unwrap().sign(&self.id, key).unwrap()
    }

    /// Returns bytes with the outer shape of a report; nobody can open them.
    pub fn sealed(&mut self, desks: usize, padded: u64) -> Vec<u8> {
        let mut sealed = b"age-encryption.org/v1\n".to_vec();
        for _ in 0..desks {
            sealed.extend_from_slice(b"-> mlkem768x25519 ");
            self.symbols(&mut sealed, 1494);
            self.symbols(&mut sealed, 43);
        }
        sealed.extend_from_slice(b"--- ");
        self.symbols(&mut sealed, 43);
        assert_eq!(sealed.len() as u64, header_len(desks));
        let rest = sealed_len(desks, padded) as usize - sealed.len();
        sealed.extend(self.filling(rest));
        sealed
    }

    /// Returns bytes that differ from all others, without the cost of so much randomness in a test build.
    fn filling(&mut self, length: usize) -> Vec<u8> {
        let mut block = [0; 64];
        self.rng.fill_bytes(&mut block);
        let mut filling = block.repeat(length / block.len() + 1);
        filling.truncate(length);
        filling
    }

    pub fn text(&mut self) -> Vec<u8> {
        let desks = self.desks.len();
        self.sealed(desks, TEXT_SIZE)
    }

    fn symbols(&mut self, to: &mut Vec<u8>, count: usize) {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut random = vec![0; count];
        self.rng.fill_bytes(&mut random);
        to.extend(random.iter().map(|byte| ALPHABET[usize::from(byte % 64)]));
        to.push(b'\n');
    }
}

/// Returns the hex digest of the header of a sealed report, for the request header.
pub fn header_digest(sealed: &[u8], desks: usize) -> String {
    let header = sealed.get(..header_len(desks) as usize).unwrap_or(sealed);
    Digest::of(header).to_string()
}

fn recipient() -> RecipientText {
    let text = format!("age1pq1{}", "q".repeat(1952));
    text.parse().unwrap()
}
