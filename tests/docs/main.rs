//! The pages of `docs/` say what the code, the manifests, the rules for dependencies and the tests say, and no link in
//! them is dead.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod events;
mod readme;
mod threats;
mod units;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hanotify::server::Config;
use hanotify::{ErrorKind, Limits};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of the rows of the table under this header.
fn table(page: &str, header: &str) -> Vec<Vec<String>> {
    let rows = page.lines().skip_while(|line| *line != header).skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "no table under {header}");
    rows
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn the_refusal_table_names_every_kind_with_its_status_in_order() {
    let page = read(&root().join("docs/protocol.md"));
    let rows = table(&page, "| error | status | refused | offset |");
    let stated: Vec<(String, String)> = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let coded = ErrorKind::ALL.iter().map(|kind| (format!("`{}`", kind.name()), status(*kind)));
    assert_eq!(stated, coded.collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row.len() == 4 && row.iter().all(|cell| !cell.is_empty())));
}

/// The status of a kind in the page's words.
fn status(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::TransferCoding { .. } => {
            let of = |with_content_length| ErrorKind::TransferCoding { with_content_length }.status();
            format!("{}, or {} if the head has a `Content-Length` too", of(false), of(true))
        }
        _ => kind.status().to_string(),
    }
}

#[test]
fn the_limits_table_states_the_defaults() {
    let page = read(&root().join("docs/protocol.md"));
    let stated: Vec<(String, String)> = table(&page, "| limit | default | counted |")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].replace(',', "").replace(" bytes", "")))
        .collect();
    let default = Limits::DEFAULT;
    let config = Config::new("socket");
    let coded = [
        ("request line", default.request_line().to_string()),
        ("fields", default.fields().to_string()),
        ("field line", default.field_line().to_string()),
        ("head", default.head().to_string()),
        ("body", default.body().to_string()),
        ("total time of a connection", format!("{} s", config.total_time().as_secs())),
        ("writing the reply and draining", format!("{} s and {}", config.drain_time().as_secs(), config.drain_bytes())),
        ("connections", config.connections().to_string()),
    ];
    assert_eq!(stated, coded.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!((Limits::default(), config.limits()), (default, &default));
}

/// The packages that are published or will be, those for other languages, and those for tests alone.
const PROGRAMS: &[&str] =
    &["Cargo.toml", "crates/audit/Cargo.toml", "crates/cli/Cargo.toml", "crates/monitor/Cargo.toml"];
/// One that has no dependencies of its tests.
const MESSAGES: &[&str] = &["crates/mutate/Cargo.toml"];
const BINDINGS: &[&str] = &["bindings/python/Cargo.toml"];
const TESTS: &[&str] = &["crates/testing/Cargo.toml"];

#[test]
fn every_dependency_has_its_reason() {
    let page = read(&root().join("docs/dependencies.md"));
    let of = |manifests: &[&'static str], section| manifests.iter().map(|of| (*of, section)).collect::<Vec<_>>();
    for (header, used) in [
        (
            "| crate | in | what for |",
            [of(PROGRAMS, "dependencies"), of(MESSAGES, "dependencies"), of(BINDINGS, "dependencies")].concat(),
        ),
        ("| crate of the tests | what for |", [of(PROGRAMS, "dev-dependencies"), of(TESTS, "dependencies")].concat()),
        ("| crate of the fuzz targets | what for |", of(&["fuzz/Cargo.toml"], "dependencies")),
        ("| crate of the targets for AFL++ | what for |", of(&["fuzz/afl-targets/Cargo.toml"], "dependencies")),
    ] {
        let rows = table(&page, header);
        assert!(rows.iter().flatten().all(|cell| !cell.is_empty()), "{rows:?}");
        let mut stated: Vec<String> = rows.iter().flat_map(|row| row[0].split(", ")).map(str::to_owned).collect();
        let manifests = format!("{used:?}");
        let keys = used.into_iter().flat_map(|(manifest, section)| keys(&read(&root().join(manifest)), section));
        // The packages of this repository need no reason.
        let used: BTreeSet<String> = keys.filter(|name| !name.starts_with("hanotify")).collect();
        stated.retain(|name| !name.starts_with("hanotify"));
        stated.sort_unstable();
        assert_eq!(stated, Vec::from_iter(used), "{manifests} and the table under {header}");
    }
}

/// The keys of this section of a manifest.
fn keys(manifest: &str, section: &str) -> Vec<String> {
    let (_, section) = manifest.split_once(&format!("\n[{section}]\n")).expect("the section");
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let keys =
        lines.filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.split_once(" = ")?.0.to_owned()));
    keys.collect()
}

#[test]
fn every_exception_from_the_supply_rules_is_explained() {
    let page = read(&root().join("docs/dependencies.md"));
    let rules = read(&root().join("deny.toml"));
    let crates = rules.split("{ crate = \"").skip(1).filter_map(|rest| rest.split(['"', '@']).next());
    let excepted: Vec<&str> = crates.collect();
    assert!(!excepted.is_empty());
    let (_, explained) = page.split_once("\n## Exceptions\n").expect("the section");
    let missing: Vec<_> = excepted.iter().filter(|name| !explained.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/dependencies.md does not say why deny.toml excepts {missing:?}");
}

#[test]
fn every_relative_link_leads_somewhere() {
    let pages = pages(root());
    assert!(pages.iter().any(|page| page.ends_with("docs/protocol.md")), "{pages:?}");
    let dead: Vec<String> = pages.iter().flat_map(|page| dead_links(page)).collect();
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// Every Markdown file that is part of the project.
fn pages(folder: &Path) -> Vec<PathBuf> {
    files(folder, "md")
}

/// The files of the project with this extension, in this folder and below.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("a readable entry").path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && (!name.starts_with('.') || name == ".github") {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

fn dead_links(page: &Path) -> Vec<String> {
    let folder = page.parent().expect("a page is in a folder");
    let is_dead = |link: &&str| {
        let (path, anchor) = link.split_once('#').map_or((*link, None), |(path, anchor)| (path, Some(anchor)));
        let target = if path.is_empty() { page.to_owned() } else { folder.join(path) };
        !target.exists() || anchor.is_some_and(|anchor| !anchors(&target).iter().any(|known| known == anchor))
    };
    let text = read(page);
    links(&text).into_iter().filter(is_dead).map(|link| format!("{}: {link}", page.display())).collect()
}

/// The links of a page, without those to other sites: within the text, and in lines of the form `[label]: target`.
fn links(text: &str) -> Vec<&str> {
    let within = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let defined = text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")?.1.split(' ').next());
    within.chain(defined).filter(|link| !link.contains("://") && !link.starts_with("mailto:")).collect()
}

/// The anchors that a page's headings have, as the usual viewers make them.
fn anchors(page: &Path) -> Vec<String> {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let anchor =
        |heading: &str| heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-");
    if page.is_dir() {
        return Vec::new();
    }
    let text = fs::read_to_string(page).unwrap_or_default();
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn a_dead_link_is_found() {
    let text = "[a](b.md) [c](https://example.org/d) [e](../docs/protocol.md#laws \"title\") [f](#g)";
    assert_eq!(links(text), ["b.md", "../docs/protocol.md#laws", "#g"]);
    assert_eq!(links("[h][i]\n\n[i]: j.md\n[k]: https://l/\n"), ["j.md"]);
    assert!(anchors(&root().join("docs/protocol.md")).contains(&"which-refusal-when-there-are-several".to_owned()));
}
