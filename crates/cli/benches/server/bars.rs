//! Figures: those that are counted have bars, which decide; those that are measured have aims, which don't.

use std::fmt::{self, Display, Formatter};

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

/// Which side of the value is the good one.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

/// What became of the bars and the aims.
#[derive(Default)]
pub(crate) struct Bars {
    aims: Tally,
    counts: Tally,
}

#[derive(Default)]
struct Tally {
    met: usize,
    missed: Vec<String>,
}

impl Bars {
    /// A count, which fails the bench where it is over its bar.
    pub(crate) fn count(&mut self, name: &str, count: u64, most: u64) {
        self.counts.tell(name, count <= most, format_args!("{count}; bar: at most {most}"));
    }

    /// A ratio, by the median of its pairs.
    pub(crate) fn ratio(&mut self, name: &str, ratios: &Spread, aim: Aim) {
        let (low, value, high) = (ratios.at(0.25), ratios.median(), ratios.at(0.75));
        let value_and_aim = format_args!("{value:.3} (middle half {low:.3} to {high:.3}); aim: {aim}");
        self.aims.tell(name, aim.is_met(value), value_and_aim);
    }

    /// A time or a size.
    pub(crate) fn raw(&mut self, name: &str, value: f64, unit: &str, aim: Aim) {
        self.aims.tell(name, aim.is_met(value), format_args!("{value:.2} {unit}; aim: {aim} {unit}"));
    }

    /// Says how it went; whether the bench passes.
    pub(crate) fn close(&self) -> bool {
        println!();
        self.aims.print("aims, which decide nothing");
        self.counts.print("bars of counts");
        self.counts.missed.is_empty()
    }
}

impl Tally {
    fn tell(&mut self, name: &str, is_met: bool, value: impl Display) {
        println!("  {:<6}  {name}: {value}", if is_met { "ok" } else { "missed" });
        if is_met { self.met += 1 } else { self.missed.push(name.into()) }
    }

    fn print(&self, what: &str) {
        let names = if self.missed.is_empty() { String::new() } else { format!(": {}", self.missed.join("; ")) };
        println!("{what}: {} met, {} missed{names}", self.met, self.missed.len());
    }
}

impl Aim {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(aim) => value <= aim,
            Self::AtLeast(aim) => value >= aim,
        }
    }
}

impl Display for Aim {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(aim) => write!(to, "at most {aim}"),
            Self::AtLeast(aim) => write!(to, "at least {aim}"),
        }
    }
}

/// Prints a figure that has neither.
pub(crate) fn figure(name: &str, value: impl Display) {
    println!("          {name}: {value}");
}
