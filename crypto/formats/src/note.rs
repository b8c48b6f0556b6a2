//! C2SP signed notes, the envelope of every public document (<https://c2sp.org/signed-note>).
//!
//! The text is: type, agency, desk (or `-`), one content; each ends with LF. Then an empty line and the signature
//! lines. What is signed and hashed is the text with its last LF, never the signatures, so that a document has
//! one hash whoever of its signers signed it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ids::{AgencyId, DeskId, Digest, Hasher};
use crate::keys::{KeyError, Signature, SigningKey, VerifyKey};

/// A note cannot be read, or nobody known has signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than its type allows.
    #[error("the note is too long")]
    TooLong,
    /// Not a text of at least four lines, an empty line and signature lines, each ended by LF.
    #[error("the note is malformed")]
    Malformed,
    /// The first line names another type, or an unknown one.
    #[error("the note is of another type")]
    WrongType,
    /// The second line is no agency, or another one.
    #[error("the note is of another agency")]
    WrongAgency,
    /// The third line is no desk, or names a desk where none belongs, or the reverse.
    #[error("the note is of another desk")]
    WrongDesk,
    /// Another number of signature lines than this type has.
    #[error("the note has a wrong number of signatures")]
    SignatureCount,
    /// A signature is by no known key, by a key twice, or does not verify.
    #[error("the note is not signed by a known key")]
    Signature,
    /// A signing key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The type of a note, its first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteType {
    /// `bisik/card/1`, signed by the root.
    Card,
    /// `bisik/succession/1`, signed by an old and a new root key.
    Succession,
    /// `bisik/edition/1`, signed by a desk.
    Edition,
    /// `bisik/ack/1`, signed by a desk.
    Acknowledgement,
}

impl NoteType {
    const ALL: [Self; 4] = [Self::Card, Self::Succession, Self::Edition, Self::Acknowledgement];

    /// Returns the first line of notes of this type.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Card => "bisik/card/1",
            Self::Succession => "bisik/succession/1",
            Self::Edition => "bisik/edition/1",
            Self::Acknowledgement => "bisik/ack/1",
        }
    }
}

/// Which role a key signs in; the second half of the key name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role<'a> {
    Root,
    Desk(&'a DeskId),
}

/// A well-formed note whose signatures are not yet checked against keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    kind: NoteType,
    agency: AgencyId,
    desk: Option<DeskId>,
    signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    key_id: [u8; 4],
    signature: Signature,
}

/// The most signature lines any note has.
const MAX_SIGNATURES: usize = 2;

impl Note {
    /// Writes and signs a note. `content` is what follows the third line, without the last LF.
    ///
    /// Cards and successions are signed as the root, the others as their desk.
    pub fn sign(
        kind: NoteType,
        agency: &AgencyId,
        desk: Option<&DeskId>,
        content: &str,
        signers: &[&SigningKey],
    ) -> Result<Vec<u8>, NoteError> {
        let line = desk.map_or("-", DeskId::as_str);
        let text = format!("{}\n{agency}\n{line}\n{content}\n", kind.line());
        let name = key_name(agency, &role(kind, desk)?);
        let mut note = text.clone();
        note.push('\n');
        for signer in signers {
            let mut blob = key_id(&name, &signer.verify_key()).to_vec();
            blob.extend_from_slice(signer.sign(text.as_bytes())?.as_bytes());
            note.push_str(&format!("\u{2014} {name} {}\n", STANDARD.encode(blob)));
        }
        Ok(note.into_bytes())
    }

