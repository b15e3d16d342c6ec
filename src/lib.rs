//! A strict receiver for the HA state-change notifications of Neutron's L3 agents.
//!
//! There are two ways in:
//!
//! - [`Server`], if your agent has no socket yet. It listens, reads, answers, and hands each notification to your code.
//! - [`decode()`], if it has one. It takes the bytes that came in, and returns a [`Notification`], or the rule that was
//!   broken and the byte that broke it. It does no I/O, reads no clock and allocates nothing.
//!
#![cfg_attr(feature = "server", doc = "[`Server`]: server::Server")]
#![cfg_attr(not(feature = "server"), doc = "[`Server`]: #features")]
//!
//! When a virtual router fails over, a process on each host tells the network agent by an HTTP/1.1 request over a Unix
//! socket. The format of that request and every refusal are in [the manual](manual::protocol).
//!
//! ```
//! use hanotify::{HaState, Limits, Status, decode};
//!
//! let message = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\
//!     X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: Primary\r\n\r\n";
//! let refused = decode(message, &Limits::DEFAULT).unwrap_err();
//! assert_eq!((refused.kind.name(), refused.offset, refused.status()), ("state", 110, 400));
//! ```
//!
//! # Parts
//!
//! - [`decode()`] for a whole buffer, [`Decoder`] for one that grows, [`encode()`] for the way back
//! - [`validate()`] for fields that another HTTP stack has parsed
//! - [`wire`]: the grammar alone, without what the fields mean
//! - [`reply`]: the replies, for an agent that has its own sockets
#![cfg_attr(feature = "std", doc = "- [`sink`]: where events go")]
#![cfg_attr(feature = "server", doc = "- [`server`]: the Unix-socket server")]
#![cfg_attr(feature = "client", doc = "- [`client`]: the sender's side")]
#![cfg_attr(feature = "tokio", doc = "- [`codec`]: for connections that tokio-util frames")]
//! - [`manual`]: the format, and how to choose sinks, operate a server and size a node
//!
//! # Features
//!
//! Without default features this is `no_std`, allocates nothing, and depends on nom and thiserror alone. `server` adds
//! the server, `json` the JSON-lines sink, `tracing` log lines, `metrics` counters, `client` the sender's side, `tokio`
//! events as a stream and a codec; `http`, `uuid` and `arbitrary` convert from and to the types of the crates of these
//! names. `serde` lets the formats of that crate write [`Notification`], [`RouterId`], [`HaState`], [`Error`] and
//! [`ErrorKind`], and read the first three, without the standard library too. No feature changes a verdict. `server`
//! and `client` need Linux.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "what only a log line would say is computed all the same")
)]

#[cfg(all(any(feature = "client", feature = "server"), not(target_os = "linux")))]
compile_error!(
    "the features `server` (a default one) and `client` of hanotify need Linux; the core is for every system: build it \
     with default-features = false"
);

#[cfg(any(feature = "std", test))]
#[cfg_attr(feature = "std", macro_use)]
extern crate std;

#[cfg(feature = "std")]
mod advice;
#[cfg(feature = "std")]
mod chain;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "std")]
mod clock;
#[cfg(feature = "tokio")]
pub mod codec;
mod decode;
mod encode;
mod error;
#[cfg(feature = "std")]
mod facade;
mod field_name;
mod hex;
#[cfg(feature = "__internals")]
#[doc(hidden)]
pub mod internals;
#[cfg(any(feature = "arbitrary", feature = "serde", feature = "uuid"))]
mod interop;
mod limits;
#[cfg(doc)]
pub mod manual;
mod notification;
pub mod reply;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "std")]
pub mod sink;
#[cfg(any(feature = "client", feature = "server"))]
mod socket_path;
mod validate;
pub mod wire;

pub use decode::{Decoder, Status, decode, decode_exact};
pub use encode::{Encoded, encode};
pub use error::{Error, ErrorKind};
pub use field_name::FieldName;
pub use limits::Limits;
pub use notification::{HaState, Notification, RouterId};
pub use validate::validate;
#[cfg(feature = "http")]
pub use validate::validate_header_map;

/// The README, whose examples are tests.
#[cfg(all(doctest, feature = "server"))]
#[doc = include_str!("../README.md")]
mod readme {}
