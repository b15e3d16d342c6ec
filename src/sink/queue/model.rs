//! The queue in every order in which its two threads can run (short scripts), and in many (longer ones).

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use std::vec::Vec;

use super::super::Peer;
use super::super::explore::{in_every_order, in_many_orders, is_long};
use super::*;
use crate::notification::{HaState, Notification};

/// What the inner sink does with an offer.
#[derive(Clone, Copy)]
enum Answer {
    Take,
    Busy,
    Fail,
    Panic,
}

use Answer::{Busy, Fail, Panic, Take};

fn event(sequence: u64) -> Event<'static> {
    let byte = u8::try_from(sequence % 2 + 1).unwrap();
    let router_id = RouterId::from_bytes([byte; 16]).unwrap();
    let notification = Notification { router_id, state: HaState::Primary };
    Event::new(notification, Peer { pid: None, uid: 0, gid: 0 }, sequence, UNIX_EPOCH)
}

/// Queues events and closes; what was taken was delivered, in order, once. Whatever hangs is a deadlock, which the
/// checker reports.
fn run(capacity: usize, events: u64, answers: &'static [Answer], closes: bool) {
    let delivered = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&delivered);
    let mut answers = answers.iter();
    let inner = move |event: Event<'_>| {
        // Where the scheduler may let the other thread run in the middle of a delivery.
        shuttle::thread::yield_now();
        match answers.next().copied().unwrap_or(Take) {
            Take => theirs.lock().unwrap().push(event.sequence),
            Busy => return Err(SinkError::Busy),
            Fail => return Err(SinkError::failed("no disk")),
            // Without the hook, which would print a message for each of thousands of runs.
            Panic => std::panic::resume_unwind(std::boxed::Box::new(())),
        }
        Ok(())
    };
    // The checker has no clock, so nothing may depend on one.
    let options = QueueOptions::new(capacity).with_pause(Duration::ZERO).with_grace(Duration::MAX);
    let mut queue = Queue::with_options(options, inner).unwrap();
    let handle = queue.handle();
    let taken: Vec<_> = (1..=events).filter(|&sequence| queue.notified(event(sequence)).is_ok()).collect();
    assert!(taken.len() >= capacity.min(usize::try_from(events).unwrap()));
    if closes {
        queue.close();
    } else {
        drop(queue);
    }
    assert_eq!(*delivered.lock().unwrap(), taken);
    let counts = handle.counts();
    assert_eq!((counts.taken, counts.delivered), (taken.len() as u64, taken.len() as u64));
    assert_eq!((counts.depth, counts.lost), (0, 0));
    assert_eq!(counts.busy, events - counts.taken);
    assert!(counts.highest_depth <= capacity as u64, "what is in hand counts");
    assert!(handle.report_again(RouterId::from_bytes([1; 16]).unwrap()).is_err(), "closed");
}

#[test]
fn in_every_order_nothing_taken_is_lost() {
    in_every_order("queue, one event", || run(1, 1, &[], true));
    if is_long() {
        in_every_order("queue, one event, a failure", || run(1, 1, &[Busy], false));
        in_every_order("queue, one event, a panic", || run(1, 1, &[Panic], true));
        in_every_order("queue, two events, room for one", || run(1, 2, &[], false));
        in_every_order("queue, two events", || run(2, 2, &[], true));
    }
}

#[test]
fn in_many_orders_nothing_taken_is_lost() {
    in_many_orders("queue, closed", || run(2, 8, &[Take, Fail, Busy, Take, Panic, Panic, Take, Busy], true));
    in_many_orders("queue, dropped", || run(3, 8, &[Panic, Take, Fail, Take], false));
}

/// Waits for the delivery before it closes the queue: were the worker not woken, that would be a deadlock.
fn run_open() {
    let (delivered, wait) = shuttle::sync::mpsc::channel();
    let mut queue =
        Queue::new(1, move |event: Event<'_>| delivered.send(event.sequence).map_err(SinkError::failed)).unwrap();
    queue.notified(event(1)).unwrap();
    assert_eq!(wait.recv(), Ok(1));
    queue.close();
}

#[test]
fn an_event_is_delivered_while_the_queue_is_open() {
    if is_long() {
        in_every_order("queue, left open", run_open);
    } else {
        in_many_orders("queue, left open", run_open);
    }
}

#[test]
fn a_request_is_in_order_with_the_events_and_ends_with_the_queue() {
    struct Inner(Arc<Mutex<Vec<&'static str>>>);
    impl TimedSink for Inner {
        fn notified_at(&mut self, _: Event<'_>, _: std::time::Instant) -> Result<(), SinkError> {
            self.0.lock().unwrap().push("event");
            Ok(())
        }
        fn refused_at(&mut self, _: Refusal, _: std::time::Instant) {}
        fn unknown_at(&mut self, _: Event<'_>, _: std::time::Instant) {}
        fn report_again(&mut self, _: RouterId, _: std::time::Instant) {
            self.0.lock().unwrap().push("again");
        }
    }
    in_many_orders("queue, a request", || {
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let mut queue = Queue::new(4, Inner(Arc::clone(&seen))).unwrap();
        let handle = queue.handle();
        queue.notified(event(1)).unwrap();
        let asking =
            shuttle::thread::spawn(move || handle.report_again(RouterId::from_bytes([1; 16]).unwrap()).is_ok());
        let told = queue.close();
        let asked = asking.join().unwrap();
        assert_eq!(told.delivered, 1);
        let expected: &[_] = if asked { &["event", "again"] } else { &["event"] };
        assert_eq!(*seen.lock().unwrap(), expected);
    });
}
