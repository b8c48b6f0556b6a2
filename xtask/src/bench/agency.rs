//! A throw-away agency: its card, an edition, its courier's token, and text reports for it.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use bisik_formats::access::AccessToken;
use bisik_formats::bundle::write_frames;
use bisik_formats::card::{Card, Desk, KeyWindow, LETTER_SIZE, Limits, VerifiedCard, write_bundle};
use bisik_formats::day::{Day, EditionNumber};
use bisik_formats::edition::{EditionHeader, write_body};
use bisik_formats::form::{Form, Text};
use bisik_formats::ids::{Address, AgencyId, DeskId, Digest, Salt};
use bisik_formats::keys::SigningKey;
use bisik_formats::padding::{TEXT_SIZE, header_len, sealed_len};
use bisik_sealing::hybrid::Identity;
use bisik_sealing::letter::decoy_letter;
use bisik_sealing::report::seal_decoy;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::shell::{Outcome, failure, root};

/// The agency's path on the server.
pub(super) const PATH: &str = "uji";

/// Desks on the card.
pub(super) const DESKS: [&str; 2] = ["inspektorat", "pengawas"];

/// Places in an edition: the default of the design, half a MiB.
const LETTERS: u32 = 64;

/// Bytes before the short line of the first stanza: version, name and the long line.
const SHORT_LINE: usize = 22 + 18 + 1494 + 1;

/// Speed is measured without the paces that bound floods.
const UNPACED: &str =
    "text_reports = 100000000\nnew_uploads = 100000000\nsmall_pieces = 100000000\ncalm_reports = 100000000\n";

/// Everything needed to set a server up.
pub(super) struct Agency {
    id: AgencyId,
    token: AccessToken,
    /// The card bundle.
    pub(super) bundle: Vec<u8>,
    /// Header and body of the edition of the first desk, framed for the courier's upload.
    pub(super) edition: Vec<u8>,
    number: EditionNumber,
    /// Lines below `[limits]`.
    limits: &'static str,
    /// One sealed text report; see [`Reports`].
    report: Vec<u8>,
}

impl Agency {
    /// Makes an agency whose card is valid today.
    pub(super) fn new(today: Day) -> Outcome<Self> {
        let mut rng = StdRng::seed_from_u64(2);
        let mut key = || SigningKey::generate(&mut rng).map_err(other);
        let (root_key, desk_keys) = (key()?, [key()?, key()?]);
        let id = AgencyId::from_first_root(&root_key.verify_key());
        let card = card(id, &root_key, &desk_keys, today)?;
        let note = card.sign(&[&root_key]).map_err(other)?;
        let bundle = write_bundle(&[], &note).map_err(other)?;
        let verified = VerifiedCard::verify(&bundle, &id).map_err(other)?;
        let number = EditionNumber::new(today, 0).map_err(other)?;
        let edition = edition(&verified, number, &desk_keys[0], &mut rng)?;
        let mut report = Vec::new();
        seal_decoy(DESKS.len(), &mut report, &mut rng).map_err(other)?;
        if report.len() as u64 != sealed_len(DESKS.len(), TEXT_SIZE) {
            return Err(failure("a decoy is not as long as a text report"));
        }
        let token = AccessToken::generate(&mut rng);
        Ok(Self { id, token, bundle, edition, number, limits: UNPACED, report })
    }

    /// Changes the limits of its server: these lines and otherwise the defaults.
    pub(super) fn with_limits(self, limits: &'static str) -> Self {
        Self { limits, ..self }
    }

    /// Writes a `server.toml` for a server of this agency alone.
    pub(super) fn configure(&self, file: &Path, data: &Path) -> Outcome {
        let config = format!(
            "data = {data:?}\n[public]\nlisten = \"127.0.0.1:0\"\n[courier]\nlisten = \"127.0.0.1:0\"\n\
             [limits]\n{}\
             [[agency]]\npath = \"{PATH}\"\nid = \"{}\"\nquota_mib = 100000000\nbatch = \"off\"\n\
             courier_tokens = [\"{}\"]\n",
            self.limits,
            self.id,
            self.token.hash()
        );
        Ok(fs::write(file, config)?)
    }

