//! Reads what callgrind has counted, and prints it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use serde_json::Value;

use super::jobs::jobs;
use super::messages::workloads;
use hanotify_testing::counting::chosen_by_processor;

/// Instructions by what they were needed for, and by whom.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) of_subjects: BTreeMap<String, BTreeMap<String, u64>>,
    /// The subjects and contestants that another processor may have another count of, and the function that was chosen
    /// for this one.
    pub(crate) chosen: Vec<(String, &'static str, String)>,
}

impl Counts {
    /// What gungraun has written: a part for each job, in their order, and one for the rest.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let summary: Value = serde_json::from_str(&text).expect("gungraun's summary");
        let parts = summary.pointer("/profiles/0/data/parts").and_then(Value::as_array).expect("counted parts");
        let number = |part: &Value, pointer| part.pointer(pointer).and_then(Value::as_u64).expect("a number");
        let mut counted: Vec<_> = parts
            .iter()
            .map(|part| (number(part, "/tool_run/new/part"), number(part, "/metrics/Ir/values/new")))
            .collect();
        counted.sort_unstable();
        let jobs = jobs();
        assert_eq!(counted.len(), jobs.len() + 1, "one count for each job, and one for the rest");
        let mut counts = Self::default();
        let files = files(&summary);
        for (job, (part, count)) in jobs.into_iter().zip(counted) {
            let chosen = chosen_by_processor(&files[&part]).into_iter();
            counts.chosen.extend(chosen.map(|function| (job.subject.clone(), job.of, function)));
            counts.of_subjects.entry(job.subject).or_default().insert(job.of.to_owned(), count);
        }
        counts
    }

    pub(crate) fn get(&self, subject: &str, of: &str) -> Option<u64> {
        self.of_subjects.get(subject)?.get(of).copied()
    }

    /// The subjects that begin so, each with the counts of these two.
    pub(crate) fn pairs(&self, prefix: &str, of: [&str; 2]) -> Vec<(&str, [u64; 2])> {
        let pair = |subject: &str| Some([self.get(subject, of[0])?, self.get(subject, of[1])?]);
        let subjects = self.of_subjects.keys().filter(|subject| subject.starts_with(prefix));
        subjects.filter_map(|subject| Some((subject.as_str(), pair(subject)?))).collect()
    }
}

/// Callgrind's files by the number of the part, as in `callgrind.instructions.t1.p0012.out`.
fn files(summary: &Value) -> BTreeMap<u64, PathBuf> {
    let text = |key: &str| summary[key].as_str().expect("a folder");
    let folder = Path::new(text("project_root")).join(text("output_dir"));
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let numbered = |path: PathBuf| {
        let name = path.file_name()?.to_str()?;
        let (_, number) = name.strip_suffix(".out")?.rsplit_once(".p")?;
        Some((number.parse().ok()?, path))
    };
    entries.filter_map(|entry| numbered(entry.expect("an entry").path())).collect()
}

/// What is said of the shapes is their worst alone: there are hundreds.
impl fmt::Display for Counts {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(to, "instructions for a message:")?;
        let workloads = workloads();
        let messages = |subject: &str| {
            workloads
                .iter()
                .find(|workload| workload.name == subject)
                .map_or(1, |workload| workload.messages.len() as u64)
        };
        for (subject, counts) in self.of_subjects.iter().filter(|(subject, _)| !subject.starts_with("growth: ")) {
            write!(to, "{subject:<32}")?;
            for (of, count) in counts {
                write!(to, "  {of} {}", count / messages(subject))?;
            }
            writeln!(to)?;
        }
        let growths = self.pairs("growth: ", ["once", "twice"]);
        let factor = |[once, twice]: [u64; 2]| twice as f64 / once as f64;
        let worst = growths.iter().max_by(|a, b| factor(a.1).total_cmp(&factor(b.1)));
        worst.map_or(Ok(()), |(shape, counts)| {
            let number = growths.len();
            writeln!(
                to,
                "twice the input takes at most {:.3} times as many ({shape}, the worst of {number})",
                factor(*counts)
            )
        })
    }
}
