//! The counters for a person: what is not zero, and what a histogram says in a line.

use std::fmt::{self, Display, Write};
use std::sync::atomic::Ordering;

use super::recorder::{Buckets, Registry, Series};

/// All series that are not zero, a line each.
pub(super) fn summary(registry: &Registry) -> String {
    let mut text = String::from("status:\n");
    // Writing to a string doesn't fail.
    let _ = write(&mut text, registry);
    text
}

fn write(text: &mut String, registry: &Registry) -> fmt::Result {
    for (name, family) in &*registry.families() {
        for (labels, series) in &family.series {
            let labels = Labels(labels);
            match series {
                Series::Counter(count) => match count.load(Ordering::Relaxed) {
                    0 => {}
                    count => writeln!(text, "  {name}{labels} {count}")?,
                },
                Series::Gauge(bits) => {
                    writeln!(text, "  {name}{labels} {}", f64::from_bits(bits.load(Ordering::Relaxed)))?;
                }
                Series::Histogram(buckets) => writeln!(text, "  {name}{labels} {}", InALine(buckets))?,
            }
        }
    }
    Ok(())
}

/// Labels as Prometheus has them.
struct Labels<'a>(&'a [(String, String)]);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (name, value)) in self.0.iter().enumerate() {
            let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            write!(f, "{}{name}=\"{value}\"", if n == 0 { '{' } else { ',' })?;
        }
        if self.0.is_empty() { Ok(()) } else { f.write_char('}') }
    }
}

struct InALine<'a>(&'a Buckets);

impl Display for InALine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.count();
        write!(f, "{count} values")?;
        for (name, part, of) in [("half", 1, 2), ("99 in 100", 99, 100), ("999 in 1000", 999, 1_000)] {
            // The smallest bound that so many values don't exceed.
            match self.0.cumulative().find(|(_, up_to)| up_to.saturating_mul(of) >= count.saturating_mul(part)) {
                _ if count == 0 => {}
                Some((bound, _)) => write!(f, ", {name} up to {bound} s")?,
                None => write!(f, ", {name} longer")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use metrics::{counter, histogram, with_local_recorder};

    use super::*;

    #[test]
    fn what_is_zero_is_left_out_and_a_histogram_is_a_line() {
        let registry = Registry::new();
        with_local_recorder(&registry, || {
            counter!("a_total", "kind" => "x").increment(2);
            counter!("a_total", "kind" => "y").absolute(0);
            let seconds = histogram!("b_seconds");
            (0..98).for_each(|_| seconds.record(30e-6));
            seconds.record(0.01);
            seconds.record(100.0);
            let _ = histogram!("c_seconds");
        });
        assert_eq!(
            summary(&registry),
            "status:\n  a_total{kind=\"x\"} 2\n  \
             b_seconds 100 values, half up to 0.00005 s, 99 in 100 up to 0.01 s, 999 in 1000 longer\n  \
             c_seconds 0 values\n"
        );
    }
}
