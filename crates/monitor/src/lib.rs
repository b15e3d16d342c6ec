//! The sender's side of Neutron's HA state-change notifications: watches whether a router's virtual address is on this
//! host, keeps the state file, and tells the agent.
//!
//! # Shape
//!
//! ```text
//!     datagrams ──▶ netlink ──▶ View ──▶ HaState          what the kernel says: no I/O, no clock
//!                                          │
//!     outcomes, time ──▶ Router ◀──────────┘              one router: its file, conntrackd and the agent
//!                          │
//!                          ▼
//!                        Action ──▶ shell                 sockets in namespaces, files, processes, timers
//! ```
//!
//! An arrow is the only direction in which one part may know another. The shell asks a machine for its next action,
//! does that, and gives the outcome back, with the time.
//!
//! - [`netlink`] reads what the kernel sends, without copies, and writes the requests.
//! - [`View`] makes of it whether the address is there: it subscribes, dumps, and knows when to dump again.
//! - [`Router`] makes of that what is to be done, in order: the state file, conntrackd, the agent.
//! - [`KernelSocket`] subscribes, sends the requests and gets the datagrams, in the namespace that it is opened in.
//! - [`StateFile`] writes the state file.
//! - [`as_user`] has files opened as the user whose folder they are in.
//! - [`HaAddress`] is what to look for, by what Neutron's agent has written for keepalived.
//! - [`Monitor`] is the shell, for many routers on one thread: each is given as a [`Spec`], and what happens comes out
//!   as an [`Event`].
//!
//! Telling the agent is [`hanotify::client::Teller`]'s, which other senders can use too.

mod as_user;
mod keepalived;
mod kernel_socket;
pub mod netlink;
mod router;
mod shell;
mod state_file;
mod view;
mod vip;

pub use as_user::as_user;
pub use keepalived::{ConfigError, ConfigErrorKind, HaAddress};
pub use kernel_socket::{KernelSocket, Received};
pub use router::{Action, Router};
pub use shell::{Event, Monitor, NotifyError, Spec};
pub use state_file::StateFile;
pub use view::View;
pub use vip::{Interface, InvalidVip, Vip};
