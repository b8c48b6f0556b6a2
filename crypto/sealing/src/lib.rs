//! Sealing and opening of reports and letters, and the receipt from which a thread's keys are derived.
//!
//! | To do | Use |
//! |---|---|
//! | make or read a receipt, derive a thread's keys | [`receipt::Receipt`], [`schedule::ThreadKeys`] |
//! | find a thread's letter in an edition | [`schedule::LetterKey::address`] |
//! | seal a report, or a decoy in its place | [`report::seal_report`], [`report::seal_decoy`] |
//! | open a report at a desk | [`report::open_report`] |
//! | write and read letters | [`letter::seal_letter`], [`letter::decoy_letter`], [`letter::open_letter`] |
//! | hold keys | [`hybrid::Identity`], [`hybrid::Recipient`] |
//! | write or read other files of the fixed age shape | [`writer::AgeWriter`], [`reader::open`] |
//!
//! Randomness is a parameter, there is no clock, no file and no network here. Secrets are zeroized on drop; `ring`
//! and the stack may keep copies of their own, which no portable code can reach.

pub mod hybrid;
pub mod letter;
pub mod reader;
pub mod receipt;
pub mod report;
pub mod schedule;
pub mod tar;
pub mod writer;

mod hpke;
mod kdf;
mod stream;
mod xwing;

pub use kdf::CryptoError;

#[cfg(test)]
mod testing;