    /// Reads a note of at most `max` bytes and of the given type and agency.
    pub fn parse(bytes: &[u8], max: usize, kind: NoteType, agency: &AgencyId) -> Result<Self, NoteError> {
        if bytes.len() > max {
            return Err(NoteError::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        let (before, signatures) = whole.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let text = format!("{before}\n");
        let mut lines = text.splitn(4, '\n');
        let mut line = || lines.next().ok_or(NoteError::Malformed);
        let (first, second, third) = (line()?, line()?, line()?);
        if line()?.is_empty() || whole.contains('\r') || whole.contains('\0') {
            return Err(NoteError::Malformed);
        }
        if NoteType::ALL.iter().find(|known| known.line() == first) != Some(&kind) {
            return Err(NoteError::WrongType);
        }
        if second.parse() != Ok(*agency) {
            return Err(NoteError::WrongAgency);
        }
        let desk = match third {
            "-" => None,
            name => Some(name.parse().map_err(|_| NoteError::WrongDesk)?),
        };
        role(kind, desk.as_ref())?;
        let signatures = parse_signatures(signatures)?;
        Ok(Self { kind, agency: *agency, desk, signatures, text })
    }

    /// Returns the desk on the third line, `None` for notes of the root.
    pub const fn desk(&self) -> Option<&DeskId> {
        self.desk.as_ref()
    }

    /// Returns what follows the third line, without the last LF.
    pub fn content(&self) -> &str {
        let content = self.text.splitn(4, '\n').nth(3).unwrap_or_default();
        content.strip_suffix('\n').unwrap_or(content)
    }

    /// Returns SHA-256 of the text, the hash by which other documents name this one.
    pub fn hash(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// Returns how many signature lines the note carries.
    pub const fn signature_count(&self) -> usize {
        self.signatures.len()
    }

    /// Checks that the note has exactly one signature line, by one of `keys`; returns that key.
    pub fn verify_one(&self, keys: &[VerifyKey]) -> Result<VerifyKey, NoteError> {
        match self.signatures.as_slice() {
            [line] => self.verify_line(line, keys),
            _ => Err(NoteError::SignatureCount),
        }
    }

    /// Checks that the note has exactly two signature lines: one by a key of `first`, the other by another key,
    /// of `second`. The order of the lines does not count. Returns both keys.
    pub fn verify_two(
        &self,
        first: &[VerifyKey],
        second: &[VerifyKey],
    ) -> Result<(VerifyKey, VerifyKey), NoteError> {
        let [one, other] = self.signatures.as_slice() else { return Err(NoteError::SignatureCount) };
        let pair = |a: &SignatureLine, b: &SignatureLine| {
            let keys = (self.verify_line(a, first)?, self.verify_line(b, second)?);
            if keys.0 == keys.1 { Err(NoteError::Signature) } else { Ok(keys) }
        };
        pair(one, other).or_else(|_| pair(other, one))
    }

    fn verify_line(&self, line: &SignatureLine, keys: &[VerifyKey]) -> Result<VerifyKey, NoteError> {
        let name = key_name(&self.agency, &role(self.kind, self.desk.as_ref())?);
        if line.name != name {
            return Err(NoteError::Signature);
        }
        keys.iter()
            .filter(|key| key_id(&name, key) == line.key_id)
            .find(|key| key.verify(self.text.as_bytes(), &line.signature).is_ok())
            .copied()
            .ok_or(NoteError::Signature)
    }
}

/// Returns the role that signs this type of note; refuses a desk where none belongs and the reverse.
fn role(kind: NoteType, desk: Option<&DeskId>) -> Result<Role<'_>, NoteError> {
    match (kind, desk) {
        (NoteType::Card | NoteType::Succession, None) => Ok(Role::Root),
        (NoteType::Edition | NoteType::Acknowledgement, Some(desk)) => Ok(Role::Desk(desk)),
        _ => Err(NoteError::WrongDesk),
    }
}

fn key_name(agency: &AgencyId, role: &Role<'_>) -> String {
    match role {
        // A desk may be called "root": its notes have another type, which is inside the signed text.
        Role::Root => format!("{agency}/root"),
        Role::Desk(desk) => format!("{agency}/{desk}"),
    }
}

/// Returns the C2SP key id of an Ed25519 key (signature type 0x01).
fn key_id(name: &str, key: &VerifyKey) -> [u8; 4] {
    let mut hasher = Hasher::new();
    hasher.update(name.as_bytes());
    hasher.update(b"\n\x01");
    hasher.update(key.as_bytes());
    let [a, b, c, d, ..] = *hasher.finish().as_bytes();
    [a, b, c, d]
}

/// Reads the lines `— name base64(key id || signature)`, each ended by LF.
fn parse_signatures(block: &str) -> Result<Vec<SignatureLine>, NoteError> {
    let block = block.strip_suffix('\n').ok_or(NoteError::Malformed)?;
    let mut lines = Vec::new();
    for line in block.split('\n') {
        if lines.len() == MAX_SIGNATURES {
            return Err(NoteError::SignatureCount);
        }
        let (name, blob) = line
            .strip_prefix("\u{2014} ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or(NoteError::Malformed)?;
        let blob = STANDARD.decode(blob).map_err(|_| NoteError::Malformed)?;
        let (key_id, signature) = blob.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
        let signature: [u8; 64] = signature.try_into().map_err(|_| NoteError::Malformed)?;
        let signature = Signature::from_bytes(signature);
        lines.push(SignatureLine { name: name.to_owned(), key_id: *key_id, signature });
    }
    Ok(lines)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new([byte; 32])).unwrap()
    }

    fn agency() -> AgencyId {
        AgencyId::from_first_root(&key(1).verify_key())
    }

    fn card(content: &str, signers: &[&SigningKey]) -> Vec<u8> {
        Note::sign(NoteType::Card, &agency(), None, content, signers).unwrap()
    }

    fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        Note::parse(bytes, 10_000, NoteType::Card, &agency())
    }

