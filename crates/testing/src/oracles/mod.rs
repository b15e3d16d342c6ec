//! The laws of `docs/protocol.md` as oracles: one plain function each, from any bytes to a panic where a law does not
//! hold.
//!
//! A fuzz target calls its oracle in three lines, and `tests/oracles.rs` runs each on the corpus and on generated
//! input, on stable. The input is a message where the oracle says so, and otherwise a recipe, from which the
//! `arbitrary` crate makes something with structure.

mod chunks;
mod connection;
mod cost;
mod decode;
mod differential;
mod keepalived;
mod near_miss;
mod netlink;
mod order;
mod outcome;
mod replies;
mod round_trip;
mod sinks;
mod socket;
mod valid;

/// What takes any bytes, and panics where a law does not hold.
pub type Oracle = fn(&[u8]);

/// The oracles, by the names of their fuzz targets.
pub const ALL: &[(&str, Oracle)] = &[
    ("chunks", chunks),
    ("connection", connection),
    ("cost", cost),
    ("decode", decode),
    ("differential", differential),
    ("keepalived", keepalived),
    ("near_miss", near_miss),
    ("netlink", netlink),
    ("order", order),
    ("paths", paths),
    ("reference", reference),
    ("replies", replies),
    ("round_trip", round_trip),
    ("sinks", sinks),
    ("socket", socket),
    ("valid", valid),
];

pub use crate::paths::check as paths;
pub use crate::reference::check as reference;
pub use chunks::check as chunks;
pub use connection::check as connection;
pub use cost::check as cost;
pub use decode::check as decode;
pub use differential::check as differential;
pub use keepalived::check as keepalived;
pub use near_miss::check as near_miss;
pub use netlink::check as netlink;
pub use order::check as order;
pub use replies::check as replies;
pub use round_trip::check as round_trip;
pub use sinks::check as sinks;
pub use sinks::debounce;
pub use socket::check as socket;
pub use valid::check as valid;
