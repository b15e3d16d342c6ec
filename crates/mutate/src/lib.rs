//! Messages made from valid ones: mutation that knows what a message looks like, valid messages from a recipe, and near
//! misses.
//!
//! The fuzz targets and the oracles use it.
#![forbid(unsafe_code)]
#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "only tests and fuzz targets use it"
)]

pub mod generated;
pub mod message;
pub mod mutation;
pub mod near_miss;
mod random;

pub use mutation::{SWITCH, mutate, mutated};
pub use random::Random;
