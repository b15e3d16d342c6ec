//! The command, run as a user would.
#![allow(
    clippy::expect_fun_call,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod access;
mod arguments;
mod burst;
mod check;
mod default_socket;
mod descriptors;
mod ends;
mod lost;
mod memory;
mod metrics;
mod monitor;
mod monitor_all;
mod operation;
mod planted;
mod readme;
mod rotate;
mod send;
mod serve;
mod service;
mod serving;
mod signals;
mod states;
mod status;
mod status_socket;
mod stuck;
mod threads;
mod times;
mod torn;
mod vectors;

/// The program under test.
const HANOTIFY: &str = env!("CARGO_BIN_EXE_hanotify");
