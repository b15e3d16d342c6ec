//! Parsing with full validation, against what others need for parsing alone.
//!
//!     cargo bench --bench parser [-- MODE …]
//!
//! `benches/run` calls it in each of its modes; `docs/performance.md` says what is measured and how to read it.
//!
//!     (none)         everything, for a minute or two
//!     short          the same in seconds, for a look
//!     counts FILE    prints what the bench `counts` has counted, and holds it against what has to hold
//!     update FILE    makes that the baseline
//!     publish TEXT   puts what the last full run of each build has measured into docs/; the text says when and where
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench may panic, and its figures have no sixteen digits"
)]

mod checks;
mod contestants;
mod counts;
mod growth;
mod jobs;
mod judge;
mod messages;
mod naive;
mod pairs;
mod publish;
mod refusals;
mod report;
mod run;

use std::path::Path;
use std::process::ExitCode;

use self::counts::Counts;
use self::report::Report;
use self::run::{Patience, Runner};

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let complaints = match arguments[..] {
        [] => everything(Patience::Full),
        ["short"] => everything(Patience::Short),
        ["counts", file] => counts(file),
        ["update", file] => {
            judge::update(&Counts::read(Path::new(file)));
            Vec::new()
        }
        ["publish", when_and_where] => publish::publish(when_and_where),
        _ => vec!["no such mode: see the beginning of benches/parser/main.rs".to_owned()],
    };
    for complaint in &complaints {
        println!("FAILED {complaint}");
    }
    if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn everything(patience: Patience) -> Vec<String> {
    let mut runner = Runner::new(patience);
    let mut report = Report::default();
    runner.acceptances(&mut report);
    runner.refusals(&mut report);
    runner.splits(&mut report);
    println!("\n{report}");
    if patience == Patience::Full {
        report.save();
    }
    Vec::new()
}

fn counts(file: &str) -> Vec<String> {
    let counts = Counts::read(Path::new(file));
    println!("{counts}");
    judge::complaints(&counts)
}
