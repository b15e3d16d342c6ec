//! Sinks that are put together, before an inner sink that fails, panics and dawdles: nothing taken is lost, nothing is
//! delivered twice, and each router's events are in order.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]
#![allow(unreachable_pub, reason = "each test program is a crate of its own")]

mod debounce;
mod flaky;
mod lost;
mod reach;
mod traced;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use flaky::{Answer, Flaky, Log, ROUTERS, answers, event, feed, of_router, router, steps};
use hanotify::HaState;
use hanotify::sink::{self, Debounce, Event, EventSink, Known, Queue, QueueOptions, SinkError, Tee, TimedSink, Traced};
use hanotify_testing::running::{ACCEPTED, Running, message, reply};
use proptest::prelude::*;

fn queue(capacity: usize, inner: impl TimedSink + Send + 'static) -> Queue {
    let options = QueueOptions::new(capacity).with_pause(Duration::from_micros(50)).with_grace(Duration::from_secs(60));
    Queue::with_options(options, inner).unwrap()
}

/// Reports at once, and tries again soon.
fn debounce_at_once(inner: Flaky) -> Debounce<Flaky> {
    Debounce::new(inner).with_window(HaState::Primary, Duration::ZERO).with_retry(Duration::from_millis(1))
}

/// What a settled router is told of: no state twice in a row, in order, and at the end the last one that was taken.
fn check_settled(reported: &Log, taken: &Log) -> Result<(), TestCaseError> {
    prop_assert!(reported.iter().all(|entry| taken.contains(entry)), "nothing made up");
    for n in 0..ROUTERS {
        let (reported, taken) = (of_router(reported, n), of_router(taken, n));
        prop_assert!(reported.is_sorted_by(|a, b| a.0 < b.0), "in order, none twice: {:?}", reported);
        prop_assert!(reported.windows(2).all(|pair| pair[0].2 != pair[1].2), "changes only: {:?}", reported);
        prop_assert_eq!(reported.last().map(|last| last.2), taken.last().map(|last| last.2));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        if std::env::var_os("HANOTIFY_LONG").is_some() { 5_000 } else { 60 }
    ))]

    #[test]
    fn a_queue_delivers_what_it_took(steps in steps(), answers in answers(), capacity in 1_usize..40) {
        let inner = Flaky::new(&answers);
        let mut queue = queue(capacity, inner.clone());
        let taken = feed(&mut queue, &steps);
        let counts = queue.close();
        prop_assert_eq!(inner.taken(), taken.clone());
        prop_assert_eq!((counts.taken, counts.delivered), (taken.len() as u64, taken.len() as u64));
        prop_assert_eq!(counts.busy, (steps.len() - taken.len()) as u64);
        prop_assert!(counts.highest_depth <= capacity as u64);
    }

    #[test]
    fn a_tee_behind_a_queue_delivers_to_both_once(steps in steps(), first in answers(), second in answers()) {
        let (first, second) = (Flaky::new(&first), Flaky::new(&second));
        let mut queue = queue(8, Tee::new(first.clone(), second.clone()));
        let taken = feed(&mut queue, &steps);
        queue.close();
        prop_assert_eq!(first.taken(), taken.clone());
        prop_assert_eq!(second.taken(), taken);
    }

    #[test]
    fn a_tee_of_queues_delivers_to_both_what_it_took(steps in steps(), answers in answers(), other in answers()) {
        let (wide, narrow) = (Flaky::new(&answers), Flaky::new(&other));
        let mut tee = Tee::new(queue(100, wide.clone()), queue(2, narrow.clone()));
        let taken = feed(&mut tee, &steps);
        drop(tee);
        prop_assert_eq!(narrow.taken(), taken.clone());
        // The first of a tee also sees what the second does not take, under the number that the next event has again.
        let mut rest = wide.taken().into_iter();
        prop_assert!(taken.iter().all(|entry| rest.any(|seen| seen == *entry)), "in order, with others between");
        prop_assert_eq!(wide.taken().len(), steps.len());
    }

    #[test]
    fn known_routers_come_through_in_order_and_others_are_told_apart(steps in steps(), answers in answers()) {
        let inner = Flaky::new(&answers);
        let mut known = Known::new(|id| id != router(0), queue(200, Traced::new(inner.clone())));
        let handle = known.handle();
        let taken = feed(&mut known, &steps);
        drop(known);
        prop_assert_eq!(taken.len(), steps.len(), "an unknown router is no error");
        let (unknown, managed): (Log, Log) = taken.into_iter().partition(|&(_, n, _)| n == 0);
        prop_assert_eq!(inner.taken(), managed);
        prop_assert_eq!(handle.counts().unknown, unknown.len() as u64);
        prop_assert_eq!(inner.unknown.lock().unwrap().clone(), unknown);
    }

    #[test]
    fn settled_states_come_through_a_queue(steps in steps(), answers in answers(), capacity in 1_usize..40) {
        let inner = Flaky::new(&answers);
        let mut queue = queue(capacity, debounce_at_once(inner.clone()));
        let taken = feed(&mut queue, &steps);
        let counts = queue.close();
        prop_assert_eq!((counts.delivered, counts.lost), (taken.len() as u64, 0));
        check_settled(&inner.taken(), &taken)?;
    }

    #[test]
    fn the_last_state_comes_through_latest(steps in steps(), answers in answers()) {
        let (latest, mut changes) = sink::latest();
        let handle = latest.handle();
        let inner = Flaky::new(&answers);
        let mut agent = inner.clone();
        let consumer = thread::spawn(move || {
            while let Some(event) = changes.next() {
                let offer = std::panic::AssertUnwindSafe(|| agent.notified(event.as_event()));
                if !matches!(std::panic::catch_unwind(offer), Ok(Ok(()))) {
                    changes.give_back(event);
                }
            }
        });
        let copy = Flaky::default();
        let mut sinks = Tee::new(latest, queue(100, copy.clone()));
        let taken = feed(&mut sinks, &steps);
        drop(sinks);
        consumer.join().unwrap();
        prop_assert_eq!(taken.len(), steps.len(), "never full");
        prop_assert_eq!(copy.taken(), taken.clone());
        prop_assert!(handle.counts().most_waiting <= u64::from(ROUTERS));
        for n in 0..ROUTERS {
            let (seen, taken) = (of_router(&inner.taken(), n), of_router(&taken, n));
            prop_assert!(seen.is_sorted_by(|a, b| a.0 < b.0), "in order, none twice: {:?}", seen);
            prop_assert_eq!(seen.last(), taken.last());
        }
    }
}

