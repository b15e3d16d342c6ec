//! What the server and the command cost, beside what the kernel's socket calls cost and what others take for the same job.
//!
//!     cargo bench --bench server [-- short] [gate] [STEP...]
//!
//! STEP is any of build, notifications, memory, send, start; all of them by default. `short` takes a minute, and its spreads are wider.
//! `gate` exits with 1 when a ratio misses its bar by more than noise; times and memory never decide that. The steps about the
//! command take the release build that `docs/performance-server.md` describes, which the step `build` makes, or the program that
//! `HANOTIFY` names.
#![allow(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench that panics has failed"
)]

mod bars;
mod burst;
mod commands;
mod latency;
mod memory;
mod notifications;
mod program;
mod python;
mod roles;
mod running;
mod start;

use std::process::ExitCode;

use self::bars::Bars;

/// How much there is to do, and what decides the exit code.
#[derive(Clone, Copy)]
struct Scale {
    short: bool,
    gate: bool,
}

impl Scale {
    /// So many rounds, or a few.
    fn rounds(self, full: usize) -> usize {
        if self.short { full / 8 + 3 } else { full }
    }
}

type Step = (&'static str, fn(Scale, &mut Bars));

const STEPS: [Step; 5] = [
    ("build", program::build),
    ("notifications", notifications::step),
    ("memory", memory::step),
    ("send", commands::step),
    ("start", start::step),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let Some(("serve", [role, socket])) = args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        roles::serve(role, socket);
        return ExitCode::SUCCESS;
    }
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let scale = Scale { short: has("short"), gate: has("gate") };
    let chosen: Vec<Step> = STEPS.into_iter().filter(|(name, _)| has(name)).collect();
    if let Some(arg) = args.iter().find(|arg| !["short", "gate"].contains(&arg.as_str()) && !is_step(arg)) {
        eprintln!(
            "{arg}: usage: cargo bench --bench server [-- short] [gate] [{}]...",
            STEPS.map(|step| step.0).join("|")
        );
        return ExitCode::from(2);
    }
    let mut bars = Bars::default();
    running::prepare();
    for (name, step) in if chosen.is_empty() { STEPS.to_vec() } else { chosen } {
        println!("\n{name}");
        step(scale, &mut bars);
    }
    if bars.close(scale.gate) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn is_step(arg: &str) -> bool {
    STEPS.iter().any(|(name, _)| *name == arg)
}
