//! Counters in memory, so that no request scans a table.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bisik_formats::day::Day;

use crate::{AgencyKey, Class, Quota, StoreError, Usage};

/// The counters of all agencies.
#[derive(Debug, Default)]
pub(crate) struct UsageTable {
    agencies: RwLock<HashMap<AgencyKey, Arc<AgencyUsage>>>,
}

impl UsageTable {
    /// Adds an agency with what it holds already, or changes the quota of one that is there.
    pub(crate) fn register(&self, agency: AgencyKey, quota: Quota, days: BTreeMap<Day, DayCount>) {
        let mut agencies = self.agencies.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = agencies.get(&agency) {
            known.lock().quota = quota;
            return;
        }
        let bytes = days.values().map(|count| count.bytes).sum();
        let inner = Inner { quota, days, bytes, staged: 0, arrived: 0 };
        agencies.insert(agency, Arc::new(AgencyUsage { inner: Mutex::new(inner) }));
    }

    /// Returns the counters of one agency.
    pub(crate) fn of(&self, agency: AgencyKey) -> Result<Arc<AgencyUsage>, StoreError> {
        let agencies = self.agencies.read().unwrap_or_else(PoisonError::into_inner);
        agencies.get(&agency).cloned().ok_or(StoreError::UnknownAgency)
    }

    /// Returns the bytes that unfinished uploads of all agencies will still take on the disk.
    pub(crate) fn to_come(&self) -> u64 {
        let agencies = self.agencies.read().unwrap_or_else(PoisonError::into_inner);
        agencies.values().map(|usage| usage.lock().to_come()).sum()
    }
}

/// Reports and bytes of one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DayCount {
    /// Reports.
    pub(crate) reports: u64,
    /// Their sealed bytes.
    pub(crate) bytes: u64,
}

/// The counters of one agency.
#[derive(Debug)]
pub(crate) struct AgencyUsage {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    quota: Quota,
    days: BTreeMap<Day, DayCount>,
    bytes: u64,
    staged: u64,
    arrived: u64,
}

impl AgencyUsage {
    /// Tells whether the quota has room for `length` more bytes.
    pub(crate) fn admit(&self, length: u64, class: Class) -> Result<(), StoreError> {
        self.lock().admit(length, class)
    }

    /// Sets room aside for an upload that has begun: `first` of its bytes now, provided that all have room.
    pub(crate) fn reserve(self: &Arc<Self>, length: u64, first: u64) -> Result<Reservation, StoreError> {
        let mut inner = self.lock();
        inner.admit(length, Class::Large)?;
        Ok(self.set_aside(&mut inner, first))
    }

    /// Sets room aside that was promised before, whatever the quota says now.
    pub(crate) fn reserve_again(self: &Arc<Self>, length: u64) -> Reservation {
        self.set_aside(&mut self.lock(), length)
    }

    fn set_aside(self: &Arc<Self>, inner: &mut Inner, length: u64) -> Reservation {
        inner.staged = inner.staged.saturating_add(length);
        Reservation { usage: Arc::clone(self), length, arrived: 0 }
    }

    /// Counts stored reports.
    pub(crate) fn add(&self, day: Day, more: DayCount) {
        let mut inner = self.lock();
        inner.bytes = inner.bytes.saturating_add(more.bytes);
        let count = inner.days.entry(day).or_default();
        count.reports = count.reports.saturating_add(more.reports);
        count.bytes = count.bytes.saturating_add(more.bytes);
    }

    /// Counts a deleted report.
    pub(crate) fn remove(&self, day: Day, length: u64) {
        let mut inner = self.lock();
        inner.bytes = inner.bytes.saturating_sub(length);
        if let Some(count) = inner.days.get_mut(&day) {
            count.reports = count.reports.saturating_sub(1);
            count.bytes = count.bytes.saturating_sub(length);
            if count.reports == 0 {
                inner.days.remove(&day);
            }
        }
    }

    /// Returns the sums of the days before `before`.
    pub(crate) fn totals(&self, before: Day) -> Usage {
        let inner = self.lock();
        let days = inner.days.range(..before);
        days.fold(Usage::default(), |sum, (day, count)| Usage {
            reports: sum.reports.saturating_add(count.reports),
            bytes: sum.bytes.saturating_add(count.bytes),
            oldest: sum.oldest.or(Some(*day)),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn to_come(&self) -> u64 {
        self.staged.saturating_sub(self.arrived)
    }

    fn admit(&self, length: u64, class: Class) -> Result<(), StoreError> {
        let open = match class {
            Class::Text => self.quota.bytes,
            Class::Large => self.quota.bytes.saturating_sub(self.quota.text_reserve),
        };
        let wanted = self.bytes.saturating_add(self.staged).saturating_add(length);
        // Unfinished evidence must not keep text out: text counts only what is stored.
        let wanted = if class == Class::Text { wanted.saturating_sub(self.staged) } else { wanted };
        if wanted > open { Err(StoreError::QuotaFull) } else { Ok(()) }
    }
}

/// Room set aside for one upload, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    usage: Arc<AgencyUsage>,
    length: u64,
    arrived: u64,
}

impl Reservation {
    /// Returns the room set aside.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Sets more room aside, `length` in all.
    pub(crate) fn grow(&mut self, length: u64) -> Result<(), StoreError> {
        let more = length.saturating_sub(self.length);
        let mut inner = self.usage.lock();
        inner.admit(more, Class::Large)?;
        inner.staged = inner.staged.saturating_add(more);
        self.length = self.length.saturating_add(more);
        Ok(())
    }

    /// Says how much of it is on the disk by now.
    pub(crate) fn set_arrived(&mut self, bytes: u64) {
        let mut inner = self.usage.lock();
        inner.arrived = inner.arrived.saturating_sub(self.arrived).saturating_add(bytes);
        self.arrived = bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut inner = self.usage.lock();
        inner.arrived = inner.arrived.saturating_sub(self.arrived);
        inner.staged = inner.staged.saturating_sub(self.length);
    }
}
