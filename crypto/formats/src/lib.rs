//! Public documents of Bisik and the sizes that everything sealed has.
//!
//! This crate knows what may be seen by anybody: identifiers, signed notes, the agency card with its form,
//! editions, acknowledgements, the outer shape of sealed reports, HTTP routes and problem codes. It signs and
//! checks Ed25519, hashes with SHA-256, and does no input or output. It cannot decrypt anything: the server and
//! the courier link this crate and never `bisik-sealing`.
//!
//! | Need | Module |
//! |---|---|
//! | Identifiers, digests, addresses | [`ids`] |
//! | UTC days and edition numbers | [`day`] |
//! | Ed25519 keys and signatures | [`keys`] |
//! | Strict JSON | [`json`] |
//! | C2SP signed notes | [`note`] |
//! | Agency card, root succession, card bundle | [`card`], [`succession`], [`bundle`] |
//! | Form and answers | [`form`], [`answers`] |
//! | Editions and acknowledgements | [`edition`], [`acknowledgement`] |
//! | Sizes and outer shape of sealed reports | [`padding`], [`shape`] |
//! | Proof of work, courier access, routes, resumable uploads, problems | [`pow`], [`access`], [`routes`], [`upload`], [`problem`] |

pub mod access;
pub mod acknowledgement;
pub mod answers;
pub mod bundle;
pub mod card;
pub mod crockford;
pub mod day;
pub mod edition;
pub mod form;
pub mod ids;
pub mod json;
pub mod keys;
pub mod note;
pub mod padding;
pub mod pow;
pub mod problem;
pub mod routes;
pub mod shape;
pub mod succession;
pub mod upload;
