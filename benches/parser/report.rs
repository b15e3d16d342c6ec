//! The table: for each workload who took part, in nanoseconds, bytes per second and paired ratios.

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use super::contestants::{Contestant, Hanotify};
use super::judge::{BUILD, aim};
use super::pairs::Spread;

#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

/// What one contestant needed for one workload.
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) contestant: &'static str,
    /// Bytes in a message, on average.
    pub(crate) bytes: f64,
    pub(crate) nanoseconds: Spread,
    /// How many times faster than what it is compared with.
    pub(crate) ratio: Spread,
}

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Keeps the figures for the documentation.
    pub(crate) fn save(&self) {
        let row = |row: &Row| {
            let Spread { low, median, high, .. } = row.ratio;
            let nanoseconds = row.nanoseconds.median;
            format!("{}\t{}\t{nanoseconds}\t{low}\t{median}\t{high}\n", row.workload, row.contestant)
        };
        let rows: String = self.rows.iter().map(row).collect::<Vec<_>>().concat();
        fs::write(saved(BUILD), rows).expect("the figures are kept");
    }
}

/// Where the figures of a build are kept, one a line: workload, contestant, nanoseconds, and the ratio's lower
/// quartile, median and upper quartile.
pub(crate) fn saved(build: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("parser-{build}.tsv"))
}

/// The lower quartile, median and upper quartile of a ratio that was kept.
pub(crate) fn find(saved: &str, workload: &str, contestant: &str) -> Option<[f64; 3]> {
    let [_, low, median, high] = figures(saved, workload, contestant)?;
    Some([low, median, high])
}

pub(crate) fn find_nanoseconds(saved: &str, workload: &str, contestant: &str) -> Option<f64> {
    figures(saved, workload, contestant).map(|[nanoseconds, ..]| nanoseconds)
}

fn figures(saved: &str, workload: &str, contestant: &str) -> Option<[f64; 4]> {
    let rows = saved.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let row = rows.into_iter().find(|row| row[..2] == [workload, contestant])?;
    let figures: Vec<f64> = row[2..].iter().filter_map(|figure| figure.parse().ok()).collect();
    figures.try_into().ok()
}

impl fmt::Display for Report {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(to, "On {}:", processor())?;
        writeln!(to, "{:<28} {:<24} {:>10} {:>11}  ratio (middle half)", "workload", "", "ns", "MB/s")?;
        let mut last = "";
        for row in &self.rows {
            let workload = if row.workload == last { "" } else { &row.workload };
            let Spread { low, median, high, .. } = row.ratio;
            let time = row.nanoseconds.median;
            let speed = row.bytes / time * 1e3;
            let aim = aim(&row.workload).filter(|_| row.contestant == Hanotify::NAME);
            let aim = aim.map(|aim| format!("; aim {aim:.1}")).unwrap_or_default();
            writeln!(
                to,
                "{workload:<28} {:<24} {time:>10.1} {speed:>11.1}  {median:.2} ({low:.2} to {high:.2}){aim}",
                row.contestant
            )?;
            last = &row.workload;
        }
        Ok(())
    }
}

/// The processor's name: times and ratios say nothing without it. The names of some are the same for several
/// generations, so family and model follow, and whether it has AVX2, which httparse makes use of.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of = |key: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let Some(model) = of("model name") else { return "an unknown processor".to_owned() };
    let has_avx2 = of("flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "avx2"));
    format!(
        "{model} (family {}, model {}, {} AVX2)",
        of("cpu family").unwrap_or("unknown"),
        of("model").unwrap_or("unknown"),
        if has_avx2 { "with" } else { "without" }
    )
}
