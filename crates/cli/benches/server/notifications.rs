//! What a notification on a connection of its own costs each server, in rounds in which all take their turn.

use std::time::Duration;

use hanotify_testing::corpus::root;

use super::Scale;
use super::bars::{Aim, Bars, Spread, figure};
use super::burst::{Cost, burst};
use super::latency::{Times, at_once, times, without_pause};
use super::python;
use super::running::Running;

/// Notifications in a burst.
const BURST: usize = 1_000;
/// Python takes so much longer that it has a turn only in every so many rounds.
const PYTHON_EVERY: usize = 8;
/// Bursts of 64 clients that make a percentile.
const WAVES: usize = 40;

/// A server, and what was measured of it, by round.
struct Contender {
    name: &'static str,
    server: Running,
    costs: Vec<Option<Cost>>,
}

impl Contender {
    fn role(name: &'static str) -> Self {
        Self { name, server: Running::role(name), costs: Vec::new() }
    }

    /// The server's processor time for a notification, by round, in nanoseconds.
    fn cpu(&self) -> impl Iterator<Item = Option<f64>> {
        self.costs.iter().map(|cost| Some(cost.as_ref()?.cpu.as_nanos() as f64 / BURST as f64))
    }

    /// Notifications in a second, by round.
    fn rate(&self) -> impl Iterator<Item = Option<f64>> {
        self.costs.iter().map(|cost| Some(BURST as f64 / cost.as_ref()?.wall.as_secs_f64()))
    }
}

pub(crate) fn step(scale: Scale, bars: &mut Bars) {
    let message = std::fs::read(root().join("corpus/captures/curl-7.88.1-post.http")).unwrap();
    let mut contenders: Vec<Contender> =
        ["floor", "hanotify", "floor+peer", "tokio", "hyper"].map(Contender::role).into();
    contenders.extend(Running::start(python::command).map(|server| Contender {
        name: "python",
        server,
        costs: Vec::new(),
    }));
    // A first burst that doesn't count.
    for contender in &contenders {
        burst(&contender.server, &message, BURST);
    }
    for round in 0..scale.rounds(160) {
        take_turns(&mut contenders, round, &message);
    }
    tell(&contenders);
    judge(&contenders, bars);
    latencies(scale, &contenders, &message, bars);
}

/// One round. Every other one goes backwards, so that a machine that slows down or speeds up favours nobody.
fn take_turns(contenders: &mut [Contender], round: usize, message: &[u8]) {
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    if round % 2 == 1 {
        order.reverse();
    }
    for index in order {
        let contender = &mut contenders[index];
        let has_turn = contender.name != "python" || round.is_multiple_of(PYTHON_EVERY);
        let cost = has_turn.then(|| burst(&contender.server, message, BURST));
        contender.costs.push(cost);
    }
}

fn tell(contenders: &[Contender]) {
    println!("          {BURST} connections each with a notification, waiting when the server begins; medians");
    println!("          {:<10} {:>12} {:>12} {:>22}", "", "µs of CPU", "rate in /s", "clients' CPU meanwhile");
    for contender in contenders {
        let cpu = Spread::of(contender.cpu().flatten()).median() / 1_000.0;
        let rate = Spread::of(contender.rate().flatten()).median();
        let share = |cost: &Cost| cost.clients.as_secs_f64() / cost.wall.as_secs_f64();
        let share = Spread::of(contender.costs.iter().flatten().map(share)).median();
        println!("          {:<10} {cpu:>12.2} {rate:>12.0} {:>20.1} %", contender.name, share * 100.0);
    }
}

/// The ratios of the rounds in which both had their turn.
fn ratios(above: impl Iterator<Item = Option<f64>>, below: impl Iterator<Item = Option<f64>>) -> Spread {
    Spread::of(above.zip(below).filter_map(|(above, below)| Some(above? / below?)))
}

fn judge(contenders: &[Contender], bars: &mut Bars) {
    let [floor, ours, checked, others @ ..] = contenders else { unreachable!() };
    bars.ratio("CPU for a notification, to the floor's", &ratios(ours.cpu(), floor.cpu()), Aim::AtMost(1.05));
    bars.ratio(
        "the same, to the floor's with the check of the peer",
        &ratios(ours.cpu(), checked.cpu()),
        Aim::AtMost(1.05),
    );
    figure("what that check adds to the floor", format_args!("{:.3}", ratios(checked.cpu(), floor.cpu()).median()));
    bars.ratio("rate, to the floor's", &ratios(ours.rate(), floor.rate()), Aim::AtLeast(0.95));
    bars.ratio(
        "the same, to the floor's with the check of the peer",
        &ratios(ours.rate(), checked.rate()),
        Aim::AtLeast(0.95),
    );
    for other in others {
        let ratios = ratios(other.cpu(), ours.cpu());
        match other.name {
            "hyper" => bars.ratio("CPU of hyper, to ours", &ratios, Aim::AtLeast(1.5)),
            "python" => bars.ratio("CPU of Python's server, to ours", &ratios, Aim::AtLeast(10.0)),
            name => figure(&format!("CPU of {name}, to ours"), format_args!("{:.2}", ratios.median())),
        }
    }
}

fn latencies(scale: Scale, contenders: &[Contender], message: &[u8], bars: &mut Bars) {
    let [floor, ours, ..] = contenders else { unreachable!() };
    let (mut of_floor, mut of_ours) = (times(), times());
    let mut p99 = Vec::new();
    for _ in 0..scale.rounds(30) {
        let (mut floor_now, mut ours_now) = (times(), times());
        for _ in 0..WAVES {
            at_once(&floor.server, message, &mut floor_now);
            at_once(&ours.server, message, &mut ours_now);
        }
        p99.push(micros(&ours_now, 0.99) / micros(&floor_now, 0.99));
        of_floor.add(floor_now).unwrap();
        of_ours.add(ours_now).unwrap();
    }
    println!("          64 clients at once: µs until each has its reply");
    tell_times("floor", &of_floor, "");
    tell_times("hanotify", &of_ours, "");
    bars.ratio("p99 of 64 clients at once, to the floor's", &Spread::of(p99), Aim::AtMost(1.10));
    println!("          64 clients that never stop, and are what limits this: µs");
    let time = Duration::from_millis(if scale.short { 300 } else { 2_000 });
    for contender in contenders {
        let (times, rate) = without_pause(&contender.server, message, time);
        tell_times(contender.name, &times, &format!(" {rate:>9.0} /s"));
    }
}

fn tell_times(name: &str, times: &Times, more: &str) {
    println!("          {name:<10} p50 {:>9.1}  p99 {:>9.1}{more}", micros(times, 0.5), micros(times, 0.99));
}

fn micros(times: &Times, quantile: f64) -> f64 {
    times.value_at_quantile(quantile) as f64 / 1_000.0
}
