//! The accept loop: every connection has a time limit on its head, a strict reading of it, and a place, which it
//! loses to a newcomer when all are taken and it does least.
//!
//! `axum::serve` of axum 0.8 has none of these.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::config::Limits;
use crate::places::{Place, Places, Turns};
use crate::stall::{Watched, WriteFloor};
use crate::tls::Tls;

/// Connections of the courier's side: one courier, one monitoring.
const COURIER_CONNECTIONS: usize = 32;

/// Bytes that are read ahead on a connection, at most.
const READ_AHEAD: usize = 64 * 1024;

/// Header lines of a request, at most.
const HEADER_LINES: usize = 64;

/// How long a connection may do nothing while others wait for its place. Bytes buy time: who reads or sends at this
/// speed is never asked to leave, and who waits for an answer not before other limits have had their say.
const TURNS: Turns =
    Turns { free: Duration::from_millis(500), bytes_per_second: 16 * 1024, busy: Duration::from_secs(45) };

/// How connections of one side are treated.
#[derive(Debug, Clone)]
pub struct Connections {
    most: usize,
    head: Duration,
    floor: WriteFloor,
    stop: Duration,
    tls: Option<Arc<Tls>>,
}

impl Connections {
    /// Returns the treatment of reporters.
    pub fn public(limits: &Limits) -> Self {
        let window = Duration::from_secs(limits.grace_seconds);
        let bytes = limits.floor_bytes_per_second.saturating_mul(limits.grace_seconds);
        Self {
            most: limits.connections,
            head: Duration::from_secs(limits.header_seconds),
            floor: WriteFloor { window, bytes: usize::try_from(bytes).unwrap_or(usize::MAX) },
            stop: Duration::from_secs(limits.stop_seconds),
            tls: None,
        }
    }

    /// Returns the treatment of reporters who come over the open network.
    pub fn open(limits: &Limits, tls: Arc<Tls>) -> Self {
        Self { tls: Some(tls), ..Self::public(limits) }
    }

    /// Returns the treatment of couriers.
    pub fn courier(limits: &Limits) -> Self {
        Self { most: COURIER_CONNECTIONS, ..Self::public(limits) }
    }
}

/// A socket that listens but accepts nothing yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Binds an address; port 0 takes a free port.
    ///
    /// # Errors
    /// When the address is taken or not of this machine.
    pub async fn new(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Returns the address with its true port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` turns true; then lets open requests end, but not for ever.
    pub async fn serve(self, router: Router, connections: Connections, mut stop: watch::Receiver<bool>) {
        let places = Places::new(connections.most, TURNS);
        while let Some((stream, place)) = accept(&self.listener, &places, &mut stop).await {
            tokio::spawn(serve_one(stream, place, router.clone(), connections.clone(), stop.clone()));
        }
        drop(self.listener);
        // All places are free once all connections have ended; who has not by then is cut off.
        let _ended = timeout(connections.stop, places.all_free(connections.most)).await;
    }
}

/// Waits for a connection and then for a place; `None` when it is time to stop.
async fn accept(
    listener: &TcpListener,
    places: &Places,
    stop: &mut watch::Receiver<bool>,
) -> Option<(TcpStream, Place)> {
    loop {
        let accepted = async {
            // First somebody who wants a place, then the place: nobody has to leave for nobody. One waits here,
            // further ones in the kernel.
            match listener.accept().await {
                Ok((stream, _)) => Some((stream, places.take().await)),
                Err(_) => None,
            }
        };
        tokio::select! {
            () = stopped(stop) => return None,
            accepted = accepted => match accepted {
                Some(accepted) => return Some(accepted),
                // Out of file descriptors, or the peer is gone already: a busy loop would make it worse.
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
}

async fn serve_one(
    stream: TcpStream,
    place: Place,
    router: Router,
    connections: Connections,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are written whole; waiting for more would only delay them.
    let _set = stream.set_nodelay(true);
    match &connections.tls {
        None => talk(stream, &place, router, &connections, stop).await,
        Some(tls) => {
            // In boxes: what TLS needs must not make every plain connection as large.
            let handshake = Box::pin(timeout(connections.head, tls.accept(stream)));
            // A handshake that fails is not written anywhere either.
            let stream = tokio::select! {
                done = handshake => done.ok().and_then(Result::ok),
                () = place.told() => None,
                () = stopped(&mut stop) => None,
            };
            if let Some(stream) = stream {
                Box::pin(talk(Box::new(stream), &place, router, &connections, stop)).await;
            }
        }
    }
    drop(place);
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    place: &Place,
    router: Router,
    connections: &Connections,
    mut stop: watch::Receiver<bool>,
) {
    let io = TokioIo::new(Watched::new(stream, connections.floor, Arc::clone(place.holder())));
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request| {
        let (holder, answer) = (Arc::clone(place.holder()), router.call(request));
        // In a box: a connection that waits for its next request holds no room for the work on one.
        Box::pin(async move {
            holder.set_busy(true);
            let answer = answer.await;
            holder.set_busy(false);
            answer
        })
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(connections.head)
        .max_headers(HEADER_LINES)
        .max_buf_size(READ_AHEAD)
        .auto_date_header(false)
        .serve_connection(io, service);
    let mut connection = std::pin::pin!(connection);
    // What a peer does wrong is not written anywhere.
    tokio::select! {
        _ended = connection.as_mut() => {}
        () = place.told() => {}
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            let _ended = timeout(connections.stop, connection).await;
        }
    }
}

/// Waits until it is time to stop, or until nobody is left who could say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _told = stop.wait_for(|stop| *stop).await;
}
