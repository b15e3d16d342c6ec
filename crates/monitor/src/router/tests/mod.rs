//! Every interleaving of kernel, file, conntrackd, agent and time that the random scripts come to, and some by name.

mod kernel;
mod scenes;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;

use self::kernel::{Change, NAMES};
use self::world::World;

#[derive(Clone, Copy, Debug)]
enum Step {
    Change(Change),
    MakePart(usize),
    QueuePart,
    Receive,
    LoseNamespace,
    Subscribe,
    EndWrite(bool),
    EndConntrackd,
    Reply(bool),
    AcceptSilently,
    Wait(u64),
    Settle,
}

fn change() -> impl Strategy<Value = Change> {
    let (index, name, which) = (1..4_u32, 0..NAMES.len(), 0..4_usize);
    prop_oneof![
        2 => (index.clone(), name.clone()).prop_map(|(index, name)| Change::AddLink { index, name }),
        1 => index.clone().prop_map(|index| Change::RemoveLink { index }),
        2 => (index.clone(), name).prop_map(|(index, name)| Change::Rename { index, name }),
        4 => (index.clone(), which.clone()).prop_map(|(index, which)| Change::AddAddress { index, which }),
        3 => (index.clone(), which).prop_map(|(index, which)| Change::RemoveAddress { index, which }),
        1 => index.prop_map(|index| Change::LeaveBridge { index }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => change().prop_map(Step::Change),
        6 => (1..4_usize).prop_map(Step::MakePart),
        6 => Just(Step::QueuePart),
        8 => Just(Step::Receive),
        1 => prop_oneof![Just(Step::LoseNamespace), Just(Step::Subscribe), Just(Step::Settle)],
        3 => any::<bool>().prop_map(Step::EndWrite),
        2 => Just(Step::EndConntrackd),
        3 => any::<bool>().prop_map(Step::Reply),
        1 => Just(Step::AcceptSilently),
        2 => (1..2_500_u64).prop_map(Step::Wait),
    ]
}

/// Addresses that come and go on two interfaces while dumps are made: little else, so that there are many races.
fn race() -> impl Strategy<Value = Step> {
    let (index, which) = (1..3_u32, 0..4_usize);
    let change = prop_oneof![
        4 => (index.clone(), which.clone()).prop_map(|(index, which)| Change::AddAddress { index, which }),
        4 => (index.clone(), which).prop_map(|(index, which)| Change::RemoveAddress { index, which }),
        1 => (index, 0..NAMES.len()).prop_map(|(index, name)| Change::Rename { index, name }),
    ];
    prop_oneof![
        4 => change.prop_map(Step::Change),
        3 => (1..4_usize).prop_map(Step::MakePart),
        3 => Just(Step::QueuePart),
        4 => Just(Step::Receive),
    ]
}

fn run(before: &[Change], steps: &[Step], uses_conntrackd: bool, capacity: usize) {
    let mut world = World::new(uses_conntrackd, capacity);
    for change in before {
        world.kernel.change(*change);
    }
    world.subscribe();
    for step in steps {
        match *step {
            Step::Change(change) => world.kernel.change(change),
            Step::MakePart(messages) => world.kernel.make_part(messages),
            Step::QueuePart => drop(world.kernel.queue_part()),
            Step::Receive => drop(world.receive()),
            Step::LoseNamespace => world.lose_namespace(),
            Step::Subscribe => world.subscribe(),
            Step::EndWrite(is_written) => drop(world.end_write(is_written)),
            Step::EndConntrackd => drop(world.end_conntrackd()),
            Step::Reply(is_accepted) => drop(world.reply(is_accepted)),
            Step::AcceptSilently => world.accept_silently(),
            Step::Wait(millis) => world.wait(millis),
            Step::Settle => world.settle(),
        }
    }
    world.settle();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whatever_happens_all_agree_in_the_end_and_nothing_is_made_up(
        before in vec(change(), 0..8),
        steps in vec(step(), 0..60),
        uses_conntrackd in any::<bool>(),
        capacity in 1..6_usize,
    ) {
        run(&before, &steps, uses_conntrackd, capacity);
    }

    #[test]
    fn no_race_between_dumps_and_events_leads_to_a_wrong_state(
        is_there in any::<bool>(),
        mut before in vec((1..3_u32, 0..4_usize), 0..5),
        steps in vec(race(), 0..80),
        capacity in 1..9_usize,
    ) {
        if is_there {
            before.push((1, 0));
        }
        let links = [Change::AddLink { index: 1, name: 0 }, Change::AddLink { index: 2, name: 1 }];
        let addresses = before.into_iter().map(|(index, which)| Change::AddAddress { index, which });
        run(&links.into_iter().chain(addresses).collect::<Vec<_>>(), &steps, false, capacity);
    }
}
