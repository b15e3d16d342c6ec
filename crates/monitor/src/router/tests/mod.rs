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
    MakePart,
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
        6 => Just(Step::MakePart),
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

fn run(before: &[Change], steps: &[Step], uses_conntrackd: bool, capacity: usize) {
    let mut world = World::new(uses_conntrackd, capacity);
    for change in before {
        world.kernel.change(*change);
    }
    world.subscribe();
    for step in steps {
        match *step {
            Step::Change(change) => world.kernel.change(change),
            Step::MakePart => world.kernel.make_part(),
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
}
