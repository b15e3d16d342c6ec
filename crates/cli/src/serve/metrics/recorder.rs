//! Keeps what the server counts: as many numbers as there are names and labels, whatever happens.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::atomics::AtomicU64;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// The upper bounds of a histogram's buckets, in seconds: an answer takes microseconds, its deadline is in seconds.
pub(super) const BOUNDS: [f64; 16] =
    [25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1.0, 5.0, 10.0];

/// Families of series, by name.
#[derive(Debug)]
pub(super) struct Registry {
    families: Mutex<BTreeMap<String, Family>>,
}

/// All series of one name.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) help: SharedString,
    pub(super) series: Vec<(Vec<(String, String)>, Series)>,
}

/// One thing that is counted.
#[derive(Clone, Debug)]
pub(super) enum Series {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

/// How many values were up to each bound, and their sum.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    counts: [AtomicU64; BOUNDS.len()],
    above: AtomicU64,
    sum: AtomicU64,
}

impl Registry {
    pub(super) const fn new() -> Self {
        Self { families: Mutex::new(BTreeMap::new()) }
    }

    /// All families, by name.
    pub(super) fn families(&self) -> MutexGuard<'_, BTreeMap<String, Family>> {
        // A panic elsewhere leaves numbers behind that are as good as before.
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, name: &KeyName, help: SharedString) {
        self.families().entry(name.as_str().to_owned()).or_default().help = help;
    }

    /// The series of this key: the one that is there, or `new`.
    fn series(&self, key: &Key, new: impl FnOnce() -> Series) -> Series {
        let labels: Vec<_> = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        let mut families = self.families();
        let series = &mut families.entry(key.name().to_owned()).or_default().series;
        if let Some((_, found)) = series.iter().find(|(of, _)| *of == labels) {
            return found.clone();
        }
        let new = new();
        series.push((labels, new.clone()));
        new
    }
}

impl Recorder for Registry {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.describe(&key, description);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.describe(&key, description);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.describe(&key, description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.series(key, || Series::Counter(Arc::default())) {
            Series::Counter(counter) => Counter::from_arc(counter),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.series(key, || Series::Gauge(Arc::default())) {
            Series::Gauge(gauge) => Gauge::from_arc(gauge),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.series(key, || Series::Histogram(Arc::default())) {
            Series::Histogram(buckets) => Histogram::from_arc(buckets),
            _ => Histogram::noop(),
        }
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        let bucket = BOUNDS.iter().zip(&self.counts).find(|(bound, _)| value <= **bound);
        CounterFn::increment(bucket.map_or(&self.above, |(_, count)| count), 1);
        GaugeFn::increment(&self.sum, value);
    }
}

impl Buckets {
    /// Each bound and how many values were up to it.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let up_to = |sum: &mut u64, (bound, count): (f64, &AtomicU64)| {
            *sum += count.load(Ordering::Relaxed);
            Some((bound, *sum))
        };
        BOUNDS.into_iter().zip(&self.counts).scan(0, up_to)
    }

    /// Each bound, the last of which is infinite, and how many values were up to it and over the one before.
    pub(super) fn counts(&self) -> impl Iterator<Item = (f64, u64)> {
        let counts = self.counts.iter().chain([&self.above]).map(|count| count.load(Ordering::Relaxed));
        BOUNDS.into_iter().chain([f64::INFINITY]).zip(counts)
    }

    /// How many values there were.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().chain([&self.above]).map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// The sum of the values.
    pub(super) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Ordering::Relaxed))
    }
}
