//! What connections cost: the resident memory of a server that has 4,096 of them, and of one whose readers do not read.
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hanotify_testing::running::{connect, message};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::states::{notify, router, with_metrics};

/// A field of `/proc/PID/status`, in KiB.
fn memory(child: &Child, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_matches([':', '\t', ' ', 'k', 'B']).parse().unwrap()
}

/// How many connections this process can have.
fn room() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(20_000).min(20_000);
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum }).unwrap();
    usize::try_from(most).unwrap() - 100
}

/// Resident memory before and with so many connections that have sent `bytes`: in all, and without what is mapped from
/// files.
fn measured(connections: usize, bytes: &[u8]) -> [(u64, u64); 2] {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let mut command = Command::new(crate::HANOTIFY);
    command.args(["serve", "--total-time", "1h", "--connections", &connections.to_string(), "--socket"]).arg(&socket);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let now = |child: &Child| (memory(child, "VmRSS"), memory(child, "RssAnon"));
    let before = now(&child);
    let held: Vec<_> = (0..connections)
        .map(|_| {
            let mut client = connect(&socket);
            client.write_all(bytes).unwrap();
            client
        })
        .collect();
    let open = || std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap().count();
    let start = Instant::now();
    while open() < connections {
        assert!(start.elapsed() < Duration::from_secs(20), "only {} are held", open());
        std::thread::sleep(Duration::from_millis(20));
    }
    let after = now(&child);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(held);
    [before, after]
}

#[test]
fn held_connections_take_little_memory() {
    let room = room();
    for connections in [4_096, 10_000] {
        if connections > room {
            println!("skipped: {connections} connections, as this process may open {room} files");
            continue;
        }
        let [before, after] = measured(connections, b"P");
        let each = (after.1 - before.1) * 1_024 / connections as u64;
        println!(
            "{connections} held connections: {} KiB resident ({} idle), {} of them anonymous ({} idle): {each} bytes \
            each",
            after.0, before.0, after.1, before.1
        );
        assert!(each < 180, "{each} bytes for each connection");
        assert!(after.1 < 4_000_000 / 1_024, "{} KiB", after.1);
        // What is mapped from files depends on how the program was built, and is shared with other processes.
        if cfg!(all(target_feature = "crt-static", not(debug_assertions))) {
            assert!(after.0 < 4_000_000 / 1_024, "{} KiB", after.0);
        }
    }
}

#[test]
fn half_a_message_takes_little_more_than_its_bytes() {
    let connections = 4_096.min(room());
    let half = &message("primary")[..65];
    let [before, after] = measured(connections, half);
    let each = (after.1 - before.1) * 1_024 / connections as u64;
    println!(
        "{connections} connections that have sent {} bytes: {each} bytes each, {} KiB anonymous",
        half.len(),
        after.1
    );
    assert!(each < 225, "{each} bytes for each connection");
}

#[test]
fn a_message_under_way_takes_no_more_than_its_bounds_allow() {
    let connections = 1_000.min(room());
    let head = message("primary");
    let filler = format!("X: {}\r\n", "y".repeat(1_000));
    let head = [head.strip_suffix(b"\r\n").unwrap(), filler.repeat(7).as_bytes()].concat();
    let [before, after] = measured(connections, &head);
    let each = (after.1 - before.1) * 1_024 / connections as u64;
    println!("{connections} connections that have sent {} bytes: {each} bytes each", head.len());
    assert!(each < 2 * 8_192 + 512, "{each} bytes for each connection");
}

/// Those who ask for everything again and again and read nothing, as far as there are places for them.
#[test]
fn readers_who_read_nothing_share_their_pages() {
    let (serving, address) = with_metrics(&["--status"]);
    for n in 1..=2_000 {
        notify(&serving, &router(n), "backup");
    }
    let before = memory(&serving.child, "RssAnon");
    let status = serving.folder.path().join("socket.status");
    let mut most = 0;
    for path in ["/metrics", "/status"] {
        let mut idle = Vec::new();
        for _ in 0..16 {
            let mut client = connect(&status);
            write!(client, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
            let mut reader = TcpStream::connect(address).unwrap();
            reader.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
            idle.push((client, reader));
            most = most.max(memory(&serving.child, "RssAnon"));
        }
        std::thread::sleep(Duration::from_millis(300));
        most = most.max(memory(&serving.child, "RssAnon"));
    }
    println!("32 readers of 2,000 routers who read nothing: {} KiB more", most - before);
    assert!(most - before < 16 * 1_024, "{} KiB more", most - before);
}
