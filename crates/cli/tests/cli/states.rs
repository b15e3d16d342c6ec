//! The state of each router, as Prometheus reads it from `hanotify serve`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use hanotify_testing::corpus::root;
use hanotify_testing::running::ACCEPTED;

use super::serving::Serving;

/// A server whose metrics are at the address.
pub(crate) fn with_metrics(args: &[&str]) -> (Serving, SocketAddr) {
    let args = [&["--metrics", "0"], args].concat();
    let mut serving = Serving::start(&args, |command| {
        command.stderr(Stdio::piped());
    });
    let mut stderr = BufReader::new(serving.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = stderr.find(|line| line.contains("metrics at http://")).unwrap();
    // Somebody has to read the rest.
    std::thread::spawn(move || stderr.for_each(drop));
    (serving, line.rsplit('/').nth(1).unwrap().parse().unwrap())
}

pub(crate) fn scrape(address: SocketAddr) -> String {
    String::from_utf8(get(address, "")).unwrap()
}

/// The content of the metrics, for a request with these fields.
fn get(address: SocketAddr, fields: &str) -> Vec<u8> {
    let mut client = TcpStream::connect(address).unwrap();
    write!(client, "GET /metrics HTTP/1.1\r\n{fields}\r\n").unwrap();
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).unwrap();
    let end = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    reply.split_off(end + 4)
}

/// The id of router `n`, whose parts all differ.
pub(crate) fn router(n: u32) -> String {
    let spread = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{n:08x}-{:04x}-4a57-9f5e-{:012x}", spread & 0xffff, spread >> 16)
}

/// Says that the router has this state.
pub(crate) fn notify(serving: &Serving, router: &str, state: &str) {
    let message =
        format!("POST / HTTP/1.1\r\nHost: a\r\nX-Neutron-Router-Id: {router}\r\nX-Neutron-State: {state}\r\n\r\n");
    assert_eq!(serving.ask(message.as_bytes()), ACCEPTED);
}

/// The value of the series with these labels.
fn value(metrics: &str, name: &str, router: &str, state: &str) -> f64 {
    let state = if state.is_empty() { String::new() } else { format!(",state=\"{state}\"") };
    let series = format!("{name}{{router_id=\"{router}\"{state}}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
    line.unwrap_or_else(|| panic!("no {series}in {metrics}")).parse().unwrap()
}

fn is(value: f64, expected: u8) -> bool {
    (value - f64::from(expected)).abs() < f64::EPSILON
}

#[test]
fn prometheus_reads_the_state_of_each_router() {
    let (serving, address) = with_metrics(&["--settle-time", "1h"]);
    let (one, other) = (router(1), router(2));
    for (router, state) in [(&one, "backup"), (&one, "primary"), (&other, "fault"), (&one, "primary")] {
        notify(&serving, router, state);
    }
    let metrics = scrape(address);
    let value =
        |name: &str, router: &str, state: &str| value(&metrics, &format!("hanotify_router_{name}"), router, state);
    for (router, state, settled) in [(&one, "primary", "backup"), (&other, "fault", "fault")] {
        assert!(is(value("state", router, state), 1) && is(value("settled_state", router, settled), 1), "{metrics}");
    }
    assert!(is(value("changes_total", &one, ""), 1) && is(value("changes_total", &other, ""), 0), "{metrics}");
    assert_eq!(metrics.matches("_state{router_id=").count(), 4, "a state that is not has a series: {metrics}");
    let now = std::process::Command::new("date").arg("+%s").output().unwrap();
    let now: f64 = String::from_utf8(now.stdout).unwrap().trim().parse().unwrap();
    assert!((now - value("last_change_timestamp_seconds", &one, "")).abs() < 20.0, "{metrics}");
    assert!(!metrics.contains("hanotify_router_unconfirmed{"), "{metrics}");
}

#[test]
fn routers_beyond_those_that_are_expected_are_served_and_counted_and_have_no_series() {
    let (serving, address) = with_metrics(&["--expected-routers", "2"]);
    for n in 1..=4 {
        notify(&serving, &router(n), "backup");
    }
    let metrics = scrape(address);
    assert_eq!(metrics.matches("hanotify_router_changes_total{").count(), 2, "{metrics}");
    assert!(
        metrics.contains("\nhanotify_states_kept 2.0\n") && metrics.contains("\nhanotify_states_dropped_total 2\n")
    );
}

/// A folder as Neutron's, with a router in this state.
pub(crate) fn ha_confs(router: &str, state: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(router)).unwrap();
    fs::write(folder.path().join(router).join("state"), state).unwrap();
    folder
}

