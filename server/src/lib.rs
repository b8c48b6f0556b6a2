//! The letterbox server: takes sealed reports, keeps them until every desk has them, serves cards and editions.
//!
//! It links no decryption. It writes no request data anywhere but the sealed report itself: see [`events`].
//!
//! | Need | Module |
//! |---|---|
//! | Start, stop, command line | [`command`], [`run`], [`config`], [`harden`] |
//! | Connections and their limits | [`listen`], [`tls`], [`guard`], [`stall`], [`intake`], [`turns`] |
//! | Bounds that no stranger can use up | [`gates`], [`places`], [`pace`], [`challenge`], [`spent`] |
//! | Routes | [`router`], [`routes`], [`refusal`], [`language`] |
//! | What is served | [`app`], [`published`] |
//! | For the operator | [`backup`], [`events`], [`health`], [`upkeep`], [`openapi`] |

pub mod app;
pub mod backup;
pub mod challenge;
pub mod clock;
pub mod command;
pub mod config;
pub mod events;
pub mod gates;
pub mod guard;
pub mod harden;
pub mod health;
pub mod intake;
pub mod language;
pub mod listen;
pub mod openapi;
pub mod pace;
pub mod page;
pub mod places;
pub mod published;
pub mod refusal;
pub mod router;
pub mod routes;
pub mod run;
pub mod spent;
pub mod stall;
pub mod tls;
pub mod turns;
pub mod upkeep;

#[cfg(test)]
mod testing;