    #[test]
    fn a_note_is_read_and_verified() {
        let note = parse(&card("{}", &[&key(1)])).unwrap();
        assert_eq!(note.content(), "{}");
        assert_eq!(note.desk(), None);
        assert_eq!(note.verify_one(&[key(2).verify_key(), key(1).verify_key()]), Ok(key(1).verify_key()));
        assert_eq!(note.verify_one(&[key(2).verify_key()]), Err(NoteError::Signature));
    }

    #[test]
    fn the_hash_does_not_cover_signatures() {
        assert_eq!(
            parse(&card("{}", &[&key(1)])).unwrap().hash(),
            parse(&card("{}", &[&key(2)])).unwrap().hash()
        );
    }

    #[test]
    fn the_number_of_signatures_counts() {
        let two = parse(&card("{}", &[&key(1), &key(2)])).unwrap();
        let (a, b) = (key(1).verify_key(), key(2).verify_key());
        assert_eq!(two.verify_one(&[a, b]), Err(NoteError::SignatureCount));
        assert_eq!(two.verify_two(&[b], &[a]), Ok((b, a)));
        assert_eq!(two.verify_two(&[a], &[a]), Err(NoteError::Signature));
        assert_eq!(parse(&card("{}", &[&key(1), &key(2), &key(3)])), Err(NoteError::SignatureCount));
        let twice = parse(&card("{}", &[&key(1), &key(1)])).unwrap();
        assert_eq!(twice.verify_two(&[a, b], &[a, b]), Err(NoteError::Signature));
        assert_eq!(parse(&card("{}", &[])), Err(NoteError::Malformed));
    }

    #[test]
    fn roles_do_not_mix() {
        let desk: DeskId = "root".parse().unwrap();
        let as_desk = Note::sign(NoteType::Edition, &agency(), Some(&desk), "{}", &[&key(1)]).unwrap();
        assert_eq!(parse(&as_desk), Err(NoteError::WrongType));
        assert_eq!(
            Note::sign(NoteType::Card, &agency(), Some(&desk), "{}", &[&key(1)]),
            Err(NoteError::WrongDesk)
        );
        let other = AgencyId::from_first_root(&key(9).verify_key());
        let note = card("{}", &[&key(1)]);
        assert_eq!(Note::parse(&note, 10_000, NoteType::Card, &other), Err(NoteError::WrongAgency));
        assert_eq!(Note::parse(&note, 10, NoteType::Card, &agency()), Err(NoteError::TooLong));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let note = card("{\"a\":1}", &[&key(1)]);
        for place in 0..note.len() * 8 {
            let mut bad = note.clone();
            *bad.get_mut(place / 8).unwrap() ^= 1 << (place % 8);
            let verdict = parse(&bad).and_then(|note| note.verify_one(&[key(1).verify_key()]));
            assert!(verdict.is_err(), "bit {place}");
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_is_read(content in "[^\\r\\x00]{1,200}") {
            // An empty line inside the content would move the border of the signatures; writers use JSON or hex.
            prop_assume!(!content.contains("\n\n") && !content.ends_with('\n') && !content.starts_with('\n'));
            let note = parse(&card(&content, &[&key(1)])).unwrap();
            prop_assert_eq!(note.content(), content.as_str());
            prop_assert!(note.verify_one(&[key(1).verify_key()]).is_ok());
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in any::<Vec<u8>>()) {
            prop_assert!(parse(&bytes).is_err());
        }
    }
}
