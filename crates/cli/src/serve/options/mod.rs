//! The limits and switches of a server as options, in groups.
//!
//! What a group is stands in a plain comment: clap would take a doc comment for the description of `serve`.

mod strangers;
#[cfg(test)]
mod tests;
mod values;

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{ArgGroup, Args};
use hanotify::Limits;
use hanotify::server::Config;
use humantime::Duration as Time;

use self::values::{Mode, some_time};
use crate::descriptors;
use crate::ids::{gid, uid};

/// What a server has without options, wherever its socket is.
static DEFAULT: LazyLock<Config> = LazyLock::new(|| Config::new(""));

// Who may connect and send.
#[derive(Args)]
#[command(next_help_heading = "Access")]
#[command(group = ArgGroup::new("senders").args(["allow_uid", "allow_gid"]).multiple(true))]
pub(super) struct Access {
    /// Permission bits of the socket's file, in octal. 600 lets only its owner and root connect; 660 its group as well
    #[arg(long, value_name = "MODE", default_value_t = Mode(DEFAULT.mode()))]
    socket_mode: Mode,
    /// Group of the socket's file, by name or number [default: the one that new files get]
    #[arg(long, value_name = "GROUP", value_parser = gid)]
    socket_group: Option<u32>,
    /// User whose processes may send, besides root and the user of this server, by name or number; may be given again.
    /// Others get 403, whatever the file's mode lets them do [default: none]
    #[arg(long, value_name = "USER", value_parser = uid)]
    allow_uid: Vec<u32>,
    /// Group whose processes may send too, by name or number, where it is their effective one; may be given again
    /// [default: none]
    #[arg(long, value_name = "GROUP", value_parser = gid)]
    allow_gid: Vec<u32>,
    /// Let in only those that --allow-uid and --allow-gid name; one of these must be given. Root and the user of this
    /// server are let in only if they are named
    #[arg(long, requires = "senders")]
    no_default_uids: bool,
}

impl Access {
    pub(super) fn configure(&self, config: Config) -> Config {
        let config = config.with_mode(self.socket_mode.0).with_group(self.socket_group);
        let config = config.with_default_uids(!self.no_default_uids);
        config.with_allowed_uids(self.allow_uid.clone()).with_allowed_gids(self.allow_gid.clone())
    }

    /// Warns where more users or groups are let in than were meant.
    pub(super) fn warn_of_strangers(&self) {
        let own = rustix::process::geteuid().as_raw();
        let is_allowed = |uid: &u32| self.allow_uid.contains(uid) || (!self.no_default_uids && *uid == own);
        if let Some(uid) = strangers::number_of_all("uid").filter(is_allowed) {
            tracing::warn!(
                uid,
                "each user that this user namespace has no number for looks like this one, and may send"
            );
        }
        if let Some(gid) = strangers::number_of_all("gid").filter(|gid| self.allow_gid.contains(gid)) {
            tracing::warn!(
                gid,
                "each group that this user namespace has no number for looks like this one, and may send"
            );
        }
    }
}

// How many, and how long.
#[derive(Args)]
#[command(next_help_heading = "Capacity")]
pub(super) struct Capacity {
    /// How many routers may report at the same moment: this many connections can wait to be accepted, if
    /// net.core.somaxconn allows it. A sender that finds no room fails at once, and a shell sender ends for good
    #[arg(long, value_name = "N", default_value_t = DEFAULT.expected_routers())]
    expected_routers: u32,
    /// How many connections are held at once, waiting for the rest of their message; one more gets 503. Each takes 0.15
    /// KiB, and up to twice --max-head-len and --max-body-len when it has sent that much
    #[arg(long, value_name = "N", default_value_t = DEFAULT.connections())]
    connections: usize,
    /// How many of these the processes of one user may have; one more gets 503 [default: all, as one user has all
    /// senders on most hosts]
    #[arg(long, value_name = "N")]
    connections_per_uid: Option<usize>,
    /// How many connections that were turned away with 403 or 503 are kept open until their sender has read the reply;
    /// one more ends the oldest
    #[arg(long, value_name = "N", default_value_t = DEFAULT.lingering())]
    lingering: usize,
    /// How long a connection has from accept to its whole message; then it gets 408. Absolute, so that a slow drip ends
    /// too
    #[arg(long, value_name = "TIME", default_value_t = DEFAULT.total_time().into(), value_parser = some_time)]
    total_time: Time,
    /// How long writing the reply and draining what follows a message may take
    #[arg(long, value_name = "TIME", default_value_t = DEFAULT.drain_time().into(), value_parser = some_time)]
    drain_time: Time,
    /// How many bytes after a message are drained, so that its sender reads the whole reply and gets no reset
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT.drain_bytes())]
    drain_bytes: usize,
    /// How long unfinished messages may still take when the server stops
    #[arg(long, value_name = "TIME", default_value_t = DEFAULT.stop_grace().into())]
    stop_grace: Time,
}

