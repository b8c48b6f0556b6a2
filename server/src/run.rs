//! From a configuration to a running server and back.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use bisik_store::{LocalStore, Maintained, Settings, Store, StoreError};
use rand::CryptoRng;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{App, LoadError};
use crate::clock::Clock;
use crate::config::{Config, mib};
use crate::events::{Events, causes};
use crate::harden::harden;
use crate::listen::{Bound, Connections};
use crate::page::PageError;
use crate::tls::{Tls, TlsError};
use crate::{router, upkeep};

/// Reports that may wait for the disk.
const QUEUE: usize = 1024;

/// Threads for work that waits for the disk; each may have its own share of the allocator's memory.
const DISK_THREADS: usize = 16;

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Core files or tracing could not be forbidden, or threads not made.
    #[error("the process could not be set up")]
    Process(#[source] io::Error),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used")]
    Store(#[from] StoreError),
    /// The built page cannot be served.
    #[error("the page cannot be served")]
    Page(#[from] PageError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address in the configuration.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The ready file could not be written.
    #[error("the ready file could not be written")]
    Ready(#[source] io::Error),
}

impl From<LoadError> for RunError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => Self::Store(error),
            LoadError::Page(error) => Self::Page(error),
        }
    }
}

/// Serves until SIGTERM or SIGINT, reads certificate and key again at SIGHUP, and returns once everything taken is durable and closed.
///
/// # Errors
/// When it cannot start.
pub fn run<R: CryptoRng + Send + 'static>(
    config: &Config,
    ready_file: Option<&Path>,
    clock: Clock,
    rng: impl Fn() -> R,
) -> Result<(), RunError> {
    let app = Arc::new(open(config, clock, rng)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(DISK_THREADS)
        .thread_name("server")
        .enable_all()
        .build()
        .map_err(RunError::Process)?;
    runtime.block_on(serve(config, ready_file, &app))?;
    // Before the runtime goes: what waits for the disk still gets its answer.
    app.store.close();
    drop(runtime);
    app.events.write("stopped", &[]);
    Ok(())
}

/// Does the daily maintenance of a server that is stopped.
///
/// # Errors
/// When the data folder is in use or fails.
pub fn maintain<R: CryptoRng + Send + 'static>(
    config: &Config,
    clock: Clock,
    rng: impl Fn() -> R,
) -> Result<Maintained, RunError> {
    let app = open(config, clock, rng)?;
    upkeep::reconcile(&app)?;
    let done = upkeep::maintain(&app)?;
    app.store.close();
    Ok(done)
}

/// Gives up what the process does not need, and opens the data folder.
fn open<R: CryptoRng + Send + 'static>(
    config: &Config,
    clock: Clock,
    rng: impl Fn() -> R,
) -> Result<App, RunError> {
    harden().map_err(RunError::Process)?;
    tell_places_only(Events::new(config.language, clock.clone()));
    let settings = Settings {
        folder: config.data.clone(),
        queue: QUEUE,
        uploads: config.limits.open_uploads,
        disk: config.disk.reserve(),
        rewrite_limit: mib(config.disk.rewrite_mib),
    };
    let store: Arc<dyn Store> = Arc::new(LocalStore::open(settings, rng())?);
    let events = Events::new(config.language, clock.clone());
    Ok(App::new(config, store, clock, events, &mut rng())?)
}

/// Has a panic say where it happened, but not its message, which may hold what somebody sent.
fn tell_places_only(events: Events) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        events.write("panic", &[("place", place.into())]);
    }));
}

async fn serve(config: &Config, ready_file: Option<&Path>, app: &Arc<App>) -> Result<(), RunError> {
    let on = |kind| signal(kind).map_err(RunError::Process);
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    let mut hang_up = on(SignalKind::hangup())?;
    let tls = config.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
    let (stop, stopping) = watch::channel(false);
    let (sides, addresses) = listen(config, app, tls.as_ref(), &stopping).await?;
    drop(stopping);
    if let Some(path) = ready_file {
        write_ready(path, &addresses).map_err(RunError::Ready)?;
    }
    if let Some(address) = addresses.tls {
        app.events.write("tls-open", &[("public", address.to_string().into())]);
    }
    app.events.write(
        "started",
        &[
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("public", addresses.public.to_string().into()),
            ("courier", addresses.courier.to_string().into()),
        ],
    );
    let upkeep = tokio::spawn(upkeep::run(Arc::clone(app)));
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => renew(app, tls.as_ref()).await,
        }
    }
    app.events.write("stopping", &[]);
    upkeep.abort();
    // The receivers live in the sides: if all are gone, there is nothing to tell.
    let _told = stop.send(true);
    for side in sides {
        let _ended = side.await;
    }
    Ok(())
}

/// Where the sides listen.
struct Addresses {
    public: SocketAddr,
    courier: SocketAddr,
    tls: Option<SocketAddr>,
}

/// Binds all sides, then serves them.
async fn listen(
    config: &Config,
    app: &Arc<App>,
    tls: Option<&Arc<Tls>>,
    stopping: &watch::Receiver<bool>,
) -> Result<(Vec<JoinHandle<()>>, Addresses), RunError> {
    let limits = &config.limits;
    let public = bind(config.public.listen).await?;
    let courier = bind(config.courier.listen).await?;
    let open = match (&config.tls, tls) {
        (Some(listener), Some(tls)) => Some((bind(listener.listen).await?, Arc::clone(tls))),
        _ => None,
    };
    let addresses = Addresses {
        public: public.address(),
        courier: courier.address(),
        tls: open.as_ref().map(|(bound, _)| bound.address()),
    };
    let serve =
        |bound: Bound, router, connections| tokio::spawn(bound.serve(router, connections, stopping.clone()));
    let mut sides = vec![
        serve(public, router::public(Arc::clone(app)), Connections::public(limits)),
        serve(courier, router::courier(Arc::clone(app)), Connections::courier(limits)),
    ];
    if let Some((bound, tls)) = open {
        sides.push(serve(bound, router::open(Arc::clone(app)), Connections::open(limits, tls)));
    }
    Ok((sides, addresses))
}

/// Reads certificate and key again; what cannot be used changes nothing and is said.
async fn renew(app: &App, tls: Option<&Arc<Tls>>) {
    let Some(tls) = tls.cloned() else { return };
    let reloaded = tokio::task::spawn_blocking(move || tls.reload()).await;
    match reloaded {
        Ok(Ok(())) => app.events.write("tls-renewed", &[]),
        Ok(Err(error)) => app.events.write("tls-kept", &[("error", causes(&error).into())]),
        // The panic has been written by its own hook.
        Err(_) => {}
    }
}

async fn bind(address: SocketAddr) -> Result<Bound, RunError> {
    Bound::new(address).await.map_err(|source| RunError::Listen { address, source })
}

/// Says where the server listens, in lines `public=ADDRESS`, `courier=ADDRESS` and, with TLS, `tls=ADDRESS`.
///
/// The file appears whole: whoever waits for it may read it at once.
fn write_ready(path: &Path, addresses: &Addresses) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&name)?;
    let tls = addresses.tls.map(|address| format!("tls={address}\n")).unwrap_or_default();
    file.write_all(format!("public={}\ncourier={}\n{tls}", addresses.public, addresses.courier).as_bytes())?;
    std::fs::rename(&name, path)
}
