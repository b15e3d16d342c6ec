//! What there is to see of a node: what the server writes as JSON, and `hanotify status` reads.

use std::time::SystemTime;

use hanotify::sink::{Peer, RouterState, StateSource};
use hanotify::{HaState, RouterId};
use serde::{Deserialize, Serialize};

/// The number of this form of a report: another one means that a member has another meaning, or is gone.
pub(crate) const VERSION: u32 = 1;

/// A node at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) version: u32,
    /// What it is from.
    pub(crate) source: Source,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub(crate) at: SystemTime,
    pub(crate) routers: Vec<Router>,
    /// Whether routers of Neutron's folder are left out: it can't be read, or has too many names.
    #[serde(default)]
    pub(crate) incomplete: bool,
    /// What only a server knows.
    pub(crate) server: Option<Server>,
}

/// What a report is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    Server,
    Folder,
}

/// A router as the sink keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_field_names, reason = "the events call it so too")]
pub(crate) struct Router {
    pub(crate) router_id: RouterId,
    pub(crate) state: HaState,
    pub(crate) settled: Option<HaState>,
    #[serde(with = "rfc3339")]
    pub(crate) since: SystemTime,
    pub(crate) changes: u64,
    pub(crate) changes_last_hour: u32,
    /// Whether an event has said so, and not a file alone.
    pub(crate) confirmed: bool,
    pub(crate) sender: Option<Sender>,
}

/// Who sent a router's last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sender {
    pub(crate) pid: Option<i32>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// What a server knows besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    /// The version of the program.
    pub(crate) hanotify: String,
    pub(crate) socket: String,
    /// Kinds of refusals of which there was one.
    pub(crate) refused: Vec<Refused>,
    pub(crate) limits: Vec<Limit>,
    /// Times that the socket's file was found gone, and is not there again.
    pub(crate) socket_lost: bool,
    /// Events whose router found no room among those whose states are kept.
    pub(crate) routers_not_kept: u64,
}

/// How often this was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// The kind, by its name.
    pub(crate) error: String,
    pub(crate) last_hour: u64,
    pub(crate) total: u64,
}

/// How near a limit is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limit {
    pub(crate) name: String,
    pub(crate) now: u64,
    pub(crate) highest: u64,
    pub(crate) most: u64,
}

impl From<RouterState> for Router {
    fn from(router: RouterState) -> Self {
        Self {
            router_id: router.router_id,
            state: router.state,
            settled: router.settled,
            since: router.since,
            changes: router.changes,
            changes_last_hour: router.changes_in_hour,
            confirmed: router.source == StateSource::Event,
            sender: router.peer.map(|Peer { pid, uid, gid }| Sender { pid, uid, gid }),
        }
    }
}

/// A time of day, as the events have it.
pub(crate) mod rfc3339 {
    use std::time::SystemTime;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::output::datable;

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&datable(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        humantime::parse_rfc3339(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
