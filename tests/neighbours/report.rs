//! The report: what was checked, as JSON in `target/neighbours.json` and as text.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::origins::Origin;
use super::tally::Tally;

/// How it was run.
pub(crate) struct Run {
    pub(crate) threads: usize,
    pub(crate) seconds: f64,
    /// Messages that there are in all.
    pub(crate) total: u64,
}

/// Writes the report, and tells whether every message was checked and none was decided in two ways.
pub(crate) fn write(run: &Run, origins: &[Origin], tallies: &[Tally]) -> bool {
    let checked: u64 = tallies.iter().map(|tally| tally.messages).sum();
    let disagreements: u64 = tallies.iter().map(|tally| tally.disagreements).sum();
    for (origin, tally) in origins.iter().zip(tallies) {
        print(origin, tally);
    }
    println!(
        "{checked} of {} messages in {:.0} s on {} threads; disagreements: {disagreements}",
        run.total, run.seconds, run.threads
    );
    let report = json!({
        "date": humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        "threads": run.threads,
        "seconds": run.seconds.round(),
        "messages": checked,
        "of": run.total,
        "disagreements": disagreements,
        "around": origins.iter().zip(tallies).map(|(origin, tally)| neighbourhood(origin, tally)).collect::<Vec<_>>(),
    });
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("neighbours.json");
    fs::write(&path, format!("{report:#}\n")).expect("a writable report");
    println!("{}", path.display());
    checked == run.total && disagreements == 0
}

fn neighbourhood(origin: &Origin, tally: &Tally) -> Value {
    let refused: serde_json::Map<_, _> =
        tally.refused.iter().map(|&(name, count)| (name.to_owned(), json!(count))).collect();
    json!({
        "name": origin.name,
        "bytes": origin.message.len(),
        "messages": tally.messages,
        "of": origin.pairs(),
        "accepted": tally.accepted,
        "incomplete": tally.incomplete,
        "refused": refused,
        "disagreements": tally.disagreements,
        "shown": tally.shown.iter().map(|shown| json!({
            "message": shown.message,
            "parser": shown.parser,
            "reference": shown.reference,
        })).collect::<Vec<_>>(),
    })
}

fn print(origin: &Origin, tally: &Tally) {
    println!("around {} ({} bytes): {} messages", origin.name, origin.message.len(), tally.messages);
    println!("  {:>13} accepted", tally.accepted);
    println!("  {:>13} incomplete", tally.incomplete);
    let mut refused = tally.refused.clone();
    refused.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    for (name, count) in refused {
        println!("  {count:>13} {name}");
    }
    for shown in &tally.shown {
        println!("  \"{}\"\n    parser:    {}\n    reference: {}", shown.message, shown.parser, shown.reference);
    }
}
