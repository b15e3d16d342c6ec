//! The coverage table in `docs/coverage.md`, which is written from the vectors:
//! `HANOTIFY_WRITE=1 cargo test -p hanotify-audit --test vectors`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hanotify::ErrorKind;

use super::{Case, Expected, cases};
use hanotify_audit::vectors::{Weakness, embedded};

/// A cell of the table; ids that share a group are written as `group/{a, b}`.
fn ids<'a>(cases: impl IntoIterator<Item = &'a Case>) -> String {
    let mut groups = BTreeMap::<&str, Vec<&str>>::new();
    for case in cases {
        let (group, name) = case.id.split_once('/').unwrap();
        groups.entry(group).or_default().push(name);
    }
    let cells =
        groups.iter().map(|(group, names)| format!("[{group}](../corpus/vectors/{group}.json): {}", names.join(", ")));
    cells.collect::<Vec<_>>().join("<br>")
}

fn tells<'a>(cases: &'a [Case], name: &'a str) -> impl Iterator<Item = &'a Case> {
    cases.iter().filter(move |case| matches!(&case.expected, Expected::Refused { error, .. } if error == name))
}

fn page() -> String {
    let cases = cases();
    let accepted: Vec<_> = cases.iter().filter(|case| case.expected.status() == 200).collect();
    let mut page = format!(
        "# Which cases cover which rule\n\n\
         Written from `corpus/vectors/` by `HANOTIFY_WRITE=1 cargo test -p hanotify-audit --test vectors`; a test \
         fails where it is stale. There are {} cases, \
         {} of them accepted. [vectors.md](vectors.md) says how to read them.\n\n\
         ## By rule\n\n| rule | cases | which |\n|---|---|---|\n",
        cases.len(),
        accepted.len()
    );
    for kind in ErrorKind::ALL {
        let of_kind: Vec<_> = tells(&cases, kind.name()).collect();
        let _ = writeln!(page, "| `{}` | {} | {} |", kind.name(), of_kind.len(), ids(of_kind));
    }
    let _ = writeln!(page, "| accepted | {} | {} |", accepted.len(), ids(accepted));
    page.push_str("\n## By group\n\n| group | cases | what |\n|---|---|---|\n");
    for group in embedded().unwrap() {
        let (name, count) = (&group.name, group.cases.len());
        let _ =
            writeln!(page, "| [{name}](../corpus/vectors/{name}.json) | {count} | {}: {} |", group.title, group.about);
    }
    page.push_str("\n## By weakness\n\n| weakness | cases | |\n|---|---|---|\n");
    for weakness in Weakness::ALL {
        let (code, title) = weakness.code_and_title();
        let count = cases.iter().filter(|case| case.cwe == weakness).count();
        let note = if count == 0 { "probes of `hanotify audit` alone" } else { "" };
        let _ = writeln!(page, "| {code}, {title} | {count} | {note} |");
    }
    page
}

#[test]
fn the_coverage_page_is_up_to_date() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/coverage.md"));
    let page = page();
    if std::env::var_os("HANOTIFY_WRITE").is_some() {
        fs::write(path, &page).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/coverage.md is stale: run HANOTIFY_WRITE=1 cargo test -p hanotify-audit --test vectors coverage"
    );
}
