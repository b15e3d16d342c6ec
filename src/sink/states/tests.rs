//! The table against a list of all that was ever found, and the settled states against the filter for fail-overs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;
use std::vec::Vec;

use proptest::prelude::*;

use super::hour::SLOT;
use super::*;
use crate::notification::Notification;
use crate::sink::{Debounce, TimedSink};

const PEER: Peer = Peer { pid: None, uid: 42, gid: 43 };
const HOUR: Duration = Duration::from_secs(3_600);

/// What is done to the table, some time after what was done before.
#[derive(Clone, Debug)]
enum Step {
    Event(u8, HaState),
    File(u8, HaState),
    Forget(u8),
}

/// What was found, when, and by whom.
type Past = Vec<(Duration, HaState, StateSource)>;

fn id(n: u8) -> RouterId {
    RouterId::from_bytes([n; 16]).unwrap()
}

fn state() -> impl Strategy<Value = HaState> {
    proptest::sample::select(HaState::ALL.to_vec())
}

/// Times that lie within a window, around it, and within and around an hour.
fn pause() -> impl Strategy<Value = Duration> {
    prop_oneof![
        proptest::sample::select(vec![0, 1, 1_999, 2_000, 2_001]).prop_map(Duration::from_millis),
        (0_u64..700).prop_map(Duration::from_secs),
    ]
}

fn steps() -> impl Strategy<Value = Vec<(Duration, Step)>> {
    let step = prop_oneof![
        6 => (1..6_u8, state()).prop_map(|(n, state)| Step::Event(n, state)),
        2 => (1..6_u8, state()).prop_map(|(n, state)| Step::File(n, state)),
        1 => (1..6_u8).prop_map(Step::Forget),
    ];
    proptest::collection::vec((pause(), step), 0..120)
}

fn since(at: Duration) -> SystemTime {
    UNIX_EPOCH + at
}

/// What is to be known of a router by all that was found of it.
fn expected(past: &Past, at: Duration) -> Option<RouterState> {
    let &(_, state, source) = past.last()?;
    let changes: Vec<_> = past.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[1]).collect();
    let entered = changes.last().unwrap_or(&past[0]);
    let window = |state| if state == HaState::Primary { Duration::from_secs(2) } else { Duration::ZERO };
    // Each state that it came into, and when it left it.
    let entries: Vec<_> = [past[0]].into_iter().chain(changes.iter().copied()).collect();
    let ends = entries.iter().skip(1).map(|entry| entry.0).chain([at]);
    let settled = entries
        .iter()
        .zip(ends)
        .filter(|((from, state, source), until)| *source == StateSource::File || *until >= *from + window(*state));
    Some(RouterState {
        router_id: id(1),
        state,
        settled: settled.last().map(|((_, state, _), _)| *state),
        since: since(entered.0),
        changes: changes.len() as u64,
        changes_in_hour: 0,
        source,
        peer: (source == StateSource::Event).then_some(PEER),
    })
}

/// The changes in the time before `at`.
fn changes_within(past: &Past, at: Duration, time: Duration) -> u32 {
    let is_change = |pair: &&[(Duration, HaState, StateSource)]| pair[0].1 != pair[1].1 && at < pair[1].0 + time;
    past.windows(2).filter(is_change).count().try_into().unwrap()
}

fn check(table: &Table, pasts: &BTreeMap<u8, Past>, start: Instant, at: Duration) -> Result<(), TestCaseError> {
    let routers = table.routers(start + at);
    prop_assert_eq!(routers.len(), pasts.len());
    for (n, past) in pasts {
        let router = routers.iter().find(|router| router.router_id == id(*n)).unwrap();
        let in_hour = router.changes_in_hour;
        let wanted = RouterState { router_id: id(*n), changes_in_hour: in_hour, ..expected(past, at).unwrap() };
        prop_assert_eq!(*router, wanted);
        let (least, most) = (changes_within(past, at, SLOT * 11), changes_within(past, at, HOUR));
        prop_assert!((least..=most).contains(&in_hour), "{} is none of {}..={}", in_hour, least, most);
    }
    Ok(())
}

/// The router that is given up for what is found of router `n`.
fn makes_room(pasts: &BTreeMap<u8, Past>, n: u8, source: StateSource, capacity: usize) -> Option<u8> {
    let is_wanted = source == StateSource::Event && !pasts.contains_key(&n) && pasts.len() >= capacity;
    let is_by_file = |past: &Past| past.last().is_some_and(|last| last.2 == StateSource::File);
    let by_file = pasts.iter().filter(|(_, past)| is_wanted && is_by_file(past));
    by_file.min_by_key(|(n, past)| (expected(past, Duration::MAX).map(|state| state.since), **n)).map(|(n, _)| *n)
}

