//! What a server counts, kept for `Server.counters()`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// A count by its name, and its labels as Prometheus writes them.
#[derive(Default)]
pub(crate) struct Counters(Mutex<BTreeMap<String, Count>>);

#[derive(Clone)]
enum Count {
    Total(Arc<AtomicU64>),
    /// The bits of a number.
    Level(Arc<AtomicU64>),
}

impl Counters {
    /// Every count that there is.
    pub(crate) fn all(&self) -> BTreeMap<String, f64> {
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the last digits don't matter")]
        let value = |count: &Count| match count {
            Count::Total(total) => total.load(Ordering::Relaxed) as f64,
            Count::Level(bits) => f64::from_bits(bits.load(Ordering::Relaxed)),
        };
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(name, count)| (name.clone(), value(count))).collect()
    }

    fn count(&self, key: &Key, new: impl FnOnce(Arc<AtomicU64>) -> Count) -> Count {
        let labels: Vec<_> = key.labels().map(|label| format!("{}=\"{}\"", label.key(), label.value())).collect();
        let name =
            if labels.is_empty() { key.name().to_owned() } else { format!("{}{{{}}}", key.name(), labels.join(",")) };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry(name).or_insert_with(|| new(Arc::default())).clone()
    }
}

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.count(key, Count::Total) {
            Count::Total(total) => Counter::from_arc(total),
            Count::Level(_) => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.count(key, Count::Level) {
            Count::Level(bits) => Gauge::from_arc(bits),
            Count::Total(_) => Gauge::noop(),
        }
    }

    /// The one histogram is of times: its buckets are for Prometheus, and not for a look.
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
