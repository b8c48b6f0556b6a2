//! Certificates made for a test, and a client that knows their root.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::{ClientSessionMemoryCache, Resumption};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use super::process::Stream;

/// A folder with a root and the certificates that it has issued.
pub struct Authority(TempDir);

impl Authority {
    pub fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Akar -days 2 \
             -addext basicConstraints=critical,CA:TRUE -keyout root.key -out root.pem",
        );
        folder
    }

    fn openssl(&self, line: &str) {
        let output =
            Command::new("openssl").args(line.split_whitespace()).current_dir(self.0.path()).output();
        let output = output.expect("openssl is installed");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Issues a certificate into two files, as a renewal would.
    pub fn issue(&self, certificate: &Path, key: &Path) {
        self.openssl(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kotak.example \
             -addext subjectAltName=DNS:kotak.example -keyout new.key -out new.csr",
        );
        self.openssl(
            "x509 -req -in new.csr -CA root.pem -CAkey root.key -days 2 -copy_extensions copy -out new.pem",
        );
        fs::copy(self.0.path().join("new.pem"), certificate).unwrap();
        fs::copy(self.0.path().join("new.key"), key).unwrap();
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.0.path().join("root.pem")).unwrap()).unwrap();
        roots
    }

    /// Returns a client that takes what the server offers.
    pub fn client(
        &self,
        alpn: &[&str],
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let mut client = builder.with_root_certificates(self.roots()).with_no_client_auth();
        client.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        client.resumption = Resumption::store(Arc::new(ClientSessionMemoryCache::new(8)));
        Arc::new(client)
    }
}

/// A connection over TCP.
pub type Secured = StreamOwned<ClientConnection, TcpStream>;

impl<S: Read + Write + Send> Stream for StreamOwned<ClientConnection, S> {}

/// Connects and shakes hands.
pub fn secure(address: SocketAddr, client: &Arc<ClientConfig>) -> io::Result<Secured> {
    let tcp = TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(Duration::from_secs(60)))?;
    shake(tcp, client)
}

/// Shakes hands.
pub fn shake<S: Read + Write>(
    stream: S,
    client: &Arc<ClientConfig>,
) -> io::Result<StreamOwned<ClientConnection, S>> {
    let name = ServerName::try_from("kotak.example").unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(client), name).unwrap(), stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}