#[test]
fn a_primary_settles_in_real_time_behind_a_queue() {
    let inner = Flaky::default();
    let window = Duration::from_millis(100);
    let debounce = Debounce::new(inner.clone()).with_window(HaState::Primary, window);
    let mut queue = Queue::new(8, debounce.with_window(HaState::Fault, Duration::from_secs(3_600))).unwrap();
    let start = Instant::now();
    queue.notified(event((0, HaState::Primary), 1)).unwrap();
    while inner.taken().is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    assert!(start.elapsed() >= window);
    queue.notified(event((0, HaState::Primary), 2)).unwrap();
    queue.handle().report_again(router(0)).unwrap();
    queue.notified(event((1, HaState::Fault), 3)).unwrap();
    // The third will not settle for an hour, and is reported all the same: it got a 200.
    let closing = Instant::now();
    queue.close();
    assert!(closing.elapsed() < Duration::from_secs(4), "within the grace");
    assert_eq!(inner.taken().iter().map(|&(sequence, ..)| sequence).collect::<Vec<_>>(), [1, 2, 3]);
}

/// Blocks the worker on router 9's event, gives it two states of router 0 with a pause between, and tells what is
/// reported of router 0.
fn late(window: Duration, between: Duration) -> Vec<HaState> {
    let inner = Flaky::default();
    let mut agent = inner.clone();
    let dawdles = move |event: Event<'_>| {
        if event.notification.router_id == router(9) {
            thread::sleep(Duration::from_millis(400));
        }
        agent.notified(event)
    };
    let mut queue = Queue::new(8, Debounce::new(dawdles).with_window(HaState::Primary, window)).unwrap();
    queue.notified(event((9, HaState::Backup), 1)).unwrap();
    queue.notified(event((0, HaState::Primary), 2)).unwrap();
    thread::sleep(between);
    queue.notified(event((0, HaState::Backup), 3)).unwrap();
    queue.close();
    of_router(&inner.taken(), 0).iter().map(|&(_, _, state)| state).collect()
}

#[test]
fn windows_count_from_when_events_came_however_late_the_worker_is() {
    assert_eq!(late(Duration::from_millis(50), Duration::from_millis(100)), [HaState::Primary, HaState::Backup]);
    // Its deadline is over, too, when the worker gets to it, but the backup came before.
    assert_eq!(late(Duration::from_millis(250), Duration::from_millis(1)), [HaState::Backup]);
}