impl Capacity {
    pub(super) fn configure(&self, config: Config) -> Config {
        config
            .with_expected_routers(self.expected_routers)
            .with_connections(self.connections)
            .with_connections_per_uid(self.connections_per_uid)
            .with_lingering(self.lingering)
            .with_total_time(*self.total_time)
            .with_drain_time(*self.drain_time)
            .with_drain_bytes(self.drain_bytes)
            .with_stop_grace(*self.stop_grace)
    }

    /// Of how many routers the states are kept.
    pub(super) fn routers(&self) -> usize {
        usize::try_from(self.expected_routers).unwrap_or(usize::MAX)
    }

    /// Raises the limit on open files as far as the connections need it, and says so where it can't be raised so far.
    pub(super) fn make_room(&self) {
        let wanted = u32::try_from(self.connections.saturating_add(self.lingering)).unwrap_or(u32::MAX);
        let room = descriptors::room_for(wanted);
        if room < wanted {
            tracing::warn!(
                room,
                wanted,
                "the limit on open files leaves room for fewer connections than configured, and the rest get 503: \
                 raise it with `ulimit -n` or systemd's LimitNOFILE="
            );
        }
    }
}

// What a message may be.
#[derive(Args)]
#[command(next_help_heading = "Messages")]
pub(super) struct Messages {
    /// Accept the state `master` of older senders, and read it as `primary`
    #[arg(long)]
    legacy: bool,
    /// Longest request line; the real one has 17 bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.request_line())]
    max_request_line_len: usize,
    /// Most fields; real senders send 5 to 8
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.fields())]
    max_fields: usize,
    /// Longest field line; real ones have less than 100 bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.field_line())]
    max_field_line_len: usize,
    /// Longest head; real ones have about 200 bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.head())]
    max_head_len: usize,
    /// Longest body; no sender has one, and it is ignored
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.body())]
    max_body_len: usize,
}

impl Messages {
    pub(super) fn configure(&self, config: Config) -> Config {
        config.with_limits(
            Limits::DEFAULT
                .with_legacy_state(self.legacy)
                .with_request_line(self.max_request_line_len)
                .with_fields(self.max_fields)
                .with_field_line(self.max_field_line_len)
                .with_head(self.max_head_len)
                .with_body(self.max_body_len),
        )
    }
}

// What the operator sees.
#[derive(Args)]
#[command(next_help_heading = "Operation")]
#[command(group = ArgGroup::new("shown").args(["metrics", "status"]).multiple(true))]
pub(super) struct Operation {
    /// How much to log to standard error: error, warn, info, debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(super) log: tracing_subscriber::filter::LevelFilter,
    /// How many log lines the peers of one user may cause in a --log-window; more are counted, and not written
    #[arg(long, value_name = "N", default_value_t = DEFAULT.log_lines())]
    log_lines: u32,
    /// How many refusals of one user's peers are written as events in a --log-window; more are counted, and their
    /// number is written as an event at its end. Notifications are always written
    #[arg(long, value_name = "N", default_value_t = DEFAULT.log_lines())]
    refusal_events: u32,
    /// How long a window of --log-lines and --refusal-events is; at its end, the number of lines that were not written
    /// is logged
    #[arg(long, value_name = "TIME", default_value_t = DEFAULT.log_window().into())]
    log_window: Time,
    /// Where Prometheus can read the counters and the state of each router, by HTTP: a port on 127.0.0.1, or an address
    /// with a port. SIGUSR1 writes the counters to standard error, with or without this [default: nowhere]
    #[arg(long, value_name = "ADDR", value_parser = super::metrics::address)]
    pub(super) metrics: Option<std::net::SocketAddr>,
    /// Let `hanotify status` ask, at a socket beside this one, of the same mode and group: its name is that of this one
    /// and `.status`. Root, the user of this server and whoever may send are answered
    #[arg(long)]
    pub(super) status: bool,
    /// How long a router must have been primary before that is its settled state, for --metrics and --status: the
    /// interval of its adverts, in which a fail-over that is none is over
    #[arg(long, value_name = "TIME", default_value = "2s")]
    pub(super) settle_time: Time,
    /// Neutron's folder of HA routers, such as `/var/lib/neutron/ha_confs`: the state of a router is read there until
    /// an event says it, as after a restart, and a router whose folder is gone is forgotten [default: no folder]
    #[arg(long, value_name = "DIR", requires = "shown")]
    pub(super) ha_confs: Option<PathBuf>,
    /// Give up all other rights when everything is open: no files, no new connections, no programs, by landlock and
    /// seccomp. If the kernel can't do a part of it, a warning is logged
    #[arg(long)]
    pub(super) sandbox: bool,
}

impl Operation {
    pub(super) fn configure(&self, config: Config) -> Config {
        config
            .with_log_lines(self.log_lines)
            .with_refusal_events(Some(self.refusal_events))
            .with_log_window(*self.log_window)
    }
}
