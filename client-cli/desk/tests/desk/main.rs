//! The desk against sticks as reporters, couriers and attackers hand them over; all in one process, with days and
//! random numbers of our own, so that nothing depends on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod agency;
mod backup;
mod commands;
mod forms;
mod hostile;
mod outbox;
mod process;
mod reporter;
mod roots;
mod story;
mod vault;
