//! What an operator or an agent can set.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::limits::Limits;

/// Where a server listens, and its bounds.
///
/// ```
/// use std::time::Duration;
///
/// use hanotify::server::Config;
///
/// let config = Config::new("/run/agent/keepalived-state-change").with_total_time(Duration::from_secs(5));
/// assert_eq!(config.total_time(), Duration::from_secs(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    socket: PathBuf,
    limits: Limits,
    total_time: Duration,
    drain_time: Duration,
    drain_bytes: usize,
    stop_grace: Duration,
    connections: usize,
    backlog: u32,
}

impl Config {
    /// A server at the path `socket`, with the default bounds.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            limits: Limits::DEFAULT,
            total_time: Duration::from_secs(10),
            drain_time: Duration::from_secs(2),
            drain_bytes: 65_536,
            stop_grace: Duration::from_secs(1),
            connections: 4_096,
            backlog: 4_096,
        }
    }

    /// The path of the Unix socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The bounds of a message.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How long a connection may take from accept to its whole message; 10 s by default. Absolute: a slow drip doesn't extend it.
    #[must_use]
    pub const fn total_time(&self) -> Duration {
        self.total_time
    }

    /// How long writing the reply and draining what follows the message may take; 2 s by default.
    #[must_use]
    pub const fn drain_time(&self) -> Duration {
        self.drain_time
    }

    /// How many bytes behind the message are drained; 65,536 by default. A close with bytes unread would make the sender's next read
    /// fail, where it expects the end.
    #[must_use]
    pub const fn drain_bytes(&self) -> usize {
        self.drain_bytes
    }

    /// How long a message that is under way may still take when the server is stopped; 1 s by default, as senders find no socket until
    /// the next server is there.
    #[must_use]
    pub const fn stop_grace(&self) -> Duration {
        self.stop_grace
    }

    /// How many connections are held at once, waiting for their message or their end; 4,096 by default. A message that is there when its
    /// connection is accepted needs no place among them.
    #[must_use]
    pub const fn connections(&self) -> usize {
        self.connections
    }

    /// How many connections can wait to be accepted; 4,096 by default, which the kernel cuts to `net.core.somaxconn` without a word.
    #[must_use]
    pub const fn backlog(&self) -> u32 {
        self.backlog
    }

    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets [`total_time`](Self::total_time).
    #[must_use]
    pub fn with_total_time(self, total_time: Duration) -> Self {
        Self { total_time, ..self }
    }

    /// Sets [`drain_time`](Self::drain_time).
    #[must_use]
    pub fn with_drain_time(self, drain_time: Duration) -> Self {
        Self { drain_time, ..self }
    }

    /// Sets [`drain_bytes`](Self::drain_bytes).
    #[must_use]
    pub fn with_drain_bytes(self, drain_bytes: usize) -> Self {
        Self { drain_bytes, ..self }
    }

    /// Sets [`stop_grace`](Self::stop_grace).
    #[must_use]
    pub fn with_stop_grace(self, stop_grace: Duration) -> Self {
        Self { stop_grace, ..self }
    }

    /// Sets [`connections`](Self::connections).
    #[must_use]
    pub fn with_connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// Sets [`backlog`](Self::backlog).
    #[must_use]
    pub fn with_backlog(self, backlog: u32) -> Self {
        Self { backlog, ..self }
    }
}
