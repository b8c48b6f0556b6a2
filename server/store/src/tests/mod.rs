//! The story of a store, and what must not be found in its files.

mod model;
mod papers;
mod rest;
mod story;
mod uploads;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};

use bisik_formats::day::Day;
use bisik_formats::ids::{AgencyId, DeskId, ReportId};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;

use crate::{
    Accepted, AgencyKey, AgencyPlan, LocalStore, NewReport, Period, Plan, Quota, Sealed, Settings, Store,
    StoreError,
};

const QUOTA: Quota = Quota { bytes: 10_000_000, text_reserve: 1_000_000 };

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn today() -> Day {
    day("2026-11-22")
}

fn desk(name: &str) -> DeskId {
    name.parse().unwrap()
}

fn agency_id(symbol: char) -> AgencyId {
    symbol.to_string().repeat(32).parse().unwrap()
}

struct Fixture {
    store: Arc<LocalStore>,
    agency: AgencyKey,
    rng: StdRng,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (store, agency) = open(folder.path());
        Self { store, agency, rng: StdRng::seed_from_u64(1), folder }
    }

    /// Begins with the same random places at every run.
    fn seeded(seed: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let store = LocalStore::open(Settings::new(folder.path()), StdRng::seed_from_u64(seed)).unwrap();
        let agency = store.register(&agency_id('3'), QUOTA).unwrap();
        Self { store: Arc::new(store), agency, rng: StdRng::seed_from_u64(1), folder }
    }

    /// Closes the store and opens it again.
    fn reopen(self) -> Self {
        self.store.close();
        let Self { store, rng, folder, .. } = self;
        drop(store);
        let (store, agency) = open(folder.path());
        Self { store, agency, rng, folder }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    fn queue(&self, sealed: &[u8], day: Day, ready: Period) -> Receiver<Result<Accepted, StoreError>> {
        let (tell, told) = channel();
        let report = NewReport { agency: self.agency, id: ReportId::of(sealed), day, ready };
        self.store.accept_text(report, sealed.to_vec(), Box::new(move |result| tell.send(result).unwrap()));
        told
    }

    fn text(&self, sealed: &[u8]) -> Result<Accepted, StoreError> {
        self.queue(sealed, today(), Period::AT_ONCE).recv().unwrap()
    }

    fn large(&self, sealed: &[u8]) -> Result<Accepted, StoreError> {
        let mut staged = self.store.stage(self.agency, sealed.len() as u64)?;
        for piece in sealed.chunks(50_000) {
            staged.write(piece)?;
        }
        let (tell, told) = channel();
        staged.commit(today(), Period::AT_ONCE, Box::new(move |result| tell.send(result).unwrap()));
        told.recv().unwrap()
    }

    fn ids(&self) -> Vec<ReportId> {
        let listed = self.store.list(self.agency, None, Period::AT_ONCE, usize::MAX).unwrap();
        listed.iter().map(|listed| listed.id).collect()
    }

    fn read(&self, id: &ReportId) -> Option<Vec<u8>> {
        self.store.read(self.agency, id, Period::AT_ONCE).unwrap().map(content)
    }

    fn plan(&self, keep_from: Day, desks: &[DeskId]) -> Plan {
        let now = Period::from_hour(6);
        let agency = AgencyPlan { agency: self.agency, keep_from, desks: desks.to_vec(), now };
        Plan { today: today(), agencies: vec![agency] }
    }

    fn stored_files(&self, name: &str) -> Vec<std::path::PathBuf> {
        self.store.wiper.wait();
        let folders = fs::read_dir(self.folder.path().join(name)).unwrap();
        folders
            .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .collect()
    }
}

/// Opens a store with random places of its own: two lives of a store never share them.
fn open(folder: &Path) -> (Arc<LocalStore>, AgencyKey) {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let rng = StdRng::seed_from_u64(OPENED.fetch_add(1, Ordering::Relaxed));
    let store = LocalStore::open(Settings::new(folder), rng).unwrap();
    let agency = store.register(&agency_id('3'), QUOTA).unwrap();
    (Arc::new(store), agency)
}

fn content(sealed: Sealed) -> Vec<u8> {
    match sealed {
        Sealed::Bytes(bytes) => bytes,
        Sealed::File { mut file, length } => {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
            assert_eq!(bytes.len() as u64, length);
            bytes
        }
    }
}
