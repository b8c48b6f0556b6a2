//! The server's courier routes. Everything it answers is bounded and parsed once.

use std::io::Read;
use std::time::Duration;

use bisik_formats::ids::{DeskId, ReportId};
use bisik_formats::padding::{MAX_DESKS, MAX_SIZE, sealed_len};
use bisik_formats::problem::{MEDIA_TYPE, Problem, ProblemCode};
use bisik_formats::routes::Routes;
use bisik_term::{CommandError, ErrorKind, Language};
use thiserror::Error;
use ureq::http::Response;
use ureq::{Agent, Body, Proxy};
use zeroize::Zeroizing;

use crate::config::{Config, ConfigError};

/// The most lines of one page of the list of reports.
pub const MAX_PAGE: usize = 1000;

/// The longest page of the list, in bytes: id, space, up to 20 digits, LF.
const MAX_PAGE_LEN: u64 = (MAX_PAGE as u64) * (64 + 1 + 20 + 1);

/// The longest problem document or status that is read, in bytes.
const MAX_DOCUMENT: u64 = 64 * 1024;

/// Until a connection stands; a circuit through Tor may take its time.
const CONNECT: Duration = Duration::from_secs(60);

/// Until the answer begins. Taking a large edition includes its durable writing.
const ANSWER: Duration = Duration::from_secs(120);

/// The longest pause while bytes flow.
const PAUSE: Duration = Duration::from_secs(60);

/// A request failed or was refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The server cannot be reached, or the way to it failed.
    #[error("the server cannot be reached")]
    Unreachable(#[source] ureq::Error),
    /// The answer ended early.
    #[error("the answer ended early")]
    Cut,
    /// The answer is not what the server of this protocol says.
    #[error("the answer is malformed")]
    Malformed,
    /// The server refuses, for this reason.
    #[error("the server refuses: {}", .0.as_str())]
    Refused(ProblemCode),
    /// The server refuses with a status and no reason known here.
    #[error("the server refuses with status {0}")]
    Status(u16),
}

impl From<ServerError> for CommandError {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Unreachable(error) => {
                Self::new(ErrorKind::Network, "err-unreachable").with("detail", error.to_string())
            }
            ServerError::Cut => Self::new(ErrorKind::Network, "err-cut"),
            ServerError::Malformed => Self::new(ErrorKind::Network, "err-answer"),
            ServerError::Status(status) => Self::new(ErrorKind::Network, "err-status").with("status", status),
            ServerError::Refused(code) => refused(code),
        }
    }
}

impl ServerError {
    /// Tells whether only the thing sent was refused, so that the next one may be taken.
    #[must_use]
    pub fn is_about_the_document(&self) -> bool {
        use ProblemCode as Code;
        matches!(
            self,
            Self::Refused(
                Code::CardInvalid
                    | Code::CardOld
                    | Code::EditionInvalid
                    | Code::EditionOld
                    | Code::AcknowledgementInvalid
                    | Code::NoCard
                    | Code::BadRequest
                    | Code::ReportTooLarge
            )
        )
    }
}

fn refused(code: ProblemCode) -> CommandError {
    use ProblemCode as Code;
    let (kind, id) = match code {
        Code::Unauthorized => (ErrorKind::Secret, "err-token"),
        Code::NotFound => (ErrorKind::Refused, "err-not-found"),
        Code::NoCard => (ErrorKind::TryLater, "err-no-card"),
        Code::CardInvalid => (ErrorKind::Verification, "err-card-invalid"),
        Code::CardOld => (ErrorKind::Refused, "err-card-old"),
        Code::EditionInvalid => (ErrorKind::Verification, "err-edition-invalid"),
        Code::EditionOld => (ErrorKind::Refused, "err-edition-old"),
        Code::AcknowledgementInvalid => (ErrorKind::Verification, "err-acknowledgement-invalid"),
        Code::Busy | Code::Timeout | Code::Truncated => (ErrorKind::TryLater, "err-busy"),
        Code::Full => (ErrorKind::TryLater, "err-server-full"),
        other => return CommandError::from(ServerError::Status(other.status())),
    };
    CommandError::new(kind, id)
}

/// A report that the server lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// SHA-256 of its sealed bytes.
    pub id: ReportId,
    /// Its length in bytes.
    pub len: u64,
}

