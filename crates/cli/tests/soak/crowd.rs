//! 10,000 senders at once: none refused by the kernel, none lost, each answered.

use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Scale;
use super::bars::{equal, figure};
use super::client::{burst, count, report};
use super::serving::{Place, Serving, after, descriptors, own};

const SENDERS: u64 = 10_000;

pub(crate) fn step(_: Scale) {
    let place = Place::new();
    let Some(command) = with_room_for_all(own(&place, &["routers=10000"])) else {
        println!(
            "  skipped: net.core.somaxconn is below {SENDERS}, and only root can try this with more, in a network \
            namespace"
        );
        return;
    };
    let server = Serving::start(&place, command);
    // While the server stands still, everybody connects: nobody is quicker than it, nobody slower.
    server.signal(Signal::STOP);
    let senders = burst(&place.socket(), &["--routers", "10000", "--no-wait", "--seed", "1"]);
    let start = Instant::now();
    while descriptors(senders.id()) < 10_000 && start.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(5));
    }
    server.signal(Signal::CONT);
    let report = report(senders);
    equal("connections at once", count(&report, "connections_highest"), SENDERS);
    equal("refused by the kernel (full backlog)", count(&report, "backlog_full"), 0);
    equal("answered with 200", count(&report, "accepted"), SENDERS);
    equal("lost", count(&report, "lost"), 0);
    equal("events in the sink's file", place.count("notified"), 10_000);
    figure("answered per second, the wait included", &report["answered_per_second"]);
    equal("stopped cleanly", server.stop(), true);

    while_serving();
}

/// The same crowd against a server that is not stopped, with what a kernel allows by default.
fn while_serving() {
    let place = Place::new();
    let server = Serving::start(&place, own(&place, &["routers=4096"]));
    let report = report(burst(&place.socket(), &["--routers", "10000", "--seed", "2"]));
    figure("backlog 4096, met it full and waited", count(&report, "backlog_full"));
    figure("backlog 4096, latency in µs", &report["latency_us"]);
    equal("backlog 4096, answered with 200", count(&report, "accepted"), SENDERS);
    equal("stopped cleanly", server.stop(), true);
}

/// The command, where the kernel lets so many connections wait; in a network namespace of its own, if need be and if
/// that may be made.
fn with_room_for_all(command: Command) -> Option<Command> {
    let somaxconn: u64 = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    if somaxconn >= SENDERS {
        return Some(command);
    }
    let shell = after(&format!("echo {SENDERS} >/proc/sys/net/core/somaxconn"), &command);
    let mut unshare = Command::new("unshare");
    unshare.arg("--net").arg(shell.get_program()).args(shell.get_args());
    let is_allowed = Command::new("unshare").args(["--net", "true"]).output().is_ok_and(|tried| tried.status.success());
    is_allowed.then_some(unshare)
}
