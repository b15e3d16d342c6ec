//! `hanotify monitor --all` where nobody is root: what it counts, and its arguments. `tests/monitor/run` shows the
//! rest.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_testing::corpus::root;

use super::states::{check_with_promtool, router, scrape};

const SPEC: &str = r#"{"router_id": "ID", "namespace": "hanotify-test-that-is-not-there", "interface": "ha-1",
    "cidr": "169.254.0.7/24", "conf_dir": "DIR"}"#;

/// A monitor of one router, whose agent is not there, and where its metrics are.
struct Running {
    folder: tempfile::TempDir,
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let specs = folder.path().join("specs");
        fs::create_dir(&specs).unwrap();
        fs::write(specs.join("a.json"), SPEC.replace("ID", &router(1)).replace("DIR", path)).unwrap();
        let child = monitor(folder.path(), &["--all", specs.to_str().unwrap(), "--metrics", "0"]).spawn().unwrap();
        Self { folder, child }
    }

    /// The metrics, once the first try to tell the agent was in vain.
    fn metrics(&self) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            assert!(Instant::now() < end, "{:?}", fs::read_to_string(self.folder.path().join("log")));
            sleep(Duration::from_millis(20));
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let address = log.split("metrics at http://").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok());
            let metrics = address.map(scrape).unwrap_or_default();
            if metrics.contains("hanotify_monitor_troubled_routers{trouble=\"agent\"} 1") {
                return metrics;
            }
        }
    }
}

fn monitor(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(super::HANOTIFY);
    command.arg("monitor").args(words).arg("--state_path").arg(folder).arg("--log-file").arg(folder.join("log"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The name of each series with those of its labels, as the page writes them, and its kind.
fn meters(metrics: &str) -> BTreeSet<(String, String)> {
    let kinds = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let meter = |(name, kind): (&str, &str)| {
        let series = if kind == "histogram" { format!("{name}_count") } else { name.to_owned() };
        let line =
            metrics.lines().find(|line| line.strip_prefix(&series).is_some_and(|rest| rest.starts_with([' ', '{'])));
        let labels = line.unwrap().strip_prefix(&series).unwrap().rsplit_once(' ').unwrap().0;
        let labels: Vec<_> = labels.split(['{', ',', '}']).filter_map(|label| Some(label.split_once('=')?.0)).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        (format!("{name}{labels}"), kind.to_owned())
    };
    kinds.map(meter).collect()
}

#[test]
fn the_page_has_exactly_the_meters_of_a_monitor() {
    let page = fs::read_to_string(root().join("docs/monitor.md")).unwrap();
    let rows = page.lines().skip_while(|line| *line != "| name | kind | what |").skip(2);
    let cells =
        rows.take_while(|line| line.starts_with('|')).map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let stated: BTreeSet<_> = cells.map(|row| (row[1].trim_matches('`').to_owned(), row[2].to_owned())).collect();
    let running = Running::start();
    let metrics = running.metrics();
    assert_eq!(meters(&metrics), stated);
    check_with_promtool(&metrics);
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    for (words, said) in [
        (&["--all"][..], "--ha-confs"),
        (&["--ha-confs", path], "--all"),
        (&["--status"], "--all"),
        (&["--metrics", "9100"], "--all"),
        (&["--all", path, "--metrics", "here"], "--metrics"),
        (&["--all", path, "--list"], "--list"),
        (&["--all", path, "--format", "json"], "--format"),
        (&["--list", "--router_id", &router(1)], "--list"),
    ] {
        let Output { status, stderr, .. } = monitor(folder.path(), words).output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert!(status.code() == Some(2) && stderr.contains(said), "{words:?}: {status}: {stderr}");
    }
}

#[test]
fn a_monitor_that_is_not_there_lists_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = monitor(folder.path(), &["--list"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && stderr.contains("monitor --all --status"), "{stderr}");
}
