//! HTTP/1.1 through Tor: SOCKS5 with the host name handed to the proxy, or directly when told to.
//!
//! Every visit opens a client of its own, with a random SOCKS user name and password, so that Tor gives it a
//! circuit of its own. A request has the same few headers in the same order, whoever sends it; there are no
//! redirects, no cookies, no compression and no proxy from the environment.

mod resumable;

use std::fmt;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bisik_formats::ids::Digest;
use bisik_formats::pow::{HEADER_DIGEST_HEADER, NONCE_HEADER, Nonce};
use bisik_formats::problem::{MEDIA_TYPE, Problem, ProblemCode};
use bisik_formats::routes::Routes;
use bisik_term::{CommandError, ErrorKind};
use rand::CryptoRng;
use ureq::config::Config;
use ureq::http::Response;
use ureq::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy, ProxyProtocol, SendBody};

use crate::agency::Address;
use crate::cli::RouteArgs;

/// Building a circuit to an onion service can take this long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(120);
/// The longest silence of the other side while bytes are due.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest wait for an answer, which includes making a large report durable.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(180);
/// The longest time for a body of at most a few megabytes: against a server that drips.
const BODY_TIMEOUT: Duration = Duration::from_secs(1200);
/// How long a large upload waits for the server's leave.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest problem document read, in bytes.
const MAX_PROBLEM: u64 = 16 * 1024;
/// The longest response header read, in bytes.
const MAX_RESPONSE_HEADER: usize = 16 * 1024;

/// A request failed.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Nothing listens at the address of the proxy.
    #[error("the proxy does not answer")]
    NoProxy,
    /// The server was not reached, or the connection broke.
    #[error("the connection failed")]
    Connection,
    /// The certificate or protocol of TLS does not hold.
    #[error("no safe connection")]
    Tls,
    /// The server refuses, with a code that this program knows.
    #[error("the server refuses")]
    Problem(ProblemCode),
    /// The server answers something that it should not.
    #[error("the server answers {status}")]
    Unexpected {
        /// The HTTP status, or 0 if the answer is not HTTP.
        status: u16,
    },
    /// The server no longer knows the upload that was interrupted.
    #[error("the server no longer knows the upload")]
    UploadGone,
    /// A document is larger than such a document can be.
    #[error("the server sends too much")]
    Oversized,
    /// What was to be sent could not be read on this device.
    #[error("the upload could not be read")]
    Source,
}

impl NetworkError {
    /// Says whether the same visit may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection | Self::UploadGone => true,
            // A challenge may end, and a connection break, in the middle of a visit.
            Self::Problem(code) => {
                matches!(code, ProblemCode::Truncated | ProblemCode::Timeout | ProblemCode::ProofOfWork)
            }
            _ => false,
        }
    }
}

impl From<NetworkError> for CommandError {
    fn from(error: NetworkError) -> Self {
        use ErrorKind::{Io, Network};
        match error {
            NetworkError::NoProxy => Self::new(Network, "err-no-proxy"),
            NetworkError::Connection => Self::new(Network, "err-connection"),
            NetworkError::Tls => Self::new(Network, "err-tls"),
            NetworkError::Problem(code) => problem_error(code),
            NetworkError::Unexpected { status } => Self::new(Network, "err-answer").with("status", status),
            NetworkError::UploadGone => Self::new(Network, "err-upload-gone"),
            NetworkError::Oversized => Self::new(Network, "err-oversized"),
            NetworkError::Source => Self::new(Io, "err-upload-source"),
        }
    }
}

/// Gives the server's codes our own words: nothing that a server writes is shown.
fn problem_error(code: ProblemCode) -> CommandError {
    use ErrorKind::{Network, Refused, TryLater};
    match code {
        ProblemCode::NotFound => CommandError::new(Network, "err-problem-not-found"),
        ProblemCode::Busy => CommandError::new(TryLater, "err-problem-busy"),
        ProblemCode::Full => CommandError::new(TryLater, "err-problem-full"),
        ProblemCode::NoCard => CommandError::new(TryLater, "err-problem-no-card"),
        ProblemCode::Internal => CommandError::new(TryLater, "err-problem-internal"),
        ProblemCode::ProofOfWork => CommandError::new(TryLater, "err-problem-proof"),
        ProblemCode::Timeout | ProblemCode::Truncated => CommandError::new(Network, "err-problem-cut"),
        ProblemCode::ReportDesks => CommandError::new(TryLater, "err-problem-desks"),
        ProblemCode::ReportTooLarge => CommandError::new(Refused, "err-problem-too-large"),
        ProblemCode::ReportShape | ProblemCode::ReportLength => {
            CommandError::new(Refused, "err-problem-shape")
        }
        other => CommandError::new(Network, "err-problem-other").with("code", other.as_str()),
    }
}