proptest! {
    #[test]
    fn the_table_knows_what_a_list_of_everything_says(steps in steps(), capacity in 0_usize..7) {
        let (start, mut at) = (Instant::now(), Duration::ZERO);
        let mut table = Table::new(capacity, start);
        let mut pasts = BTreeMap::<u8, Past>::new();
        for (pause, step) in steps {
            at += pause;
            let (n, state, source) = match step {
                Step::Forget(n) => {
                    prop_assert_eq!(table.forget(id(n)), pasts.remove(&n).is_some());
                    continue;
                }
                Step::Event(n, state) => (n, state, StateSource::Event),
                Step::File(n, state) => (n, state, StateSource::File),
            };
            let peer = (source == StateSource::Event).then_some(PEER);
            if let Some(first) = makes_room(&pasts, n, source, capacity) {
                pasts.remove(&first);
            }
            let has_room = pasts.contains_key(&n) || pasts.len() < capacity;
            let is_kept = table.note(Found { router_id: id(n), state, since: since(at), peer }, start + at);
            prop_assert_eq!(is_kept, has_room);
            let is_confirmed = pasts.get(&n).is_some_and(|past| past.last().unwrap().2 == StateSource::Event);
            if has_room && (source == StateSource::Event || !is_confirmed) {
                pasts.entry(n).or_default().push((at, state, source));
            }
            check(&table, &pasts, start, at)?;
        }
        for later in [1_999, 2_000, 3_599_999, 3_600_000] {
            check(&table, &pasts, start, at + Duration::from_millis(later))?;
        }
    }

    /// As long as its inner sink takes every report.
    #[test]
    fn a_state_settles_when_the_filter_reports_it(
        steps in proptest::collection::vec((pause(), 1..4_u8, state()), 0..60),
    ) {
        let reported = RefCell::new(BTreeMap::new());
        let report = |event: Event<'_>| {
            reported.borrow_mut().insert(event.notification.router_id, event.notification.state);
            Ok(())
        };
        let (start, mut now) = (Instant::now(), Instant::now());
        let (mut table, mut filter) = (Table::new(9, start), Debounce::new(report));
        for (pause, n, state) in steps {
            let end = now + pause;
            for at in [now + pause / 2, end] {
                while let Some(due) = filter.next_deadline().filter(|due| *due <= at) {
                    filter.report_due(due);
                }
                for router in table.routers(at) {
                    prop_assert_eq!(router.settled, reported.borrow().get(&router.router_id).copied());
                }
            }
            now = end;
            let notification = Notification { router_id: id(n), state };
            filter.notified_at(Event::new(notification, PEER, 1, UNIX_EPOCH), now).unwrap();
            filter.report_due(now);
            table.note(Found { router_id: id(n), state, since: UNIX_EPOCH, peer: Some(PEER) }, now);
        }
    }
}

#[test]
fn files_take_the_place_of_no_router_that_an_event_has_come_of() {
    let start = Instant::now();
    let mut table = Table::new(2, start);
    let mut note = |n, since, peer| {
        let found = Found { router_id: id(n), state: HaState::Backup, since: UNIX_EPOCH + since, peer };
        table.note(found, start)
    };
    let second = Duration::from_secs(1);
    assert!(note(1, second, None) && note(2, second / 2, None));
    assert!(!note(3, second, None), "a file makes no room for another");
    assert!(note(4, second, Some(PEER)) && note(5, second, Some(PEER)));
    assert!(!note(6, second, Some(PEER)) && note(4, second, Some(PEER)));
    let mut ids: Vec<_> = table.routers(start).iter().map(|router| router.router_id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [id(4), id(5)]);
}

#[test]
fn a_change_is_in_the_hour_for_fifty_five_minutes_at_least_and_for_sixty_at_most() {
    let start = Instant::now();
    let mut table = Table::new(1, start);
    let mut note = |state, at: u64| {
        let found = Found { router_id: id(1), state, since: UNIX_EPOCH, peer: Some(PEER) };
        table.note(found, start + Duration::from_secs(at));
    };
    note(HaState::Backup, 0);
    note(HaState::Primary, 299);
    note(HaState::Backup, 300);
    let in_hour = |at: u64| table.routers(start + Duration::from_secs(at))[0].changes_in_hour;
    for (at, expected) in [(300, 2), (3_599, 2), (3_600, 1), (3_899, 1), (3_900, 0), (90_000, 0)] {
        assert_eq!(in_hour(at), expected, "{at}");
    }
}
