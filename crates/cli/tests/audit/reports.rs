//! The reports: one entry for each finding, and nothing in them that steers what shows them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{audit, report, serve, text};

/// An audit by hand, with one entry whose words would be markup, or steer a terminal.
fn nasty(folder: &Path) -> PathBuf {
    of(folder, "</script><img src=x onerror=alert(1)>&\"'\u{1b}[31m\u{0}")
}

/// An audit by hand, with one entry of these words.
fn of(folder: &Path, nasty: &str) -> PathBuf {
    let entry = serde_json::json!({
        "id": "state/list", "kind": "vector", "title": nasty, "cwe": "CWE-691", "level": "must", "outcome": "fail",
        "why": nasty,
        "expected": nasty, "sent": nasty, "answer": nasty, "events": [nasty], "rule": nasty, "risk": nasty,
    });
    let audit = serde_json::json!({
        "format": "hanotify-audit", "version": 1, "hanotify": "0.1.0", "name": nasty, "socket": nasty,
        "started_at": nasty,
        "seconds": 1.5, "complete": false, "ended": nasty, "events": true, "entries": [entry],
    });
    let path = folder.join("nasty.json");
    fs::write(&path, audit.to_string()).unwrap();
    path
}

#[test]
fn each_report_has_every_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let asked = ["json", "junit", "html"].map(|kind| format!("{kind}={}", path(kind).display()));
    let [json, junit, html] = asked.each_ref();
    let output = audit(&[
        "--only-vectors",
        "--name=a & b",
        "--spawn",
        &serve(),
        "--report",
        json,
        "--report",
        junit,
        "--report",
        html,
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let report = report(&path("json"));
    let entries = report["entries"].as_array().unwrap();
    assert!(entries.len() > 800, "{}", entries.len());
    let junit = fs::read_to_string(path("junit")).unwrap();
    assert_eq!(junit.matches("<testcase ").count(), entries.len());
    assert_eq!(junit.matches("<skipped ").count(), 32);
    assert_eq!(junit.matches("<testsuite name=\"a &amp; b: CWE-").count(), 8);
    let html = fs::read_to_string(path("html")).unwrap();
    assert_eq!(data(&html)[1][0], report);
    // It works without a network, and asks for none.
    let (page, _) = html.split_once("<script type").unwrap();
    let links: Vec<_> = page.split("href=").skip(1).chain(page.split("src=").skip(1)).collect();
    assert!(links.iter().all(|link| link.starts_with("\"data:,\"")), "{links:?}");
}

/// What the page's script gets.
fn data(html: &str) -> Value {
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

#[test]
fn nothing_in_a_report_is_markup_or_steers_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let nasty = nasty(folder.path());
    let path = |name: &str| folder.path().join(name);
    let asked = ["junit", "html"].map(|kind| format!("{kind}={}", path(kind).display()));
    let [junit, html] = asked.each_ref();
    let files = nasty.to_str().unwrap();
    for (compared, exit) in [(&[files][..], 1), (&[files, files], 0), (&[files, files, files], 0)] {
        let output = audit(&[&["--all", "--report", junit, "--report", html, "--compare"], compared].concat());
        let table = text(&output.stdout);
        assert_eq!(output.status.code(), Some(exit), "{table}");
        assert!(!table.contains('\u{1b}') && !table.contains('\0'), "{table:?}");
        assert!(table.contains(" state/list: </script><img"), "{table}");
    }
    let html = fs::read_to_string(path("html")).unwrap();
    assert_eq!(html.matches("</script>").count(), 2);
    assert!(!html.contains("<img"));
    let data = data(&html);
    assert_eq!(data[1].as_array().unwrap().len(), 3);
    assert_eq!(data[1][0], report(&nasty));
    let junit = fs::read_to_string(path("junit")).unwrap();
    assert!(!junit.contains("<img") && !junit.contains('\u{1b}') && !junit.contains('\0'));
    assert_eq!(junit.matches("<error ").count(), 3);
}

#[test]
fn no_report_has_a_character_that_is_not_seen_or_changes_the_order() {
    let folder = tempfile::tempdir().unwrap();
    let unseen = ['\u{9b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{7f}', '\u{feff}'];
    let nasty = of(folder.path(), &String::from_iter(unseen));
    let asked = ["json", "junit", "sarif", "html"].map(|kind| (kind, folder.path().join(kind)));
    for (kind, path) in asked {
        let option = format!("{kind}={}", path.display());
        audit(&["--report", &option, "--compare", nasty.to_str().unwrap()]);
        let written = fs::read_to_string(&path).unwrap();
        assert!(!written.contains(unseen), "{kind}");
        let escape = if matches!(kind, "json" | "sarif") { r"\u202e" } else { r"\u{202e}" };
        assert!(written.contains(escape), "{kind}");
        assert!(kind != "json" || report(&path) == report(&nasty), "it is the same value");
    }
}
