//! The cases that the filter is there for, one by one; the oracle in `crates/testing` tests it with all others.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::UNIX_EPOCH;
use std::vec;
use std::vec::Vec;

use HaState::{Backup, Fault, Primary};

use super::super::Peer;
use super::*;
use crate::error::ErrorKind;

const PEER: Peer = Peer { pid: None, uid: 42, gid: 43 };

fn router(n: u8) -> RouterId {
    RouterId::from_bytes([n; 16]).unwrap()
}

fn event(n: u8, state: HaState) -> Event<'static> {
    Event::new(Notification { router_id: router(n), state }, PEER, 1, UNIX_EPOCH)
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What the sink has taken, and what it answers next; `Ok` when that runs out.
#[derive(Clone, Default)]
struct Agent {
    seen: Rc<RefCell<Vec<(u8, HaState)>>>,
    answers: Rc<RefCell<Vec<Result<(), SinkError>>>>,
}

impl EventSink for Agent {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        self.answers.borrow_mut().pop().unwrap_or(Ok(()))?;
        let Notification { router_id, state } = event.notification;
        self.seen.borrow_mut().push((router_id.to_bytes()[0], state));
        Ok(())
    }
}

impl Agent {
    fn take_seen(&self) -> Vec<(u8, HaState)> {
        self.seen.take()
    }
}

fn debounce() -> (Agent, Debounce<Agent>, Instant) {
    let agent = Agent::default();
    (agent.clone(), Debounce::new(agent), Instant::now())
}

#[test]
fn a_primary_that_lasts_is_reported_at_two_seconds_and_not_before() {
    let (agent, mut debounce, start) = debounce();
    debounce.notified_at(event(1, Primary), start).unwrap();
    debounce.report_due(start + ms(1_999));
    assert_eq!(agent.take_seen(), []);
    debounce.report_due(start + ms(2_000));
    assert_eq!(agent.take_seen(), [(1, Primary)]);
}

#[test]
fn a_flap_within_the_window_is_no_news() {
    let (agent, mut debounce, start) = debounce();
    debounce.notified_at(event(1, Backup), start).unwrap();
    debounce.report_due(start);
    assert_eq!(agent.take_seen(), [(1, Backup)]);
    debounce.notified_at(event(1, Primary), start + ms(100)).unwrap();
    debounce.notified_at(event(1, Backup), start + ms(2_099)).unwrap();
    debounce.report_due(start + ms(10_000));
    assert_eq!(agent.take_seen(), []);
    let counts = debounce.handle().counts();
    assert_eq!((counts.taken, counts.reported, counts.superseded, counts.unchanged), (3, 1, 1, 1));
}

#[test]
fn the_backup_after_a_repeated_primary_is_reported() {
    let (agent, mut debounce, start) = debounce();
    debounce.notified_at(event(1, Primary), start).unwrap();
    debounce.report_due(start + ms(2_000));
    debounce.notified_at(event(1, Primary), start + ms(5_000)).unwrap();
    debounce.notified_at(event(1, Backup), start + ms(5_100)).unwrap();
    debounce.report_due(start + ms(5_100));
    assert_eq!(agent.take_seen(), [(1, Primary), (1, Backup)]);
}

#[test]
fn garbage_after_a_primary_does_not_lose_it() {
    let (agent, mut debounce, start) = debounce();
    debounce.notified_at(event(1, Primary), start).unwrap();
    debounce.refused_at(Refusal::new(ErrorKind::State.at(110), Some(PEER), UNIX_EPOCH), start);
    debounce.report_due(start + ms(2_000));
    assert_eq!(agent.take_seen(), [(1, Primary)]);
}

#[test]
fn repeating_a_state_does_not_put_off_its_report() {
    let (agent, mut debounce, start) = debounce();
    for at in 0..20 {
        debounce.notified_at(event(1, Primary), start + ms(at * 100)).unwrap();
    }
    debounce.report_due(start + ms(2_000));
    assert_eq!(agent.take_seen(), [(1, Primary)]);
}

