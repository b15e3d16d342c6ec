//! How many instructions each takes, counted by callgrind through gungraun: the same on every run, however busy the
//! machine.
//!
//!     cargo bench --bench counts
//!
//! It needs valgrind and `gungraun-runner`; `benches/run` sees to both.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a bench may panic, and nobody reads its macros' documentation"
)]

#[path = "parser/checks.rs"]
mod checks;
#[path = "parser/contestants.rs"]
mod contestants;
#[allow(dead_code, reason = "whoever reads the counts needs the rest")]
#[path = "parser/growth.rs"]
mod growth;
#[path = "parser/jobs.rs"]
mod jobs;
#[path = "parser/messages.rs"]
mod messages;
#[path = "parser/naive.rs"]
mod naive;
#[path = "parser/refusals.rs"]
mod refusals;

use gungraun::prelude::*;
use gungraun::{Callgrind, EntryPoint, main};

use self::jobs::{Job, jobs};
use hanotify_testing::counting::ANY_PROCESSOR;

// Everything in one process: a count for each call of `counted`, in the order of the jobs.
#[library_benchmark]
fn instructions() {
    for job in jobs() {
        let messages: Vec<Vec<u8>> = (job.messages)();
        // What is found out once, such as what the processor can do, isn't to be counted.
        let _ = (job.take)(&messages);
        let _ = counted(&job, &messages);
    }
}

#[inline(never)]
fn counted(job: &Job, messages: &[Vec<u8>]) -> bool {
    (job.take)(messages)
}

library_benchmark_group!(name = all, benchmarks = instructions);

main!(
    config = LibraryBenchmarkConfig::default().env(ANY_PROCESSOR.0, ANY_PROCESSOR.1).tool(
        Callgrind::with_args(["--cache-sim=no", "--dump-after=counts::counted"])
            .entry_point(EntryPoint::Custom("counts::counted".to_owned()))
    ),
    library_benchmark_groups = all
);
