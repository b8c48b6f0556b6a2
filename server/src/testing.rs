//! A whole server without sockets, with a clock that tests move.

#[path = "../tests/support/mod.rs"]
pub(crate) mod support;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bisik_formats::problem::{Problem, ProblemCode};
use bisik_formats::routes::Routes;
use bisik_store::{LocalStore, Settings};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::events::Events;
use crate::language::Language;
use crate::router;
use support::{NOON, World};

/// A server and the agency that it serves.
pub(crate) struct Server {
    pub(crate) world: World,
    pub(crate) app: Arc<App>,
    pub(crate) public: Router,
    pub(crate) courier: Router,
    pub(crate) folder: PathBuf,
    pub(crate) lines: Arc<Mutex<String>>,
    seconds: Arc<AtomicU64>,
    _data: TempDir,
}

impl Server {
    /// Starts an empty server.
    pub(crate) fn empty() -> Self {
        Self::with("off", "")
    }

    /// Starts an empty server with a batch setting and further sections of the configuration.
    pub(crate) fn with(batch: &str, more: &str) -> Self {
        let data = TempDir::new().unwrap();
        let folder = data.path().join("data");
        let world = World::new(1);
        let config = Config::parse(&world.config(&folder, batch, more)).unwrap();
        let seconds = Arc::new(AtomicU64::new(NOON));
        let time = Arc::clone(&seconds);
        let clock = Clock::new(move || time.load(Ordering::Relaxed)).unwrap();
        let uploads = config.limits.open_uploads;
        let settings = Settings { uploads, disk: config.disk.reserve(), ..Settings::new(&folder) };
        let store = Arc::new(LocalStore::open(settings, StdRng::seed_from_u64(2)).unwrap());
        let lines = Arc::<Mutex<String>>::default();
        let log = Arc::clone(&lines);
        let events =
            Events::into_sink(Language::En, clock.clone(), move |line| log.lock().unwrap().push_str(line));
        let app = Arc::new(App::new(&config, store, clock, events, &mut StdRng::seed_from_u64(3)).unwrap());
        let (public, courier) = (router::public(Arc::clone(&app)), router::courier(Arc::clone(&app)));
        Self { world, app, public, courier, folder, lines, seconds, _data: data }
    }

    /// Starts a server with card 1 and an edition of each desk.
    pub(crate) async fn open() -> Self {
        let mut server = Self::empty();
        server.open_box().await;
        server
    }

    /// Brings card 1 and an edition of each desk.
    pub(crate) async fn open_box(&mut self) {
        assert_eq!(self.put_card(self.world.bundle(1)).await.status(), StatusCode::NO_CONTENT);
        for desk in 0..self.world.desks.len() {
            let framed = self.world.framed(desk, "202611220", 1);
            assert_eq!(self.publish(desk, framed).await.status(), StatusCode::NO_CONTENT);
        }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(&self.public, Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn courier_get(&self, path: &str) -> Response {
        let request = self.authorized(Method::GET, path).body(Body::empty()).unwrap();
        self.send(&self.courier, request).await
    }

    /// Posts a sealed report as a program does.
    pub(crate) async fn post(&self, sealed: Vec<u8>) -> Response {
        let desks = self.world.desks.len();
        self.send(&self.public, report(&sealed, desks).body(sealed.into()).unwrap()).await
    }

    pub(crate) async fn publish(&self, desk: usize, framed: Vec<u8>) -> Response {
        let path = Routes::new("/contoh").editions(&self.world.desks[desk].0);
        self.courier_send(Method::POST, &path, framed).await
    }

    pub(crate) async fn put_card(&self, bundle: Vec<u8>) -> Response {
        self.courier_send(Method::PUT, "/contoh/card", bundle).await
    }

    pub(crate) async fn acknowledge(&self, note: Vec<u8>) -> Response {
        self.courier_send(Method::POST, "/contoh/acknowledgements", note).await
    }

    /// Returns what the courier's list says.
    pub(crate) async fn list(&self) -> String {
        text(self.courier_get("/contoh/reports").await).await
    }

    pub(crate) async fn courier_send(&self, method: Method, path: &str, body: Vec<u8>) -> Response {
        let request = self
            .authorized(method, path)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, body.len())
            .body(body.into())
            .unwrap();
        self.send(&self.courier, request).await
    }

    pub(crate) async fn send(&self, router: &Router, request: Request<Body>) -> Response {
        router.clone().oneshot(request).await.unwrap()
    }

    fn authorized(&self, method: Method, path: &str) -> http::request::Builder {
        let token = self.world.token.expose_text();
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", *token))
    }
}

/// Returns a request that carries a report with its headers.
pub(crate) fn report(sealed: &[u8], desks: usize) -> http::request::Builder {
    Request::post("/contoh/reports")
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, sealed.len())
        .header("Bisik-Pow", "0000000000000000")
        .header("Bisik-Header-Sha256", support::header_digest(sealed, desks))
}

pub(crate) async fn bytes(response: Response) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

pub(crate) async fn text(response: Response) -> String {
    String::from_utf8(bytes(response).await.into()).unwrap()
}

/// Demands a refusal with this code and its whole document.
pub(crate) async fn refused(response: Response, code: ProblemCode) {
    let status = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE).cloned();
    let body = bytes(response).await;
    let problem: Problem = serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{status} {body:?}"));
    assert_eq!(problem.code(), Some(code), "{problem:?}");
    assert_eq!(status.as_u16(), code.status());
    assert_eq!(media_type.unwrap(), "application/problem+json");
    assert!(!problem.title.is_empty() && !problem.detail.is_empty());
}
