//! Has criterion time each contestant on each workload, turn by turn with what it is compared with.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use hanotify::{ErrorKind, Limits};

use super::contestants::{
    Anew, Contestant, Hanotify, Httparse, HttparseChecked, Looked, Map, Memchr, Memcpy, NaiveNom, Resumed,
};
use super::messages::{CURL, Workload, many_fields, workloads};
use super::pairs::{Job, Pairs};
use super::refusals::{Refusal, decide, refusals};
use super::report::{Report, Row};

/// How long it may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    Full,
    Short,
}

pub(crate) struct Runner {
    criterion: Criterion,
}

impl Runner {
    pub(crate) fn new(patience: Patience) -> Self {
        let (samples, milliseconds) = match patience {
            Patience::Full => (50, 800),
            Patience::Short => (10, 40),
        };
        // Begun anew, so that it compares nothing with the last run, when the machine may have been more busy, or less.
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
        let _ = fs::remove_dir_all(&directory);
        let criterion = Criterion::default()
            .without_plots()
            .output_directory(&directory)
            .sample_size(samples)
            .nresamples(2_000)
            .warm_up_time(Duration::from_millis(milliseconds / 8))
            .measurement_time(Duration::from_millis(milliseconds));
        Self { criterion }
    }

    /// Messages that are to be accepted, compared with httparse.
    pub(crate) fn acceptances(&mut self, report: &mut Report) {
        for workload in workloads() {
            self.against::<Hanotify, Httparse>(&workload, report);
            self.against::<Httparse, Httparse>(&workload, report);
            self.against::<HttparseChecked, Httparse>(&workload, report);
            self.against::<Map, Httparse>(&workload, report);
            self.against::<NaiveNom, Httparse>(&workload, report);
            self.against::<Memchr, Httparse>(&workload, report);
            self.against::<Memcpy, Httparse>(&workload, report);
        }
    }

    /// Messages that are to be refused, compared with what accepting them costs without their defect.
    pub(crate) fn refusals(&mut self, report: &mut Report) {
        const SERVERS: [&str; 4] = ["deadline", "peer-not-allowed", "overloaded", "sink-failed"];
        let kinds = ErrorKind::ALL.iter().map(ErrorKind::name).filter(|kind| !SERVERS.contains(kind));
        assert!(kinds.eq(refusals().iter().map(|refusal| refusal.kind)), "every kind, in the order of the table");
        for refusal in refusals() {
            assert!(decide(&refusal, &refusal.accepted, &Limits::DEFAULT).is_ok(), "{}", refusal.kind);
            let error = decide(&refusal, &refusal.refused, &Limits::DEFAULT).expect_err(refusal.kind);
            assert_eq!(error.kind.name(), refusal.kind);
            let messages = [refusal.refused.clone()];
            let refused: Job<'_> = &|messages, rounds| repeat(&refusal, &messages[0], rounds);
            let accepted: Job<'_> = &|_, rounds| repeat(&refusal, &refusal.accepted, rounds);
            self.pair(&format!("refused: {}", refusal.kind), Hanotify::NAME, &messages, refused, accepted, report);
        }
    }

    /// Messages that arrive one byte at a time, compared with the same as a whole.
    pub(crate) fn splits(&mut self, report: &mut Report) {
        for (name, message) in
            [("curl's message, byte by byte", CURL.to_vec()), ("64 fields, byte by byte", many_fields())]
        {
            let workload = Workload { name, messages: vec![message] };
            self.against::<Resumed, Hanotify>(&workload, report);
            self.against::<Looked, Hanotify>(&workload, report);
            self.against::<Anew, Hanotify>(&workload, report);
        }
    }

    fn against<C: Contestant, D: Contestant>(&mut self, workload: &Workload, report: &mut Report) {
        assert!(workload.messages.iter().all(|message| C::take(message)), "{}: {}", workload.name, C::NAME);
        self.pair(workload.name, C::NAME, &workload.messages, &rounds::<C>, &rounds::<D>, report);
    }

    fn pair(
        &mut self,
        workload: &str,
        contestant: &'static str,
        messages: &[Vec<u8>],
        own: Job<'_>,
        other: Job<'_>,
        report: &mut Report,
    ) {
        let mut pairs = Pairs::new(messages);
        let bytes = messages.iter().map(Vec::len).sum::<usize>() / messages.len();
        let mut group = self.criterion.benchmark_group(workload);
        group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(BenchmarkId::from_parameter(contestant), |bencher| {
            bencher.iter_custom(|iterations| pairs.run(iterations, own, other));
        });
        group.finish();
        let (nanoseconds, ratio) = (pairs.nanoseconds(), pairs.ratio());
        report.add(Row { workload: workload.to_owned(), contestant, bytes: bytes as f64, nanoseconds, ratio });
    }
}

pub(crate) fn rounds<C: Contestant>(messages: &[Vec<u8>], rounds: usize) {
    for _ in 0..rounds {
        for message in messages {
            let _ = black_box(C::take(black_box(message)));
        }
    }
}

fn repeat(refusal: &Refusal, message: &[u8], rounds: usize) {
    for _ in 0..rounds {
        let _ = black_box(decide(refusal, black_box(message), black_box(&Limits::DEFAULT)));
    }
}