#[test]
fn an_event_that_always_fails_is_given_up_where_the_options_say_so() {
    let options = QueueOptions::new(8).with_attempts(3).with_pause(Duration::ZERO);
    let inner = Flaky::new(&[Answer::Fail, Answer::Panic, Answer::Busy, Answer::Take]);
    let mut queue = Queue::with_options(options, inner.clone()).unwrap();
    let taken = feed(&mut queue, &[(0, HaState::Backup), (1, HaState::Backup)]);
    let counts = queue.close();
    assert_eq!(inner.taken(), taken[1..]);
    assert_eq!((counts.failures, counts.panics, counts.lost, counts.delivered), (3, 1, 1, 1));
}

#[test]
fn a_sink_that_fails_for_ever_does_not_hold_up_the_end_for_ever() {
    let options = QueueOptions::new(8).with_grace(Duration::from_millis(50));
    let fails = |_: Event<'_>| Err(SinkError::failed("no disk"));
    let mut queue = Queue::with_options(options, fails).unwrap();
    feed(&mut queue, &[(0, HaState::Backup); 3]);
    let start = Instant::now();
    let counts = queue.close();
    assert!(start.elapsed() >= Duration::from_millis(50) && start.elapsed() < Duration::from_secs(5));
    assert_eq!((counts.taken, counts.lost, counts.depth), (3, 3, 0));

    let mut queue = Queue::with_options(options, Debounce::new(fails)).unwrap();
    feed(&mut queue, &[(0, HaState::Backup), (1, HaState::Primary), (1, HaState::Primary)]);
    let counts = queue.close();
    assert_eq!((counts.taken, counts.lost, counts.delivered), (3, 2, 1), "the second of router 1 replaced the first");
}

/// A sink that says when it has an event in hand, and waits at the gate before it takes it.
struct Gated {
    in_hand: Sender<()>,
    /// Open when nobody holds the other end any more.
    gate: Receiver<()>,
    inner: Flaky,
}

impl Gated {
    fn new(inner: &Flaky) -> (Self, Receiver<()>, Sender<()>) {
        let (in_hand, has_in_hand) = channel();
        let (open, gate) = channel();
        (Self { in_hand, gate, inner: inner.clone() }, has_in_hand, open)
    }
}

impl EventSink for Gated {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let _ = self.in_hand.send(());
        // Not for ever: a test that has failed is to end.
        let _ = self.gate.recv_timeout(Duration::from_secs(20));
        self.inner.notified(event)
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.inner.unknown(event);
    }
}

#[test]
fn a_full_queue_is_503_and_what_got_200_is_delivered_at_the_end() {
    let inner = Flaky::default();
    let (sink, has_in_hand, gate) = Gated::new(&inner);
    let queue = Queue::new(2, sink).unwrap();
    let handle = queue.handle();
    let server = Running::start(|config| config, queue);
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
    has_in_hand.recv().unwrap();
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
    assert_eq!(server.ask(&message("primary")), reply("503 Service Unavailable"));
    assert_eq!((handle.counts().depth, handle.counts().busy), (2, 1));
    drop(gate);
    assert_eq!(server.stop().notified, 2);
    assert_eq!((inner.taken().len(), handle.counts().delivered), (2, 2));
}

#[test]
fn what_need_not_be_told_takes_no_room_from_events() {
    let inner = Flaky::default();
    let (sink, has_in_hand, gate) = Gated::new(&inner);
    let mut queue = Queue::new(4, sink).unwrap();
    queue.notified(event((0, HaState::Backup), 1)).unwrap();
    has_in_hand.recv().unwrap();
    for sequence in 2..9 {
        queue.unknown(event((1, HaState::Backup), sequence));
    }
    queue.notified(event((0, HaState::Backup), 9)).unwrap();
    queue.notified(event((0, HaState::Backup), 10)).unwrap();
    drop(gate);
    let counts = queue.close();
    assert_eq!((counts.delivered, counts.untold), (3, 6));
    assert_eq!(*inner.unknown.lock().unwrap(), [(2, 1, HaState::Backup)]);
}

#[test]
fn a_panic_that_panics_again_when_it_is_dropped_ends_no_thread() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new(()));
        }
    }
    let inner = Flaky::default();
    let mut agent = inner.clone();
    let mut calls = 0;
    let throws = move |event: Event<'_>| {
        calls += 1;
        if calls == 1 {
            std::panic::resume_unwind(Box::new(Bomb));
        }
        agent.notified(event)
    };
    let mut queue = queue(4, throws);
    let taken = feed(&mut queue, &[(0, HaState::Backup)]);
    assert_eq!((queue.close().panics, inner.taken()), (1, taken));
}
