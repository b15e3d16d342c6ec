//! What the server counts for its operator, through the `metrics` facade: next to nothing where the process has no
//! recorder.

use std::time::Duration;
use std::vec::Vec;

use crate::error::ErrorKind;
#[cfg(feature = "metrics")]
use crate::facade::metrics::Unit;
use crate::facade::metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

/// Why a connection was answered 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overload {
    /// There are too many connections.
    Connections,
    /// There are too many connections of one user.
    Uid,
    /// The process or the system has no descriptor left.
    Descriptors,
    /// The kernel couldn't give the peer's bytes out: it is short of memory.
    Kernel,
    /// The sink can't take an event now.
    Sink,
}

/// The server's meters.
pub(super) struct Meters {
    pub(super) accepted: Counter,
    pub(super) notified: Counter,
    pub(super) sink_failures: Counter,
    pub(super) sink_panics: Counter,
    pub(super) trailing: Counter,
    pub(super) log_lines_dropped: Counter,
    pub(super) socket_lost: Counter,
    pub(super) socket_regained: Counter,
    refused: Vec<(&'static str, Counter)>,
    overloaded: [(Overload, Counter); 5],
    backlog: Gauge,
    backlog_expected: Gauge,
    connections: Gauge,
    connections_highest: Gauge,
    highest: usize,
    answer: Histogram,
}

impl Meters {
    /// Meters at the recorder of this thread or process.
    pub(super) fn new() -> Self {
        describe();
        gauge!("hanotify_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        let overloaded = |cause, label| (cause, counter!("hanotify_overloaded_total", "cause" => label));
        let refused = |kind: &ErrorKind| (kind.name(), counter!("hanotify_refused_total", "error" => kind.name()));
        Self {
            accepted: counter!("hanotify_accepted_total"),
            notified: counter!("hanotify_notified_total"),
            sink_failures: counter!("hanotify_sink_failures_total"),
            sink_panics: counter!("hanotify_sink_panics_total"),
            trailing: counter!("hanotify_trailing_bytes_total"),
            log_lines_dropped: counter!("hanotify_log_lines_dropped_total"),
            socket_lost: counter!("hanotify_socket_lost_total"),
            socket_regained: counter!("hanotify_socket_regained_total"),
            refused: ErrorKind::ALL.iter().map(refused).collect(),
            overloaded: [
                overloaded(Overload::Connections, "connections"),
                overloaded(Overload::Uid, "uid"),
                overloaded(Overload::Descriptors, "descriptors"),
                overloaded(Overload::Kernel, "kernel"),
                overloaded(Overload::Sink, "sink"),
            ],
            backlog: gauge!("hanotify_backlog"),
            backlog_expected: gauge!("hanotify_backlog_expected"),
            connections: gauge!("hanotify_connections"),
            connections_highest: gauge!("hanotify_connections_highest"),
            highest: 0,
            answer: histogram!("hanotify_answer_seconds"),
        }
    }

    pub(super) fn refused(&self, kind: ErrorKind) {
        if let Some((_, counter)) = self.refused.iter().find(|(name, _)| *name == kind.name()) {
            counter.increment(1);
        }
    }

    pub(super) fn overloaded(&self, cause: Overload) {
        if let Some((_, counter)) = self.overloaded.iter().find(|(of, _)| *of == cause) {
            counter.increment(1);
        }
    }

    /// Takes note of how many connections can wait to be accepted, and how many were asked for.
    pub(super) fn backlog(&self, backlog: u32, expected: u32) {
        self.backlog.set(f64::from(backlog));
        self.backlog_expected.set(f64::from(expected));
    }

    /// Takes note that so many connections are held.
    pub(super) fn connections(&mut self, held: usize) {
        self.connections.set(number(held));
        if held > self.highest {
            self.highest = held;
            self.connections_highest.set(number(held));
        }
    }

    /// Takes note of how long a connection waited for its answer.
    pub(super) fn answered(&self, waited: Duration) {
        self.answer.record(waited);
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn describe() {
    describe_counter!("hanotify_accepted_total", "Connections that were accepted.");
    describe_counter!("hanotify_notified_total", "Notifications that the event sink took: their senders got 200.");
    describe_counter!(
        "hanotify_refused_total",
        "Messages and connections that were refused, by the rule that was broken."
    );
    describe_counter!(
        "hanotify_overloaded_total",
        "Connections that were answered 503, by what there was too little of."
    );
    describe_counter!("hanotify_sink_failures_total", "Times that the event sink returned an error, Busy included.");
    describe_counter!("hanotify_sink_panics_total", "Times that the event sink panicked.");
    describe_counter!("hanotify_trailing_bytes_total", Unit::Bytes, "Bytes behind a message, read and dropped.");
    describe_counter!(
        "hanotify_log_lines_dropped_total",
        "Log lines not written, because a user's peers caused too many, or nobody read them."
    );
    describe_counter!("hanotify_socket_lost_total", "Times that the socket's file was found gone or replaced.");
    describe_counter!("hanotify_socket_regained_total", "Times that the socket's file was there again after that.");
    describe_gauge!("hanotify_backlog", "Connections that can wait to be accepted.");
    describe_gauge!("hanotify_backlog_expected", "Connections that should be able to wait: the expected routers.");
    describe_gauge!("hanotify_build_info", "1, with the version of hanotify.");
    describe_gauge!("hanotify_connections", "Connections held now, waiting for their message or their end.");
    describe_gauge!("hanotify_connections_highest", "Most connections held at once since the start.");
    describe_histogram!("hanotify_answer_seconds", Unit::Seconds, "Time from accept to the answer's decision.");
}