/// The way to the server of one agency.
#[derive(Debug, Clone)]
pub struct Network {
    proxy: Option<SocketAddr>,
    routes: Routes,
    dial: Dial,
}

/// Turns settings into an agent: over sockets, or over what stands in their place.
#[derive(Clone)]
struct Dial(Arc<dyn Fn(Config) -> Agent + Send + Sync>);

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}

impl Network {
    /// Takes the way from the command line: Tor, unless `--direct` is given.
    ///
    /// # Errors
    /// Fails for an onion address without Tor.
    pub fn new(route: &RouteArgs, address: &Address) -> Result<Self, CommandError> {
        if route.direct && address.is_onion() {
            return Err(CommandError::new(ErrorKind::Usage, "err-onion-direct"));
        }
        let dial = Dial(Arc::new(|config| config.new_agent()));
        Ok(Self { proxy: (!route.direct).then_some(route.proxy), routes: address.routes(), dial })
    }

    /// Goes another way than through sockets: `agent` turns the settings of this program into what connects.
    /// Everything above the connection stays as it is, which is what simulations want.
    #[must_use]
    pub fn over(address: &Address, agent: impl Fn(Config) -> Agent + Send + Sync + 'static) -> Self {
        Self { proxy: None, routes: address.routes(), dial: Dial(Arc::new(agent)) }
    }

    /// Opens the client of one visit.
    ///
    /// # Errors
    /// Fails if the HTTP library refuses the settings, which is a fault of this program.
    pub fn open(&self, rng: &mut impl CryptoRng) -> Result<Client, CommandError> {
        let proxy = self.proxy.map(|at| isolated(at, rng)).transpose().map_err(CommandError::internal)?;
        let config = Agent::config_builder()
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_per_read(Some(SILENCE_TIMEOUT))
            .timeout_per_write(Some(SILENCE_TIMEOUT))
            .timeout_await_100(Some(LEAVE_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_recv_body(Some(BODY_TIMEOUT))
            .max_response_header_size(MAX_RESPONSE_HEADER)
            .tls_config(TlsConfig::builder().root_certs(RootCerts::WebPki).build())
            .build();
        let agent = (self.dial.0)(config);
        Ok(Client { agent, routes: self.routes.clone(), by_proxy: self.proxy.is_some() })
    }
}

/// Returns the proxy with credentials that Tor has never seen: streams with different ones share no circuit.
fn isolated(proxy: SocketAddr, rng: &mut impl CryptoRng) -> Result<Proxy, ureq::Error> {
    let mut secret = || format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64());
    let host = match proxy {
        SocketAddr::V4(at) => at.ip().to_string(),
        SocketAddr::V6(at) => format!("[{}]", at.ip()),
    };
    Proxy::builder(ProxyProtocol::Socks5h)
        .host(&host)
        .port(proxy.port())
        .username(&secret())
        .password(&secret())
        .resolve_target(false)
        .build()
}

/// The client of one visit.
pub struct Client {
    agent: Agent,
    routes: Routes,
    by_proxy: bool,
}

/// What an upload says about itself.
#[derive(Debug, Clone, Copy)]
pub struct Upload {
    /// Solves the challenge.
    pub nonce: Nonce,
    /// SHA-256 of the age header.
    pub header: Digest,
    /// Bytes of the sealed report.
    pub len: u64,
    /// Whether it is one of the larger sizes, which ask the server's leave before they send megabytes.
    pub large: bool,
}

impl Client {
    /// Returns the addresses of the box.
    #[must_use]
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Fetches a document of at most `max` bytes.
    ///
    /// # Errors
    /// See [`NetworkError`]; a document that is cut or too long is never returned.
    pub fn get(&self, address: &str, max: usize) -> Result<Vec<u8>, NetworkError> {
        let request = self.agent.get(address).header(ACCEPT, "*/*");
        let mut response = request.call().map_err(|error| self.failure(&error))?;
        match response.status().as_u16() {
            200 => self.read(&mut response, max as u64),
            _ => Err(self.refusal(response)),
        }
    }

