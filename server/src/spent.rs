//! Proofs of work that have been used: each is good for one report.
//!
//! Known by the digest of the report's header, in memory only, and forgotten with the slot that its challenge came
//! from. Where no work was asked for nothing is remembered: there is nothing to spend.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bisik_formats::ids::{Digest, ReportId};
use bisik_formats::problem::ProblemCode;
use bisik_formats::upload::UploadId;

use crate::challenge::Solved;

/// What a proof is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A report, known by all of its bytes.
    Report(ReportId),
    /// A resumable upload that is being begun.
    Beginning,
    /// A resumable upload.
    Upload(UploadId),
}

/// The used proofs of the present slot and the one before.
#[derive(Debug)]
pub struct Spent {
    most: usize,
    slots: Mutex<HashMap<u64, HashMap<Digest, Use>>>,
}

impl Spent {
    /// Remembers so many of each slot.
    pub fn new(most: usize) -> Self {
        Self { most, slots: Mutex::default() }
    }

    /// Returns what the proof for this header was used for.
    pub fn find(&self, header: &Digest) -> Option<Use> {
        self.slots().values().find_map(|used| used.get(header).copied())
    }

    /// Uses a proof; the use is undone when what is returned is dropped and not kept.
    ///
    /// # Errors
    /// [`ProblemCode::ProofOfWork`] when it was used for something else, [`ProblemCode::Busy`] when no more can be
    /// remembered.
    pub fn spend(&self, solved: Solved, header: Digest, purpose: Use) -> Result<Spending<'_>, ProblemCode> {
        let nothing = Spending { spent: self, slot: solved.slot, header: None };
        if solved.bits == 0 {
            return Ok(nothing);
        }
        let mut slots = self.slots();
        // Of each slot that is still admitted: the present one may be the next after this.
        slots.retain(|slot, _| slot.abs_diff(solved.slot) <= 1);
        match slots.values().find_map(|used| used.get(&header)) {
            Some(known) if *known == purpose && purpose != Use::Beginning => return Ok(nothing),
            Some(_) => return Err(ProblemCode::ProofOfWork),
            None => {}
        }
        let used = slots.entry(solved.slot).or_default();
        if used.len() >= self.most {
            return Err(ProblemCode::Busy);
        }
        used.insert(header, purpose);
        drop(slots);
        Ok(Spending { header: Some(header), ..nothing })
    }

    /// Forgets a use that has come to nothing.
    pub fn forget(&self, header: &Digest) {
        for used in self.slots().values_mut() {
            used.remove(header);
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<u64, HashMap<Digest, Use>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A use that is not yet sure.
#[must_use]
#[derive(Debug)]
pub struct Spending<'a> {
    spent: &'a Spent,
    slot: u64,
    header: Option<Digest>,
}

impl Spending<'_> {
    /// Makes it last.
    pub fn keep(mut self) {
        self.header = None;
    }

    /// Makes it last, as the beginning of this upload.
    pub fn keep_as(mut self, id: UploadId) {
        if let Some(header) = self.header.take() {
            self.spent.slots().entry(self.slot).or_default().insert(header, Use::Upload(id));
        }
    }
}

impl Drop for Spending<'_> {
    fn drop(&mut self) {
        if let Some(header) = &self.header {
            self.spent.forget(header);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLVED: Solved = Solved { slot: 7, bits: 4, enough_now: true };

    fn report(byte: u8) -> Use {
        Use::Report(ReportId::of(&[byte]))
    }

    #[test]
    fn a_proof_is_good_for_one_report() {
        let spent = Spent::new(10);
        let header = Digest::of(b"a");
        spent.spend(SOLVED, header, report(1)).unwrap().keep();
        spent.spend(SOLVED, header, report(1)).unwrap().keep();
        assert_eq!(spent.spend(SOLVED, header, report(2)).unwrap_err(), ProblemCode::ProofOfWork);
        assert_eq!(spent.spend(SOLVED, header, Use::Beginning).unwrap_err(), ProblemCode::ProofOfWork);
        // Work done anew for the same header in the next slot changes nothing.
        let next = Solved { slot: 8, ..SOLVED };
        assert_eq!(spent.spend(next, header, report(2)).unwrap_err(), ProblemCode::ProofOfWork);
        let free = Solved { bits: 0, ..SOLVED };
        spent.spend(free, header, report(2)).unwrap().keep();
        assert_eq!(spent.find(&header), Some(report(1)));
    }

    #[test]
    fn what_came_to_nothing_is_undone() {
        let spent = Spent::new(10);
        let header = Digest::of(b"a");
        let first = spent.spend(SOLVED, header, Use::Beginning).unwrap();
        assert_eq!(spent.spend(SOLVED, header, Use::Beginning).unwrap_err(), ProblemCode::ProofOfWork);
        drop(first);
        let id = UploadId::from_bytes([1; 16]);
        spent.spend(SOLVED, header, Use::Beginning).unwrap().keep_as(id);
        assert_eq!(spent.find(&header), Some(Use::Upload(id)));
        spent.forget(&header);
        assert_eq!(spent.find(&header), None);
    }

    #[test]
    fn memory_is_bounded_and_forgets() {
        let spent = Spent::new(2);
        let spend = |slot, byte: u8| {
            let result = spent.spend(Solved { slot, ..SOLVED }, Digest::of(&[byte]), report(byte));
            result.map(Spending::keep)
        };
        assert_eq!((spend(7, 1), spend(7, 2), spend(7, 3)), (Ok(()), Ok(()), Err(ProblemCode::Busy)));
        assert_eq!(spend(8, 4), Ok(()));
        assert_eq!(spent.find(&Digest::of(&[1])), Some(report(1)));
        assert_eq!(spend(9, 5), Ok(()));
        assert_eq!(spent.find(&Digest::of(&[1])), None);
        assert_eq!(spent.find(&Digest::of(&[4])), Some(report(4)));
    }
}
