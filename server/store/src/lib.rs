//! Durable store of sealed reports, editions and cards.
//!
//! Everything behind the trait [`Store`] is ciphertext or a signed public document. The store keeps no
//! time finer than a batch period, no name that came from outside, and no order of arrival in its keys.
//! [`LocalStore`] keeps small things in SQLite and large ones in files, and answers only after `fsync`.

mod backup;
mod error;
mod files;
mod kinds;
mod local;
mod maintenance;
mod mixing;
mod readers;
mod resumed;
mod rewrite;
mod settings;
mod slots;
mod staged;
mod store;
mod tables;
#[cfg(test)]
mod tests;
mod trail;
mod uploads;
mod usage;
mod wiper;
mod writer;

pub use backup::{BackupError, Checked, Counts, Keep, backup, check, restore};
pub use error::StoreError;
pub use kinds::{
    Accepted, AgencyKey, CardOutcome, Class, DeskActivity, DiskState, Done, EditionOutcome, Listed, NewCard,
    NewEdition, NewReport, NewUpload, Period, Quota, Sealed, StoredCard, StoredEdition, UploadState, Usage,
};
pub use local::LocalStore;
pub use maintenance::{AgencyPlan, Maintained, Plan, Reconciled};
pub use settings::{DiskReserve, Settings};
pub use store::{Resumed, Staged, Store};
