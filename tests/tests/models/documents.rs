//! Two agencies that could be taken for each other, and everything that they have signed in six weeks.

use bisik_formats::acknowledgement::Acknowledgement;
use bisik_formats::card::{Card, Contact, Desk, KeyWindow, Limits, VerifiedCard, write_bundle};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::{EditionHeader, write_body};
use bisik_formats::form::Text;
use bisik_formats::ids::{Address, AgencyId, DeskId, Digest, ReportId, Salt};
use bisik_formats::json::Count;
use bisik_formats::keys::SigningKey;
use bisik_formats::succession::Succession;
use bisik_sealing::hybrid::{Identity, Recipient};
use bisik_sealing::letter::{Letter, LetterFormat, LetterMessage, Received, decoy_letter, seal_letter};
use bisik_sealing::receipt::Receipt;
use bisik_sealing::report::{
    Kind, Language, ReportContent, ReportFormat, ReportNonce, Slot, ThreadPublic, seal_report,
};
use bisik_sealing::schedule::ThreadKeys;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zeroize::Zeroizing;

/// Places in an edition.
pub(crate) const LETTERS: u32 = 4;
/// The desks of each agency, in card order.
pub(crate) const DESKS: [&str; 2] = ["pengawas", "daerah"];
/// Days between editions.
pub(crate) const INTERVAL: i32 = 3;
/// Days that an edition stands.
pub(crate) const STANDS: i32 = 9;

