//! What the tests of all packages share: the oracles and the reference, the laws, servers that run, and clients that
//! write raw bytes.
//!
//! A test that fails panics, and so does this.
#![forbid(unsafe_code)]
#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "it is for tests, which may panic, and no part of an interface"
)]

pub mod corpus;
pub mod counting;
pub mod laws;
#[cfg(feature = "oracles")]
pub mod oracles;
#[cfg(feature = "paths")]
pub mod paths;
pub mod reference;
#[cfg(feature = "running")]
pub mod running;
pub mod shapes;
