//! What the threat model names as the proof of a promise exists.

use std::collections::BTreeSet;
use std::path::Path;

use super::{files, read, root, table};

/// The rows of every table of the threat model that says how a promise is shown.
fn promises(page: &str) -> Vec<Vec<String>> {
    let header = "| promise | shown by |";
    page.split(header).skip(1).flat_map(|rest| table(&format!("{header}{rest}"), header)).collect()
}

#[test]
fn what_shows_a_promise_of_the_threat_model_exists() {
    let rows = promises(&read(&root().join("docs/threat-model.md")));
    assert!(rows.len() >= 40, "{}", rows.len());
    let tests = tests(root());
    let is_there = |name: &str| tests.contains(name) || (name.contains(['/', '.']) && root().join(name).exists());
    for row in rows {
        let names: Vec<&str> = row[1].split('`').skip(1).step_by(2).collect();
        let missing: Vec<&&str> = names.iter().filter(|name| !is_there(name)).collect();
        assert!(missing.is_empty(), "{}: there is no {missing:?}", row[0]);
        assert_eq!(names.is_empty(), row[1] == "not yet shown", "{row:?}");
    }
}

/// The names of all tests in the Rust files of this folder and below, and in the Python files of the bindings' tests.
fn tests(folder: &Path) -> BTreeSet<String> {
    let rust = files(folder, "rs").into_iter().flat_map(|file| test_names(&read(&file)));
    let python = ["bindings/python/tests", "bindings/neutron/tests"].into_iter();
    let python = python.flat_map(|tests| files(&folder.join(tests), "py"));
    rust.chain(python.flat_map(|file| python_test_names(&read(&file)))).collect()
}

/// The names of the functions that pytest runs.
fn python_test_names(source: &str) -> Vec<String> {
    let name = |line: &str| Some(line.strip_prefix("def test_")?.split_once('(')?.0.to_owned());
    source.lines().filter_map(name).map(|name| format!("test_{name}")).collect()
}

fn test_names(source: &str) -> Vec<String> {
    let behind = source.split("#[test]\n").skip(1);
    let name = |text: &str| Some(text.split_once("fn ")?.1.split('(').next()?.to_owned());
    behind.filter_map(name).collect()
}

#[test]
fn a_test_is_known_by_its_attribute() {
    let source = "fn a() {}\n#[test]\nfn b() {}\n    #[test]\n    #[ignore]\n    fn c(d in 0..1) {}\n";
    assert_eq!(test_names(source), ["b", "c"]);
    assert_eq!(python_test_names("def test_a(path):\ndef b():\n    def test_c():\n"), ["test_a"]);
}
