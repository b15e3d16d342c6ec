//! Scenes with a name: one promise each.

use hanotify::HaState::{self, Backup, Primary};

use super::kernel::Change;
use super::world::World;
use crate::Action;
use crate::netlink::build;

const ADD: Change = Change::AddAddress { index: 1, which: 0 };
const REMOVE: Change = Change::RemoveAddress { index: 1, which: 0 };

/// A router whose interface is there, without the address; the dumps are done.
fn backup(uses_conntrackd: bool) -> World {
    // Events that the queue has room for.
    let mut world = World::new(uses_conntrackd, 2);
    world.kernel.change(Change::AddLink { index: 1, name: 0 });
    world.subscribe();
    world.read_all();
    world
}

/// The same, and all know it.
fn settled(uses_conntrackd: bool) -> World {
    let mut world = backup(uses_conntrackd);
    world.settle();
    world.actions.clear();
    world
}

fn change(world: &mut World, change: Change) {
    world.kernel.change(change);
    world.read_all();
}

fn tells(world: &World) -> Vec<HaState> {
    let told = world.actions.iter().filter_map(|action| match action {
        Action::Tell(state) => Some(*state),
        _ => None,
    });
    told.collect()
}

#[test]
fn the_first_state_needs_no_event() {
    let mut world = backup(true);
    assert!(world.end_write(true) && world.end_conntrackd() && world.reply(true));
    let [Action::Ask(links), Action::Ask(addresses), rest @ ..] = &world.actions[..] else { panic!() };
    assert_eq!((links.as_bytes()[4], addresses.as_bytes()[4]), (18, 22));
    assert_eq!(rest, [Action::WriteState(Backup), Action::CallConntrackd(Backup), Action::Tell(Backup)]);
    assert_eq!(world.router.deadline(world.now), None, "nothing wakes it up");
}

#[test]
fn after_an_overrun_the_queue_is_read_to_its_end_before_a_dump_is_asked_for() {
    let mut world = settled(false);
    for event in [ADD, REMOVE, ADD, REMOVE, ADD] {
        world.kernel.change(event);
    }
    // The overrun, and the two events before it.
    for _ in 0..3 {
        assert!(world.receive());
        world.kernel.change(REMOVE);
        assert_eq!(world.actions, []);
    }
    assert!(!world.receive());
    assert!(matches!(world.actions[..], [Action::Ask(_)]));
    world.settle();
    assert_eq!(world.router.state(), Some(Backup));
}

#[test]
fn an_event_during_a_dump_makes_it_worthless() {
    let mut world = World::new(false, 2);
    world.kernel.change(Change::AddLink { index: 1, name: 0 });
    world.kernel.change(ADD);
    world.subscribe();
    assert!(world.kernel.is_dumping() && !world.receive());
    // The interfaces are dumped, and the addresses are about to be.
    world.kernel.make_part(2);
    assert!(world.kernel.queue_part() && world.receive());
    // This part of the dump is older than the event that stands before it in the queue.
    world.kernel.make_part(2);
    world.kernel.change(REMOVE);
    assert!(world.kernel.queue_part() && world.receive() && world.receive());
    assert_eq!(world.router.state(), None, "the address was there in the dump, and is gone");
    world.settle();
    assert_eq!(world.router.state(), Some(Backup));
}

#[test]
fn what_can_not_be_read_or_sent_leads_to_another_dump_after_a_pause() {
    let mut world = settled(false);
    world.router.view_mut().read(&build::message(20, 0, 0, &[2, 99, 0, 0, 0, 0, 0, 0]), world.now);
    world.wait(99);
    assert_eq!(world.actions, []);
    world.wait(1);
    assert!(matches!(world.actions[..], [Action::Ask(_)]));
    world.router.fail_request(world.now);
    world.wait(99);
    assert_eq!(world.actions.len(), 1);
    world.wait(1);
    assert!(matches!(world.actions[..], [Action::Ask(_), Action::Ask(_)]));
}

#[test]
fn an_answer_to_an_older_request_is_none() {
    let mut world = World::new(false, 2);
    world.subscribe();
    let done = |sequence: u32| build::message(3, 2, sequence, &[0; 4]);
    let view = world.router.view_mut();
    view.read(&done(1), world.now);
    view.next_request(world.now);
    view.read(&done(1), world.now);
    assert_eq!(view.state(), None);
    view.read(&done(2), world.now);
    assert_eq!(view.state(), Some(Backup));
}

