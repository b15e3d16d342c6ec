//! What the adapters count for the process's operator, through the `metrics` facade.
//!
//! An adapter takes its meters from the recorder that the process has when the adapter is made. What is counted under a
//! name is the sum over all adapters of a kind.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::facade::metrics::{Counter, Gauge};

/// A meter of the process's. A count is as good after a panic as before, and the feature `metrics` is to take nothing
/// from what an adapter may be used for.
pub(super) type Process<T> = AssertUnwindSafe<T>;

/// What one adapter has counted, and the process's counter of which this is a part.
#[derive(Debug)]
pub(super) struct Meter {
    own: AtomicU64,
    process: Process<Counter>,
}

impl Meter {
    pub(super) const fn new(process: Process<Counter>) -> Self {
        Self { own: AtomicU64::new(0), process }
    }

    pub(super) fn count(&self) {
        self.own.fetch_add(1, Ordering::Relaxed);
        self.process.increment(1);
    }

    pub(super) fn get(&self) -> u64 {
        self.own.load(Ordering::Relaxed)
    }
}

/// Moves the gauge by as much as one adapter's part of it has changed.
pub(super) fn shift(gauge: &Gauge, before: u64, after: u64) {
    let number = |count| u32::try_from(count).map_or(f64::MAX, f64::from);
    if before != after {
        gauge.increment(number(after) - number(before));
    }
}

/// The counter of this name, described.
macro_rules! described_counter {
    ($name:literal, $what:literal) => {{
        $crate::facade::metrics::describe_counter!($name, $what);
        ::std::panic::AssertUnwindSafe($crate::facade::metrics::counter!($name))
    }};
}

/// The gauge of this name, described.
macro_rules! described_gauge {
    ($name:literal, $what:literal) => {{
        $crate::facade::metrics::describe_gauge!($name, $what);
        ::std::panic::AssertUnwindSafe($crate::facade::metrics::gauge!($name))
    }};
}

pub(super) use {described_counter, described_gauge};
