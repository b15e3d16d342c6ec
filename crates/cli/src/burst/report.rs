//! A burst's figures, for people and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::tally::{Loss, Tally};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();
const PLAIN: Style = Style::new();
/// Columns of the longest bar in the histogram.
const WIDTH: u64 = 50;
/// What a bar ends with, by eighths of a column.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What a burst was, and what became of it.
pub(super) struct Report {
    pub(super) routers: u32,
    pub(super) flaps: u32,
    pub(super) seed: u64,
    /// Number of notifications.
    pub(super) total: u64,
    /// How many connections could have been open at once.
    pub(super) room: u32,
    pub(super) took: Duration,
    pub(super) tally: Tally,
}

#[derive(Serialize)]
struct Json<'a> {
    routers: u32,
    flaps: u32,
    seed: u64,
    notifications: u64,
    accepted: u64,
    refused: u64,
    refused_by_status: &'a BTreeMap<u16, u64>,
    lost: u64,
    lost_by_cause: BTreeMap<&'static str, u64>,
    unreachable: u64,
    unreachable_by_cause: &'a BTreeMap<String, u64>,
    backlog_full: u64,
    backlog_full_tries: u64,
    connections_possible: u32,
    connections_highest: usize,
    seconds: f64,
    answered_per_second: f64,
    latency_us: Latency,
    histogram: Vec<Bar>,
}

#[derive(Serialize)]
struct Latency {
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

/// How many replies took at most so long, and longer than the bar before says.
#[derive(Serialize)]
struct Bar {
    up_to_us: u64,
    count: u64,
}

impl Report {
    /// The exit code that this is the end with.
    pub(super) fn exit(&self) -> u8 {
        match self.tally.answered() {
            0 => 3,
            _ if self.tally.accepted == self.total => 0,
            _ => 1,
        }
    }

    /// Writes one JSON object, on one line.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let tally = &self.tally;
        let json = Json {
            routers: self.routers,
            flaps: self.flaps,
            seed: self.seed,
            notifications: self.total,
            accepted: tally.accepted,
            refused: tally.refused_in_all(),
            refused_by_status: &tally.refused,
            lost: tally.lost_in_all(),
            lost_by_cause: tally.lost.iter().map(|(loss, &count)| (loss.name(), count)).collect(),
            unreachable: tally.unreachable_in_all(),
            unreachable_by_cause: &tally.unreachable,
            backlog_full: tally.backlog_full,
            backlog_full_tries: tally.backlog_full_tries,
            connections_possible: self.room,
            connections_highest: tally.at_once,
            seconds: self.took.as_secs_f64(),
            answered_per_second: self.rate(),
            latency_us: self.latency(),
            histogram: self.bars(),
        };
        serde_json::to_writer(&mut *out, &json)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Writes aligned lines and bars.
    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let tally = &self.tally;
        writeln!(
            out,
            "{} notifications of {} routers in {:.3} s: {:.0} answered a second {DIM}(seed {}){DIM:#}\n",
            self.total,
            self.routers,
            self.took.as_secs_f64(),
            self.rate(),
            self.seed
        )?;
        writeln!(out, "{GOOD}accepted{GOOD:#}     {:>9}", tally.accepted)?;
        let by_status = causes(&tally.refused, ToString::to_string);
        write_count(out, "refused", tally.refused_in_all(), BAD, &by_status)?;
        let by_cause = causes(&tally.lost, |loss: &Loss| loss.name().into());
        write_count(out, "lost", tally.lost_in_all(), BAD, &by_cause)?;
        let by_cause = causes(&tally.unreachable, Clone::clone);
        write_count(out, "unreachable", tally.unreachable_in_all(), BAD, &by_cause)?;
        let tries = format!("{} tries", tally.backlog_full_tries);
        write_count(out, "backlog full", tally.backlog_full, PLAIN, &tries)?;
        write_count(out, "at once", u64::try_from(tally.at_once).unwrap_or(u64::MAX), PLAIN, "connections")?;
        if tally.answered() > 0 {
            self.write_latency(out)?;
        }
        out.flush()
    }

