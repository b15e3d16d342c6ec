//! Fails where a ratio is below its bar by more than noise.

use std::time::Duration;

use super::bars;
use super::contestants::{Hanotify, Httparse};
use super::messages::{Workload, workloads};
use super::pairs::{Pairs, Spread};
use super::run::rounds;

/// How often a ratio is measured that seems too small, before that is believed.
const TRIES: usize = 3;
const TIME: Duration = Duration::from_millis(1_500);

/// What a ratio differs by from run to run on a machine that others share: the place of the code and of the stack make 3 % of it, and what
/// runs beside it the rest. The instructions, which nothing disturbs, are held to less.
const NOISE: f64 = 0.15;

/// Which ratios are below their bar by more than noise, in words.
pub(crate) fn complaints() -> Vec<String> {
    let complaint = |workload: &Workload| {
        let bar = bars::ratio(workload.name).expect("a bar for each workload");
        let name = format!("{}, {}", workload.name, bars::BUILD);
        let is_reached = |_| {
            let Spread { low, median, high, at_most } = ratio(workload);
            println!("{name}: {median:.2} times as fast as httparse ({low:.2} to {high:.2}); at least {bar}");
            at_most.max(median * (1.0 + NOISE)) >= bar
        };
        let complaint = format!("{name}: less than {bar} times as fast as httparse");
        (!(0..TRIES).any(is_reached)).then_some(complaint)
    };
    workloads().iter().filter_map(complaint).collect()
}

fn ratio(workload: &Workload) -> Spread {
    let mut pairs = Pairs::new(&workload.messages);
    pairs.run_for(TIME, &rounds::<Hanotify>, &rounds::<Httparse>);
    pairs.ratio()
}