#[test]
fn a_lost_namespace_has_no_address() {
    let mut world = settled(false);
    change(&mut world, ADD);
    world.lose_namespace();
    assert_eq!(world.router.state(), Some(Backup));
    assert_eq!(world.router.view_mut().state(), Some(Backup));
    world.router.view_mut().lose_events();
    world.router.view_mut().drain();
    assert_eq!(world.router.view_mut().state(), Some(Backup), "the socket that was closed tells nothing");
}

#[test]
fn the_file_waits_for_nobody() {
    let mut world = settled(true);
    change(&mut world, ADD);
    assert!(world.end_write(true));
    change(&mut world, REMOVE);
    assert!(world.is_called && world.end_write(true));
    assert_eq!((world.file, world.request), (Some(Backup), None));
}

#[test]
fn an_agent_that_is_away_is_told_within_a_second_of_its_return() {
    let mut world = settled(false);
    change(&mut world, ADD);
    assert!(world.end_write(true));
    let begin = world.now;
    for _ in 0..1_000 {
        let failed_at = world.now;
        assert!(world.reply(false));
        world.wait(1_000);
        assert!(world.request.is_some_and(|(_, since)| (since - failed_at).as_millis() <= 1_000));
    }
    assert!((world.now - begin).as_secs() >= 900, "it is no storm");
    assert!(tells(&world).iter().all(|state| *state == Primary));
}

#[test]
fn states_that_change_quickly_make_no_storm_on_an_agent_that_is_away() {
    let mut world = settled(false);
    for step in 0..1_000 {
        change(&mut world, if step % 2 == 0 { ADD } else { REMOVE });
        world.end_write(true);
        world.reply(false);
        world.wait(1);
    }
    assert!(tells(&world).len() < 10, "{}", tells(&world).len());
}

#[test]
fn a_silent_agent_is_given_up_after_two_seconds_and_told_the_newest_state() {
    let mut world = settled(false);
    change(&mut world, ADD);
    assert!(world.end_write(true));
    change(&mut world, REMOVE);
    assert!(world.end_write(true));
    world.wait(1_999);
    assert_eq!(tells(&world), [Primary], "the newer state does not overtake the older one");
    world.wait(1);
    assert_eq!(world.actions.last(), Some(&Action::GiveUp));
    // The reply comes too late, and counts no more.
    world.router.end_request(true, world.now);
    world.wait(10);
    assert_eq!(tells(&world), [Primary, Backup]);
}

#[test]
fn a_file_that_can_not_be_written_is_tried_again_and_keeps_nobody_waiting() {
    let mut world = settled(true);
    change(&mut world, ADD);
    assert!(world.end_write(false) && world.end_conntrackd() && world.reply(true));
    for _ in 0..20 {
        assert_eq!(world.being_written, None);
        world.wait(1_000);
        assert!(world.end_write(false));
    }
    world.settle();
    assert_eq!((world.file, tells(&world)), (Some(Primary), vec![Primary]));
}

#[test]
fn a_conntrackd_that_hangs_delays_the_agent_by_a_second_and_is_killed_after_ten() {
    let mut world = settled(true);
    change(&mut world, ADD);
    assert!(world.end_write(true));
    world.wait(999);
    assert_eq!(tells(&world), []);
    world.wait(1);
    assert!(world.reply(true));
    assert_eq!(tells(&world), [Primary]);
    // From now on the agent is told at once.
    change(&mut world, REMOVE);
    assert!(world.end_write(true) && world.reply(true));
    assert_eq!(tells(&world), [Primary, Backup]);
    world.wait(8_999);
    assert!(!world.actions.contains(&Action::KillConntrackd));
    world.wait(1);
    assert!(world.actions.contains(&Action::KillConntrackd));
    assert!(world.end_conntrackd());
    assert_eq!(world.calls, [Backup, Primary, Backup]);
}

#[test]
fn conntrackd_is_not_called_for_a_state_that_is_over() {
    let mut world = settled(true);
    change(&mut world, ADD);
    assert!(world.end_write(true));
    for step in [REMOVE, ADD] {
        change(&mut world, step);
        assert!(world.end_write(true));
    }
    assert!(world.end_conntrackd());
    assert!(!world.is_called);
    assert_eq!(world.calls, [Backup, Primary]);
    assert_eq!(tells(&world), [Primary]);
}

#[test]
fn states_that_change_quickly_do_not_move_the_bound() {
    let mut world = settled(true);
    for step in 0..20 {
        change(&mut world, if step % 2 == 0 { ADD } else { REMOVE });
        world.end_write(true);
        world.reply(true);
        world.wait(100);
    }
    assert!(tells(&world).len() >= 10, "{:?}", tells(&world));
}
