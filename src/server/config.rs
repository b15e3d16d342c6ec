//! What an operator or an agent can set. `docs/operating.md` has all of it in one table.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::vec::Vec;

use crate::limits::Limits;

/// Where a server listens, who may connect, and its bounds.
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
    mode: u32,
    group: Option<u32>,
    allowed_uids: Vec<u32>,
    allowed_gids: Vec<u32>,
    expected_routers: u32,
    connections: usize,
    connections_per_uid: usize,
    lingering: usize,
    limits: Limits,
    total_time: Duration,
    drain_time: Duration,
    drain_bytes: usize,
    stop_grace: Duration,
    log_lines: u32,
    log_window: Duration,
}

impl Config {
    /// A server at the path `socket`, with the default bounds.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            mode: 0o600,
            group: None,
            allowed_uids: vec![0, rustix::process::geteuid().as_raw()],
            allowed_gids: Vec::new(),
            expected_routers: 4_096,
            connections: 4_096,
            connections_per_uid: usize::MAX,
            lingering: 256,
            limits: Limits::DEFAULT,
            total_time: Duration::from_secs(10),
            drain_time: Duration::from_secs(2),
            drain_bytes: 65_536,
            stop_grace: Duration::from_secs(1),
            log_lines: 10,
            log_window: Duration::from_secs(10),
        }
    }

    /// The path of the Unix socket. Beside it is a lock file, whose name is that of the socket and `.lock`.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The permission bits of the socket's file; `0o600` by default, so that only its owner and root can connect. To connect takes the
    /// permission to write.
    #[must_use]
    pub const fn mode(&self) -> u32 {
        self.mode
    }

    /// The group id that the socket's file is given; by default it has the one that the kernel gives to new files.
    #[must_use]
    pub const fn group(&self) -> Option<u32> {
        self.group
    }

    /// The user ids whose processes may send; root and this process's effective user by default. A peer is let in by its user *or* its
    /// group.
    #[must_use]
    pub fn allowed_uids(&self) -> &[u32] {
        &self.allowed_uids
    }

    /// The group ids whose processes may send, where it is their effective one; none by default.
    #[must_use]
    pub fn allowed_gids(&self) -> &[u32] {
        &self.allowed_gids
    }

    /// How many routers may report at the same moment; 4,096 by default, four times the largest node known. So many connections can wait to
    /// be accepted, unless `net.core.somaxconn` is lower: the kernel cuts the backlog to that without a word, and the server warns.
    #[must_use]
    pub const fn expected_routers(&self) -> u32 {
        self.expected_routers
    }

    /// How many connections are held at once, waiting for their message or their end; 4,096 by default. A message that is there when its
    /// connection is accepted needs no place among them. One connection more is answered 503.
    #[must_use]
    pub const fn connections(&self) -> usize {
        self.connections
    }

    /// How many of the [`connections`](Self::connections) the processes of one user may have. By default as many as there are: on most
    /// hosts all senders are the same user. One connection more is answered 503.
    #[must_use]
    pub const fn connections_per_uid(&self) -> usize {
        self.connections_per_uid
    }

    /// How many connections beyond [`connections`](Self::connections) are kept open after they were turned away with 403 or 503, so that
    /// their sender, which may still be writing, can read the reply; 256 by default. One more ends the oldest of them.
    #[must_use]
    pub const fn lingering(&self) -> usize {
        self.lingering
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

    /// How many log lines the peers of one user can cause in a [`log_window`](Self::log_window); 10 by default. Those above it are counted,
    /// and their number is logged when the window ends.
    #[must_use]
    pub const fn log_lines(&self) -> u32 {
        self.log_lines
    }

    /// How long [`log_lines`](Self::log_lines) are counted; 10 s by default.
    #[must_use]
    pub const fn log_window(&self) -> Duration {
        self.log_window
    }
}

macro_rules! setters {
    ($($setter:ident $name:ident: $type:ty)+) => {
        impl Config {
            $(
                #[doc = concat!("Sets [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                #[must_use]
                pub fn $setter(self, $name: $type) -> Self {
                    Self { $name, ..self }
                }
            )+
        }
    };
}

setters! {
    with_mode mode: u32
    with_group group: Option<u32>
    with_allowed_uids allowed_uids: Vec<u32>
    with_allowed_gids allowed_gids: Vec<u32>
    with_expected_routers expected_routers: u32
    with_connections connections: usize
    with_connections_per_uid connections_per_uid: usize
    with_lingering lingering: usize
    with_limits limits: Limits
    with_total_time total_time: Duration
    with_drain_time drain_time: Duration
    with_drain_bytes drain_bytes: usize
    with_stop_grace stop_grace: Duration
    with_log_lines log_lines: u32
    with_log_window log_window: Duration
}
