//! How many connections this process can hold at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything that is not a connection: the standard three, the poll's, and what the process was
/// started with.
const OTHERS: u64 = 32;

/// How many of `wanted` connections can be open at once, after the limit on open files was raised as far as that takes,
/// if it may be.
pub(super) fn room_for(wanted: u32) -> u32 {
    let needed = u64::from(wanted) + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    // `None` means no limit.
    let now = limit.current.unwrap_or(u64::MAX);
    let raised = needed.min(limit.maximum.unwrap_or(u64::MAX));
    let have = if now >= needed {
        now
    } else {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }) {
            Ok(()) => raised,
            Err(_) => now,
        }
    };
    u32::try_from(have.saturating_sub(OTHERS)).unwrap_or(u32::MAX).max(1).min(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_as_many_as_wanted_and_for_none() {
        for wanted in [0, 1, 7] {
            assert_eq!(room_for(wanted), wanted);
        }
        assert!((1..=u32::MAX).contains(&room_for(u32::MAX)));
    }
}