    /// Hands in a sealed report in one request. When this returns, the server has stored it.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn post(&self, upload: Upload, sealed: &mut dyn Read) -> Result<(), NetworkError> {
        let mut body = Exact { inner: sealed, left: upload.len, broken: false };
        let mut request = self
            .agent
            .post(self.routes.reports())
            .header(ACCEPT, "*/*")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, upload.len)
            .header(NONCE_HEADER, upload.nonce.to_string())
            .header(HEADER_DIGEST_HEADER, upload.header.to_string());
        if upload.large {
            request = request.header(EXPECT, "100-continue");
        }
        let sent = request.send(SendBody::from_reader(&mut body));
        let response = match sent {
            Err(_) if body.broken => return Err(NetworkError::Source),
            other => other.map_err(|error| self.failure(&error))?,
        };
        if response.status().is_success() { Ok(()) } else { Err(self.refusal(response)) }
    }

    fn read(&self, response: &mut Response<Body>, max: u64) -> Result<Vec<u8>, NetworkError> {
        let mut bytes = Vec::new();
        let mut body = response.body_mut().as_reader().take(max.saturating_add(1));
        body.read_to_end(&mut bytes).map_err(|_| NetworkError::Connection)?;
        if bytes.len() as u64 > max { Err(NetworkError::Oversized) } else { Ok(bytes) }
    }

    /// Returns what an answer other than success says.
    fn refusal(&self, mut response: Response<Body>) -> NetworkError {
        let status = response.status().as_u16();
        let is_problem = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == MEDIA_TYPE));
        if !is_problem {
            return NetworkError::Unexpected { status };
        }
        let bytes = match self.read(&mut response, MAX_PROBLEM) {
            Ok(bytes) => bytes,
            Err(error) => return error,
        };
        let code = serde_json::from_slice::<Problem>(&bytes).ok().and_then(|problem| problem.code());
        code.map_or(NetworkError::Unexpected { status }, NetworkError::Problem)
    }

    fn failure(&self, error: &ureq::Error) -> NetworkError {
        match error {
            // What a proxy says of the server comes as another kind: only its own door can be shut like this.
            ureq::Error::Io(error) if self.by_proxy && error.kind() == io::ErrorKind::ConnectionRefused => {
                NetworkError::NoProxy
            }
            // A server that stops inside its answer, or never begins one, comes as a protocol error.
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed => NetworkError::Connection,
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => NetworkError::Tls,
            ureq::Error::LargeResponseHeader(..) => NetworkError::Oversized,
            _ => NetworkError::Unexpected { status: 0 },
        }
    }
}

/// Gives exactly the declared bytes: a source that ends early is an error, since the HTTP library would wait for
/// more for ever.
struct Exact<'a> {
    inner: &'a mut dyn Read,
    left: u64,
    broken: bool,
}

impl Read for Exact<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let place = buffer.get_mut(..most).unwrap_or_default();
        if place.is_empty() {
            return Ok(0);
        }
        match self.inner.read(place) {
            Ok(0) => {
                self.broken = true;
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Ok(count) => {
                self.left = self.left.saturating_sub(count as u64);
                Ok(count)
            }
            Err(error) => {
                self.broken = error.kind() != io::ErrorKind::Interrupted;
                Err(error)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_source_gives_exactly_what_was_declared() {
        let mut long: &[u8] = b"12345";
        let mut exact = Exact { inner: &mut long, left: 3, broken: false };
        let mut read = Vec::new();
        exact.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"123");
        let mut short: &[u8] = b"12";
        let mut exact = Exact { inner: &mut short, left: 3, broken: false };
        assert_eq!(exact.read_to_end(&mut Vec::new()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(exact.broken);
    }

    #[test]
    fn onion_addresses_need_tor() {
        let onion: Address = "http://abc.onion/kpk".parse().unwrap();
        let direct = RouteArgs { proxy: "127.0.0.1:9050".parse().unwrap(), direct: true };
        assert_eq!(Network::new(&direct, &onion).unwrap_err().id(), "err-onion-direct");
        assert!(Network::new(&RouteArgs { direct: false, ..direct }, &onion).is_ok());
    }

    #[test]
    fn every_problem_has_words() {
        for code in ProblemCode::ALL {
            let error = CommandError::from(NetworkError::Problem(*code));
            for language in [bisik_term::Language::Indonesian, bisik_term::Language::English] {
                let messages = bisik_term::Messages::new(language, crate::messages());
                assert_ne!(error.cause(&messages), error.id());
            }
        }
    }
}
