//! What the server and the command cost, beside what the kernel's socket calls cost and what others take for the same
//! job.
//!
//!     cargo bench -p hanotify-cli --bench server [-- short] [update] [STEP...]
//!
//! STEP is any of build, notifications, memory, send, start, counts; all of them by default. `short` takes a minute,
//! and its spreads are wider. Only what `counts` counts decides whether this exits with 1: times, ratios and sizes are
//! printed beside their aims. `update` makes the present counts of instructions the baseline. The steps about the
//! command take the release build that `docs/performance-server.md` describes, which the step `build` makes, or the
//! program that `HANOTIFY` names.
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench that panics has failed"
)]

mod bars;
mod baseline;
mod burst;
mod commands;
mod counts;
mod latency;
mod memory;
mod notifications;
mod program;
mod python;
mod roles;
mod running;
mod start;
mod watched;

use std::process::ExitCode;

use self::bars::Bars;

/// How much there is to do.
#[derive(Clone, Copy)]
struct Scale {
    short: bool,
    /// Whether what is counted becomes the baseline, in place of being held against it.
    update: bool,
}

impl Scale {
    /// So many rounds, or a few.
    fn rounds(self, full: usize) -> usize {
        if self.short { full / 8 + 3 } else { full }
    }
}

type Step = (&'static str, fn(Scale, &mut Bars));

const STEPS: [Step; 6] = [
    ("build", program::build),
    ("notifications", notifications::step),
    ("memory", memory::step),
    ("send", commands::step),
    ("start", start::step),
    ("counts", counts::step),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let Some(("serve", [role, socket])) = args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        roles::serve(role, socket);
        return ExitCode::SUCCESS;
    }
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let scale = Scale { short: has("short"), update: has("update") };
    let chosen: Vec<Step> = STEPS.into_iter().filter(|(name, _)| has(name)).collect();
    if let Some(arg) = args.iter().find(|arg| !["short", "update"].contains(&arg.as_str()) && !is_step(arg)) {
        eprintln!(
            "{arg}: usage: cargo bench -p hanotify-cli --bench server [-- short] [update] [{}]...",
            STEPS.map(|step| step.0).join("|")
        );
        return ExitCode::from(2);
    }
    let chosen = if chosen.is_empty() { STEPS.to_vec() } else { chosen };
    if chosen.iter().any(|(name, _)| *name == "counts") && !watched::is_possible() {
        return ExitCode::from(2);
    }
    let mut bars = Bars::default();
    running::prepare();
    for (name, step) in chosen {
        println!("\n{name}");
        step(scale, &mut bars);
    }
    if bars.close() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn is_step(arg: &str) -> bool {
    STEPS.iter().any(|(name, _)| *name == arg)
}
