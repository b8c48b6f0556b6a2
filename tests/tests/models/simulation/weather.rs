//! What lies between the programs: a network that fails as the seed says.

use std::sync::{Arc, Mutex, PoisonError};

use bisik_formats::ids::ReportId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::letterbox::{Letterbox, Side};
use crate::wire::{Peer, Reply, Request};

/// The weather of a day.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Weather {
    /// Nobody reaches the server.
    pub(super) apart: bool,
    /// Of a hundred requests, how many never arrive, ...
    pub(super) lost: u32,
    /// ... are done while their answer is lost, ...
    pub(super) unanswered: u32,
    /// ... are done twice.
    pub(super) twice: u32,
}

/// A server that several programs reach.
pub(super) type Shared = Arc<Mutex<Letterbox>>;

/// Does something with the server.
pub(super) fn with<T>(server: &Shared, act: impl FnOnce(&mut Letterbox) -> T) -> T {
    act(&mut server.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The way of one program to the server.
pub(super) struct Way {
    server: Shared,
    side: Side,
    weather: Weather,
    rng: StdRng,
    /// Requests that somebody on the way has kept.
    kept: Arc<Mutex<Vec<(Side, Request)>>>,
    arrived: Arc<Mutex<Vec<ReportId>>>,
}

impl Way {
    pub(super) fn new(
        server: &Shared,
        side: Side,
        weather: Weather,
        seed: u64,
        kept: &Arc<Mutex<Vec<(Side, Request)>>>,
    ) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self {
            server: Arc::clone(server),
            side,
            weather,
            rng,
            kept: Arc::clone(kept),
            arrived: Arc::default(),
        }
    }

    /// Returns where the ids of reports stand that have reached the server.
    pub(super) fn arrivals(&self) -> Arc<Mutex<Vec<ReportId>>> {
        Arc::clone(&self.arrived)
    }
}

impl Peer for Way {
    fn answer(&mut self, request: Request) -> Option<Reply> {
        let chance = self.rng.random_range(0..100);
        let weather = self.weather;
        if weather.apart || chance < weather.lost {
            return None;
        }
        if request.method != "GET" && self.rng.random_range(0..20) == 0 {
            self.kept.lock().unwrap().push((self.side, request.clone()));
        }
        let reply = with(&self.server, |server| server.answer(self.side, &request));
        if self.side == Side::Public && request.method == "POST" && reply.status == 201 {
            self.arrived.lock().unwrap().push(ReportId::of(&request.body));
        }
        if chance < weather.lost + weather.unanswered {
            return None;
        }
        if chance < weather.lost + weather.unanswered + weather.twice {
            return Some(with(&self.server, |server| server.answer(self.side, &request)));
        }
        Some(reply)
    }
}