#[test]
fn a_failed_report_is_kept_until_taken_or_replaced() {
    let (agent, mut debounce, start) = debounce();
    *agent.answers.borrow_mut() = vec![Ok(()), Err(SinkError::Busy), Err(SinkError::failed("no disk"))];
    debounce.notified_at(event(1, Backup), start).unwrap();
    for at in [0, 999, 1_000, 1_999] {
        debounce.report_due(start + ms(at));
        assert_eq!(agent.take_seen(), []);
    }
    debounce.report_due(start + ms(2_000));
    assert_eq!(agent.take_seen(), [(1, Backup)]);

    *agent.answers.borrow_mut() = vec![Err(SinkError::Busy)];
    debounce.notified_at(event(1, Fault), start + ms(3_000)).unwrap();
    debounce.report_due(start + ms(3_000));
    debounce.notified_at(event(1, Primary), start + ms(3_500)).unwrap();
    debounce.report_due(start + ms(9_000));
    assert_eq!(agent.take_seen(), [(1, Primary)]);
}

#[test]
fn a_panic_of_the_sink_is_a_failure_and_spoils_no_other_report() {
    let mut calls = 0;
    let mut seen = vec![];
    let mut debounce = Debounce::new(|event: Event<'_>| {
        calls += 1;
        if calls == 1 {
            std::panic::resume_unwind(std::boxed::Box::new("a panic of the test's"));
        }
        seen.push(event.notification.router_id.to_bytes()[0]);
        Ok(())
    });
    let start = Instant::now();
    debounce.notified_at(event(1, Backup), start).unwrap();
    debounce.notified_at(event(2, Backup), start).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| debounce.report_due(start))).is_err());
    assert_eq!(debounce.next_deadline(), Some(start));
    debounce.report_due(start);
    assert_eq!(debounce.next_deadline(), Some(start + ms(1_000)));
    debounce.report_due(start + ms(1_000));
    assert_eq!(debounce.waiting(), 0);
    assert_eq!(seen, [2, 1]);
}

#[test]
fn an_unchanged_state_is_reported_again_only_when_asked() {
    let (agent, mut debounce, start) = debounce();
    debounce.report_again(router(1), start);
    assert_eq!(debounce.next_deadline(), None);
    debounce.notified_at(event(1, Backup), start).unwrap();
    debounce.report_due(start);
    debounce.notified_at(event(1, Backup), start + ms(1)).unwrap();
    debounce.report_due(start + ms(1));
    assert_eq!(agent.take_seen(), [(1, Backup)]);
    debounce.report_again(router(1), start + ms(2));
    debounce.report_due(start + ms(2));
    debounce.report_due(start + ms(3));
    assert_eq!(agent.take_seen(), [(1, Backup)]);
}

#[test]
fn a_router_that_was_forgotten_is_new() {
    let (agent, mut debounce, start) = debounce();
    debounce.notified_at(event(1, Backup), start).unwrap();
    debounce.report_due(start);
    debounce.notified_at(event(1, Primary), start).unwrap();
    debounce.forget(router(1));
    assert_eq!((debounce.next_deadline(), debounce.waiting()), (None, 0));
    debounce.notified_at(event(1, Backup), start).unwrap();
    debounce.report_due(start);
    assert_eq!(agent.take_seen(), [(1, Backup), (1, Backup)]);
}

#[test]
fn at_the_end_all_that_waits_is_due_in_its_order() {
    let (agent, mut debounce, start) = debounce();
    debounce.notified_at(event(1, Primary), start + ms(1)).unwrap();
    debounce.notified_at(event(2, Primary), start + ms(1)).unwrap();
    debounce.notified_at(event(3, Backup), start + ms(1)).unwrap();
    debounce.flush(start + ms(2));
    debounce.report_due(start + ms(2));
    assert_eq!(agent.take_seen(), [(3, Backup), (1, Primary), (2, Primary)]);
}

#[test]
fn a_window_without_end_is_a_day() {
    let (agent, debounce, start) = debounce();
    let mut debounce = debounce.with_window(Backup, Duration::MAX).with_retry(Duration::ZERO);
    debounce.notified_at(event(1, Backup), start).unwrap();
    debounce.report_due(start + ms(3_600_000));
    assert_eq!(agent.take_seen(), []);
    debounce.report_due(start + LONGEST);
    assert_eq!(agent.take_seen(), [(1, Backup)]);
}
