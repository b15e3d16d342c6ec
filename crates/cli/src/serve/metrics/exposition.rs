//! The text format that Prometheus reads, version 0.0.4.

use std::fmt::{self, Display, Write};
use std::sync::atomic::Ordering;

use super::recorder::{Buckets, Registry, Series};

/// All series as text.
pub(super) fn exposition(registry: &Registry) -> String {
    let mut text = String::with_capacity(8_192);
    // Writing to a string doesn't fail.
    let _ = write(&mut text, registry);
    text
}

fn write(text: &mut String, registry: &Registry) -> fmt::Result {
    for (name, family) in &*registry.families() {
        let Some((_, first)) = family.series.first() else { continue };
        if !family.help.is_empty() {
            writeln!(text, "# HELP {name} {}", family.help.replace('\\', r"\\").replace('\n', r"\n"))?;
        }
        let kind = match first {
            Series::Counter(_) => "counter",
            Series::Gauge(_) => "gauge",
            Series::Histogram(_) => "histogram",
        };
        writeln!(text, "# TYPE {name} {kind}")?;
        for (labels, series) in &family.series {
            let labels = Labels(labels, None);
            match series {
                Series::Counter(count) => writeln!(text, "{name}{labels} {}", count.load(Ordering::Relaxed))?,
                Series::Gauge(bits) => {
                    writeln!(text, "{name}{labels} {}", f64::from_bits(bits.load(Ordering::Relaxed)))?;
                }
                Series::Histogram(buckets) => histogram(text, name, &labels, buckets)?,
            }
        }
    }
    Ok(())
}

fn histogram(text: &mut String, name: &str, labels: &Labels<'_>, buckets: &Buckets) -> fmt::Result {
    // Read first: what is counted meanwhile may make a bucket larger than this, but never the whole smaller than a
    // bucket.
    let lines: Vec<_> = buckets.cumulative().collect();
    let count = buckets.count();
    for (bound, up_to) in lines {
        writeln!(text, "{name}_bucket{} {up_to}", Labels(labels.0, Some(&bound)))?;
    }
    writeln!(text, "{name}_bucket{} {count}", Labels(labels.0, Some(&"+Inf")))?;
    writeln!(text, "{name}_sum{labels} {}\n{name}_count{labels} {count}", buckets.sum())
}

/// Labels as Prometheus and a person read them, with the bound of a bucket where there is one.
pub(super) struct Labels<'a>(pub(super) &'a [(String, String)], pub(super) Option<&'a dyn Display>);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = '{';
        for (name, value) in self.0 {
            let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            write!(f, "{separator}{name}=\"{value}\"")?;
            separator = ',';
        }
        if let Some(bound) = self.1 {
            write!(f, "{separator}le=\"{bound}\"")?;
            separator = ',';
        }
        if separator == ',' { f.write_char('}') } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use metrics::{counter, describe_counter, gauge, histogram, with_local_recorder};

    use super::*;

    #[test]
    fn counters_gauges_and_histograms_are_written_as_prometheus_reads_them() {
        let registry = Registry::new();
        with_local_recorder(&registry, || {
            describe_counter!("a_total", "What a is.\nAnd more.");
            counter!("a_total", "kind" => "x\"y").increment(2);
            counter!("a_total", "kind" => "x\"y").increment(1);
            counter!("a_total", "kind" => "z").absolute(0);
            gauge!("b").set(2.0);
            let seconds = histogram!("c_seconds");
            for value in [30e-6, 40e-6, 0.0625, 100.0] {
                seconds.record(value);
            }
        });
        let text = exposition(&registry);
        let start = "# HELP a_total What a is.\\nAnd more.\n# TYPE a_total counter\na_total{kind=\"x\\\"y\"} 3\n\
                     a_total{kind=\"z\"} 0\n# TYPE b gauge\nb 2\n# TYPE c_seconds histogram\n\
                     c_seconds_bucket{le=\"0.000025\"} 0\nc_seconds_bucket{le=\"0.00005\"} 2\n";
        assert!(text.starts_with(start), "{text}");
        let end = "c_seconds_bucket{le=\"0.05\"} 2\nc_seconds_bucket{le=\"0.1\"} 3\nc_seconds_bucket{le=\"0.25\"} 3\n\
                   c_seconds_bucket{le=\"1\"} 3\nc_seconds_bucket{le=\"5\"} 3\nc_seconds_bucket{le=\"10\"} 3\n\
                   c_seconds_bucket{le=\"+Inf\"} 4\nc_seconds_sum 100.06257\nc_seconds_count 4\n";
        assert!(text.ends_with(end), "{text}");
    }
}
