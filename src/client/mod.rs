//! The sender's side: connects to a receiver, reads its reply, and says whether and when another try can help.
//!
//! Each call takes a deadline, and never waits longer.
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

mod connect;
mod exchange;
mod reply;
mod retry;

pub use connect::{ConnectError, connect};
pub use exchange::{ExchangeError, exchange};
pub use reply::{MalformedReply, Reply};
pub use retry::pause_before_retry;

pub use crate::socket_path::MAX_SOCKET_PATH;