    /// Returns the header line that the courier's requests need.
    pub(super) fn authorization(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.token.expose_text().as_str())
    }

    /// Returns the path of the edition's upload.
    pub(super) fn edition_upload(&self) -> String {
        format!("/{PATH}/editions/{}", DESKS[0])
    }

    /// Returns the path of the edition's body.
    pub(super) fn edition_body(&self) -> String {
        format!("/{PATH}/editions/{}/{}", DESKS[0], self.number)
    }

    /// Returns the length of the edition's body in bytes.
    pub(super) fn body_len(&self) -> u64 {
        u64::from(LETTERS).saturating_mul(16 + u64::from(LETTER_SIZE))
    }

    /// Returns a source of reports, different for every seed.
    pub(super) fn reports(&self, seed: u64) -> Reports {
        Reports { bytes: self.report.clone(), rng: StdRng::seed_from_u64(seed) }
    }
}

/// Text reports that a server cannot tell from real ones: one sealed decoy, with other random bytes each time.
///
/// Sealing each would take the very processor time that is to be measured.
pub(super) struct Reports {
    bytes: Vec<u8>,
    rng: StdRng,
}

impl Reports {
    /// Returns the next report.
    pub(super) fn next(&mut self) -> &[u8] {
        const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut random = [0; 16];
        self.rng.fill_bytes(&mut random);
        for (place, random) in self.bytes.iter_mut().skip(SHORT_LINE).zip(random) {
            *place = SYMBOLS.get(usize::from(random % 64)).copied().unwrap_or(b'A');
        }
        for (place, random) in self.bytes.iter_mut().rev().zip(random) {
            *place = random;
        }
        &self.bytes
    }

    /// Returns the request headers of a report.
    pub(super) fn request(report: &[u8]) -> Outcome<String> {
        let proof = Self::proof(Self::header(report)?);
        Ok(format!(
            "POST /{PATH}/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n{proof}"
        ))
    }

    /// Returns the age header of a report.
    pub(super) fn header(report: &[u8]) -> Outcome<&[u8]> {
        let header = usize::try_from(header_len(DESKS.len())).ok().and_then(|length| report.get(..length));
        header.ok_or_else(|| failure("a report without a header"))
    }

    /// Returns the request headers that prove work: there is none to prove while the server is idle.
    pub(super) fn proof(header: &[u8]) -> String {
        format!("Bisik-Pow: 0000000000000000\r\nBisik-Header-Sha256: {}\r\n", Digest::of(header))
    }
}

fn card(id: AgencyId, root_key: &SigningKey, desk_keys: &[SigningKey; 2], today: Day) -> Outcome<Card> {
    let expires = today.plus(365);
    let form = fs::read_to_string(root().join("deploy/forms/kpk.toml"))?;
    let form: Form = toml::from_str(&form).map_err(other)?;
    let desk = |name: &str, key: &SigningKey| -> Outcome<Desk> {
        let window = KeyWindow { key: key.verify_key(), from: today, to: expires };
        Ok(Desk { id: DeskId::from_str(name).map_err(other)?, names: names(name), keys: vec![window] })
    };
    Ok(Card {
        agency: id,
        names: names("Badan Uji"),
        roots: vec![root_key.verify_key()],
        serial: 1.into(),
        issued: today,
        expires,
        desks: DESKS.into_iter().zip(desk_keys).map(|(name, key)| desk(name, key)).collect::<Outcome<_>>()?,
        letters: LETTERS,
        letter_size: LETTER_SIZE,
        interval: 3,
        form,
        limits: Limits { report_bytes: (1 << 30).into(), file_bytes: (1 << 30).into() },
        contacts: Vec::new(),
    })
}

fn edition(
    card: &VerifiedCard,
    number: EditionNumber,
    key: &SigningKey,
    rng: &mut StdRng,
) -> Outcome<Vec<u8>> {
    let mut places = Vec::new();
    for _ in 0..LETTERS {
        let mut address = [0; 16];
        rng.fill_bytes(&mut address);
        places.push((Address::from_bytes(address), decoy_letter(rng).map_err(other)?));
    }
    let body = write_body(places).map_err(other)?;
    let header = EditionHeader {
        number,
        date: number.day(),
        until: number.day().plus(9),
        card_serial: card.card().serial,
        card_hash: card.hash(),
        recipient: Identity::generate(rng).recipient().to_text().map_err(other)?,
        letters: LETTERS,
        letter_size: LETTER_SIZE,
        salt: Salt::from_bytes([7; 32]),
        body_hash: Digest::of(&body),
    };
    let desk = DeskId::from_str(DESKS[0]).map_err(other)?;
    let note = header.sign(&card.card().agency, &desk, key).map_err(other)?;
    write_frames(&[&note, &body]).map_err(other)
}

fn names(name: &str) -> Text {
    Text { id: name.to_owned(), en: name.to_owned() }
}

fn other(error: impl ToString) -> crate::shell::Failure {
    failure(error.to_string())
}
