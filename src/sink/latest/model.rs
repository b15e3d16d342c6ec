//! Producer and consumer in every order in which they can run (short scripts), and in many (longer ones).

use std::time::UNIX_EPOCH;
use std::vec::Vec;

use shuttle::thread;

use super::super::Peer;
use super::super::explore::{in_every_order, in_many_orders, is_long};
use super::*;
use crate::notification::{HaState, Notification};

/// Router `n`'s event of this number.
fn event(n: u8, sequence: u64) -> Event<'static> {
    let router_id = RouterId::from_bytes([n; 16]).unwrap();
    let state = HaState::ALL[usize::try_from(sequence % 3).unwrap()];
    let peer = Peer { pid: None, uid: 0, gid: 0 };
    Event::new(Notification { router_id, state }, peer, sequence, UNIX_EPOCH)
}

/// The consumer sees each router's last event, what it sees of a router is in order, and it comes to an end. Every so
/// many events it gives one back.
fn run(script: &'static [u8], gives_back_each: usize) {
    let (mut latest, mut changes) = latest();
    let handle = latest.handle();
    let producer = thread::spawn(move || {
        for (&n, sequence) in script.iter().zip(1..) {
            latest.notified(event(n, sequence)).unwrap();
        }
    });
    let mut seen = Vec::new();
    let mut calls = 0;
    while let Some(event) = changes.next() {
        calls += 1;
        if calls % gives_back_each == 0 {
            changes.give_back(event);
        } else {
            seen.push((event.notification.router_id.to_bytes()[0], event.sequence));
        }
    }
    producer.join().unwrap();
    for n in script {
        let of_router: Vec<_> = seen.iter().filter(|&(of, _)| of == n).map(|&(_, sequence)| sequence).collect();
        assert!(of_router.is_sorted_by(|a, b| a < b), "in order, none twice: {seen:?}");
        let last = script.iter().zip(1_u64..).filter(|&(of, _)| of == n).last().unwrap().1;
        assert_eq!(of_router.last(), Some(&last), "the last is there: {seen:?}");
    }
    let counts = handle.counts();
    assert_eq!((counts.taken, counts.waiting), (script.len() as u64, 0));
    assert_eq!(counts.delivered, seen.len() as u64);
    assert_eq!(counts.taken, counts.delivered + counts.superseded);
    assert!(counts.most_waiting <= 3, "no more than there are routers");
}

#[test]
fn in_every_order_the_last_state_is_seen() {
    in_every_order("latest, one event", || run(&[1], usize::MAX));
    in_every_order("latest, a newer state", || run(&[1, 1], usize::MAX));
    if is_long() {
        in_every_order("latest, one given back", || run(&[1, 1], 2));
        in_every_order("latest, two routers", || run(&[1, 2], usize::MAX));
    }
}

#[test]
fn in_many_orders_the_last_state_is_seen() {
    in_many_orders("latest", || run(&[1, 2, 3, 1, 1, 2, 1, 3, 3, 1], usize::MAX));
    in_many_orders("latest, some given back", || run(&[1, 2, 3, 1, 1, 2, 1, 3, 3, 1], 3));
}

#[test]
fn when_the_consumer_goes_the_producer_is_told_and_never_hangs() {
    in_many_orders("latest, the consumer goes", || {
        let (mut latest, mut changes) = latest();
        let consumer = thread::spawn(move || changes.next().is_some());
        latest.notified(event(1, 1)).unwrap();
        assert!(consumer.join().unwrap());
        assert!(matches!(latest.notified(event(1, 2)), Err(SinkError::Failed(_))));
    });
}

#[test]
fn who_waited_longest_comes_first_and_a_flapping_router_starves_none() {
    shuttle::check_random(
        || {
            let (mut latest, changes) = latest();
            for (n, sequence) in [(1, 1), (2, 2), (1, 3), (3, 4), (1, 5)] {
                latest.notified(event(n, sequence)).unwrap();
            }
            drop(latest);
            let seen: Vec<_> = changes.map(|event| event.sequence).collect();
            assert_eq!(seen, [5, 2, 4]);
        },
        1,
    );
}
