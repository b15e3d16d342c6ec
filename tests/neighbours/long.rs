//! The exhaustive neighbourhood in its long form: every message two replaced bytes away from the shortest acceptable
//! message and from curl's is decided as the reference decides it. `tests/neighbours/run long` starts it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that panics has failed")]

mod origins;
mod report;
mod tally;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use hanotify::{Limits, decode};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::origins::{Origin, curl, shortest};
use self::tally::Tally;

fn main() -> ExitCode {
    let Some(threads) = threads() else {
        eprintln!("usage: tests/neighbours/run long [THREADS]");
        return ExitCode::from(2);
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).expect("a signal handler");
    }
    let origins = [shortest(), curl()];
    let total = origins.iter().map(Origin::pairs).sum();
    let progress = Progress::new(total);
    let start = Instant::now();
    let tallies: Vec<Tally> = origins.iter().map(|origin| around(origin, threads, &stop, &progress)).collect();
    progress.bar.finish_and_clear();
    let run = report::Run { threads, seconds: start.elapsed().as_secs_f64(), total };
    let passed = report::write(&run, &origins, &tallies);
    match passed {
        _ if stop.load(Ordering::Relaxed) => ExitCode::from(130),
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// How many threads there are to be: one for each core, unless told otherwise.
fn threads() -> Option<usize> {
    let mut arguments = std::env::args().skip(1);
    let threads = match arguments.next() {
        Some(number) => number.parse().ok().filter(|&number| number > 0)?,
        None => thread::available_parallelism().map_or(1, Into::into),
    };
    arguments.next().is_none().then_some(threads)
}

/// A bar on a terminal; elsewhere a line at every tenth.
struct Progress {
    bar: ProgressBar,
    done: AtomicU64,
    total: u64,
}

impl Progress {
    fn new(total: u64) -> Self {
        let template = "{bar:40} {percent:>3} %  {human_pos} of {human_len} messages, {per_sec}, {eta} left";
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(4));
        let bar = bar.with_style(ProgressStyle::with_template(template).expect("a template"));
        Self { bar, done: AtomicU64::new(0), total }
    }

    fn add(&self, messages: u64) {
        self.bar.inc(messages);
        let before = self.done.fetch_add(messages, Ordering::Relaxed);
        let tenths = |done: u64| done * 10 / self.total;
        if self.bar.is_hidden() && tenths(before + messages) > tenths(before) {
            eprintln!("{} % of {} messages", tenths(before + messages) * 10, self.total);
        }
    }
}

/// Every message around `origin`, by several threads, each of which takes the next place of the first replaced byte.
fn around(origin: &Origin, threads: usize, stop: &AtomicBool, progress: &Progress) -> Tally {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let first = next.fetch_add(1, Ordering::Relaxed);
            if first >= origin.message.len() {
                return tally;
            }
            pairs(&origin.message, first, stop, progress, &mut tally);
        }
    };
    thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        started.into_iter().map(|thread| thread.join().expect("a whole tally")).fold(Tally::default(), Tally::plus)
    })
}

/// Every message with the byte `first` and a later one replaced.
fn pairs(message: &[u8], first: usize, stop: &AtomicBool, progress: &Progress, tally: &mut Tally) {
    let limits = Limits::DEFAULT;
    let mut bytes = message.to_vec();
    for second in first + 1..message.len() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let before = tally.messages;
        for one in (0..=255).filter(|&byte| byte != message[first]) {
            bytes[first] = one;
            for other in (0..=255).filter(|&byte| byte != message[second]) {
                bytes[second] = other;
                let (found, expected) = (decode(&bytes, &limits), reference::decode(&bytes, &limits));
                tally.add(&bytes, found, expected);
            }
        }
        bytes[second] = message[second];
        progress.add(tally.messages - before);
    }
}
