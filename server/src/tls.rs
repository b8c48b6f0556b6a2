//! TLS for the open network, from certificate files that can be read again while it runs.
//!
//! HTTP/1.1 only, and no resumption: a ticket or session id that a browser shows again would link its visits.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

use crate::config::TlsListener;

/// The longest certificate or key file in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// Bytes of answers that wait for a slow reader: within a window of the write floor they are taken.
const BUFFER: usize = 16 * 1024;

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file cannot be read.
    #[error("the certificate file cannot be read")]
    Certificate(#[source] io::Error),
    /// The key file cannot be read.
    #[error("the key file cannot be read")]
    Key(#[source] io::Error),
    /// The key file can be read by others than its owner.
    #[error("the key file is open to others than its owner")]
    Open,
    /// The certificate file holds no certificate in PEM form.
    #[error("the certificate file holds no certificate")]
    NoCertificate,
    /// The key file holds no private key in PEM form.
    #[error("the key file holds no private key")]
    NoKey,
    /// Certificate and key are unusable or do not belong together.
    #[error("certificate and key cannot be used")]
    Unusable(#[source] rustls::Error),
}

/// The present certificate, and where it came from.
pub struct Tls {
    files: TlsListener,
    present: RwLock<Arc<ServerConfig>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// When they cannot be read or used, or the key is open to others.
    pub fn load(files: &TlsListener) -> Result<Self, TlsError> {
        Ok(Self { present: RwLock::new(Arc::new(read(files)?)), files: files.clone() })
    }

    /// Reads both files again, for connections that come from now on.
    ///
    /// # Errors
    /// As [`Tls::load`]; then the former certificate stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(read(&self.files)?);
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Shakes hands.
    ///
    /// # Errors
    /// When the peer ends or breaks the handshake.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let present = Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(present).accept_with(stream, |tls| tls.set_buffer_limit(Some(BUFFER))).await
    }
}

fn read(files: &TlsListener) -> Result<ServerConfig, TlsError> {
    let certificate = read_file(&files.certificate).map_err(TlsError::Certificate)?.0;
    let (key, mode) = read_file(&files.key).map_err(TlsError::Key)?;
    if mode & 0o077 != 0 {
        return Err(TlsError::Open);
    }
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsError::NoKey)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Returns the content of a file, and who may read it.
fn read_file(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, u32)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > MAX_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // With room for all of it, so that no copy of a key stays behind when the buffer grows.
    let mut content = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_FILE).unwrap_or(0)));
    file.take(MAX_FILE).read_to_end(&mut content)?;
    Ok((content, metadata.permissions().mode()))
}
