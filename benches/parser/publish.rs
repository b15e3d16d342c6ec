//! Puts what the last full run of each build has measured into the documentation.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::bars::aims;
use super::contestants::{Contestant, Hanotify, Httparse};
use super::messages::workloads;
use super::plot::svg;
use super::processor;
use super::report::{find, find_nanoseconds, saved};

const PAGE: &str = "docs/performance.md";
const PLOT: &str = "docs/parser-ratios.svg";
/// The figures on the page are between these.
const MARKS: [&str; 2] = ["<!-- measured -->\n", "<!-- to here -->\n"];

/// Publishes, with when and where it was measured: complains where nothing was.
pub(crate) fn publish(when_and_where: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [Ok(simd), Ok(plain)] = ["simd", "plain"].map(|build| fs::read_to_string(saved(build))) else {
        return vec!["run `cargo bench --bench parser` first, with and without `--no-default-features`".to_owned()];
    };
    let page = fs::read_to_string(root.join(PAGE)).expect("the page");
    let (before, rest) = page.split_once(MARKS[0]).expect("the mark where the figures begin");
    let (_, after) = rest.split_once(MARKS[1]).expect("the mark where they end");
    let figures = format!("{when_and_where}, on {}:\n\n{}", processor::name(), table(&simd, &plain));
    let page = [before, MARKS[0], &figures, MARKS[1], after].concat();
    fs::write(root.join(PAGE), page).expect("the page is written");
    fs::write(root.join(PLOT), svg(&simd, &plain)).expect("the plot is written");
    Vec::new()
}

fn table(simd: &str, plain: &str) -> String {
    let mut table = "| | hanotify, ns | httparse, ns | ratio (middle half) | aim \
        | without `simd`, ns | ratio (middle half) | aim |\n\
        |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for workload in workloads() {
        let name = workload.name;
        let time = |measured, who| find_nanoseconds(measured, name, who).unwrap_or(f64::NAN);
        let ratio = |measured| {
            let [low, median, high] = find(measured, name, Hanotify::NAME).unwrap_or([f64::NAN; 3]);
            format!("{median:.2} ({low:.2} to {high:.2})")
        };
        let [aim, aim_of_plain] = aims(name).unwrap_or([f64::NAN; 2]);
        let _ = writeln!(
            table,
            "| {name} | {:.1} | {:.1} | {} | {aim:.1} | {:.1} | {} | {aim_of_plain:.1} |",
            time(simd, Hanotify::NAME),
            time(simd, Httparse::NAME),
            ratio(simd),
            time(plain, Hanotify::NAME),
            ratio(plain)
        );
    }
    table
}
