//! SIGKILL and restart under load: the stale socket is taken over, and no accepted event is missing from the sink's
//! file.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use hanotify::{HaState, RouterId};
use serde_json::Value;

use super::Scale;
use super::bars::{at_least, below, equal, figure};
use super::client::{notification, send};
use super::random::Random;
use super::serving::{Place, Serving, hanotify};

const THREADS: usize = 4;

pub(crate) fn step(scale: Scale) {
    let rounds = if scale.short { 10 } else { 100 };
    let place = Place::new();
    let (next, over) = (AtomicU64::new(1), AtomicBool::new(false));
    let socket = place.socket();
    let mut server = Serving::start(&place, hanotify(&place));
    let mut random = Random::new(4);
    let mut slowest = Duration::ZERO;
    let accepted: Vec<RouterId> = thread::scope(|scope| {
        let senders: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| send_until(&over, &next, &socket))).collect();
        for _ in 0..rounds {
            sleep(Duration::from_millis(50 + random.next() % 100));
            server.kill();
            assert!(socket.exists(), "nothing to take over");
            let start = Instant::now();
            server = Serving::start(&place, hanotify(&place));
            slowest = slowest.max(start.elapsed());
        }
        sleep(Duration::from_millis(100));
        over.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    equal("restarts that took the stale socket over", place.count("listening"), rounds + 1);
    below("slowest restart", slowest, Duration::from_secs(2));
    figure("notifications sent", next.load(Ordering::Relaxed) - 1);
    at_least("notifications that got 200", accepted.len(), rounds * 100);
    let written = written(&place.events());
    equal("of them missing from the file", accepted.iter().filter(|id| !written.contains(id)).count(), 0);
    equal("stopped cleanly", server.stop(), true);
}

/// Sends one notification after the other: those that got 200.
fn send_until(over: &AtomicBool, next: &AtomicU64, socket: &Path) -> Vec<RouterId> {
    let mut accepted = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let notification = notification(next.fetch_add(1, Ordering::Relaxed), HaState::Primary);
        match send(socket, &notification) {
            Ok(true) => accepted.push(notification.router_id),
            // The server is being killed or started.
            Ok(false) | Err(_) => sleep(Duration::from_millis(1)),
        }
    }
    accepted
}

fn written(events: &Path) -> HashSet<RouterId> {
    let text = fs::read_to_string(events).unwrap();
    let lines =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    lines.filter_map(|line| Some(line["router_id"].as_str()?.parse().unwrap())).collect()
}
