//! What the server and the adapters count through the `metrics` facade: the page has each meter, and each counts what
//! its adapter's handle counts.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, UNIX_EPOCH};

use hanotify::server::{Config, Server};
use hanotify::sink::{
    self, Debounce, Event, EventSink, Known, Peer, Queue, QueueOptions, Refusal, SinkError, TimedSink,
};
use hanotify::{ErrorKind, HaState, Notification, RouterId};
use hanotify_testing::corpus::root;
use metrics::atomics::AtomicU64;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, with_local_recorder};

/// Keeps what is registered and described, and the values.
#[derive(Default)]
struct Kept {
    /// Each name with its labels' names, as the page writes them, and its kind.
    registered: Mutex<BTreeSet<(String, &'static str)>>,
    described: Mutex<BTreeSet<(String, &'static str)>>,
    values: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
}

impl Kept {
    fn register(&self, key: &Key, kind: &'static str) -> Arc<AtomicU64> {
        let labels: Vec<&str> = key.labels().map(metrics::Label::key).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.registered.lock().unwrap().insert((format!("{}{labels}", key.name()), kind));
        Arc::clone(self.values.lock().unwrap().entry(key.name().to_owned()).or_default())
    }

    fn describe(&self, name: &KeyName, kind: &'static str, text: &SharedString) {
        assert!(text.ends_with('.'), "{text}");
        self.described.lock().unwrap().insert((name.as_str().to_owned(), kind));
    }

    fn counter(&self, name: &str) -> u64 {
        self.values.lock().unwrap().get(name).unwrap_or_else(|| panic!("no {name}")).load(Ordering::Relaxed)
    }

    fn gauge(&self, name: &str) -> f64 {
        f64::from_bits(self.counter(name))
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, "counter", &text);
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, "gauge", &text);
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, "histogram", &text);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.register(key, "counter"))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.register(key, "gauge"))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.register(key, "histogram");
        Histogram::noop()
    }
}

fn event(n: u8, state: HaState) -> Event<'static> {
    let router_id = RouterId::from_bytes([n; 16]).unwrap();
    Event::new(Notification { router_id, state }, Peer { pid: None, uid: 0, gid: 0 }, 1, UNIX_EPOCH)
}

#[test]
fn the_page_has_exactly_the_meters_that_there_are() {
    let kept = Kept::default();
    let folder = tempfile::tempdir().unwrap();
    with_local_recorder(&kept, || {
        let (latest, _changes) = sink::latest();
        let queue = Queue::new(1, Debounce::new(|_: Event<'_>| Ok(()))).unwrap();
        let server = Server::bind(Config::new(folder.path().join("socket"))).unwrap();
        server.stopper().stop().unwrap();
        let sink = sink::States::new(1, sink::Tee::new(latest, queue));
        server.run(Known::new(|_| true, sink)).unwrap();
        lose_a_line();
    });
    let registered = kept.registered.into_inner().unwrap();
    let page = std::fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `hanotify_"));
    let stated: BTreeSet<(String, &str)> = rows
        .map(|row| {
            let (name, rest) = row.split_once("` | ").unwrap();
            (format!("hanotify_{name}"), rest.split(" | ").next().unwrap())
        })
        .collect();
    // The command has some of its own, which its tests look at.
    let of_the_command = [
        ("hanotify_ha_confs_incomplete", "gauge"),
        ("hanotify_output_reopens_total{outcome}", "counter"),
        ("hanotify_router_changes_total{router_id}", "counter"),
        ("hanotify_router_last_change_timestamp_seconds{router_id}", "gauge"),
        ("hanotify_router_settled_state{router_id,state}", "gauge"),
        ("hanotify_router_state{router_id,state}", "gauge"),
        ("hanotify_router_unconfirmed{router_id}", "gauge"),
    ];
    let of_the_command = of_the_command.map(|(name, kind)| (name.to_owned(), kind));
    assert_eq!(stated, registered.iter().cloned().chain(of_the_command).collect());
    let names = registered.iter().map(|(name, kind)| (name.split('{').next().unwrap().to_owned(), *kind));
    assert_eq!(kept.described.into_inner().unwrap(), names.collect());
}

/// A refusal where nothing can be written.
fn lose_a_line() {
    sink::JsonLines::new(&mut [0; 9][..]).refused(Refusal::new(ErrorKind::State.at(1), None, UNIX_EPOCH));
}

#[test]
fn a_line_that_nobody_waits_for_and_that_is_lost_is_counted() {
    let kept = Kept::default();
    with_local_recorder(&kept, || (0..3).for_each(|_| lose_a_line()));
    assert_eq!(kept.counter("hanotify_lines_lost_total"), 3);
}

#[test]
fn a_queue_counts_for_the_process_what_its_handle_counts() {
    let kept = Kept::default();
    let options = QueueOptions::new(2).with_attempts(1).with_pause(Duration::ZERO);
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let inner = move |event: Event<'_>| {
        let _ = gate.recv_timeout(Duration::from_secs(20));
        if event.notification.state == HaState::Fault {
            std::panic::resume_unwind(Box::new(()))
        }
        Err(SinkError::Busy)
    };
    let mut queue = with_local_recorder(&kept, || Queue::with_options(options, inner)).unwrap();
    queue.notified(event(1, HaState::Backup)).unwrap();
    queue.notified(event(1, HaState::Fault)).unwrap();
    assert!(matches!(queue.notified(event(1, HaState::Primary)), Err(SinkError::Busy)));
    queue.refused(Refusal::new(ErrorKind::State.at(1), None, UNIX_EPOCH));
    assert_eq!(kept.gauge("hanotify_queue_depth").to_bits(), 2.0_f64.to_bits());
    drop(open);
    let counts = queue.close();
    let kept = ["busy", "failures", "panics", "lost", "untold"]
        .map(|name| kept.counter(&format!("hanotify_queue_{name}_total")));
    assert_eq!(kept, [counts.busy, counts.failures, counts.panics, counts.lost, counts.untold]);
    assert_eq!(kept, [1, 2, 1, 2, 1]);
}

