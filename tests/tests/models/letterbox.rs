//! A whole server without sockets: its routers, its store in a folder, and a clock that the model moves.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bisik_formats::access::AccessToken;
use bisik_formats::ids::{AgencyId, ReportId};
use bisik_server::app::App;
use bisik_server::clock::Clock;
use bisik_server::config::Config;
use bisik_server::events::Events;
use bisik_server::language::Language;
use bisik_server::{router, upkeep};
use bisik_store::{LocalStore, Period, Settings};
use http_body_util::BodyExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::wire;

/// Days that a server of a model keeps reports.
pub(crate) const RETENTION: i32 = 20;

/// Noon of 2026-03-01, the first day of every history.
const NOON: u64 = 1_772_366_400;

/// Returns a folder that vanishes; in memory where that is possible, since `fsync` is not what models are about.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

/// Which listener a request comes in by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Public,
    Courier,
}

/// The server of one agency, at the path `contoh`.
pub(crate) struct Letterbox {
    agency: AgencyId,
    token: AccessToken,
    batch: &'static str,
    /// Days since the first one, by the server's clock.
    pub(crate) today: Arc<AtomicI32>,
    root: TempDir,
    starts: u64,
    runs: Option<Running>,
}

struct Running {
    runtime: Runtime,
    app: Arc<App>,
    public: Router,
    courier: Router,
    folder: PathBuf,
}

impl Letterbox {
    /// Opens an empty server.
    pub(crate) fn open(agency: AgencyId, batch: &'static str) -> Self {
        let token = AccessToken::generate(&mut StdRng::seed_from_u64(77));
        let today = Arc::default();
        let mut server = Self { agency, token, batch, today, root: folder(), starts: 0, runs: None };
        server.start(&server.root.path().join("0"));
        server
    }

    fn start(&mut self, folder: &Path) {
        let (id, hash, data) = (self.agency.fingerprint(), self.token.hash(), folder.display());
        let config = format!(
            "data = \"{data}\"\nlanguage = \"en\"\n[public]\nlisten = \"127.0.0.1:0\"\n[courier]\nlisten = \"127.0.0.1:0\"\n\
             [disk]\nreserve_mib = 1\nfloor_mib = 1\nreserve_inodes = 1\n[[agency]]\npath = \"contoh\"\nid = \"{id}\"\n\
             batch = \"{}\"\nretention_days = {RETENTION}\nquota_mib = 100\ntext_reserve_mib = 10\n\
             courier_tokens = [\"{hash}\"]\n",
            self.batch
        );
        let config = Config::parse(&config).unwrap();
        let today = Arc::clone(&self.today);
        let clock = Clock::new(move || {
            let days = i64::from(today.load(Ordering::Relaxed)) * 86_400;
            NOON.saturating_add_signed(days)
        })
        .unwrap();
        let settings = Settings { disk: config.disk.reserve(), ..Settings::new(folder) };
        self.starts += 1;
        let store = Arc::new(LocalStore::open(settings, StdRng::seed_from_u64(self.starts)).unwrap());
        let events = Events::into_sink(Language::En, clock.clone(), |_| ());
        let mut rng = StdRng::seed_from_u64(3);
        let app = Arc::new(App::new(&config, store, clock, events, &mut rng).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (public, courier) = (router::public(Arc::clone(&app)), router::courier(Arc::clone(&app)));
        upkeep::reconcile(&app).unwrap();
        self.runs = Some(Running { runtime, app, public, courier, folder: folder.to_owned() });
    }

    fn running(&self) -> &Running {
        self.runs.as_ref().unwrap()
    }

    /// Returns the courier's token.
    pub(crate) fn token(&self) -> AccessToken {
        AccessToken::parse(&self.token.expose_text()).unwrap()
    }

    /// Dies with what is durable, and starts from that.
    pub(crate) fn crash(&mut self) {
        let dead = self.runs.take().unwrap();
        let after = self.root.path().join(self.starts.to_string());
        // What a crash leaves is what the folder holds now, before anything is closed.
        copy(&dead.folder, &after);
        let before = dead.folder.clone();
        drop(dead);
        fs::remove_dir_all(before).unwrap();
        self.start(&after);
    }

    /// Does the daily upkeep.
    pub(crate) fn maintain(&self) {
        upkeep::maintain(&self.running().app).unwrap();
    }

    /// Returns the ids of everything it holds.
    pub(crate) fn holds(&self) -> Vec<ReportId> {
        let app = &self.running().app;
        let key = app.agencies().next().unwrap().key;
        let all = app.store.list(key, None, Period::from_hour(u32::MAX), 100_000).unwrap();
        all.into_iter().map(|report| report.id).collect()
    }

    /// Returns the folder with everything it keeps.
    pub(crate) fn folder(&self) -> &Path {
        &self.running().folder
    }

    /// Answers a request.
    pub(crate) fn answer(&self, side: Side, request: &wire::Request) -> wire::Reply {
        let running = self.running();
        let mut built = Request::builder().method(request.method.as_str()).uri(&request.target);
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        let router = if side == Side::Public { &running.public } else { &running.courier };
        let built = built.body(Body::from(request.body.clone())).unwrap();
        let (status, kind, body) = running.runtime.block_on(async {
            let response = router.clone().oneshot(built).await.unwrap();
            let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
            (response.status().as_u16(), kind, response.into_body().collect().await.unwrap().to_bytes())
        });
        wire::Reply { status, kind: kind.unwrap_or_default(), body: body.to_vec() }
    }

    /// Returns a public document.
    pub(crate) fn get(&self, route: &str) -> wire::Reply {
        let target = format!("/contoh/{route}");
        self.answer(
            Side::Public,
            &wire::Request { method: "GET".to_owned(), target, headers: Vec::new(), body: Vec::new() },
        )
    }

    /// Brings something as a courier would; returns the status.
    pub(crate) fn bring(&self, method: &str, route: &str, body: &[u8]) -> u16 {
        let headers = vec![
            ("authorization".to_owned(), format!("Bearer {}", *self.token.expose_text())),
            ("content-type".to_owned(), "application/octet-stream".to_owned()),
            ("content-length".to_owned(), body.len().to_string()),
        ];
        let (method, target, body) = (method.to_owned(), format!("/contoh/{route}"), body.to_vec());
        self.answer(Side::Courier, &wire::Request { method, target, headers, body }).status
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if let Err(error) = fs::copy(entry.path(), target) {
            // What is being deleted may be gone already.
            assert!(error.kind() == ErrorKind::NotFound, "{error}");
        }
    }
}
