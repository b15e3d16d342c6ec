//! The report for `hanotify status`, at a socket beside that of the notifications.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use hanotify::RouterId;
use hanotify::server::Config;
use hanotify::sink::StatesHandle;

use super::accept::Format;
use super::http::{Look, Pages};
use super::recorder::{Registry, Series};
use super::{REGISTRY, page};
use crate::serve::status_socket::StatusSocket;
use crate::status::report::{Limit, Refused, Report, Router, Server, Source, VERSION};

/// How long there is between two looks at the counters.
const SLOT: Duration = Duration::from_secs(5 * 60);
/// How long there is between two looks at the socket's file, as the server's own.
const SOCKET_LOOK: Duration = Duration::from_secs(1);
/// The looks that are kept: the oldest is from the last hour, and at most this much younger than that.
const SLOTS: usize = 12;

/// What is shown at the socket.
pub(crate) struct Shown {
    config: Config,
    states: StatesHandle,
    past: Mutex<Past>,
    /// Where this process has made it.
    socket: Option<StatusSocket>,
}

impl Shown {
    /// The report of the server of this configuration.
    pub(crate) fn new(config: Config, states: StatesHandle, socket: Option<StatusSocket>) -> Self {
        // Who may look is not the same as who may send: root and the server's own user may in any case.
        let past = Mutex::new(Past::new(refused(&REGISTRY), Instant::now()));
        Self { config: config.with_default_uids(true), states, past, socket }
    }

    fn report(&self) -> Report {
        let now = refused(&REGISTRY);
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = now.iter().filter(|(_, total)| **total > 0);
        let refused = refused.map(|(error, &total)| Refused {
            error: error.clone(),
            last_hour: total.saturating_sub(past.before(error)),
            total,
        });
        let counts = self.states.counts();
        let [lost, regained] =
            ["lost", "regained"].map(|what| value(&REGISTRY, &format!("hanotify_socket_{what}_total")));
        let limit = |name: &str, now, highest, most| Limit { name: name.into(), now, highest, most };
        let [held, highest] = ["", "_highest"].map(|end| value(&REGISTRY, &format!("hanotify_connections{end}")));
        Report {
            version: VERSION,
            source: Source::Server,
            at: SystemTime::now(),
            routers: self.states.routers().into_iter().map(Router::from).collect(),
            incomplete: value(&REGISTRY, "hanotify_ha_confs_incomplete") > 0,
            server: Some(Server {
                hanotify: env!("CARGO_PKG_VERSION").into(),
                socket: self.config.socket().to_string_lossy().into_owned(),
                refused: refused.collect(),
                limits: vec![
                    limit("connections", held, highest, self.config.connections() as u64),
                    limit("routers", counts.routers, counts.routers, counts.capacity),
                ],
                socket_lost: lost > regained,
                routers_not_kept: counts.dropped,
            }),
        }
    }
}

impl Pages for Shown {
    fn admit(&self, reader: BorrowedFd<'_>) -> bool {
        self.config.lets_in(reader)
    }

    fn page(&self, path: &str, format: Format) -> Option<(&'static str, String)> {
        match path {
            "/status" => Some(("application/json", serde_json::to_string(&self.report()).ok()?)),
            "/metrics" => Some(page(&self.states, format)),
            _ => None,
        }
    }

    /// Forgets a router, for whoever could end the server as well.
    fn delete(&self, path: &str, reader: BorrowedFd<'_>) -> Option<&'static str> {
        let router_id = RouterId::parse(path.strip_prefix("/routers/")?.as_bytes())?;
        if !Config::new(self.config.socket()).lets_in(reader) {
            return Some("403 Forbidden");
        }
        Some(if self.states.forget(router_id) { "200 OK" } else { "404 Not Found" })
    }

    fn directions(&self) -> &'static str {
        "the report is at /status, the counters are at /metrics\n"
    }

    fn look(&self, now: Instant) -> Look {
        let next = self.past.lock().unwrap_or_else(PoisonError::into_inner).look(|| refused(&REGISTRY), now);
        match &self.socket {
            Some(socket) => Look { again: Some(next.min(now + SOCKET_LOOK)), socket: socket.look_after() },
            None => Look { again: Some(next), socket: None },
        }
    }
}

/// The refusals of each kind.
type Counts = BTreeMap<String, u64>;

/// What the counters were in the last hour.
struct Past {
    looks: VecDeque<Counts>,
    next: Instant,
}

impl Past {
    fn new(counts: Counts, now: Instant) -> Self {
        Self { looks: VecDeque::from([counts]), next: now + SLOT }
    }

    /// Looks at the counters if it is time to: when it is next.
    fn look(&mut self, counts: impl Fn() -> Counts, now: Instant) -> Instant {
        while self.next <= now {
            self.looks.push_back(counts());
            if self.looks.len() > SLOTS {
                self.looks.pop_front();
            }
            self.next += SLOT;
        }
        self.next
    }

    /// How many there were an hour ago.
    fn before(&self, error: &str) -> u64 {
        self.looks.front().and_then(|counts| counts.get(error)).copied().unwrap_or_default()
    }
}

fn refused(registry: &Registry) -> Counts {
    let families = registry.families();
    let series = families.get("hanotify_refused_total").map(|family| &family.series).into_iter().flatten();
    let of = |(labels, series): &(Vec<(String, String)>, Series)| Some((labels.first()?.1.clone(), number(series)));
    series.filter_map(of).collect()
}

/// The value of a series without labels.
fn value(registry: &Registry, name: &str) -> u64 {
    registry.families().get(name).and_then(|family| Some(number(&family.series.first()?.1))).unwrap_or_default()
}

fn number(series: &Series) -> u64 {
    match series {
        Series::Counter(count) => count.load(Ordering::Relaxed),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
        Series::Gauge(bits) => f64::from_bits(bits.load(Ordering::Relaxed)) as u64,
        Series::Histogram(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_of_the_last_hour_for_fifty_five_minutes_at_least_and_for_sixty_at_most() {
        let start = Instant::now();
        let counts = |count| Counts::from([("state".to_owned(), count)]);
        let mut past = Past::new(counts(3), start);
        let mut at = |minutes: u64, count| {
            past.look(|| counts(count), start + Duration::from_secs(60 * minutes));
            (past.before("state"), past.looks.len())
        };
        assert_eq!(at(0, 4), (3, 1));
        assert_eq!(at(5, 4), (3, 2));
        assert_eq!(at(59, 5), (3, 12));
        assert_eq!(at(60, 5), (4, 12));
        assert_eq!(at(64, 9), (4, 12));
        // A thread that has slept for long sees what there is now.
        assert_eq!(at(1_000, 9), (9, 12));
        assert_eq!(past.before("another"), 0);
    }
}
