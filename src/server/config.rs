//! What an operator or an agent can set. `docs/operating.md` has all of it in one table.

use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::vec::Vec;

use super::access;
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
    own_uid: u32,
    default_uids: bool,
    allowed_uids: Vec<u32>,
    allowed_gids: Vec<u32>,
    expected_routers: u32,
    connections: usize,
    connections_per_uid: Option<usize>,
    lingering: usize,
    limits: Limits,
    total_time: Duration,
    drain_time: Duration,
    drain_bytes: usize,
    stop_grace: Duration,
    log_lines: u32,
    refusal_events: Option<u32>,
    log_window: Duration,
}

impl Config {
    /// A server at the path `socket`, with the default bounds.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            mode: 0o600,
            group: None,
            own_uid: rustix::process::geteuid().as_raw(),
            default_uids: true,
            allowed_uids: Vec::new(),
            allowed_gids: Vec::new(),
            expected_routers: 4_096,
            connections: 4_096,
            connections_per_uid: None,
            lingering: 256,
            limits: Limits::DEFAULT,
            total_time: Duration::from_secs(10),
            drain_time: Duration::from_secs(2),
            drain_bytes: 65_536,
            stop_grace: Duration::from_secs(1),
            log_lines: 10,
            refusal_events: None,
            log_window: Duration::from_secs(10),
        }
    }

    /// The path of the Unix socket. Beside it is a lock file, whose name is that of the socket and `.lock`.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether a server of this configuration lets the peer at the other end of this Unix socket in. One of which the
    /// kernel can't tell the credentials never is.
    #[must_use]
    pub fn lets_in(&self, socket: BorrowedFd<'_>) -> bool {
        access::allows(self, access::credentials(socket))
    }

    /// The effective user of the process that has made this: asking the kernel for each peer would cost a system call.
    pub(super) const fn own_uid(&self) -> u32 {
        self.own_uid
    }

    /// See [`with_allowed_uids`](Self::with_allowed_uids).
    #[must_use]
    pub fn allowed_uids(&self) -> &[u32] {
        &self.allowed_uids
    }

    /// See [`with_allowed_gids`](Self::with_allowed_gids).
    #[must_use]
    pub fn allowed_gids(&self) -> &[u32] {
        &self.allowed_gids
    }

    /// See [`with_limits`](Self::with_limits).
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// Setters, each with its text.
macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $setter:ident $name:ident: $type:ty;)+) => {
        impl Config {
            $(
                $(#[doc = $doc])+
                #[must_use]
                pub fn $setter(self, $name: $type) -> Self {
                    Self { $name, ..self }
                }
            )+
        }
    };
}

/// Getters of what can be copied.
macro_rules! getters {
    ($($name:ident: $type:ty, $setter:literal;)+) => {
        impl Config {
            $(
                #[doc = concat!("See [`", $setter, "`](Self::", $setter, ").")]
                #[must_use]
                pub const fn $name(&self) -> $type {
                    self.$name
                }
            )+
        }
    };
}

setters! {
    /// Sets the permission bits of the socket's file. Default: `0o600`, so that only its owner and root can connect. To
    /// connect takes the permission to write.
    with_mode mode: u32;

    /// Sets the group id that the socket's file is given. Default: `None`, which leaves the group that the kernel gives
    /// to new files.
    with_group group: Option<u32>;

    /// Sets whether the processes of root, and of the effective user of the process that calls [`new`](Self::new), may
    /// send. Default: `true`, as they are the senders on most hosts, and could replace the socket anyway.
    with_default_uids default_uids: bool;

    /// Sets the user ids whose processes may send besides [those by default](Self::with_default_uids). Default: none. A
    /// peer is let in by its user *or* its group.
    with_allowed_uids allowed_uids: Vec<u32>;

    /// Sets the group ids whose processes may send too, where the group is their effective one. Default: none.
    with_allowed_gids allowed_gids: Vec<u32>;

    /// Sets how many routers may report at the same moment. Default: 4,096, four times the largest node known. So many
    /// connections can wait to be accepted, unless `net.core.somaxconn` is lower: the kernel silently cuts the backlog
    /// to that, and the server warns.
    with_expected_routers expected_routers: u32;

    /// Sets how many connections may wait for their message or their end at once. Default: 4,096. One connection more
    /// is answered
    /// 503. A message that is there when its connection is accepted needs no place among these.
    with_connections connections: usize;

    /// Sets how many of the [`connections`](Self::connections) the processes of one user may have. Default: `None`,
    /// which means no limit of its own, as on most hosts all senders are the same user. One connection more is answered
    /// 503.
    with_connections_per_uid connections_per_uid: Option<usize>;

    /// Sets how many connections beyond [`connections`](Self::connections) are kept open after a 403 or 503, so that
    /// their sender, which may still be writing, can read the reply. Default: 256. One connection more ends the oldest
    /// of these.
    with_lingering lingering: usize;

    /// Sets the bounds of a message. Default: [`Limits::DEFAULT`].
    with_limits limits: Limits;

    /// Sets how long a connection may take from accept to its whole message. Default: 10 s. The time is absolute: a
    /// slow drip doesn't extend it.
    with_total_time total_time: Duration;

    /// Sets how long writing the reply and draining what follows the message may take. Default: 2 s.
    with_drain_time drain_time: Duration;

    /// Sets how many bytes after the message are drained. Default: 65,536. A close with bytes unread would make the
    /// sender's next read fail, where the sender expects the end.
    with_drain_bytes drain_bytes: usize;

    /// Sets how long a message that is under way may still take when the server is stopped. Default: 1 s, as senders
    /// find no socket until the next server is there.
    with_stop_grace stop_grace: Duration;

    /// Sets how many log lines the peers of one user can cause in a [`log_window`](Self::log_window). Default: 10. The
    /// server counts the lines above that, and logs their number when the window ends.
    with_log_lines log_lines: u32;

    /// Sets how many refusals of one user's peers the sink is told of in a [`log_window`](Self::log_window), by
    /// [`EventSink::refused`](crate::sink::EventSink::refused). Default: `None`, which means all of them. The server
    /// counts those above that, and tells the sink their number when the window ends, by
    /// [`EventSink::omitted`](crate::sink::EventSink::omitted). Set it where the sink writes refusals to a disk.
    with_refusal_events refusal_events: Option<u32>;

    /// Sets for how long [`log_lines`](Self::log_lines) and [`refusal_events`](Self::refusal_events) are counted.
    /// Default: 10 s.
    with_log_window log_window: Duration;
}

getters! {
    mode: u32, "with_mode";
    group: Option<u32>, "with_group";
    default_uids: bool, "with_default_uids";
    expected_routers: u32, "with_expected_routers";
    connections: usize, "with_connections";
    connections_per_uid: Option<usize>, "with_connections_per_uid";
    lingering: usize, "with_lingering";
    total_time: Duration, "with_total_time";
    drain_time: Duration, "with_drain_time";
    drain_bytes: usize, "with_drain_bytes";
    stop_grace: Duration, "with_stop_grace";
    log_lines: u32, "with_log_lines";
    refusal_events: Option<u32>, "with_refusal_events";
    log_window: Duration, "with_log_window";
}
