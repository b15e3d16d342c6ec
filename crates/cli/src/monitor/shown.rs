//! What is shown of a monitor to others: to Prometheus, and to `hanotify monitor --list`.

use std::error::Error;
use std::fmt;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant, SystemTime};

use hanotify::server::Config;
use hanotify::{HaState, RouterId};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use serde::{Deserialize, Serialize};

use super::board::{Board, Seen, Trouble, describe};
use super::options::Monitor;
use crate::place;
use crate::serve::metrics::{self, Besides, Format, Look, Pages, Readers};
use crate::serve::status_socket::StatusSocket;
use crate::status::report::rfc3339;

/// The number of this form of a report: another one means that a member has another meaning, or is gone.
pub(super) const VERSION: u32 = 1;

/// A monitor at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) version: u32,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub(super) at: SystemTime,
    /// The version of the program.
    pub(super) hanotify: String,
    pub(super) routers: Vec<Router>,
}

/// A router that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_field_names, reason = "the events call it so too")]
pub(super) struct Router {
    pub(super) router_id: RouterId,
    pub(super) state: Option<HaState>,
    #[serde(with = "rfc3339")]
    pub(super) since: SystemTime,
    pub(super) told: bool,
    pub(super) retries: u64,
    pub(super) troubles: Vec<Trouble>,
}

/// How long there is between two looks at the socket's file.
const SOCKET_LOOK: Duration = Duration::from_secs(1);
/// What one router's line takes at the most.
const EACH: usize = 110;
/// The states that a router of a monitor can have.
const STATES: [HaState; 2] = [HaState::Primary, HaState::Backup];

/// Where others can look.
#[derive(Default)]
pub(super) struct Doors {
    /// In words.
    pub(super) places: Vec<String>,
    /// To be closed at the end.
    pub(super) socket: Option<StatusSocket>,
    /// Nobody answers them yet.
    pub(super) readers: Readers,
}

/// Opens the doors that are asked for. The board is what is seen there.
pub(super) fn open(args: &Monitor, board: &Board) -> Result<Doors, Box<dyn Error>> {
    metrics::keep()?;
    describe();
    let Doors { mut readers, mut places, mut socket } = Doors::default();
    if let Some(address) = args.metrics {
        let listening = readers.listen(address, Shown { board: board.clone(), socket: None });
        let address = listening.map_err(|cause| format!("can't expose metrics at {address}: {cause}"))?;
        let to_all = if address.ip().is_loopback() { "" } else { ", also for other hosts" };
        places.push(format!("metrics at http://{address}/metrics{to_all}"));
    }
    if args.status {
        // Root and this user may look, by the credentials that the kernel has of them.
        let config = Config::new(&args.agent).with_default_uids(true);
        let own = StatusSocket::bind(place::monitor_of(&args.agent), &config)?;
        let shown = Shown { board: board.clone(), socket: Some((config, own.clone())) };
        readers.show(own.descriptor()?, shown);
        places.push(format!("status at {}", own.path().display()));
        socket = Some(own);
    }
    Ok(Doors { places, socket, readers })
}

/// What is shown.
struct Shown {
    board: Board,
    /// The socket of `--status`, and whom it lets in; `None` for Prometheus.
    socket: Option<(Config, StatusSocket)>,
}

impl Pages for Shown {
    fn admit(&self, reader: BorrowedFd<'_>) -> bool {
        self.socket.as_ref().is_none_or(|(config, _)| config.lets_in(reader))
    }

    fn page(&self, path: &str, format: Format) -> Option<(&'static str, String)> {
        match path {
            "/metrics" => Some(metrics::page(&self.board, format)),
            "/status" if self.socket.is_some() => {
                Some(("application/json", serde_json::to_string(&report(&self.board)).ok()?))
            }
            _ => None,
        }
    }

    fn directions(&self) -> &'static str {
        if self.socket.is_some() {
            "the report is at /status, the counters are at /metrics\n"
        } else {
            "the counters are at /metrics\n"
        }
    }

    fn look(&self, now: Instant) -> Look {
        let look =
            |(_, socket): &(Config, StatusSocket)| Look { again: Some(now + SOCKET_LOOK), socket: socket.look_after() };
        self.socket.as_ref().map(look).unwrap_or_default()
    }
}

fn report(board: &Board) -> Report {
    let routers = board.routers().into_iter().map(|(router_id, seen)| Router {
        router_id,
        state: seen.state,
        since: seen.since,
        told: seen.is_told,
        retries: seen.retries,
        troubles: seen.troubles.into_iter().collect(),
    });
    let hanotify = env!("CARGO_PKG_VERSION").into();
    Report { version: VERSION, at: SystemTime::now(), hanotify, routers: routers.collect() }
}

impl Besides for Board {
    /// From the board, so that a router that is watched no more has no series.
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        encode(encoder, &self.routers())
    }

    fn size(&self) -> usize {
        self.routers().len().saturating_mul(EACH)
    }
}

fn encode(encoder: &mut DescriptorEncoder<'_>, routers: &[(RouterId, Seen)]) -> fmt::Result {
    let count = |counts: &dyn Fn(&Seen) -> bool| routers.iter().filter(|(_, seen)| counts(seen)).count() as u64;
    let what = "1 for the state that the router has; no series for the other, and none until it is certain.";
    let mut states = gauge(encoder, "hanotify_monitor_router_state", what)?;
    for (id, state) in routers.iter().filter_map(|(id, seen)| Some((id, seen.state?))) {
        let labels = [("router_id", id.to_string()), ("state", state.to_string())];
        states.encode_family(&labels)?.encode_gauge(&1_u64)?;
    }
    let mut by_state = gauge(encoder, "hanotify_monitor_routers", "Routers that are watched, by their state.")?;
    for state in STATES.into_iter().map(Some).chain([None]) {
        let name = state.map_or("unknown", |state: HaState| state.as_str());
        by_state.encode_family(&[("state", name)])?.encode_gauge(&count(&|seen| seen.state == state))?;
    }
    let mut troubled = gauge(encoder, "hanotify_monitor_troubled_routers", "Routers that have this trouble now.")?;
    for trouble in Trouble::ALL {
        let labels = [("trouble", trouble.name())];
        troubled.encode_family(&labels)?.encode_gauge(&count(&|seen| seen.troubles.contains(&trouble)))?;
    }
    let what = "Routers whose newest state the agent has not acknowledged yet.";
    gauge(encoder, "hanotify_monitor_untold_routers", what)?.encode_gauge(&count(&|seen| !seen.is_told))
}

fn gauge<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    name: &'a str,
    what: &str,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    encoder.encode_descriptor(name, what, None, MetricType::Gauge)
}
