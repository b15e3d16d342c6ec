//! Figures, their spread, and the bars that they have to meet.

use std::fmt::Display;

/// Measured values of one thing, smallest first.
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The value that this share of the values is below.
    pub(crate) fn at(&self, share: f64) -> f64 {
        let last = self.0.len() - 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of an index")]
        let index = (share * last as f64).round() as usize;
        self.0[index.min(last)]
    }

    pub(crate) fn median(&self) -> f64 {
        self.at(0.5)
    }
}

/// Which side of its bar is the good one.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

/// By so much all of a run's pairs can be off together, on a machine with other work.
const NOISE: f64 = 0.03;

/// What became of the bars.
#[derive(Default)]
pub(crate) struct Bars {
    met: usize,
    missed: Vec<String>,
    /// Ratios that missed by more than noise.
    failed: Vec<String>,
}

impl Bars {
    /// A ratio, by the median of its pairs. It fails the gate where three quarters of the pairs are on the wrong side of the bar, and
    /// further from it than [`NOISE`].
    pub(crate) fn ratio(&mut self, name: &str, ratios: &Spread, bar: Bar) {
        self.ungated(name, ratios, bar);
        let is_passed = match bar {
            Bar::AtMost(bar) => ratios.at(0.25) <= bar * (1.0 + NOISE),
            Bar::AtLeast(bar) => ratios.at(0.75) >= bar * (1.0 - NOISE),
        };
        if !is_passed {
            self.failed.push(name.into());
        }
    }

    /// A ratio that the gate doesn't look at.
    pub(crate) fn ungated(&mut self, name: &str, ratios: &Spread, bar: Bar) {
        let (low, value, high) = (ratios.at(0.25), ratios.median(), ratios.at(0.75));
        self.tell(name, is_met(value, bar), format_args!("{value:.3} (middle half {low:.3} to {high:.3})"), bar, "");
    }

    /// A time or a size: it never fails the gate.
    pub(crate) fn raw(&mut self, name: &str, value: f64, unit: &str, bar: Bar) {
        self.tell(name, is_met(value, bar), format_args!("{value:.2} {unit}"), bar, unit);
    }

    fn tell(&mut self, name: &str, met: bool, value: impl Display, bar: Bar, unit: &str) {
        let bar = match bar {
            Bar::AtMost(bar) => format!("at most {bar} {unit}"),
            Bar::AtLeast(bar) => format!("at least {bar} {unit}"),
        };
        println!("  {:<6}  {name}: {value}; bar: {}", if met { "ok" } else { "missed" }, bar.trim_end());
        if met { self.met += 1 } else { self.missed.push(name.into()) }
    }

    /// Says how it went; whether the bench passes.
    pub(crate) fn close(&self, gate: bool) -> bool {
        println!("\n{} bars met, {} missed{}", self.met, self.missed.len(), list(&self.missed));
        if gate {
            println!("gate: {} ratios missed by more than noise{}", self.failed.len(), list(&self.failed));
        }
        !gate || self.failed.is_empty()
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": {}", names.join("; ")) }
}

fn is_met(value: f64, bar: Bar) -> bool {
    match bar {
        Bar::AtMost(bar) => value <= bar,
        Bar::AtLeast(bar) => value >= bar,
    }
}

/// Prints a figure that has no bar.
pub(crate) fn figure(name: &str, value: impl Display) {
    println!("          {name}: {value}");
}
