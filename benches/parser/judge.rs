//! What has to hold of the instructions, the aims of the ratios, and the counts of an earlier commit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hanotify_testing::counting::{GROWTH, GROWTH_ELSEWHERE, compiler};
use serde_json::{Value, json};

use super::contestants::{Contestant, Hanotify, NaiveNom, Nothing, Resumed};
use super::counts::Counts;

/// Without its `simd` feature the crate has to be faster too, but not by as much.
pub(crate) const BUILD: &str = if cfg!(feature = "simd") { "simd" } else { "plain" };

/// How many times as fast as httparse, which only parses, hanotify is meant to be on this workload; with `simd`, and
/// without. The processor decides whether it is, so nothing fails where it isn't.
const AIMS: [(&str, f64, f64); 6] = [
    ("curl's message", 3.0, 2.2),
    ("httplib2's message", 3.0, 2.2),
    ("4,096 real messages", 2.5, 2.0),
    ("4,096 shuffled messages", 2.0, 1.5),
    ("64 fields of 100 bytes", 2.5, 1.3),
    ("a value of 8 KB", 5.0, 1.7),
];

/// The most instructions that curl's message may take, with `simd`.
pub(crate) const CURL_INSTRUCTIONS: u64 = 600;

/// How many times as much as the whole a message may take that arrives one byte at a time. The aim is 3, and out of
/// reach: a call for each byte that does nothing but look at it takes 8 to 14 times as much.
pub(crate) const BYTE_BY_BYTE: u64 = 24;

/// How many times as much as accepting a refusal may take. The aim is 1, which refusals late in a message don't reach:
/// what is refused is looked at a second time, with all care, to tell what is wrong and where.
pub(crate) const REFUSED_TO_ACCEPTED: u64 = 4;

/// The aims of the ratio on the workload, with `simd` and without.
pub(crate) fn aims(workload: &str) -> Option<[f64; 2]> {
    AIMS.into_iter().find_map(|(name, simd, plain)| (name == workload).then_some([simd, plain]))
}

/// This build's aim.
pub(crate) fn aim(workload: &str) -> Option<f64> {
    aims(workload).map(|[simd, plain]| if cfg!(feature = "simd") { simd } else { plain })
}

/// Whose counts decide about something, here or in the baseline.
const DECIDING: [&str; 8] =
    [Hanotify::NAME, Resumed::NAME, NaiveNom::NAME, Nothing::NAME, "refused", "accepted", "once", "twice"];

/// What is not as it has to be, in words.
pub(crate) fn complaints(counts: &Counts) -> Vec<String> {
    [broken_laws(counts), growths(counts)].concat()
}

fn broken_laws(counts: &Counts) -> Vec<String> {
    let mut complaints = Vec::new();
    let curl = counts.pairs("curl's message", [Hanotify::NAME, Nothing::NAME]);
    for (subject, [ours, nothing]) in curl.into_iter().filter(|_| cfg!(feature = "simd")) {
        let own = ours.saturating_sub(nothing);
        if own > CURL_INSTRUCTIONS {
            complaints.push(format!("{subject}: {own} instructions, more than {CURL_INSTRUCTIONS}"));
        }
    }
    for (subject, [refused, accepted]) in counts.pairs("refusal: ", ["refused", "accepted"]) {
        if refused > REFUSED_TO_ACCEPTED * accepted {
            complaints.push(format!(
                "{subject}: {refused} instructions, over {REFUSED_TO_ACCEPTED} times what accepting takes: {accepted}"
            ));
        }
    }
    for (subject, [once, twice]) in counts.pairs("growth: ", ["once", "twice"]) {
        if twice > 2 * once {
            complaints.push(format!("{subject}: {once} instructions, and {twice} for twice the input"));
        }
    }
    for (subject, [resumed, whole]) in counts.pairs("", [Resumed::NAME, Hanotify::NAME]) {
        if resumed > BYTE_BY_BYTE * whole {
            complaints
                .push(format!("{subject}: {resumed} instructions, over {BYTE_BY_BYTE} times the whole's {whole}"));
        }
    }
    for (subject, of, function) in counts.chosen.iter().filter(|(_, of, _)| DECIDING.contains(of)) {
        complaints.push(format!("{subject}, {of}: another processor may run something else than {function}"));
    }
    complaints
}

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
fn growths(counts: &Counts) -> Vec<String> {
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
