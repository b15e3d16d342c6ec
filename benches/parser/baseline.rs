//! The counts of an earlier commit, and how much more they may have become.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::bars::BUILD;
use super::contestants::{Contestant, Hanotify, NaiveNom};
use super::counts::Counts;
use super::splits::Resumed;
use hanotify_testing::counting::{GROWTH, GROWTH_ELSEWHERE, compiler};

/// Whose counts are kept: this crate's, and a yardstick, which shows what another compiler makes of code that has not
/// changed. It is plain code, that takes no other way on another processor.
const KEPT: [&str; 4] = [Hanotify::NAME, Resumed::NAME, "refused", NaiveNom::NAME];

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/baseline.json")
}

/// Writes the counts of this build into the baseline.
pub(crate) fn update(counts: &Counts) {
    let mut baseline = read().unwrap_or_else(|| json!({}));
    let kept = counts.of_subjects.iter().filter(|(subject, _)| !subject.starts_with("growth: "));
    let kept = kept.map(|(subject, counts)| {
        let kept: BTreeMap<_, _> = counts.iter().filter(|(of, _)| KEPT.contains(&of.as_str())).collect();
        (subject, kept)
    });
    let counts: BTreeMap<_, _> = kept.filter(|(_, kept)| !kept.is_empty()).collect();
    baseline[BUILD] = json!({ "compiler": compiler(), "counts": counts });
    let text = serde_json::to_string_pretty(&baseline).expect("JSON");
    fs::write(path(), text + "\n").expect("the baseline is written");
}

/// Which counts have grown by more than they may, in words.
pub(crate) fn complaints(counts: &Counts) -> Vec<String> {
    let Some(baseline) = read().and_then(|baseline| baseline.get(BUILD).cloned()) else {
        return vec![format!("{} has no counts of this build", path().display())];
    };
    let (then, now) = (baseline["compiler"].as_str().unwrap_or_default(), compiler());
    let before = |subject: &str, of: &str| baseline["counts"][subject][of].as_u64();
    let yardstick = yardstick(counts, before);
    let (allowed, scale) = if then == now { (GROWTH, 1.0) } else { (GROWTH_ELSEWHERE, yardstick) };
    if then != now {
        println!(
            "The baseline is of {then}, this is {now}, which makes {yardstick:.3} times as many instructions of the \
            yardstick: counts are compared relative to that, and may grow by {:.0} %.",
            (allowed - 1.0) * 100.0
        );
    }
    let mut complaints = Vec::new();
    for (subject, of, count) in
        counts.of_subjects.iter().flat_map(|(subject, of)| of.iter().map(move |(of, count)| (subject, of, *count)))
    {
        let ours = KEPT.contains(&of.as_str()) && of != NaiveNom::NAME;
        match before(subject, of) {
            Some(before) if ours && count as f64 > before as f64 * scale * allowed => {
                let percent = (count as f64 / before as f64 / scale - 1.0) * 100.0;
                complaints.push(format!(
                    "{subject}, {of}: {count} instructions, {percent:.1} % over the baseline's {before}"
                ));
            }
            None if ours => complaints.push(format!("{subject}, {of}: not in the baseline")),
            _ => {}
        }
    }
    complaints
}

/// How many times as many instructions the yardstick takes, on the geometric mean.
fn yardstick(counts: &Counts, before: impl Fn(&str, &str) -> Option<u64>) -> f64 {
    let of = |subject: &String| {
        Some((counts.get(subject, NaiveNom::NAME)? as f64 / before(subject, NaiveNom::NAME)? as f64).ln())
    };
    let logarithms: Vec<f64> = counts.of_subjects.keys().filter_map(of).collect();
    (logarithms.iter().sum::<f64>() / logarithms.len().max(1) as f64).exp()
}

fn read() -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path()).ok()?).ok()
}
