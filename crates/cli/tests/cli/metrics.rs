//! What Prometheus reads of `hanotify serve`, and what a reader may do.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use hanotify_testing::corpus::root;
use hanotify_testing::running::{ACCEPTED, connect, message, reply};

use super::operation::Serving;

fn get(address: SocketAddr, request: &str) -> (String, String) {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {metrics}")).parse().unwrap()
}

/// What is counted of three notifications, a refusal, one that is held, and one for which there is no place.
const EXPECTED: &[(&str, u32)] = &[
    ("hanotify_accepted_total", 6),
    ("hanotify_notified_total", 3),
    (r#"hanotify_refused_total{error="method"}"#, 1),
    (r#"hanotify_refused_total{error="overloaded"}"#, 1),
    (r#"hanotify_refused_total{error="state"}"#, 0),
    (r#"hanotify_overloaded_total{cause="connections"}"#, 1),
    (r#"hanotify_overloaded_total{cause="uid"}"#, 0),
    ("hanotify_sink_failures_total", 0),
    ("hanotify_sink_panics_total", 0),
    ("hanotify_backlog_expected", 1_000_000_000),
    (concat!(r#"hanotify_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#), 1),
    ("hanotify_connections", 1),
    ("hanotify_connections_highest", 1),
    ("hanotify_answer_seconds_count", 5),
    (r#"hanotify_answer_seconds_bucket{le="10.0"}"#, 5),
];

#[test]
fn a_server_whose_port_is_taken_does_not_say_that_it_listens() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut serve = Command::new(crate::HANOTIFY);
    let output = serve.args(["serve", "--metrics", &port, "--socket"]).arg(folder.path().join("s")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("can't expose metrics at 127.0.0.1:"), "{said}");
    assert!(!said.contains("listening at") && !said.contains("curl"), "{said}");
}

#[test]
fn prometheus_reads_what_became_of_each_connection() {
    let mut serving = Serving::start(&["--metrics", "0", "--connections", "1", "--expected-routers", "1000000000"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    assert!(address.ip().is_loopback());
    for _ in 0..3 {
        assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    }
    assert_eq!(serving.ask(b"PUT / HTTP/1.1\r\n"), reply("405 Method Not Allowed"));
    let mut held = connect(&serving.socket);
    held.write_all(b"P").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(serving.ask(b"P"), reply("503 Service Unavailable"));

    let (fields, metrics) = get(address, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(fields.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{fields}");
    assert!(fields.contains(&format!("Content-Length: {}\r\n", metrics.len())), "{fields}");
    for (series, expected) in EXPECTED {
        assert!((value(&metrics, series) - f64::from(*expected)).abs() < 0.5, "{series}: {metrics}");
    }
    let kernels: u32 = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    assert!((value(&metrics, "hanotify_backlog") - f64::from(kernels.min(1_000_000_000))).abs() < 0.5);
    assert!(get(address, "GET / HTTP/1.1\r\n\r\n").0.starts_with("HTTP/1.1 404 "));
    assert!(get(address, "POST /metrics HTTP/1.1\r\n\r\n").0.starts_with("HTTP/1.1 405 "));
}

/// Some are silent, some have sent half a request, and some send a byte now and then.
#[test]
fn sixty_idle_readers_keep_nobody_from_the_counters() {
    let mut serving = Serving::start(&["--metrics", "127.0.0.1:0"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", serving.child.id())).unwrap().count();
    assert_eq!(serving.ask(&message("primary")), ACCEPTED, "all that is opened at the start is open");
    let before = descriptors();
    let mut idle: Vec<_> = (0..60).map(|_| TcpStream::connect(address).unwrap()).collect();
    for reader in idle.iter_mut().step_by(2) {
        // One that had to leave its place is told so by an error.
        let _ = reader.write_all(b"GET /metrics HTTP/1.1\r\n");
    }
    for round in 0..20 {
        let (fields, metrics) = get(address, "GET /metrics HTTP/1.1\r\n\r\n");
        assert!(
            fields.starts_with("HTTP/1.1 200 ") && metrics.contains("hanotify_accepted_total"),
            "{round}: {fields}"
        );
        let more = descriptors() - before;
        assert!(more <= 17, "{more} descriptors more");
        for reader in &mut idle {
            let _ = reader.write_all(b"x");
        }
    }
}

#[test]
fn a_reader_of_the_counters_has_a_time_and_a_length_to_keep() {
    let mut serving = Serving::start(&["--metrics", "127.0.0.1:0"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    let ended = |reader: &mut TcpStream| {
        reader.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // Bytes that were on their way make a reset of the end.
        match reader.read(&mut [0; 1]) {
            Ok(0) => true,
            Err(cause) => cause.kind() == std::io::ErrorKind::ConnectionReset,
            Ok(_) => false,
        }
    };
    let mut drip = TcpStream::connect(address).unwrap();
    let start = std::time::Instant::now();
    while drip.write_all(b"x").is_ok() {
        assert!(start.elapsed() < Duration::from_secs(20), "a drip has no end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut long = TcpStream::connect(address).unwrap();
    long.write_all(&[b'x'; 8_193]).unwrap();
    let start = std::time::Instant::now();
    assert!(ended(&mut long));
    assert!(start.elapsed() < Duration::from_secs(1), "it was ended by its time: {:?}", start.elapsed());
    // At the limit it is read to its end.
    let mut longest = b"GET /metrics HTTP/1.1\r\nA: ".to_vec();
    longest.resize(8_192, b'x');
    longest.extend_from_slice(b"\r\n\r\n");
    assert!(get(address, std::str::from_utf8(&longest).unwrap()).0.starts_with("HTTP/1.1 200 "));
    assert!(ended(&mut TcpStream::connect(address).unwrap()), "silence has no end");
}

#[test]
fn every_counter_is_on_the_page() {
    let page = std::fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let mut serving = Serving::start(&["--metrics", "0"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    assert_eq!(serving.ask(&message("primary")), ACCEPTED, "it has begun to serve, and to count");
    let (_, metrics) = get(address, "GET /metrics HTTP/1.1\r\n\r\n");
    let names: Vec<_> = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let (name, kind) = name.split_once(' ').unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}")));
        assert!(row.is_some_and(|row| row.contains(&format!("| {kind} |"))), "{name} {kind}");
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name}");
    }
}