#[test]
fn after_a_restart_a_state_is_that_of_its_file_until_an_event_confirms_it() {
    let router = router(1);
    let folder = ha_confs(&router, "primary\n");
    let path = folder.path().to_str().unwrap();
    let (serving, address) = with_metrics(&["--ha-confs", path, "--sandbox"]);
    let start = Instant::now();
    let unconfirmed = format!("hanotify_router_unconfirmed{{router_id=\"{router}\"}} 1");
    while !scrape(address).contains(&unconfirmed) {
        assert!(start.elapsed() < Duration::from_secs(10), "the folder was not read");
    }
    let metrics = scrape(address);
    for name in ["hanotify_router_state", "hanotify_router_settled_state"] {
        assert!(is(value(&metrics, name, &router, "primary"), 1), "{metrics}");
    }
    notify(&serving, &router, "primary");
    let metrics = scrape(address);
    assert!(!metrics.contains(&unconfirmed), "{metrics}");
    assert!(is(value(&metrics, "hanotify_router_changes_total", &router, ""), 0), "{metrics}");
}

#[test]
fn routers_of_the_folder_that_are_left_out_are_said() {
    let folder = ha_confs(&router(1), "backup");
    for (path, incomplete) in [(folder.path().to_owned(), 0), (folder.path().join("none"), 1)] {
        let (serving, address) = with_metrics(&["--status", "--ha-confs", path.to_str().unwrap()]);
        let line = format!("\nhanotify_ha_confs_incomplete {incomplete}.0\n");
        let start = Instant::now();
        while !scrape(address).contains(&line) {
            assert!(start.elapsed() < Duration::from_secs(10), "no {line}");
        }
        let mut status = Command::new(crate::HANOTIFY);
        let output = status.args(["status", "--format", "text", "--socket"]).arg(serving.socket()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(incomplete), "{text}");
        assert_eq!(text.contains("incomplete: the server can't look at all of --ha-confs"), incomplete == 1, "{text}");
    }
}

#[test]
fn a_folder_of_routers_that_nobody_asks_for_or_that_a_sandbox_can_not_leave_open_is_refused() {
    for (args, what) in [
        (&["--ha-confs", "/"][..], "--metrics"),
        (&["--metrics", "0", "--sandbox", "--ha-confs", "/none"], "that the sandbox leaves open"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Serving::command(folder.path(), args);
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && stderr.contains(what), "{stderr}");
    }
}

#[test]
fn openmetrics_is_written_for_those_who_ask_for_it_as_prometheus_does() {
    let (serving, address) = with_metrics(&["--status"]);
    notify(&serving, &router(1), "primary");
    let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n";
    let [open, text] = [accept, ""].map(|fields| String::from_utf8(get(address, fields)).unwrap());
    let counter = "# HELP hanotify_router_changes Times that the router got another state.\n\
                   # TYPE hanotify_router_changes counter\nhanotify_router_changes_total{";
    assert!(open.contains(counter) && open.ends_with("\n# EOF\n"), "{open}");
    assert!(text.contains("\n# TYPE hanotify_router_changes_total counter\n") && !text.contains("EOF"), "{text}");
    // The heads apart, they are the same.
    let series = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(series(&open), series(&text));
}

#[test]
fn promtool_finds_nothing_to_say_of_the_metrics() {
    let (serving, address) = with_metrics(&[]);
    notify(&serving, &router(1), "primary");
    check_with_promtool(&scrape(address));
}

/// Where Debian's package is there or can be installed.
pub(crate) fn check_with_promtool(metrics: &str) {
    if !Command::new(root().join(".ci/need")).arg("promtool=prometheus").status().unwrap().success() {
        eprintln!("skipped: there is no promtool");
        return;
    }
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().unwrap();
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

/// `cargo test --release -p hanotify-cli --test cli -- two_thousand --nocapture` prints the figures.
#[test]
fn two_thousand_routers_are_scraped_at_once_and_in_a_megabyte() {
    let (serving, address) = with_metrics(&[]);
    for n in 1..=2_000 {
        notify(&serving, &router(n), ["primary", "backup"][n as usize % 2]);
    }
    for (how, accepts) in [("plain", ""), ("packed", "Accept-Encoding: gzip\r\n")] {
        let mut times: Vec<_> = (0..9)
            .map(|_| {
                let start = Instant::now();
                let content = get(address, accepts);
                let time = start.elapsed();
                let mut text = String::new();
                match accepts {
                    "" => text.push_str(std::str::from_utf8(&content).unwrap()),
                    _ => drop(GzDecoder::new(&content[..]).read_to_string(&mut text).unwrap()),
                }
                assert_eq!(text.matches("hanotify_router_state{").count(), 2_000);
                (time, content.len())
            })
            .collect();
        times.sort_unstable();
        println!("2,000 routers, {how}: {} bytes in {:?} (median of 9)", times[4].1, times[4].0);
        assert!(times[4].0 < Duration::from_secs(2), "{times:?}");
        assert!(times[4].1 < 1_000_000, "{times:?}");
    }
}
