//! What Prometheus reads: `OpenMetrics`, as the Prometheus project's own crate writes it, or the older text format,
//! whose lines are the same but for the names at the head of a counter.

use std::fmt::{self, Write};
use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::accept::Format;
use super::recorder::{Registry, Series};

/// What is written besides the series of the registry, from what is kept when somebody asks.
pub(crate) trait Besides: fmt::Debug + Send + Sync + 'static {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result;
    /// About how many bytes that takes.
    fn size(&self) -> usize;
}

/// All series of the registry, and these.
pub(super) fn exposition(registry: &'static Registry, besides: &(impl Besides + Clone), format: Format) -> String {
    let mut of_all = prometheus_client::registry::Registry::default();
    of_all.register_collector(Box::new(Counted { registry, besides: besides.clone() }));
    let mut text = String::with_capacity(16 * 1_024 + besides.size());
    // Writing to a string doesn't fail.
    let _ = encode_registry(&mut text, &of_all).and_then(|()| match format {
        Format::OpenMetrics => encode_eof(&mut text),
        Format::Text => {
            text = older(&text);
            Ok(())
        }
    });
    text
}

/// In the older format, the name at the head of a counter is that of its samples.
fn older(text: &str) -> String {
    let mut older = String::with_capacity(text.len() + 1_024);
    let mut help = None;
    for line in text.lines() {
        let head = line.strip_prefix("# TYPE ").and_then(|head| head.split_once(' '));
        if let Some(line) = line.strip_prefix("# HELP ") {
            help = line.split_once(' ').map(|(_, help)| help);
        } else if let Some((name, kind)) = head {
            let total = if kind == "counter" { "_total" } else { "" };
            let help = help.take().unwrap_or_default();
            let _ = writeln!(older, "# HELP {name}{total} {help}\n# TYPE {name}{total} {kind}");
        } else {
            older.push_str(line);
            older.push('\n');
        }
    }
    older
}

#[derive(Debug)]
struct Counted<B> {
    registry: &'static Registry,
    besides: B,
}

impl<B: Besides> Collector for Counted<B> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, family) in &*self.registry.families() {
            let Some((_, first)) = family.series.first() else { continue };
            let (name, kind) = match first {
                Series::Counter(_) => (name.strip_suffix("_total").unwrap_or(name), MetricType::Counter),
                Series::Gauge(_) => (name.as_str(), MetricType::Gauge),
                Series::Histogram(_) => (name.as_str(), MetricType::Histogram),
            };
            let mut head = encoder.encode_descriptor(name, &family.help, None, kind)?;
            for (labels, series) in &family.series {
                write(series, head.encode_family(labels)?)?;
            }
        }
        self.besides.encode(&mut encoder)
    }
}

fn write(series: &Series, mut encoder: MetricEncoder<'_>) -> fmt::Result {
    match series {
        Series::Counter(count) => encoder.encode_counter::<NoLabelSet, _, u64>(&count.load(Ordering::Relaxed), None),
        Series::Gauge(bits) => encoder.encode_gauge(&f64::from_bits(bits.load(Ordering::Relaxed))),
        Series::Histogram(buckets) => {
            // Read first, so that the whole is the sum of the parts.
            let counts: Vec<_> = buckets.counts().collect();
            let count = counts.iter().map(|(_, count)| count).sum();
            encoder.encode_histogram::<NoLabelSet>(buckets.sum(), count, &counts, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use hanotify::sink::StatesHandle;
    use metrics::{counter, describe_counter, gauge, histogram, with_local_recorder};

    use super::*;

    fn registry() -> &'static Registry {
        let registry: &_ = Box::leak(Box::new(Registry::new()));
        with_local_recorder(registry, || {
            describe_counter!("a_total", "What a is.");
            counter!("a_total", "kind" => "x\"y").increment(2);
            counter!("a_total", "kind" => "x\"y").increment(1);
            counter!("a_total", "kind" => "z").absolute(0);
            gauge!("b").set(2.0);
            let seconds = histogram!("c_seconds");
            for value in [30e-6, 40e-6, 0.0625, 100.0] {
                seconds.record(value);
            }
        });
        registry
    }

    #[test]
    fn counters_gauges_and_histograms_are_written_as_prometheus_reads_them() {
        let states = StatesHandle::new(1);
        let of = |format| exposition(registry(), &states, format);
        let series = "a_total{kind=\"x\\\"y\"} 3\na_total{kind=\"z\"} 0\n# HELP b \n# TYPE b gauge\nb 2.0\n\
                      # HELP c_seconds \n# TYPE c_seconds histogram\nc_seconds_sum 100.06257\nc_seconds_count 4\n";
        for (format, name) in [(Format::OpenMetrics, "a"), (Format::Text, "a_total")] {
            let text = of(format);
            let head = format!("# HELP {name} What a is.\n# TYPE {name} counter\n");
            assert!(text.starts_with(&format!("{head}{series}")), "{text}");
            for line in ["le=\"0.05\"} 2", "le=\"0.1\"} 3", "le=\"10.0\"} 3", "le=\"+Inf\"} 4"] {
                assert!(text.contains(&format!("\nc_seconds_bucket{{{line}\n")), "{text}");
            }
            assert_eq!(text.ends_with("\n# EOF\n"), format == Format::OpenMetrics, "{text}");
        }
    }
}
