//! The facades `tracing` and `metrics`; where the features of these names are off, stand-ins that do nothing.

/// A subscriber is code of others, and may panic: `tracing_subscriber::fmt` does where it can write neither its line
/// nor its complaint, as on a full disk. A lost line ends no server, and no thread of a sink.
#[cfg(feature = "tracing")]
pub(crate) mod tracing {
    #[cfg(feature = "server")]
    macro_rules! info_behind_barrier {
        ($($line:tt)*) => {{
            let _ = $crate::sink::barrier::contain(|| ::tracing::info!($($line)*));
        }};
    }

    macro_rules! warn_behind_barrier {
        ($($line:tt)*) => {{
            let _ = $crate::sink::barrier::contain(|| ::tracing::warn!($($line)*));
        }};
    }

    macro_rules! error_behind_barrier {
        ($($line:tt)*) => {{
            let _ = $crate::sink::barrier::contain(|| ::tracing::error!($($line)*));
        }};
    }

    #[cfg(feature = "server")]
    pub(crate) use info_behind_barrier as info;
    pub(crate) use {error_behind_barrier as error, warn_behind_barrier as warn};
}

#[cfg(not(feature = "tracing"))]
pub(crate) mod tracing {
    macro_rules! nothing {
        ($($line:tt)*) => {{}};
    }

    #[cfg(feature = "server")]
    pub(crate) use nothing as info;
    pub(crate) use {nothing as error, nothing as warn};
}

#[cfg(feature = "metrics")]
pub(crate) mod metrics;

#[cfg(not(feature = "metrics"))]
#[allow(clippy::unused_self, reason = "the stand-ins have the signatures of what they stand for")]
pub(crate) mod metrics {
    #[cfg(feature = "server")]
    pub(crate) use server::*;

    /// A counter that nobody reads.
    #[derive(Debug)]
    pub(crate) struct Counter;

    impl Counter {
        pub(crate) fn increment(&self, _: u64) {}
    }

    /// A gauge that nobody reads.
    #[derive(Debug)]
    pub(crate) struct Gauge;

    impl Gauge {
        #[cfg(feature = "server")]
        pub(crate) fn set(&self, _: f64) {}

        pub(crate) fn increment(&self, _: f64) {}
    }

    macro_rules! counter {
        ($name:literal $(, $key:literal => $value:expr)?) => {{
            $(let _: &'static str = $value;)?
            $crate::facade::metrics::Counter
        }};
    }

    macro_rules! gauge {
        ($name:literal $(, $key:literal => $value:expr)?) => {{
            $(let _: &'static str = $value;)?
            $crate::facade::metrics::Gauge
        }};
    }

    macro_rules! nothing {
        ($($word:tt)*) => {{}};
    }

    pub(crate) use {counter, gauge, nothing as describe_counter, nothing as describe_gauge};

    /// What the server alone measures by.
    #[cfg(feature = "server")]
    mod server {
        use std::time::Duration;

        /// A histogram that nobody reads.
        pub(crate) struct Histogram;

        impl Histogram {
            pub(crate) fn record(&self, _: Duration) {}
        }

        macro_rules! histogram {
            ($name:literal) => {
                $crate::facade::metrics::Histogram
            };
        }

        macro_rules! nothing {
            ($($word:tt)*) => {{}};
        }

        pub(crate) use {histogram, nothing as describe_histogram};
    }
}
