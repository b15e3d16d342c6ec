//! `hanotify send`, against receivers that behave in every way they can.

#![cfg(feature = "cli")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail so")]

mod patience;
mod place;
mod replies;
mod usage;
