//! What is done once a day and once a start.

use std::collections::HashSet;

use bisik_formats::day::Day;
use bisik_formats::ids::{DeskId, ReportId};

use crate::files::{Files, Place};
use crate::local::{BATCH, LocalStore};
use crate::rewrite::rewrite;
use crate::tables::{acknowledgement, card, edition, report, tally, upload};
use crate::{AgencyKey, Period, StoreError};

/// What the daily maintenance works by.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The present UTC day.
    pub today: Day,
    /// Every agency of the server.
    pub agencies: Vec<AgencyPlan>,
}

/// Retention and desks of one agency.
#[derive(Debug, Clone)]
pub struct AgencyPlan {
    /// The agency.
    pub agency: AgencyKey,
    /// Reports of days before this one are deleted.
    pub keep_from: Day,
    /// Desks of the current card: what they all hold is deleted.
    pub desks: Vec<DeskId>,
    /// The present period: of reports that are ready by now only the day is kept.
    pub now: Period,
}

/// What the daily maintenance did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Reports whose retention ended without every desk having acknowledged them.
    pub expired: u64,
    /// Reports that all desks of a changed card hold.
    pub acknowledged: u64,
    /// Uploads that were not finished in time.
    pub uploads: u64,
    /// Reports of agencies that the plan does not name: nobody fetches them and their retention never ends.
    pub unlisted: u64,
    /// Files of reports that were moved, so that they no longer tell when they arrived.
    pub moved: u64,
    /// Files that could not be moved, for want of room or because they cannot be read.
    pub left: u64,
    /// Whether the database was rewritten in random order; false when it is too large or the disk too full.
    pub rewritten: bool,
    /// Whether the write-ahead log is empty now.
    pub log_empty: bool,
}

/// What comparing files with rows found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Files that no row named; they are removed.
    pub removed: u64,
    /// Rows whose file is gone: these reports, editions or unfinished uploads are lost.
    pub missing: u64,
}

impl LocalStore {
    pub(crate) fn maintain_all(&self, plan: &Plan) -> Result<Maintained, StoreError> {
        let mut done = Maintained::default();
        for agency in &plan.agencies {
            done.expired += self.expire(agency)?;
            done.acknowledged += self.finish_acknowledged(agency)?;
            let (key, today, now) = (agency.agency, plan.today, agency.now);
            self.run(move |writer| {
                writer.transaction(|transaction| {
                    report::forget_hours(transaction, key, now)?;
                    card::expire_shapes(transaction, key, today)
                })
            })?;
        }
        done.uploads = self.end_expired_uploads(plan.today)?;
        let listed: Vec<AgencyKey> = plan.agencies.iter().map(|agency| agency.agency).collect();
        done.unlisted = self.readers.read(|conn| tally::reports_of_others(conn, &listed))?;
        let mixed = self.mix_files()?;
        (done.moved, done.left) = (mixed.moved, mixed.left);
        // What was removed until here takes no room any more, and leaves nothing behind.
        self.wiper.wait();
        let (limit, folder) = (self.rewrite_limit, self.folder.clone());
        let free = self.reports.free()?;
        let rewritten = self.run(move |writer| rewrite(writer, &folder, limit, free))?;
        (done.rewritten, done.log_empty) = (rewritten.done, rewritten.log_empty);
        for files in [&self.reports, &self.bodies, &self.uploads.files] {
            files.forget_folder_times()?;
        }
        Ok(done)
    }

    pub(crate) fn reconcile_all(&self) -> Result<Reconciled, StoreError> {
        let mut done = Reconciled::default();
        let reports = self.readers.read(report::file_places)?;
        self.compare(&self.reports, reports, report::names_file, &mut done)?;
        let bodies = self.readers.read(edition::places)?;
        let names_body = |conn: &rusqlite::Connection, place| Ok(edition::places(conn)?.contains(&place));
        self.compare(&self.bodies, bodies, names_body, &mut done)?;
        let uploads = self.readers.read(upload::places)?;
        self.compare(&self.uploads.files, uploads, upload::names_file, &mut done)?;
        Ok(done)
    }

    /// Compares the files of one folder with the places that rows name.
    fn compare(
        &self,
        files: &Files,
        named: Vec<Place>,
        is_named: impl Fn(&rusqlite::Connection, Place) -> Result<bool, StoreError>,
        done: &mut Reconciled,
    ) -> Result<(), StoreError> {
        let named: HashSet<Place> = named.into_iter().collect();
        for place in files.places()? {
            // The order matters: a file whose row is settled after this question has its row before the next, and one
            // that was being removed is gone by then.
            if named.contains(&place)
                || files.is_unsettled(place)
                || !files.holds(place)
                || self.readers.read(|conn| is_named(conn, place))?
            {
                continue;
            }
            files.remove(place);
            done.removed += 1;
        }
        for place in named {
            // The row may have gone since, together with its file.
            if !files.holds(place)
                && !files.is_unsettled(place)
                && self.readers.read(|conn| is_named(conn, place))?
            {
                done.missing += 1;
            }
        }
        Ok(())
    }

    fn expire(&self, plan: &AgencyPlan) -> Result<u64, StoreError> {
        let (agency, keep_from) = (plan.agency, plan.keep_from);
        let mut expired = 0;
        let mut after: Option<ReportId> = None;
        // The counters tell without a scan whether there is anything to look for.
        while self.usage.of(agency)?.totals(keep_from).oldest.is_some() {
            let ids =
                self.readers.read(|conn| report::older(conn, agency, after.as_ref(), keep_from, BATCH))?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            expired += self.run(move |writer| writer.delete(agency, &ids))?;
        }
        Ok(expired)
    }

    /// Deletes what became complete because a new card has fewer desks.
    fn finish_acknowledged(&self, plan: &AgencyPlan) -> Result<u64, StoreError> {
        let (agency, desks) = (plan.agency, plan.desks.clone());
        let complete: Vec<ReportId> = self.readers.read(|conn| {
            let mut complete = Vec::new();
            for id in acknowledgement::begun(conn, agency)? {
                if acknowledgement::complete(conn, agency, &id, &desks)? {
                    complete.push(id);
                }
            }
            Ok(complete)
        })?;
        let mut deleted = 0;
        for ids in complete.chunks(BATCH) {
            let ids = ids.to_vec();
            deleted += self.run(move |writer| writer.delete(agency, &ids))?;
        }
        Ok(deleted)
    }
}
