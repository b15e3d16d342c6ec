//! A sink, a reader and who forgets, in every order in which they can run.

use std::time::UNIX_EPOCH;

use shuttle::thread;

use super::super::explore::{in_every_order, in_many_orders};
use super::*;
use crate::notification::Notification;

fn event(n: u8, state: HaState) -> Event<'static> {
    let router_id = RouterId::from_bytes([n; 16]).unwrap();
    Event::new(Notification { router_id, state }, Peer { pid: None, uid: 0, gid: 0 }, 1, UNIX_EPOCH)
}

/// A router that was forgotten is there with the next event, and the counters are those of what is there.
fn run() {
    let handle = StatesHandle::new(1);
    let mut sink = States::with_handle(handle.clone(), |_: Event<'_>| Ok(()));
    let router_id = event(1, HaState::Backup).notification.router_id;
    let other = thread::spawn(move || {
        let was_known = handle.forget(router_id);
        (was_known, handle.note_file(router_id, HaState::Fault, UNIX_EPOCH), handle.routers().len())
    });
    sink.notified(event(1, HaState::Backup)).unwrap();
    sink.notified(event(1, HaState::Primary)).unwrap();
    let (_, is_kept, seen) = other.join().unwrap();
    assert!(is_kept && seen == 1);
    let routers = sink.handle().routers();
    let counts = sink.handle().counts();
    assert_eq!((routers.len(), counts.routers, counts.dropped), (1, 1, 0));
    // Where it was forgotten after both events, the file is all that there is.
    let by_file = routers[0].source == StateSource::File;
    assert_eq!(routers[0].state, if by_file { HaState::Fault } else { HaState::Primary });
}

#[test]
fn in_every_order_a_router_is_known_by_what_came_last() {
    in_every_order("states", run);
    in_many_orders("states", run);
}

#[test]
fn what_the_inner_sink_does_not_take_is_no_state_and_what_finds_no_room_is_counted() {
    shuttle::check_random(
        || {
            let mut answers = std::vec![Ok(()), Ok(()), Err(SinkError::Busy)];
            let mut sink = States::new(1, move |_: Event<'_>| answers.pop().unwrap_or(Ok(())));
            let handle = sink.handle();
            assert!(sink.notified(event(1, HaState::Backup)).is_err());
            assert_eq!(handle.routers(), []);
            sink.notified(event(1, HaState::Primary)).unwrap();
            sink.notified(event(2, HaState::Primary)).unwrap();
            assert_eq!(handle.counts(), StatesCounts { routers: 1, capacity: 1, dropped: 1 });
            assert_eq!(handle.routers()[0].state, HaState::Primary);
            assert!(handle.forget(handle.routers()[0].router_id));
            assert_eq!(handle.counts(), StatesCounts { routers: 0, capacity: 1, dropped: 1 });
        },
        1,
    );
}