/// The server, as the courier sees it.
pub struct Server {
    agent: Agent,
    routes: Routes,
    authorization: Zeroizing<String>,
    language: Language,
}

impl Server {
    /// Prepares requests; none is sent yet.
    ///
    /// # Errors
    /// Fails with [`ConfigError::Proxy`] if the proxy is malformed.
    pub fn new(config: Config, language: Language) -> Result<Self, ConfigError> {
        Self::over(config, language, |settings| settings.new_agent())
    }

    /// As [`Server::new`], by another way than through sockets: `agent` turns the settings of this program into
    /// what connects. Everything above the connection stays as it is, which is what simulations want.
    ///
    /// # Errors
    /// Fails with [`ConfigError::Proxy`] if the proxy is malformed.
    pub fn over(
        config: Config,
        language: Language,
        agent: impl FnOnce(ureq::config::Config) -> Agent,
    ) -> Result<Self, ConfigError> {
        // The proxy resolves names, so that none leaks: that is what the h stands for.
        let proxy = config.proxy.map(|proxy| Proxy::new(&format!("socks5h://{proxy}"))).transpose();
        let settings = Agent::config_builder()
            .proxy(proxy.map_err(|_| ConfigError::Proxy)?)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("")
            .max_response_header_size(16 * 1024)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_per_read(Some(PAUSE))
            .timeout_per_write(Some(PAUSE))
            .build();
        let agent = agent(settings);
        let authorization = Zeroizing::new(format!("Bearer {}", config.token.expose_text().as_str()));
        Ok(Self { agent, routes: config.routes, authorization, language })
    }

    /// Returns the page of the list of reports that begins after `after`, rising; empty at the end.
    ///
    /// # Errors
    /// See [`ServerError`]. So it is with every request here.
    pub fn page(&self, after: Option<ReportId>) -> Result<Vec<Listed>, ServerError> {
        let answer = self.get(&self.routes.reports_after(after))?;
        let bytes = read_bounded(answer, MAX_PAGE_LEN)?;
        parse_page(&bytes, after).ok_or(ServerError::Malformed)
    }

    /// Begins to fetch a report; at most one byte more than `len` can be read.
    pub fn report(&self, listed: Listed) -> Result<impl Read + use<>, ServerError> {
        let answer = self.get(&self.routes.report(listed.id))?;
        Ok(answer.into_body().into_with_config().limit(listed.len.saturating_add(1)).reader())
    }

    /// Returns the server's counts as a JSON document.
    pub fn status(&self) -> Result<serde_json::Value, ServerError> {
        let bytes = read_bounded(self.get(&self.routes.status())?, MAX_DOCUMENT)?;
        serde_json::from_slice(&bytes).map_err(|_| ServerError::Malformed)
    }

    /// Brings a card bundle.
    pub fn put_card(&self, bundle: &[u8]) -> Result<(), ServerError> {
        let request = self.agent.put(self.routes.card());
        self.sent(request.header("authorization", self.authorization.as_str()), bundle)
    }

    /// Brings an edition of a desk: header note and body as frames.
    pub fn post_edition(&self, desk: &DeskId, frames: &[u8]) -> Result<(), ServerError> {
        self.post(&self.routes.editions(desk), frames)
    }

    /// Brings an acknowledgement.
    pub fn post_acknowledgement(&self, note: &[u8]) -> Result<(), ServerError> {
        self.post(&self.routes.acknowledgements(), note)
    }

    fn post(&self, address: &str, body: &[u8]) -> Result<(), ServerError> {
        let request = self.agent.post(address);
        self.sent(request.header("authorization", self.authorization.as_str()), body)
    }

    fn sent(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        body: &[u8],
    ) -> Result<(), ServerError> {
        let request = request
            .header("accept-language", self.language.code())
            .header("content-type", "application/octet-stream");
        checked(request.send(body).map_err(ServerError::Unreachable)?).map(|_| ())
    }

    fn get(&self, address: &str) -> Result<Response<Body>, ServerError> {
        let request = self
            .agent
            .get(address)
            .header("authorization", self.authorization.as_str())
            .header("accept-language", self.language.code());
        checked(request.call().map_err(ServerError::Unreachable)?)
    }
}

