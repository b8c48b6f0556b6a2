//! The agency under torture: its keys, its papers, and reports that a server cannot tell from real ones.

use std::fs;
use std::path::Path;

use bisik_formats::access::AccessToken;
use bisik_formats::acknowledgement::Acknowledgement;
use bisik_formats::bundle::write_frames;
use bisik_formats::card::{Card, Desk, KeyWindow, LETTER_SIZE, Limits, VerifiedCard, write_bundle};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::{EditionHeader, write_body};
use bisik_formats::form::{Form, Text};
use bisik_formats::ids::{Address, AgencyId, DeskId, Digest, RecipientText, ReportId, Salt};
use bisik_formats::json::Count;
use bisik_formats::keys::SigningKey;
use bisik_formats::padding::{TEXT_SIZE, header_len, sealed_len};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::other;
use crate::shell::{Outcome, failure, root};

/// The agency's path on the server.
pub(super) const PATH: &str = "uji";

/// Desks on the card.
pub(super) const DESKS: [&str; 2] = ["inspektorat", "pengawas"];

/// Seconds that open requests get when the server stops.
pub(super) const STOP_SECONDS: u64 = 3;

/// So much of everything in ten minutes is not too much here, and asks for no work.
const MANY: u64 = 10_000_000;

/// Places in an edition: few, since what is tried is the server's keeping of them.
const LETTERS: u32 = 4;

/// Days before today on which the first edition is dated, so that many can follow: ten a day.
const EDITION_DAYS: i32 = 50;

/// An agency with all its keys.
pub(super) struct Agency {
    pub(super) id: AgencyId,
    root: SigningKey,
    desks: Vec<(DeskId, SigningKey)>,
    token: AccessToken,
    today: Day,
}

/// An edition as the courier brings it.
pub(super) struct Edition {
    pub(super) header: Vec<u8>,
    pub(super) framed: Vec<u8>,
}

impl Agency {
    /// Makes an agency whose papers are valid for 200 days before and after this one.
    pub(super) fn new(seed: u64, today: Day) -> Outcome<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let root = SigningKey::generate(&mut rng).map_err(other)?;
        let mut desks = Vec::new();
        for desk in DESKS {
            desks.push((desk.parse().map_err(other)?, SigningKey::generate(&mut rng).map_err(other)?));
        }
        let id = AgencyId::from_first_root(&root.verify_key());
        Ok(Self { id, root, desks, token: AccessToken::generate(&mut rng), today })
    }

    /// Writes a `server.toml` for a server of this agency alone, with further sections before the agency's.
    pub(super) fn configure(&self, file: &Path, data: &Path, more: &str) -> Outcome {
        let config = format!(
            "data = {data:?}\n[public]\nlisten = \"127.0.0.1:0\"\n[courier]\nlisten = \"127.0.0.1:0\"\n{more}\n\
             [limits]\nstop_seconds = {STOP_SECONDS}\ntext_reports = {MANY}\nnew_uploads = {MANY}\n\
             small_pieces = {MANY}\ncalm_reports = {MANY}\n\
             [[agency]]\npath = \"{PATH}\"\nid = \"{}\"\nquota_mib = 10000\ntext_reserve_mib = 1000\nbatch = \"off\"\n\
             courier_tokens = [\"{}\"]\n",
            self.id,
            self.token.hash()
        );
        Ok(fs::write(file, config)?)
    }

    /// Returns the header line that the courier's requests need.
    pub(super) fn authorization(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token.expose_text().as_str())
    }

    /// Returns the card bundle with this serial.
    pub(super) fn bundle(&self, serial: u32) -> Outcome<Vec<u8>> {
        let (from, to) = (self.today.plus(-200), self.today.plus(200));
        let form = fs::read_to_string(root().join("deploy/forms/kpk.toml"))?;
        let form: Form = toml::from_str(&form).map_err(other)?;
        let desks = self.desks.iter().map(|(id, key)| Desk {
            id: id.clone(),
            names: names(),
            keys: vec![KeyWindow { key: key.verify_key(), from, to }],
        });
        let card = Card {
            agency: self.id,
            names: names(),
            roots: vec![self.root.verify_key()],
            serial: serial.into(),
            issued: from,
            expires: to,
            desks: desks.collect(),
            letters: LETTERS,
            letter_size: LETTER_SIZE,
            interval: 3,
            form,
            limits: Limits { report_bytes: (1 << 30).into(), file_bytes: (1 << 30).into() },
            contacts: Vec::new(),
        };
        write_bundle(&[], &card.sign(&[&self.root]).map_err(other)?).map_err(other)
    }

    /// Returns the edition number `nth` of a desk under the card with this serial; none after 500.
    pub(super) fn edition(&self, desk: usize, nth: u32, serial: u32) -> Outcome<Option<Edition>> {
        let day = self.today.plus(i32::try_from(nth / 10).map_err(other)? - EDITION_DAYS);
        if day > self.today {
            return Ok(None);
        }
        let card = VerifiedCard::verify(&self.bundle(serial)?, &self.id).map_err(other)?;
        let mut rng = StdRng::seed_from_u64(u64::from(nth));
        let mut places = Vec::new();
        for _ in 0..LETTERS {
            let (mut address, mut letter) = ([0; 16], vec![0; usize::try_from(LETTER_SIZE).map_err(other)?]);
            rng.fill_bytes(&mut address);
            rng.fill_bytes(&mut letter);
            places.push((Address::from_bytes(address), letter));
        }
        let body = write_body(places).map_err(other)?;
        let number = EditionNumber::new(day, u8::try_from(nth % 10).map_err(other)?).map_err(other)?;
        let header = EditionHeader {
            number,
            date: day,
            until: day.plus(60),
            card_serial: Count::from(serial),
            card_hash: card.hash(),
            recipient: recipient()?,
            letters: LETTERS,
            letter_size: LETTER_SIZE,
            salt: Salt::from_bytes([7; 32]),
            body_hash: Digest::of(&body),
        };
        let (id, key) = self.desk(desk)?;
        let header = header.sign(&self.id, id, key).map_err(other)?;
        let framed = write_frames(&[&header, &body]).map_err(other)?;
        Ok(Some(Edition { header, framed }))
    }

    /// Returns a desk's word that it holds these reports.
    pub(super) fn acknowledgement(&self, desk: usize, ids: &[ReportId]) -> Outcome<Vec<u8>> {
        let (id, key) = self.desk(desk)?;
        let note = Acknowledgement::new(id.clone(), ids.to_vec()).map_err(other)?;
        note.sign(&self.id, key).map_err(other)
    }

    fn desk(&self, desk: usize) -> Outcome<&(DeskId, SigningKey)> {
        self.desks.get(desk).ok_or_else(|| failure("no such desk"))
    }
}

