//! The reporter's program against a scripted server that serves really signed documents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test fails by panicking

mod agency;
mod canary;
mod evidence;
mod interview;
mod kept;
mod network;
mod pieces;
mod refusals;
mod resumable;
mod server;
mod transcript;
mod world;
