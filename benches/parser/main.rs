//! Parsing with full validation, against what others need for parsing alone.
//!
//!     cargo bench --bench parser [-- short]
//!
//! `docs/performance.md` says what is measured and how to read it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench may panic, and its figures have no sixteen digits"
)]

mod checks;
mod contestants;
mod messages;
mod naive;
mod pairs;
mod refusals;
mod report;
mod run;
mod splits;

use self::report::Report;
use self::run::Runner;

fn main() {
    let short = std::env::args().any(|argument| argument == "short");
    let mut runner = Runner::new(short);
    let mut report = Report::default();
    runner.acceptances(&mut report);
    runner.refusals(&mut report);
    runner.splits(&mut report);
    println!("\n{report}");
}
