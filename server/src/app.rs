//! The state behind the routes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bisik_formats::access::{AccessToken, TokenHash};
use bisik_formats::ids::AgencyId;
use bisik_formats::problem::ProblemCode;
use bisik_store::{AgencyKey, Period, Store, StoreError};
use rand::CryptoRng;

use crate::challenge::{Challenger, Difficulty};
use crate::clock::Clock;
use crate::config::{AgencyConfig, Batch, Config, Limits, mib};
use crate::events::Events;
use crate::gates::Gates;
use crate::intake::BodyFloor;
use crate::page::{Page, PageError};
use crate::published::Published;
use crate::refusal::Refusal;
use crate::spent::Spent;
use crate::turns::Turns;

/// The state cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The built page cannot be served.
    #[error(transparent)]
    Page(#[from] PageError),
}

/// Everything that requests share.
pub struct App {
    /// Where things are kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Clock,
    /// The event log.
    pub events: Events,
    /// Proof-of-work challenges.
    pub challenger: Challenger,
    /// How slowly bodies may come.
    pub floor: BodyFloor,
    /// Proofs of work that have been used.
    pub spent: Spent,
    /// What all senders together may use.
    pub gates: Gates,
    /// Who is writing to which resumable upload.
    pub turns: Arc<Turns>,
    /// Days that a resumable upload is kept.
    pub upload_days: u16,
    agencies: HashMap<String, Arc<Agency>>,
}

impl App {
    /// Reads what the store holds for the agencies of a configuration.
    ///
    /// # Errors
    /// When the store fails, or the page was not built as it must be.
    pub fn new(
        config: &Config,
        store: Arc<dyn Store>,
        clock: Clock,
        events: Events,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, LoadError> {
        let mut agencies = HashMap::new();
        for agency in &config.agency {
            let memory = mib(config.limits.edition_memory_mib);
            let loaded = Agency::load(agency, store.as_ref(), memory)?;
            agencies.insert(agency.path.clone(), Arc::new(loaded));
        }
        Ok(Self {
            store,
            events,
            clock,
            challenger: Challenger::new(rng, Difficulty::of(&config.limits)),
            floor: BodyFloor::of(&config.limits),
            spent: Spent::new(most_proofs(&config.limits)),
            gates: Gates::new(&config.limits, rng),
            turns: Arc::default(),
            upload_days: config.limits.upload_days,
            agencies,
        })
    }

    /// Returns the agency with this path.
    pub fn agency(&self, path: &str) -> Option<&Arc<Agency>> {
        self.agencies.get(path)
    }

    /// Returns all agencies.
    pub fn agencies(&self) -> impl Iterator<Item = &Arc<Agency>> {
        self.agencies.values()
    }

    /// Does something that may wait for the disk, away from the threads that serve connections.
    ///
    /// # Errors
    /// When the work fails; failures of the machine are written to the event log.
    pub async fn on_disk<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let app = Arc::clone(self);
        let result = tokio::task::spawn_blocking(move || work(&app)).await;
        result.map_err(|_| Refusal::new(ProblemCode::Internal))?.map_err(|error| self.refuse(error))
    }

    /// Turns a failure of the store into a refusal, and an event if it is the machine's.
    pub fn refuse(&self, error: StoreError) -> Refusal {
        let refusal = Refusal::from(error.clone());
        if refusal.code() == ProblemCode::Internal {
            self.events.store_failed(&error);
        }
        refusal
    }
}

/// One agency.
pub struct Agency {
    /// First part of its addresses.
    pub path: String,
    /// The pinned identity.
    pub id: AgencyId,
    /// Its key in the store.
    pub key: AgencyKey,
    /// The reporter's page with this identity in it.
    pub page: Page,
    /// Days after which reports go.
    pub retention_days: u16,
    /// Bytes of all its sealed reports that the store takes.
    pub quota_bytes: u64,
    /// When the courier gets reports.
    pub batch: Batch,
    /// Held while a card or edition is being brought, so that one is judged by what the other left.
    pub publishing: tokio::sync::Mutex<()>,
    tokens: Vec<TokenHash>,
    memory: u64,
    published: RwLock<Arc<Published>>,
}

impl Agency {
    fn load(config: &AgencyConfig, store: &dyn Store, memory: u64) -> Result<Self, LoadError> {
        let key = store.register(&config.id, config.quota())?;
        Ok(Self {
            path: config.path.clone(),
            id: config.id,
            key,
            page: Page::new(&config.id)?,
            retention_days: config.retention_days,
            quota_bytes: config.quota().bytes,
            batch: config.batch,
            publishing: tokio::sync::Mutex::default(),
            tokens: config.courier_tokens.clone(),
            memory,
            published: RwLock::new(Arc::new(Published::load(store, key, &config.id, memory)?)),
        })
    }

    /// Returns what is published now.
    pub fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows what the store holds now.
    ///
    /// # Errors
    /// When the store fails; then the former view stays.
    pub fn reload(&self, store: &dyn Store) -> Result<(), StoreError> {
        let fresh = Arc::new(Published::load(store, self.key, &self.id, self.memory)?);
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Tells whether a token is one of this agency's couriers.
    pub fn admits(&self, token: &AccessToken) -> bool {
        // Every hash is compared, so that time does not tell which one fits.
        self.tokens.iter().fold(false, |found, hash| found | hash.admits(token))
    }

    /// Returns the period from which a report that arrives at this hour is given to the courier.
    pub fn ready(&self, hour: u32) -> Period {
        match self.batch {
            Batch::Day => Period::from_hour((hour / 24).saturating_add(1).saturating_mul(24)),
            Batch::Hour => Period::from_hour(hour.saturating_add(1)),
            Batch::Off => Period::AT_ONCE,
        }
    }
}

/// Returns how many used proofs there can be of one slot: no more than come through the gates in it, with the bursts.
fn most_proofs(limits: &Limits) -> usize {
    let all = limits.text_reports.saturating_add(limits.new_uploads).saturating_mul(2);
    usize::try_from(all).unwrap_or(usize::MAX)
}
