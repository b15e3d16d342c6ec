//! The depth of the process's queues, for its operator: the gauge `hanotify_queue_depth` of the `metrics` facade.

use crate::facade::metrics;

/// The gauge, at the recorder that the process had when the queue was made.
#[derive(Debug)]
pub(super) struct DepthGauge {
    gauge: metrics::Gauge,
}

impl DepthGauge {
    pub(super) fn new() -> Self {
        metrics::describe_gauge!("hanotify_queue_depth", "Events that wait in queues to be delivered.");
        Self { gauge: metrics::gauge!("hanotify_queue_depth") }
    }

    /// Takes note of a queue's new depth. The gauge is the sum of all queues.
    pub(super) fn moved(&self, before: u64, after: u64) {
        let number = |depth| u32::try_from(depth).map_or(f64::MAX, f64::from);
        if before != after {
            self.gauge.increment(number(after) - number(before));
        }
    }
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use metrics::atomics::AtomicU64;
    use metrics::{
        Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, with_local_recorder,
    };

    use super::*;

    #[derive(Default)]
    struct OneGauge(Arc<AtomicU64>);

    impl Recorder for OneGauge {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }
        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            assert_eq!(key.name(), "hanotify_queue_depth");
            Gauge::from_arc(Arc::clone(&self.0))
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn it_is_the_sum_of_all_queues() {
        let recorder = OneGauge::default();
        let [one, other] = with_local_recorder(&recorder, || [DepthGauge::new(), DepthGauge::new()]);
        one.moved(0, 3);
        other.moved(0, 2);
        one.moved(3, 1);
        let bits = recorder.0.load(Ordering::Relaxed);
        assert_eq!(f64::from_bits(bits).to_bits(), 3.0_f64.to_bits());
    }
}
