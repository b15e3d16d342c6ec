//! The server over a real socket: what its peers get, who gets in, what bounds it, and how it ends.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod access;
mod bind;
mod bounds;
mod errors;
mod heartbeat;
mod lock;
mod lost;
mod messages;
mod path;
mod sink;
mod stop;
mod times;
