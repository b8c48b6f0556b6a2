//! What the targets share: the agency of the test vectors, and sealing that a target can afford.

use std::io::Write;
use std::sync::LazyLock;

use bisik_formats::card::VerifiedCard;
use bisik_formats::ids::AgencyId;
use bisik_sealing::hybrid::{Identity, Recipient};
use bisik_sealing::writer::AgeWriter;
use rand::SeedableRng;
use rand::rngs::StdRng;
use zeroize::Zeroizing;

/// The agency of the vectors.
pub static AGENCY: LazyLock<AgencyId> = LazyLock::new(|| CARD_AGENCY.parse().unwrap());
/// Card 3 of the vectors.
pub static CARD: LazyLock<VerifiedCard> =
    LazyLock::new(|| VerifiedCard::verify(include_bytes!("../seeds/card/bundle"), &AGENCY).unwrap());
/// The identity of the first desk of the vectors.
pub static DESK: LazyLock<Identity> = LazyLock::new(|| Identity::from_seed(Zeroizing::new([11; 32])));
/// Its recipient.
pub static RECIPIENT: LazyLock<Recipient> = LazyLock::new(|| DESK.recipient());

const CARD_AGENCY: &str = include_str!("../seeds/agency");

/// Returns the generator of a run: always the same, so that a finding can be repeated.
pub fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// Seals a plaintext for the first desk.
pub fn seal(plain: &[u8]) -> Vec<u8> {
    let mut writer = AgeWriter::new(std::slice::from_ref(&*RECIPIENT), Vec::new(), &mut rng()).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}
