//! Tests any receiver of Neutron's HA state-change notifications, in whatever language it is written: against published
//! cases, and against probes of its behaviour.
//!
//! ```no_run
//! use hanotify_audit::{Audit, EventSource, Outcome};
//!
//! let finished = Audit::new("/run/agent/keepalived-state-change")
//!     .with_events(EventSource::File("/var/log/agent/events".into()))
//!     .run(&mut ())?;
//! for entry in finished.results.entries.iter().filter(|entry| entry.outcome == Outcome::Fail) {
//!     println!("{}: {}", entry.id, entry.why);
//! }
//! # Ok::<(), hanotify_audit::AuditError>(())
//! ```
//!
//! An audit is for a server of your own: its agent is told of routers that it doesn't know. The audit bounds its
//! connections and its time, and stops by itself.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod audit;
mod auditor;
mod causes;
mod compare;
mod error;
mod events;
mod folder;
mod framing;
mod glob;
pub mod hunt;
mod judge;
mod known;
mod observer;
mod occupant;
mod probes;
mod process;
mod recover;
mod remedy;
mod replies;
pub mod report;
mod results;
mod run;
mod scanner;
mod selection;
mod server;
mod spawn;
mod stop;
mod target;
pub mod vectors;
mod watch;
mod way;

pub use audit::{Audit, EventSource, Finished, LeftBehind};
pub use causes::Cause;
pub use compare::{Change, ChangeKind, compare};
pub use error::AuditError;
pub use glob::{Glob, GlobError};
pub use known::{KnownError, KnownFailure, KnownFailures, KnownFault, Stale};
pub use observer::Observer;
pub use results::{Entry, Kind, Latency, NEEDS_EVENTS, NEEDS_FAILING_ID, NEEDS_PROCESS, Outcome, Results};
pub use selection::{Selector, SelectorError};
pub use stop::Stop;
