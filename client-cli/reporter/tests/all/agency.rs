//! An agency with two desks, whose documents are really signed; everything about them can be bent.

use std::collections::BTreeMap;

use bisik_formats::bundle::write_frames;
use bisik_formats::card::VerifiedCard;
use bisik_formats::card::{Card, Contact, Desk, KeyWindow, LETTER_SIZE, Limits, write_bundle};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::{EditionHeader, write_body};
use bisik_formats::form::Text;
use bisik_formats::ids::{Address, AgencyId, DeskId, Digest, Salt};
use bisik_formats::keys::SigningKey;
use bisik_formats::note::{Note, NoteType};
use bisik_sealing::hybrid::Identity;
use bisik_sealing::letter::{Letter, LetterFormat, LetterMessage, decoy_letter, seal_letter};
use bisik_sealing::receipt::Receipt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use zeroize::Zeroizing;

/// Letters in every edition of these tests.
const LETTERS: u32 = 4;

pub(crate) fn key(byte: u8) -> SigningKey {
    SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
}

fn text(words: &str) -> Text {
    Text { id: words.to_owned(), en: words.to_owned() }
}

/// The documents that a server has.
pub(crate) struct Agency {
    pub(crate) today: Day,
    pub(crate) card: Card,
    pub(crate) desks: Vec<TestDesk>,
    rng: StdRng,
}

pub(crate) struct TestDesk {
    pub(crate) id: DeskId,
    pub(crate) signing: u8,
    pub(crate) identity: Identity,
    pub(crate) header: EditionHeader,
    pub(crate) body: Vec<u8>,
}

impl Agency {
    /// Founds an agency whose card and first editions are of this day.
    pub(crate) fn new(today: Day) -> Self {
        let id = AgencyId::from_first_root(&key(1).verify_key());
        let desk = |name: &str, byte: u8| Desk {
            id: name.parse().unwrap(),
            names: text(&format!("Meja {name}")),
            keys: vec![KeyWindow {
                key: key(byte).verify_key(),
                from: today.plus(-300),
                to: today.plus(300),
            }],
        };
        let card = Card {
            agency: id,
            names: text("Lembaga Contoh"),
            roots: vec![key(1).verify_key()],
            serial: 3.into(),
            issued: today.plus(-10),
            expires: today.plus(300),
            desks: vec![desk("pusat", 11), desk("daerah", 12)],
            letters: LETTERS,
            letter_size: LETTER_SIZE,
            interval: 3,
            form: toml::from_str(include_str!("../../../../deploy/forms/kpk.toml")).unwrap(),
            limits: Limits { report_bytes: 8_000_000.into(), file_bytes: 4_000_000.into() },
            contacts: vec![Contact { names: text("LPSK"), address: "148".to_owned() }],
        };
        let mut agency = Self { today, card, desks: Vec::new(), rng: StdRng::seed_from_u64(7) };
        for (name, signing) in [("pusat", 11), ("daerah", 12)] {
            let identity = Identity::generate(&mut agency.rng);
            let recipient = identity.recipient().to_text().unwrap();
            let header = EditionHeader {
                number: EditionNumber::new(today, 0).unwrap(),
                date: today,
                until: today.plus(9),
                card_serial: agency.card.serial,
                card_hash: agency.verified().hash(),
                recipient,
                letters: LETTERS,
                letter_size: LETTER_SIZE,
                salt: Salt::from_bytes([signing; 32]),
                body_hash: Digest::of(b""),
            };
            let id = name.parse().unwrap();
            agency.desks.push(TestDesk { id, signing, identity, header, body: Vec::new() });
        }
        for desk in ["pusat", "daerah"] {
            agency.publish(desk, Vec::new());
        }
        agency
    }

    pub(crate) fn id(&self) -> AgencyId {
        self.card.agency
    }

    /// Returns the bundle of the card as it stands, signed by the root.
    pub(crate) fn bundle(&self) -> Vec<u8> {
        write_bundle(&[], &self.card.sign(&[&key(1)]).unwrap()).unwrap()
    }

