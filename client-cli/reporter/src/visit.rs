//! A visit: `GET card`, `GET headers`, `GET` of every desk's edition, `GET challenge`, then exactly one upload: one
//! `POST`, or for a large report one in pieces.
//!
//! Every command makes the same visit. One that has nothing to send hands in a decoy of the same size, and so does
//! one that finds a reason not to send. The types keep the order: [`Fetched`], then [`Verified`], which one
//! [`Verified::post`] uses up.

mod fetch;
mod kept;
mod post;
mod resumable;

use std::time::Duration;

use bisik_formats::ids::AgencyId;
use bisik_term::CommandError;

pub use self::fetch::{Fetched, Verified};
pub use self::kept::{KeptFile, remove_kept};
pub use self::post::{Outgoing, SealInto};
use crate::env::{Env, Random};
use crate::error::VisitError;
use crate::network::Network;

/// Waits between the attempts of one visit.
const WAITS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(6), Duration::from_secs(20)];

/// What a command does in its visit, between the last document it fetches and the one it hands in.
///
/// Nothing is asked here: everything a person decides has been decided before.
pub trait Errand<R: Random> {
    /// Looks at what was fetched and returns what to hand in. Called again when the connection broke, so whatever
    /// it makes, it keeps.
    ///
    /// # Errors
    /// Any reason not to send: a decoy is handed in, then the error is shown.
    fn prepare(&mut self, visit: &Verified, env: &mut Env<'_, R>) -> Result<Outgoing<'_, R>, CommandError>;
}

/// Makes a visit, again from its start if the connection fails, up to four times.
///
/// # Errors
/// The error of the last attempt, or of the errand.
pub fn visit<R: Random>(
    network: &Network,
    agency: &AgencyId,
    errand: &mut impl Errand<R>,
    env: &mut Env<'_, R>,
) -> Result<(), CommandError> {
    let mut waits = WAITS.iter();
    loop {
        let error = match attempt(network, agency, errand, env) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match waits.next() {
            Some(wait) if error.is_transient() => {
                env.ui.status("status-again", &[("seconds", wait.as_secs().into())]);
                (env.pause)(*wait);
            }
            _ => return Err(error.into_command_error(env.today)),
        }
    }
}

fn attempt<R: Random>(
    network: &Network,
    agency: &AgencyId,
    errand: &mut impl Errand<R>,
    env: &mut Env<'_, R>,
) -> Result<(), VisitError> {
    env.ui.status("status-visit", &[]);
    let client = network.open(env.rng)?;
    let visit = Fetched::fetch(client, agency)?.verify(env.today)?;
    match errand.prepare(&visit, env) {
        Ok(outgoing) => visit.post(outgoing, env),
        Err(error) => {
            // Whether the decoy arrives changes nothing about the reason to show.
            visit.post(Outgoing::Decoy, env).ok();
            Err(error.into())
        }
    }
}