fn random<const N: usize>(rng: &mut StdRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Returns the first day of the history and so many more.
pub(crate) fn day(offset: i32) -> Day {
    Day::new(2026, 3, 1).unwrap().plus(offset)
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
}

fn identity(byte: u8) -> Identity {
    Identity::from_seed(Zeroizing::new([byte; 32]))
}

/// An agency with all its secrets.
pub(crate) struct Agency {
    pub(crate) id: AgencyId,
    base: u8,
    /// Two reporters who have written to both desks.
    pub(crate) threads: Vec<ThreadKeys>,
}

impl Agency {
    /// Makes the agency of a number below six.
    pub(crate) fn new(number: u8) -> Self {
        let base = number * 40 + 1;
        let id = AgencyId::from_first_root(&key(base).verify_key());
        let mut rng = StdRng::seed_from_u64(u64::from(base));
        let threads = (0..2).map(|_| Receipt::generate(&id, &mut rng).keys().unwrap()).collect();
        Self { id, base, threads }
    }

    fn root(&self, number: u8) -> SigningKey {
        key(self.base + number)
    }

    /// Returns the signing key of a desk: the second from the second card on.
    pub(crate) fn signing(&self, desk: usize, second: bool) -> SigningKey {
        key(self.base + 10 + u8::try_from(desk).unwrap() * 2 + u8::from(second))
    }

    /// Returns the identity of a desk in a week.
    pub(crate) fn identity(&self, desk: usize, week: i32) -> Identity {
        identity(self.base + 20 + u8::try_from(desk).unwrap() * 8 + u8::try_from(week % 8).unwrap())
    }

    fn card(&self, serial: u32) -> Card {
        let text = |words: &str| Text { id: words.to_owned(), en: words.to_owned() };
        let (first, second) = (day(-10), day(12));
        let desk = |number: usize| {
            let window =
                |late, from, to| KeyWindow { key: self.signing(number, late).verify_key(), from, to };
            let mut keys = vec![window(false, first, second)];
            if serial >= 2 {
                keys.push(window(true, day(11), day(90)));
            }
            Desk { id: DESKS[number].parse().unwrap(), names: text(DESKS[number]), keys }
        };
        Card {
            agency: self.id,
            names: text("Lembaga Contoh"),
            roots: self.roots(serial),
            serial: serial.into(),
            issued: day(if serial >= 2 { 10 } else { 0 }),
            expires: day(if serial >= 2 { 60 } else { 25 }),
            desks: (0..DESKS.len()).map(desk).collect(),
            letters: LETTERS,
            letter_size: 8192,
            interval: INTERVAL.unsigned_abs(),
            form: toml::from_str(include_str!("../../src/vectors/form.toml")).unwrap(),
            limits: Limits { report_bytes: Count::from(1 << 20), file_bytes: Count::from(1 << 20) },
            contacts: vec![Contact { names: text("LPSK"), address: "148".to_owned() }],
        }
    }

    fn roots(&self, serial: u32) -> Vec<bisik_formats::keys::VerifyKey> {
        let roots: &[u8] = if serial >= 2 { &[1, 2] } else { &[0, 1] };
        roots.iter().map(|root| self.root(*root).verify_key()).collect()
    }

    pub(crate) fn succession(&self, number: u32) -> Vec<u8> {
        let (old, new) = if number == 1 { (0, 1) } else { (1, 2) };
        let note = Succession { number: number.into(), issued: day(0), roots: self.roots(number) };
        note.sign(&self.id, &self.root(old), &self.root(new)).unwrap()
    }

    /// Returns the bundle of a card; `fork` signs another one of the same serial.
    pub(crate) fn bundle(&self, serial: u32, fork: bool) -> Vec<u8> {
        let mut card = self.card(serial);
        if fork {
            card.contacts[0].address = "149".to_owned();
        }
        let signer = self.root(1);
        let successions: Vec<Vec<u8>> = (1..=serial.min(2)).map(|number| self.succession(number)).collect();
        write_bundle(&successions, &card.sign(&[&signer]).unwrap()).unwrap()
    }

    /// Returns a card, verified.
    pub(crate) fn verified(&self, serial: u32) -> VerifiedCard {
        VerifiedCard::verify(&self.bundle(serial, false), &self.id).unwrap()
    }

    /// Returns the acknowledgement of ids by a desk.
    pub(crate) fn acknowledgement(&self, desk: usize, second: bool, ids: &[ReportId]) -> Vec<u8> {
        let ids = Acknowledgement::new(DESKS[desk].parse().unwrap(), ids.to_vec()).unwrap();
        ids.sign(&self.id, &self.signing(desk, second)).unwrap()
    }

    /// Makes the edition of a desk on a day.
    pub(crate) fn edition(&self, desk: usize, date: i32, card: &VerifiedCard, rng: &mut StdRng) -> Edition {
        let number = EditionNumber::new(day(date), 0).unwrap();
        let salt = Salt::from_bytes(random(rng));
        let id: DeskId = DESKS[desk].parse().unwrap();
        let place = |thread: &ThreadKeys| {
            let verify = thread.signing.verify_key();
            let address = thread.letter_key.address(&self.id, &id, number, &salt, &verify);
            let letter =
                seal_letter(&self.letter(desk, date, thread), &thread.identity.recipient(), rng).unwrap();
            (address, letter)
        };
        let mut places: Vec<(Address, Vec<u8>)> = self.threads.iter().map(place).collect();
        while places.len() < LETTERS as usize {
            let address = Address::from_bytes(random(rng));
            places.push((address, decoy_letter(rng).unwrap()));
        }
        let body = write_body(places).unwrap();
        let week = date / 7;
        let second = date > 11;
        let header = EditionHeader {
            number,
            date: day(date),
            until: day(date + STANDS),
            card_serial: card.card().serial,
            card_hash: card.hash(),
            recipient: self.identity(desk, week).recipient().to_text().unwrap(),
            letters: LETTERS,
            letter_size: 8192,
            salt,
            body_hash: Digest::of(&body),
        };
        let note = header.sign(&self.id, &id, &self.signing(desk, second)).unwrap();
        Edition { header: note, body }
    }

    /// Returns the letter of a desk's edition to a thread.
    pub(crate) fn letter(&self, desk: usize, date: i32, thread: &ThreadKeys) -> Letter {
        Letter {
            format: LetterFormat::V1,
            agency: self.id,
            desk: DESKS[desk].parse().unwrap(),
            edition: EditionNumber::new(day(date), 0).unwrap(),
            thread: thread.signing.verify_key(),
            to: vec!["daerah".parse().unwrap(), "pengawas".parse().unwrap()],
            received: vec![Received { date: day(date), id: Digest::of(b"pesan").into() }],
            earlier_received: 0.into(),
            status: "diterima".to_owned(),
            messages: vec![LetterMessage {
                date: day(date),
                text: format!("Jawaban meja {desk} hari {date}."),
            }],
            earlier: 0.into(),
            questions: vec!["Kapan terakhir terjadi?".to_owned()],
            closes: None,
        }
    }

    /// Returns what a thread says to desks.
    pub(crate) fn content(
        &self,
        thread: &ThreadKeys,
        to: &[usize],
        words: &str,
        rng: &mut StdRng,
    ) -> ReportContent {
        let mut desks: Vec<DeskId> = to.iter().map(|desk| DESKS[*desk].parse().unwrap()).collect();
        desks.sort();
        ReportContent {
            format: ReportFormat::V1,
            agency: self.id,
            card: 1.into(),
            to: desks,
            kind: Kind::Report,
            nonce: ReportNonce::generate(rng),
            seen: Default::default(),
            language: Language::Id,
            form: "kecil_1".to_owned(),
            answers: Vec::new(),
            message: words.to_owned(),
            evidence: Vec::new(),
            thread: ThreadPublic::of(thread).unwrap(),
        }
    }
}

/// Seals a content to the recipients of slots; a desk without one is left out.
pub(crate) fn seal(
    content: &ReportContent,
    thread: &ThreadKeys,
    slots: [Option<&Recipient>; 2],
    rng: &mut StdRng,
) -> Vec<u8> {
    let slots =
        slots.map(|slot| slot.map_or(Slot::LeftOut, |recipient| Slot::For(Box::new(recipient.clone()))));
    let mut sealed = Vec::new();
    seal_report(content, &mut [], thread, &slots, &mut sealed, rng).unwrap();
    sealed
}

/// An edition as a desk publishes it.
#[derive(Clone)]
pub(crate) struct Edition {
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
}
