//! Secrets wrapped by a passphrase: an age file with one scrypt stanza. The only such code of the project.

use std::io::{Read, Write};
use std::iter;

use age::scrypt;
use age::secrecy::SecretString;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::VaultError;

/// The least number of characters of a new passphrase.
pub(crate) const MIN_PASSPHRASE: usize = 12;
/// Secrets here are keys and short texts.
const MAX_SECRET: u64 = 4096;

/// A passphrase as typed. Zeroized on drop.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what was typed.
    pub const fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// Tells whether both are the same, for a passphrase typed twice.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// Refuses a new passphrase that is too short.
    ///
    /// # Errors
    ///
    /// [`VaultError::ShortPassphrase`].
    pub fn check_strength(&self) -> Result<(), VaultError> {
        if self.0.chars().count() < MIN_PASSPHRASE { Err(VaultError::ShortPassphrase) } else { Ok(()) }
    }

    fn to_secret(&self) -> SecretString {
        // The capacity is exact, so that the conversion leaves no copy behind.
        SecretString::from(self.0.as_str().to_owned())
    }
}

/// The work factor of scrypt, as the power of two of its cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkFactor(u8);

impl WorkFactor {
    /// The work factor of the program: 2^17, about half a second and 128 MiB.
    pub const SHIPPED: Self = Self(17);

    /// A work factor for tests, which do not wait; nothing of the program calls it.
    pub const fn for_tests() -> Self {
        Self(2)
    }
}

/// Wraps a secret by a passphrase.
pub(crate) fn wrap_secret(
    secret: &[u8],
    passphrase: &Passphrase,
    work: WorkFactor,
) -> Result<Vec<u8>, VaultError> {
    let mut recipient = scrypt::Recipient::new(passphrase.to_secret());
    recipient.set_work_factor(work.0);
    let recipients = iter::once(&recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|_| VaultError::Crypto)?;
    let mut writer = encryptor.wrap_output(Vec::new())?;
    writer.write_all(secret)?;
    Ok(writer.finish()?)
}

/// Opens what [`wrap_secret`] has made. A file that is no such thing counts as a wrong passphrase: callers compare
/// a checksum first.
pub(crate) fn unwrap_secret(
    sealed: &[u8],
    passphrase: &Passphrase,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let mut identity = scrypt::Identity::new(passphrase.to_secret());
    identity.set_max_work_factor(WorkFactor::SHIPPED.0);
    let decryptor = age::Decryptor::new(sealed).map_err(|_| VaultError::WrongPassphrase)?;
    let identities = iter::once(&identity as &dyn age::Identity);
    let reader = decryptor.decrypt(identities).map_err(|_| VaultError::WrongPassphrase)?;
    let mut secret = Zeroizing::new(Vec::with_capacity(256));
    reader.take(MAX_SECRET).read_to_end(&mut secret).map_err(|_| VaultError::WrongPassphrase)?;
    Ok(secret)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn only_the_same_passphrase_opens() {
        let sealed = wrap_secret(b"secret", &passphrase("benar sekali"), WorkFactor::for_tests()).unwrap();
        assert_eq!(unwrap_secret(&sealed, &passphrase("benar sekali")).unwrap().as_slice(), b"secret");
        let wrong = unwrap_secret(&sealed, &passphrase("salah sekali"));
        assert!(matches!(wrong, Err(VaultError::WrongPassphrase)));
    }

    #[test]
    fn the_shipped_work_factor_stands_in_the_file() {
        let sealed = wrap_secret(b"secret", &passphrase("benar sekali"), WorkFactor::SHIPPED).unwrap();
        let header = String::from_utf8_lossy(&sealed);
        let stanza = header.lines().nth(1).unwrap();
        assert!(stanza.starts_with("-> scrypt ") && stanza.ends_with(" 17"), "{stanza}");
        assert!(unwrap_secret(&sealed, &passphrase("benar sekali")).is_ok());
    }

    #[test]
    fn a_short_passphrase_is_refused() {
        assert!(passphrase("12345678901").check_strength().is_err());
        assert!(passphrase("123456789012").check_strength().is_ok());
    }
}
