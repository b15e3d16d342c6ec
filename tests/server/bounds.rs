//! Too much of something: who is answered what, and that everybody is.
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify::ErrorKind;
use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, Running, Told, message, read_all, reply};

const SOON: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

#[test]
fn one_user_has_no_more_places_than_its_share() {
    let (server, told) = Running::telling_with(|config| config.with_connections(10).with_connections_per_uid(Some(2)));
    let mut held = [server.connect(), server.connect()];
    for client in &mut held {
        client.write_all(b"P").unwrap();
    }
    sleep(PAUSE);
    for round in 0..3 {
        let mut over = server.connect();
        over.write_all(b"POST").unwrap();
        assert_eq!(read_all(&mut over), reply("503 Service Unavailable"), "round {round}");
        let Told::Refused(refusal) = told.recv_timeout(SOON).unwrap() else { panic!("accepted") };
        assert_eq!(refusal.error.kind, ErrorKind::Overloaded);
    }
    // Where the machine is busy, the server may look before the message is there.
    let is_accepted = |_| server.ask(&message("fault")) == ACCEPTED;
    assert!((0..20).any(is_accepted), "a whole message needs no place");
    // A place that is free again can be had again.
    held[0].write_all(&message("backup")[1..]).unwrap();
    assert_eq!(read_all(&mut held[0]), ACCEPTED);
    let mut next = server.connect();
    next.write_all(b"P").unwrap();
    sleep(PAUSE);
    next.write_all(&message("backup")[1..]).unwrap();
    assert_eq!(read_all(&mut next), ACCEPTED);
}

#[test]
fn whoever_is_turned_away_can_still_send_and_read_the_reply() {
    let (server, _told) = Running::telling_with(|config| config.with_connections(0));
    let mut client = server.connect();
    sleep(PAUSE);
    for piece in message("primary").chunks(30) {
        client.write_all(piece).unwrap();
        sleep(Duration::from_millis(2));
    }
    assert_eq!(read_all(&mut client), reply("503 Service Unavailable"));
}

#[test]
fn of_those_turned_away_only_the_latest_are_kept() {
    let (server, _told) = Running::telling_with(|config| config.with_connections(0).with_lingering(2));
    let mut clients: Vec<_> = (0..10)
        .map(|_| {
            let client = server.connect();
            sleep(Duration::from_millis(5));
            client
        })
        .collect();
    sleep(PAUSE);
    let open: Vec<_> = clients.iter_mut().map(|client| client.write_all(b"P").is_ok()).collect();
    assert_eq!(open, [vec![false; 8], vec![true; 2]].concat());
    for client in &mut clients {
        assert_eq!(read_all(client), reply("503 Service Unavailable"));
    }
}

#[test]
fn drippers_delay_nobody_and_are_each_answered_by_their_deadline() {
    let drippers = std::env::var("HANOTIFY_DRIPPERS").map_or(500, |number| number.parse().unwrap());
    let total = Duration::from_secs(2);
    let (server, _told) = Running::telling_with(|config| config.with_total_time(total));
    let start = Instant::now();
    let mut clients: Vec<UnixStream> = (0..drippers).map(|_| server.connect()).collect();
    let mut times = Vec::new();
    for byte in &message("primary")[..10] {
        for client in &mut clients {
            client.write_all(&[*byte]).unwrap();
        }
        for _ in 0..5 {
            let asked = Instant::now();
            assert_eq!(server.ask(&message("backup")), ACCEPTED);
            times.push(asked.elapsed());
        }
    }
    times.sort_unstable();
    println!(
        "{drippers} drippers: a valid sender gets its 200 in {:?} (median of {})",
        times[times.len() / 2],
        times.len()
    );
    assert!(times[times.len() / 2] < Duration::from_millis(100), "{times:?}");
    assert!(start.elapsed() < total, "this machine is too slow for this test");
    for client in &mut clients {
        assert_eq!(read_all(client), reply("408 Request Timeout"));
    }
    let last = start.elapsed();
    println!("all answered 408 after {last:?}, the deadline is {total:?}");
    assert!(last >= total && last < total + Duration::from_secs(1), "{last:?}");
    assert_eq!(server.stop().refused, drippers);
}

#[test]
fn a_slow_sink_makes_nobody_late_who_sent_in_time() {
    let (release, blocked) = channel::<()>();
    let server = Running::start(
        |config| config.with_total_time(Duration::from_millis(300)),
        move |event: Event<'_>| {
            if event.sequence == 1 {
                blocked.recv_timeout(SOON).unwrap();
            }
            Ok(())
        },
    );
    let message = message("primary");
    let mut clients: Vec<_> = (0..300).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.write_all(&message[..60]).unwrap();
    }
    sleep(PAUSE);
    let mut first = server.connect();
    first.write_all(&message).unwrap();
    sleep(PAUSE);
    for client in &mut clients {
        client.write_all(&message[60..]).unwrap();
    }
    sleep(Duration::from_millis(500));
    release.send(()).unwrap();
    for client in &mut clients {
        assert_eq!(read_all(client), ACCEPTED);
    }
}

#[test]
fn a_peer_that_reads_nothing_or_resets_disturbs_nobody() {
    let (server, _told) = Running::telling_with(|config| config.with_drain_time(Duration::from_millis(100)));
    for round in 0..200 {
        let mut client = server.connect();
        // What is left unread at the close makes it a reset.
        client.write_all(&[b"\0".repeat(round * 7), message("fault")].concat()).unwrap();
        if round % 3 == 0 {
            let _ = client.read(&mut [0; 5]);
        }
    }
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
    let report = server.stop();
    assert_eq!((report.accepted, report.notified + report.refused), (201, 201));
}
