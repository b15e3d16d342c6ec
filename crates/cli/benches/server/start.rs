//! From the start of `hanotify serve` to its word that it listens.

use std::time::Instant;

use super::Scale;
use super::bars::{Aim, Bars, Spread, figure};
use super::memory::serve;
use super::program::hanotify;
use super::running::Running;

pub(crate) fn step(scale: Scale, bars: &mut Bars) {
    let time = |_| {
        let start = Instant::now();
        let server = Running::start(|socket| Some(serve(&hanotify(), socket)));
        let time = start.elapsed();
        drop(server);
        time.as_secs_f64() * 1_000.0
    };
    let times = Spread::of((0..scale.rounds(200)).map(time));
    bars.raw("from start to `listening`, median", times.median(), "ms", Aim::AtMost(5.0));
    figure("99 of 100 are below, in ms", format_args!("{:.2}", times.at(0.99)));
}
