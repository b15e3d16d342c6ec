//! The meters of the facade `metrics`. A recorder is code of others, as a subscriber is, and may panic: a count that is
//! lost ends no server, and no thread of a sink.

#[cfg(feature = "server")]
pub(crate) use self::server::*;
use crate::sink::barrier::contain;

/// A counter; `None` where the recorder panicked when it was asked for one.
#[derive(Debug)]
pub(crate) struct Counter(pub(crate) Option<::metrics::Counter>);

impl Counter {
    pub(crate) fn increment(&self, by: u64) {
        if let Some(counter) = &self.0 {
            contain(|| counter.increment(by));
        }
    }
}

/// A gauge; `None` where the recorder panicked when it was asked for one.
#[derive(Debug)]
pub(crate) struct Gauge(pub(crate) Option<::metrics::Gauge>);

impl Gauge {
    #[cfg(feature = "server")]
    pub(crate) fn set(&self, to: f64) {
        if let Some(gauge) = &self.0 {
            contain(|| gauge.set(to));
        }
    }

    pub(crate) fn increment(&self, by: f64) {
        if let Some(gauge) = &self.0 {
            contain(|| gauge.increment(by));
        }
    }
}

macro_rules! counter_behind_barrier {
    ($($key:tt)*) => {
        $crate::facade::metrics::Counter($crate::sink::barrier::contain(|| ::metrics::counter!($($key)*)))
    };
}

macro_rules! gauge_behind_barrier {
    ($($key:tt)*) => {
        $crate::facade::metrics::Gauge($crate::sink::barrier::contain(|| ::metrics::gauge!($($key)*)))
    };
}

macro_rules! describe_counter_behind_barrier {
    ($($what:tt)*) => {{
        let _ = $crate::sink::barrier::contain(|| ::metrics::describe_counter!($($what)*));
    }};
}

macro_rules! describe_gauge_behind_barrier {
    ($($what:tt)*) => {{
        let _ = $crate::sink::barrier::contain(|| ::metrics::describe_gauge!($($what)*));
    }};
}

pub(crate) use {
    counter_behind_barrier as counter, describe_counter_behind_barrier as describe_counter,
    describe_gauge_behind_barrier as describe_gauge, gauge_behind_barrier as gauge,
};

/// What the server alone measures by.
#[cfg(feature = "server")]
mod server {
    use std::time::Duration;

    pub(crate) use ::metrics::Unit;

    use super::contain;

    /// A histogram; `None` where the recorder panicked when it was asked for one.
    pub(crate) struct Histogram(pub(crate) Option<::metrics::Histogram>);

    impl Histogram {
        pub(crate) fn record(&self, value: Duration) {
            if let Some(histogram) = &self.0 {
                contain(|| histogram.record(value));
            }
        }
    }

    macro_rules! histogram_behind_barrier {
        ($($key:tt)*) => {
            $crate::facade::metrics::Histogram($crate::sink::barrier::contain(|| ::metrics::histogram!($($key)*)))
        };
    }

    macro_rules! describe_histogram_behind_barrier {
        ($($what:tt)*) => {{
            let _ = $crate::sink::barrier::contain(|| ::metrics::describe_histogram!($($what)*));
        }};
    }

    pub(crate) use {describe_histogram_behind_barrier as describe_histogram, histogram_behind_barrier as histogram};
}
