//! Settings that are times, at their ends: none is too short or too long to serve, and to stop.
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hanotify::server::{Config, Server};
use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, connect, message, read_all, reply};

type Set = fn(Config, Duration) -> Config;

#[test]
fn no_time_is_too_short_or_too_long() {
    let settings: [(&str, Set); 5] = [
        ("total time", Config::with_total_time),
        ("drain time", Config::with_drain_time),
        ("stop grace", Config::with_stop_grace),
        ("log window", |config, time| config.with_log_window(time).with_log_lines(1)),
        ("heartbeat", |config, _| config),
    ];
    for (name, set) in settings {
        for time in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(u64::MAX), Duration::MAX] {
            let beats = serve(|config| set(config, time), (name == "heartbeat").then_some(time));
            // A heartbeat without pause would leave no time for anything else.
            assert!(beats < 2_000, "{name} {time:?}: {beats} heartbeats");
        }
    }
}

/// Serves each kind of sender, stops, and tells how many heartbeats there were.
fn serve(configure: impl FnOnce(Config) -> Config, every: Option<Duration>) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let beats = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&beats);
    let server = Server::bind(configure(Config::new(&path))).unwrap();
    let server = server.with_heartbeat(every, move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    let stopper = server.stopper();
    let thread = std::thread::spawn(move || server.run(|_: Event<'_>| Ok(())));
    let mut half = connect(&path);
    half.write_all(b"PO").unwrap();
    for (bytes, expected) in [(&message("primary")[..], ACCEPTED), (b"\0", &reply("400 Bad Request"))].repeat(3) {
        let mut client = connect(&path);
        client.write_all(bytes).unwrap();
        // With no time at all, a message can come too late.
        let answer = read_all(&mut client);
        assert!(answer == expected || answer == reply("408 Request Timeout"), "{}", answer.escape_ascii());
    }
    std::thread::sleep(Duration::from_millis(50));
    stopper.stop().unwrap();
    std::thread::sleep(Duration::from_millis(20));
    drop(half);
    let start = Instant::now();
    thread.join().unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    beats.load(Ordering::Relaxed)
}
