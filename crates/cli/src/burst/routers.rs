//! The routers that fail over: the id of each, and what it has to say.

use hanotify::{HaState, Notification, RouterId};

/// A number of routers, each with an id of its own and the same number of state changes.
#[derive(Clone, Copy)]
pub(super) struct Routers {
    count: u32,
    flaps: u32,
    seed: u64,
}

impl Routers {
    /// `count` routers that each change their state once and then `flaps` times more, with ids made from `seed`.
    pub(super) const fn new(count: u32, flaps: u32, seed: u64) -> Self {
        Self { count, flaps, seed }
    }

    pub(super) const fn count(self) -> u32 {
        self.count
    }

    /// What a router says at its change number `change`, from 0 on: first that it is primary, then that it is not, and
    /// so on. Nothing when it has said everything.
    pub(super) fn notification(self, router: u32, change: u32) -> Option<Notification> {
        let state = if change.is_multiple_of(2) { HaState::Primary } else { HaState::Backup };
        let router_id = self.id(router)?;
        (change <= self.flaps).then_some(Notification { router_id, state })
    }

    /// How many changes a router has to tell from number `change` on.
    pub(super) fn left(self, change: u32) -> u64 {
        (u64::from(self.flaps) + 1).saturating_sub(change.into())
    }

    /// A random id (RFC 9562, version 4) that no other router of this burst has.
    fn id(self, router: u32) -> Option<RouterId> {
        let high = mix(self.seed ^ mix(u64::from(router)));
        let low = mix(high);
        // The last half of the id has the router's number, so that two are never alike.
        let bits = (u128::from(high) << 64) | u128::from(low & !0xffff_ffff) | u128::from(router);
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
        RouterId::from_bytes(bits.to_be_bytes())
    }
}

/// The output function of `SplitMix64` (Steele, Lea and Flood, 2014).
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_distinct_random_and_the_seed_s() {
        let ids = |seed| (0..5_000).map(move |router| Routers::new(5_000, 0, seed).id(router).unwrap());
        assert_eq!(ids(1).collect::<HashSet<_>>().len(), 5_000);
        assert!(ids(7).eq(ids(7)));
        assert!(ids(7).zip(ids(8)).all(|(one, other)| one != other));
        for id in ids(1) {
            assert_eq!((id.to_bytes()[6] >> 4, id.to_bytes()[8] >> 6), (4, 2), "version and variant of {id}");
        }
    }

    #[test]
    fn states_alternate_and_end() {
        let routers = Routers::new(1, 2, 0);
        let states: Vec<_> = (0..).map_while(|change| routers.notification(0, change)).map(|said| said.state).collect();
        assert_eq!(states, [HaState::Primary, HaState::Backup, HaState::Primary]);
        assert_eq!([0, 1, 2, 3, u32::MAX].map(|change| routers.left(change)), [3, 2, 1, 0, 0]);
    }
}