    fn write_latency(&self, out: &mut impl Write) -> io::Result<()> {
        let Latency { p50, p90, p99, max } = self.latency();
        writeln!(out, "\nfrom the first try to connect to the reply:\n")?;
        for (name, value) in [("p50", p50), ("p90", p90), ("p99", p99), ("max", max)] {
            writeln!(out, "  {name}  {:>10}", span(value))?;
        }
        writeln!(out)?;
        let bars = self.bars();
        let highest = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
        for Bar { up_to_us, count } in bars {
            writeln!(out, "  up to {:>9} {} {DIM}{count}{DIM:#}", span(up_to_us), drawn(count, highest))?;
        }
        Ok(())
    }

    fn latency(&self) -> Latency {
        let latency = &self.tally.latency;
        let at = |quantile| latency.value_at_quantile(quantile).min(latency.max());
        Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: latency.max() }
    }

    /// The latencies by powers of two; every bar from the first with a count to the last.
    fn bars(&self) -> Vec<Bar> {
        let latency = &self.tally.latency;
        let mut bars = Vec::new();
        let mut counted = 0;
        let mut up_to_us = 64;
        while counted < latency.len() {
            let below = latency.count_between(0, up_to_us).min(latency.len());
            if below > 0 {
                bars.push(Bar { up_to_us, count: below - counted });
            }
            counted = below;
            up_to_us *= 2;
        }
        bars
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody reads a rate to 53 bits")]
    fn rate(&self) -> f64 {
        self.tally.answered() as f64 / self.took.as_secs_f64().max(1e-6)
    }
}

fn write_count(out: &mut impl Write, name: &str, number: u64, style: Style, causes: &str) -> io::Result<()> {
    let style = if number == 0 { PLAIN } else { style };
    let causes = if number == 0 || causes.is_empty() { String::new() } else { format!("  {DIM}{causes}{DIM:#}") };
    writeln!(out, "{style}{name:<12}{style:#} {number:>9}{causes}")
}

fn causes<K>(counts: &BTreeMap<K, u64>, name: impl Fn(&K) -> String) -> String {
    counts.iter().map(|(cause, count)| format!("{}: {count}", name(cause))).collect::<Vec<_>>().join(", ")
}

/// A number of microseconds, in the unit that suits it.
fn span(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
    }
}

/// A bar as long as `count` is of the highest.
fn drawn(count: u64, highest: u64) -> String {
    let eighths = (u128::from(count) * u128::from(WIDTH) * 8).div_ceil(u128::from(highest));
    let whole = usize::try_from(eighths / 8).unwrap_or_default();
    let rest = usize::try_from(eighths % 8).ok().and_then(|rest| EIGHTHS.get(rest)).copied().unwrap_or_default();
    format!("{}{rest}", "█".repeat(whole))
}

#[cfg(test)]
mod tests {
    use super::super::tally::Fate;
    use super::*;

    fn report(fates: &[(Fate, u64)]) -> Report {
        let mut tally = Tally::new().unwrap();
        for &(fate, us) in fates {
            tally.count(fate, Duration::from_micros(us));
        }
        let total = tally.decided();
        Report { routers: 9, flaps: 0, seed: 5, total, room: 9, took: Duration::from_secs(2), tally }
    }

    #[test]
    fn every_reply_is_in_exactly_one_bar() {
        let report = report(&[10, 64, 65, 100, 1_000, 300_000].map(|us| (Fate::Answered(200), us)));
        let bars = report.bars();
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), 6);
        assert_eq!(bars.iter().map(|bar| bar.count).take(3).collect::<Vec<_>>(), [2, 2, 0]);
        assert_eq!(bars.last().map(|bar| (bar.up_to_us, bar.count)), Some((524_288, 1)));
    }

    #[test]
    fn the_exit_code_says_whether_all_some_or_none_were_accepted() {
        let (good, bad, lost) = (Fate::Answered(200), Fate::Answered(503), Fate::Lost(Loss::NoReply));
        for (fates, exit) in [(&[(good, 1), (good, 1)][..], 0), (&[(good, 1), (bad, 1)], 1), (&[(bad, 1)], 1)] {
            assert_eq!(report(fates).exit(), exit);
        }
        assert_eq!(report(&[(good, 1), (lost, 1)]).exit(), 1);
        assert_eq!(report(&[(lost, 1), (lost, 1)]).exit(), 3);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(drawn(0, 8), "");
        assert_eq!(drawn(8, 8).chars().count(), 50);
        assert_eq!(drawn(1, 1_000_000), "▏");
        assert_eq!(span(999), "999 µs");
        assert_eq!(span(1_500), "1.5 ms");
        assert_eq!(span(61_070_000), "61.07 s");
    }
}