    /// Returns a bundle whose card has two signatures, one of them foreign.
    pub(crate) fn bundle_with_two_signatures(&self) -> Vec<u8> {
        write_bundle(&[], &self.card.sign(&[&key(1), &key(9)]).unwrap()).unwrap()
    }

    /// Returns a bundle whose card is signed by somebody else.
    pub(crate) fn forged_bundle(&self) -> Vec<u8> {
        write_bundle(&[], &self.card.sign(&[&key(9)]).unwrap()).unwrap()
    }

    fn verified(&self) -> VerifiedCard {
        VerifiedCard::verify(&self.bundle(), &self.id()).unwrap()
    }

    pub(crate) fn desk(&mut self, name: &str) -> &mut TestDesk {
        self.desks.iter_mut().find(|desk| desk.id.as_str() == name).unwrap()
    }

    /// Makes the edition of a desk with these letters, and decoys in the free places.
    pub(crate) fn publish(&mut self, desk: &str, mut places: Vec<(Address, Vec<u8>)>) {
        let mut free = 0u8;
        while places.len() < LETTERS as usize {
            free += 1;
            places.push((Address::from_bytes([free; 16]), decoy_letter(&mut self.rng).unwrap()));
        }
        let desk = self.desk(desk);
        desk.body = write_body(places).unwrap();
        desk.header.body_hash = Digest::of(&desk.body);
    }

    /// Publishes an edition in which the thread of this receipt has a letter.
    pub(crate) fn answer(&mut self, desk: &str, receipt: &Receipt, bend: impl FnOnce(&mut Letter)) {
        let agency = self.id();
        let keys = receipt.keys().unwrap();
        let today = self.today;
        let (id, number, salt) = {
            let desk = self.desk(desk);
            (desk.id.clone(), desk.header.number, desk.header.salt)
        };
        let thread = keys.signing.verify_key();
        let mut letter = Letter {
            format: LetterFormat::V1,
            agency,
            desk: id.clone(),
            edition: number,
            thread,
            to: vec![id.clone()],
            received: Vec::new(),
            earlier_received: 0.into(),
            status: "perlu_lengkap".to_owned(),
            messages: vec![LetterMessage {
                date: today,
                text: "Mohon tambahkan waktu.\n\u{1b}[2J".to_owned(),
            }],
            earlier: 0.into(),
            questions: vec!["Kapan?".to_owned()],
            closes: None,
        };
        bend(&mut letter);
        let address = keys.letter_key.address(&agency, &id, number, &salt, &thread);
        let sealed = seal_letter(&letter, &keys.identity.recipient(), &mut self.rng).unwrap();
        self.publish(desk, vec![(address, sealed)]);
    }

    /// Returns the header note of a desk as it stands.
    pub(crate) fn note(&self, desk: &TestDesk) -> Vec<u8> {
        desk.header.sign(&self.id(), &desk.id, &key(desk.signing)).unwrap()
    }

    /// Returns a header note with a second signature line.
    pub(crate) fn note_with_two_signatures(&self, desk: &TestDesk) -> Vec<u8> {
        let content = String::from_utf8(bisik_formats::json::to_json(&desk.header).unwrap()).unwrap();
        let signers = [&key(desk.signing), &key(9)];
        Note::sign(NoteType::Edition, &self.id(), Some(&desk.id), &content, &signers).unwrap()
    }

    /// Returns what `GET headers` answers.
    pub(crate) fn headers(&self) -> Vec<u8> {
        let notes: Vec<Vec<u8>> = self.desks.iter().map(|desk| self.note(desk)).collect();
        write_frames(&notes.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
    }

    /// Returns every document by its path below the agency's.
    pub(crate) fn documents(&self) -> BTreeMap<String, Vec<u8>> {
        let mut documents = BTreeMap::from([
            ("card".to_owned(), self.bundle()),
            ("headers".to_owned(), self.headers()),
            (
                "challenge".to_owned(),
                br#"{"challenge":"00112233445566778899aabbccddeeff","bits":4}"#.to_vec(),
            ),
        ]);
        for desk in &self.desks {
            documents.insert(format!("editions/{}/{}", desk.id, desk.header.number), desk.body.clone());
        }
        documents
    }
}
