//! The sender's side: connects to a receiver, reads its reply, and says whether and when another try can help.
//!
//! Each call that waits takes a deadline, and never waits longer.
//!
//! ```no_run
//! use std::path::Path;
//! use std::time::{Duration, Instant};
//!
//! use hanotify::{HaState, Notification, client, encode};
//!
//! let notification =
//!     Notification { router_id: "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?, state: HaState::Primary };
//! let deadline = Instant::now() + Duration::from_secs(10);
//! let socket = Path::new("/var/lib/neutron/keepalived-state-change");
//! let reply = client::exchange(socket, encode(&notification).as_bytes(), deadline)?;
//! assert!(reply.is_accepted());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A sender that has to go on until the agent knows the newest state, and that waits for nobody, has its parts here
//! too: a [`Teller`] says what is to be told and when, [`connect_now`] doesn't block, and [`is_accepted`] reads the
//! reply as it comes.

mod backoff;
mod beginning;
mod connect;
mod exchange;
mod reply;
mod retry;
mod teller;

pub use backoff::Backoff;
pub use beginning::is_accepted;
pub use connect::{ConnectError, connect, connect_now};
pub use exchange::{ExchangeError, exchange};
pub use reply::{MalformedReply, Reply};
pub use retry::pause_before_retry;
pub use teller::{Teller, TellerStep};

pub use crate::socket_path::MAX_SOCKET_PATH;
