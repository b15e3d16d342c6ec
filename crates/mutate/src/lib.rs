//! Messages made from valid ones: mutation that knows what a message looks like, valid messages from a recipe, and near
//! misses.
//!
//! The fuzz targets, the oracles and `hanotify hunt` use it.
#![forbid(unsafe_code)]
#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "an index is of what was found right before, and the tests of the operations give them any bytes"
)]

pub mod generated;
pub mod message;
pub mod mutation;
pub mod near_miss;
mod random;

pub use mutation::{SWITCH, mutate, mutated, spelled};
pub use random::Random;
