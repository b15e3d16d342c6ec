//! The soak: steps that each prove a promise of the server, and print the figures. `crates/cli/tests/soak/run` says how
//! to start it.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a soak that panics has failed"
)]

mod bars;
mod client;
mod crowd;
mod drip;
mod faults;
mod held;
mod killed;
mod random;
mod server;
mod serving;
mod sinks;
mod starved;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How much there is to do.
#[derive(Clone, Copy)]
struct Scale {
    /// Whether everything that can be shorter is.
    short: bool,
    /// When the soak may end.
    until: Instant,
}

type Step = (&'static str, fn(Scale));

const STEPS: [Step; 7] = [
    ("crowd", crowd::step),
    ("drip", drip::step),
    ("held", held::step),
    ("starved", starved::step),
    ("sinks", sinks::step),
    ("killed", killed::step),
    // The last one fills the time that is left.
    ("faults", faults::step),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "serve") {
        server::serve(&args[1..]);
        return ExitCode::SUCCESS;
    }
    let Some((scale, chosen)) = understood(&args) else {
        eprintln!(
            "usage: crates/cli/tests/soak/run [SECONDS|short] [STEP...], STEP one of {}",
            STEPS.map(|(name, _)| name).join(", ")
        );
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let failed: Vec<_> =
        chosen.into_iter().filter(|(name, step)| !passes(name, *step, scale)).map(|(name, _)| name).collect();
    println!(
        "\n{:.0} s; failed: {}",
        start.elapsed().as_secs_f64(),
        if failed.is_empty() { "none".into() } else { failed.join(", ") }
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn understood(args: &[String]) -> Option<(Scale, Vec<Step>)> {
    let (how_long, names) = args.split_first()?;
    let short = how_long == "short";
    let seconds = if short { 0 } else { how_long.parse().ok()? };
    let scale = Scale { short, until: Instant::now() + Duration::from_secs(seconds) };
    let by_name = |name: &String| STEPS.into_iter().find(|(known, _)| known == name);
    let chosen = names.iter().map(by_name).collect::<Option<Vec<_>>>()?;
    Some((scale, if chosen.is_empty() { STEPS.to_vec() } else { chosen }))
}

/// Does a step; whether it met every bar.
fn passes(name: &str, step: fn(Scale), scale: Scale) -> bool {
    println!("\n{name}");
    let start = Instant::now();
    let ended = catch_unwind(|| step(scale)).is_ok();
    let passed = bars::all_met() && ended;
    println!("  {} in {:.1} s", if passed { "passed" } else { "FAILED" }, start.elapsed().as_secs_f64());
    passed
}
