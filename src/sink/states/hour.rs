//! How often something has happened in the last hour, in the memory of a few numbers.

use std::time::Duration;

/// How long a slot is: what the hour is rounded by.
pub(super) const SLOT: Duration = Duration::from_secs(5 * 60);
/// The slots of an hour.
pub(super) const SLOTS: usize = 12;

/// Counts by slots of five minutes, of which an hour has twelve.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hour {
    /// The number of the newest slot, counted from the table's start.
    newest: u64,
    /// The slot of number n is at n modulo their number.
    counts: [u16; SLOTS],
}

impl Hour {
    /// Counts one at the time `at`, measured from the table's start; times never go back.
    pub(super) fn count(&mut self, at: Duration) {
        let slot = slot(at);
        let passed = slot.saturating_sub(self.newest).min(SLOTS as u64);
        self.newest = self.newest.max(slot);
        for age in 0..passed {
            if let Some(count) = self.counts.get_mut(place(self.newest - age)) {
                *count = 0;
            }
        }
        if let Some(count) = self.counts.get_mut(place(self.newest)) {
            *count = count.saturating_add(1);
        }
    }

    /// How many were counted in the slot of the time `at` and in the eleven before that.
    pub(super) fn sum(&self, at: Duration) -> u32 {
        let oldest = (slot(at) + 1).saturating_sub(SLOTS as u64);
        let ages = 0..(SLOTS as u64).min(self.newest + 1);
        let slots = ages.map(|age| self.newest - age).filter(|slot| *slot >= oldest);
        slots.filter_map(|slot| self.counts.get(place(slot))).map(|count| u32::from(*count)).sum()
    }
}

fn slot(at: Duration) -> u64 {
    at.as_secs() / SLOT.as_secs()
}

fn place(slot: u64) -> usize {
    // Less than their number.
    usize::try_from(slot % SLOTS as u64).unwrap_or_default()
}