/// Passes an answer of success on and reads the reason of any other.
fn checked(answer: Response<Body>) -> Result<Response<Body>, ServerError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let is_problem = answer
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes().starts_with(MEDIA_TYPE.as_bytes()));
    let unknown = ServerError::Status(status.as_u16());
    if !is_problem {
        return Err(unknown);
    }
    let bytes = read_bounded(answer, MAX_DOCUMENT)?;
    let code = serde_json::from_slice::<Problem>(&bytes).ok().and_then(|problem| problem.code());
    Err(code.map_or(unknown, ServerError::Refused))
}

fn read_bounded(answer: Response<Body>, max: u64) -> Result<Vec<u8>, ServerError> {
    let mut bytes = Vec::new();
    let mut reader = answer.into_body().into_with_config().limit(max.saturating_add(1)).reader();
    reader.read_to_end(&mut bytes).map_err(|_| ServerError::Cut)?;
    if bytes.len() as u64 > max { Err(ServerError::Malformed) } else { Ok(bytes) }
}

/// Reads a page: lines `<id> <length>`, rising, after `after`.
fn parse_page(bytes: &[u8], after: Option<ReportId>) -> Option<Vec<Listed>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut last = after;
    let mut page = Vec::new();
    for line in text.split_terminator('\n') {
        let (id, len) = line.split_once(' ')?;
        let listed = Listed { id: id.parse().ok()?, len: parse_len(len)? };
        if page.len() == MAX_PAGE || last.is_some_and(|last| last >= listed.id) {
            return None;
        }
        last = Some(listed.id);
        page.push(listed);
    }
    (text.is_empty() || text.ends_with('\n')).then_some(page)
}

/// Reads a length in plain decimal that a sealed report may have.
fn parse_len(text: &str) -> Option<u64> {
    let len: u64 = text.parse().ok()?;
    (len.to_string() == text && len <= sealed_len(MAX_DESKS, MAX_SIZE)).then_some(len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(byte: u8, len: u64) -> String {
        format!("{} {len}\n", ReportId::from_bytes([byte; 32]))
    }

    #[test]
    fn reads_a_page() {
        let page = parse_page(format!("{}{}", line(1, 36_000), line(2, 7)).as_bytes(), None).unwrap();
        assert_eq!(page.len(), 2);
        assert_eq!(page[1], Listed { id: ReportId::from_bytes([2; 32]), len: 7 });
        assert_eq!(parse_page(b"", None), Some(Vec::new()));
    }

    #[test]
    fn refuses_pages_that_would_loop_or_repeat() {
        let one = ReportId::from_bytes([1; 32]);
        assert_eq!(parse_page(line(1, 7).as_bytes(), Some(one)), None);
        assert_eq!(parse_page(format!("{}{}", line(2, 7), line(1, 7)).as_bytes(), None), None);
        assert_eq!(parse_page(format!("{}{}", line(2, 7), line(2, 7)).as_bytes(), None), None);
    }

    #[test]
    fn refuses_malformed_lines() {
        let id = "ab".repeat(32);
        for text in [
            format!("{id} 7"),
            format!("{id} 07\n"),
            format!("{id} +7\n"),
            format!("{id}\n"),
            format!("{} 7\n", "AB".repeat(32)),
            format!("../{id} 7\n"),
            format!("{id} 18446744073709551615\n"),
            "\n".to_owned(),
        ] {
            assert_eq!(parse_page(text.as_bytes(), None), None, "{text}");
        }
        let many: String = (0..=MAX_PAGE).map(|n| format!("{n:064x} 7\n")).collect();
        assert_eq!(parse_page(many.as_bytes(), None), None);
    }

    proptest! {
        #[test]
        fn any_page_comes_back(ids in proptest::collection::btree_set(any::<[u8; 32]>(), 0..40), len in 0u64..1 << 36) {
            let page: Vec<Listed> = ids.into_iter().map(|id| Listed { id: ReportId::from_bytes(id), len }).collect();
            let text: String = page.iter().map(|listed| format!("{} {}\n", listed.id, listed.len)).collect();
            prop_assert_eq!(parse_page(text.as_bytes(), None), Some(page));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(page) = parse_page(&bytes, None) {
                prop_assert!(page.is_sorted_by(|a, b| a.id < b.id));
            }
        }
    }
}
