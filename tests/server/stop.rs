//! A stop with much in flight: everybody who got in is answered.
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, Running, message, read_all, reply};

const SOON: Duration = Duration::from_secs(10);

/// So many senders that have sent this.
fn sent(server: &Running, count: usize, bytes: &[u8]) -> Vec<UnixStream> {
    let clients = (0..count).map(|_| {
        let mut client = server.connect();
        client.write_all(bytes).unwrap();
        client
    });
    clients.collect()
}

#[test]
fn those_that_wait_to_be_accepted_are_answered() {
    let (release, blocked) = channel::<()>();
    let server = Running::start(
        |config| config,
        move |event: Event<'_>| {
            if event.sequence == 1 {
                blocked.recv_timeout(SOON).unwrap();
            }
            Ok(())
        },
    );
    let mut clients = sent(&server, 700, &message("backup"));
    server.stopper.stop().unwrap();
    release.send(()).unwrap();
    for client in &mut clients {
        assert_eq!(read_all(client), ACCEPTED);
    }
    assert_eq!(server.stop().notified, 700);
}

/// More than the server accepts in a row, and no time for those behind.
#[test]
fn those_that_wait_when_the_grace_is_over_are_sent_away() {
    for grace in [Duration::ZERO, Duration::from_millis(1)] {
        let server = Running::start(
            |config| config.with_stop_grace(grace),
            |_: Event<'_>| {
                sleep(Duration::from_millis(1));
                Ok(())
            },
        );
        // The thread that serves is busy with the first ones when the stop comes.
        let mut clients = sent(&server, 1_200, &message("backup"));
        server.stopper.stop().unwrap();
        let replies: Vec<_> = clients.iter_mut().map(read_all).collect();
        let taken = replies.iter().filter(|reply| **reply == ACCEPTED).count();
        let busy = replies.iter().filter(|sent| **sent == reply("503 Service Unavailable")).count();
        assert_eq!(taken + busy, clients.len(), "{grace:?}: {taken} taken, {busy} sent away");
        assert!(busy > 0, "{grace:?}");
        assert_eq!(server.stop().notified, taken as u64);
    }
}

#[test]
fn what_is_half_sent_is_finished_or_answered_408() {
    let grace = Duration::from_millis(700);
    let server = Running::start(|config| config.with_stop_grace(grace), |_: Event<'_>| Ok(()));
    let message = message("backup");
    let mut clients = sent(&server, 400, &message[..40]);
    sleep(Duration::from_millis(100));
    let start = Instant::now();
    server.stopper.stop().unwrap();
    sleep(Duration::from_millis(100));
    for client in clients.iter_mut().step_by(2) {
        client.write_all(&message[40..]).unwrap();
    }
    for (at, client) in clients.iter_mut().enumerate() {
        let expected = if at % 2 == 0 { ACCEPTED.to_vec() } else { reply("408 Request Timeout") };
        assert_eq!(read_all(client), expected, "client {at}");
    }
    drop(clients);
    let report = server.stop();
    assert_eq!((report.notified, report.refused), (200, 200));
    assert!(start.elapsed() < grace + Duration::from_secs(1), "{:?}", start.elapsed());
}

/// Senders that come while the server stops either get in and are answered, or don't get in.
#[test]
fn nobody_gets_in_without_an_answer() {
    let (mut answered, mut shut_out) = (0, 0);
    for _ in 0..40 {
        let server = Running::start(|config| config, |_: Event<'_>| Ok(()));
        let (socket, message) = (server.socket.clone(), message("fault"));
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (socket, message) = (socket.clone(), message.clone());
                std::thread::spawn(move || {
                    let mut answered = 0;
                    while let Ok(mut client) = UnixStream::connect(&socket) {
                        client.set_read_timeout(Some(SOON)).unwrap();
                        client.write_all(&message).unwrap();
                        let mut answer = Vec::new();
                        client.read_to_end(&mut answer).unwrap();
                        assert_eq!(answer, ACCEPTED, "after {answered} answers");
                        answered += 1;
                    }
                    answered
                })
            })
            .collect();
        sleep(Duration::from_millis(10));
        let report = server.stop();
        let of_this: u64 = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
        assert_eq!(report.notified, of_this);
        answered += of_this;
        shut_out += 4;
    }
    println!("{answered} answered, {shut_out} shut out, none without an answer");
    assert!(answered > 40);
}

/// One that has found the socket's file before it was removed, and connects after that.
#[test]
fn whoever_comes_late_is_turned_away_by_the_kernel() {
    let (began, begins) = channel();
    let (release, blocked) = channel::<()>();
    let server = Running::start(
        |config| config,
        move |_: Event<'_>| {
            began.send(()).unwrap();
            blocked.recv_timeout(SOON).unwrap();
            Ok(())
        },
    );
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
    let file = rustix::fs::open(&server.socket, flags, rustix::fs::Mode::empty()).unwrap();
    let found = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    let mut first = server.connect();
    first.write_all(&message("backup")).unwrap();
    begins.recv_timeout(SOON).unwrap();
    // This keeps the server between the last look at its socket's file and the end of its socket. There are more of
    // them than it accepts in a row.
    let mut waiting: Vec<_> = (0..600).map(|_| server.connect()).collect();
    for client in &mut waiting {
        client.write_all(&message("primary")).unwrap();
    }
    assert!(UnixStream::connect(&found).is_ok(), "the way around does not work");
    server.stopper.stop().unwrap();
    for number in 0..600 {
        release.send(()).unwrap();
        begins.recv_timeout(SOON).unwrap();
        if !server.socket.exists() {
            let late = UnixStream::connect(&found).map_err(|error| error.kind());
            assert_eq!(late.err(), Some(std::io::ErrorKind::ConnectionRefused), "after {number}");
            (number..600).for_each(|_| release.send(()).unwrap());
            break;
        }
    }
    for client in [first].iter_mut().chain(&mut waiting) {
        assert_eq!(read_all(client), ACCEPTED);
    }
    assert_eq!(server.stop().notified, 601);
}