/// Returns a new text report.
pub(super) fn text(rng: &mut StdRng) -> Outcome<Vec<u8>> {
    sealed(TEXT_SIZE, rng)
}

/// Returns a new report whose content is padded to this length. It has the outer shape of a report; nobody can open it.
pub(super) fn sealed(padded: u64, rng: &mut StdRng) -> Outcome<Vec<u8>> {
    let mut sealed = b"age-encryption.org/v1\n".to_vec();
    for _ in DESKS {
        sealed.extend_from_slice(b"-> mlkem768x25519 ");
        symbols(&mut sealed, 1494, rng);
        symbols(&mut sealed, 43, rng);
    }
    sealed.extend_from_slice(b"--- ");
    symbols(&mut sealed, 43, rng);
    let begun = sealed.len();
    sealed.resize(usize::try_from(sealed_len(DESKS.len(), padded)).map_err(other)?, 0);
    rng.fill_bytes(sealed.get_mut(begun..).unwrap_or_default());
    Ok(sealed)
}

/// Returns the request headers that promise the age header of a report. An idle server asks for no work.
pub(super) fn promise(sealed: &[u8]) -> Outcome<String> {
    let length = usize::try_from(header_len(DESKS.len())).map_err(other)?;
    let header = Digest::of(sealed.get(..length).ok_or_else(|| failure("a report without a header"))?);
    Ok(format!("bisik-pow: 0000000000000000\r\nbisik-header-sha256: {header}\r\n"))
}

fn symbols(to: &mut Vec<u8>, count: usize, rng: &mut StdRng) {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut random = vec![0; count];
    rng.fill_bytes(&mut random);
    let symbol = |byte: u8| SYMBOLS.get(usize::from(byte % 64)).copied().unwrap_or(b'A');
    to.extend(random.into_iter().map(symbol));
    to.push(b'\n');
}

fn recipient() -> Outcome<RecipientText> {
    format!("age1pq1{}", "q".repeat(1952)).parse().map_err(other)
}

fn names() -> Text {
    Text { id: "Badan Uji".to_owned(), en: "Agency of Tests".to_owned() }
}