#[test]
fn a_debounce_filter_counts_for_the_process_what_its_handle_counts() {
    let kept = Kept::default();
    let mut answers = vec![Ok(()), Ok(()), Err(SinkError::Busy)];
    let inner = move |_: Event<'_>| answers.pop().unwrap_or(Ok(()));
    let mut debounce = with_local_recorder(&kept, || Debounce::new(inner));
    let start = Instant::now();
    let after = |millis| start + Duration::from_millis(millis);
    debounce.notified_at(event(1, HaState::Backup), start).unwrap();
    debounce.report_due(start);
    debounce.report_due(after(1_000));
    debounce.notified_at(event(1, HaState::Primary), after(2_000)).unwrap();
    debounce.notified_at(event(1, HaState::Backup), after(2_001)).unwrap();
    debounce.report_due(after(2_001));
    debounce.notified_at(event(2, HaState::Primary), after(3_000)).unwrap();
    let counts = debounce.handle().counts();
    let meters = ["reported", "superseded", "unchanged", "failures"]
        .map(|name| kept.counter(&format!("hanotify_debounce_{name}_total")));
    assert_eq!(meters, [counts.reported, counts.superseded, counts.unchanged, counts.offers - counts.reported]);
    assert_eq!(meters, [1, 1, 1, 1]);
    assert_eq!(kept.gauge("hanotify_debounce_waiting").to_bits(), 1.0_f64.to_bits());
    drop(debounce);
    assert_eq!(kept.gauge("hanotify_debounce_waiting").to_bits(), 0.0_f64.to_bits(), "what is gone waits no more");
}

#[test]
fn gauges_are_the_sum_over_all_adapters_of_a_kind() {
    let kept = Kept::default();
    let [mut one, mut other] = with_local_recorder(&kept, || [sink::latest(), sink::latest()]);
    for state in [HaState::Backup, HaState::Primary] {
        one.0.notified(event(1, state)).unwrap();
        other.0.notified(event(2, state)).unwrap();
    }
    one.0.notified(event(3, HaState::Fault)).unwrap();
    assert_eq!(kept.gauge("hanotify_latest_waiting").to_bits(), 3.0_f64.to_bits());
    let given = one.1.next().unwrap();
    assert_eq!(kept.gauge("hanotify_latest_waiting").to_bits(), 2.0_f64.to_bits());
    one.0.notified(event(1, HaState::Backup)).unwrap();
    one.1.give_back(given);
    let superseded = one.1.handle().counts().superseded + other.1.handle().counts().superseded;
    assert_eq!((kept.counter("hanotify_latest_superseded_total"), superseded), (3, 3));
    assert_eq!(kept.gauge("hanotify_latest_waiting").to_bits(), 3.0_f64.to_bits());
    drop(one);
    assert_eq!(kept.gauge("hanotify_latest_waiting").to_bits(), 1.0_f64.to_bits(), "what is gone waits no more");
}

/// A feature adds: whoever keeps an adapter or a handle across a panic can do so with it too.
#[test]
fn no_meter_keeps_an_adapter_from_crossing_a_panic() {
    fn crosses<T: UnwindSafe + RefUnwindSafe>() {}
    crosses::<sink::QueueHandle>();
    crosses::<sink::DebounceHandle>();
    crosses::<sink::KnownHandle>();
    crosses::<sink::Latest>();
    crosses::<sink::LatestHandle>();
    crosses::<sink::StatesHandle>();
    crosses::<Known<fn(RouterId) -> bool, fn(Event<'_>) -> Result<(), SinkError>>>();
}

#[test]
fn the_states_that_are_kept_and_those_that_found_no_room_are_counted_for_the_process() {
    let kept = Kept::default();
    let [mut one, mut other] =
        with_local_recorder(&kept, || [(); 2].map(|()| sink::States::new(1, |_: Event<'_>| Ok(()))));
    for n in [1, 2] {
        one.notified(event(n, HaState::Backup)).unwrap();
        other.notified(event(n, HaState::Backup)).unwrap();
    }
    let dropped = one.handle().counts().dropped + other.handle().counts().dropped;
    assert_eq!((kept.counter("hanotify_states_dropped_total"), dropped), (2, 2));
    assert_eq!(kept.gauge("hanotify_states_kept").to_bits(), 2.0_f64.to_bits());
    assert!(one.handle().forget(event(1, HaState::Backup).notification.router_id));
    assert_eq!(kept.gauge("hanotify_states_kept").to_bits(), 1.0_f64.to_bits());
    drop(other);
    assert_eq!(kept.gauge("hanotify_states_kept").to_bits(), 0.0_f64.to_bits(), "what is gone is kept no more");
}

#[test]
fn events_of_unknown_routers_are_counted_for_the_process() {
    let kept = Kept::default();
    let mut known = with_local_recorder(&kept, || Known::new(|_| false, |_: Event<'_>| Ok(())));
    known.notified(event(1, HaState::Backup)).unwrap();
    assert_eq!((kept.counter("hanotify_unknown_total"), known.handle().counts().unknown), (1, 1));
}
