//! The heartbeats that a manager of services waits for.
use std::io::Write;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hanotify::server::{Config, Heartbeat, Server};
use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, connect, message, read_all};

const EVERY: Duration = Duration::from_millis(50);
const STUCK: Duration = Duration::from_millis(600);

#[test]
fn a_server_that_is_stuck_has_no_heartbeat() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let (sender, heartbeats) = channel();
    let server = Server::bind(Config::new(&path)).unwrap().with_heartbeat(Some(EVERY), move |heartbeat| {
        sender.send((heartbeat, Instant::now())).unwrap();
    });
    let stopper = server.stopper();
    let thread = std::thread::spawn(move || {
        server.run(|_: Event<'_>| {
            std::thread::sleep(STUCK);
            Ok(())
        })
    });
    std::thread::sleep(EVERY * 6);
    let asked = Instant::now();
    let mut client = connect(&path);
    client.write_all(&message("primary")).unwrap();
    assert_eq!(read_all(&mut client), ACCEPTED);
    let answered = Instant::now();
    std::thread::sleep(EVERY * 6);
    stopper.stop().unwrap();
    thread.join().unwrap().unwrap();

    let (last, alive) =
        heartbeats.iter().collect::<Vec<_>>().split_last().map(|(last, rest)| (*last, rest.to_vec())).unwrap();
    assert_eq!(last.0, Heartbeat::Stopping);
    assert!(alive.iter().all(|(heartbeat, _)| *heartbeat == Heartbeat::Alive));
    let count = |from: Instant, to: Instant| alive.iter().filter(|(_, time)| (from..to).contains(time)).count();
    // The server may begin one round of its work between the test's clock and the sink.
    assert!(count(asked, answered - EVERY / 2) <= 1, "alive while it was stuck: {alive:?}");
    assert!(count(asked - EVERY * 6, asked) >= 3, "too few before: {alive:?}");
    assert!(count(answered - EVERY / 2, answered + EVERY * 6) >= 3, "too few after: {alive:?}");
}
