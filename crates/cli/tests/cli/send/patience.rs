//! How long the sender waits, and how often it tries.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::super::serving::Serving;
use super::super::stuck::pipe_with_room_for;
use super::place::{BUSY, OK, Place, SLACK, Sent, accept, command, reply, send};

#[test]
fn an_overloaded_receiver_is_tried_again_as_often_as_allowed() {
    let place = Place::new();
    let receiver = place.receiver(|listener| [BUSY, BUSY, OK].map(|status| reply(&listener, status)));
    assert_eq!(place.send(&["--retries", "1"]).exit, Some(1));
    assert_eq!(place.send(&["--retries", "0"]).exit, Some(0), "the third connection");
    receiver.join().unwrap();
}

#[test]
fn retry_after_is_waited_for() {
    let place = Place::new();
    let receiver = place.receiver(|listener| {
        reply(&listener, b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n");
        let start = Instant::now();
        reply(&listener, OK);
        start.elapsed()
    });
    let sent = place.send(&[]);
    assert_eq!((sent.exit, sent.stderr.as_str()), (Some(0), ""));
    assert!(receiver.join().unwrap() >= Duration::from_millis(950));
}

#[test]
fn a_retry_after_that_the_timeout_forbids_ends_it_at_once() {
    let place = Place::new();
    let receiver = place.receiver(|listener| reply(&listener, b"HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\n\r\n"));
    let sent = place.send(&["--timeout", "60s"]);
    receiver.join().unwrap();
    assert_eq!(sent.exit, Some(1));
    assert!(sent.stderr.contains("to be tried again after 3600 s (1 try"), "{}", sent.stderr);
    assert!(sent.took < SLACK, "{:?}", sent.took);
}

/// Not reached, because the timeout of 300 ms was over.
fn assert_timed_out(sent: &Sent) {
    assert_eq!(sent.exit, Some(3), "{}", sent.stderr);
    assert!(sent.took >= Duration::from_millis(300), "{:?}", sent.took);
    assert!(sent.took < SLACK, "{:?}", sent.took);
    assert!(sent.stderr.contains("the time was up (1 try, "), "{}", sent.stderr);
}

#[test]
fn silence_ends_at_the_timeout() {
    let place = Place::new();
    let receiver = place.receiver(|listener| {
        let (mut stream, _) = accept(&listener);
        stream.read(&mut [0]).unwrap()
    });
    assert_timed_out(&place.send(&["--timeout", "300ms"]));
    assert_eq!(receiver.join().unwrap(), 0);
}

#[test]
fn a_receiver_that_never_accepts_ends_at_the_timeout() {
    let place = Place::new();
    let _listener = UnixListener::bind(place.socket()).unwrap();
    assert_timed_out(&place.send(&["--timeout", "300ms"]));
}

#[test]
fn a_reply_that_drips_ends_at_the_timeout() {
    let place = Place::new();
    let receiver = place.receiver(|listener| {
        let (mut stream, _) = accept(&listener);
        let drip = |byte: &u8| {
            thread::sleep(Duration::from_millis(50));
            stream.write_all(&[*byte])
        };
        OK.iter().try_for_each(drip).map_err(|error| error.kind())
    });
    assert_timed_out(&place.send(&["--timeout", "300ms"]));
    assert_eq!(receiver.join().unwrap(), Err(io::ErrorKind::BrokenPipe));
}

/// A listener with a full backlog, and the connection that fills it.
fn full_backlog(place: &Place) -> (UnixListener, UnixStream) {
    let listener = UnixListener::bind(place.socket()).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let held = UnixStream::connect(place.socket()).unwrap();
    (listener, held)
}

#[test]
fn a_full_backlog_is_waited_for() {
    let place = Place::new();
    let (listener, _held) = full_backlog(&place);
    let mut sender = command(&place.socket(), &["--retries", "0"]).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(sender.try_wait().unwrap(), None, "it waits");
    let _first = listener.accept().unwrap();
    reply(&listener, OK);
    let output = sender.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

#[test]
fn a_backlog_that_stays_full_ends_at_the_timeout() {
    let place = Place::new();
    let (_listener, _held) = full_backlog(&place);
    let sent = place.send(&["--timeout", "300ms"]);
    assert!(sent.stderr.contains("the backlog was full"), "{}", sent.stderr);
    assert_timed_out(&sent);
}

#[test]
fn a_receiver_that_is_restarted_is_waited_for() {
    let place = Place::new();
    let socket = place.socket();
    // First there is a stale socket file, then none, and then a receiver.
    drop(UnixListener::bind(&socket).unwrap());
    let receiver = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        fs::remove_file(&socket).unwrap();
        thread::sleep(Duration::from_millis(400));
        reply(&UnixListener::bind(&socket).unwrap(), OK);
    });
    let sent = place.send(&["--retries", "5"]);
    assert_eq!((sent.exit, sent.stderr.as_str()), (Some(0), ""));
    receiver.join().unwrap();
}

#[test]
fn nobody_there_is_not_reached() {
    let missing = Place::new();
    let stale = Place::new();
    drop(UnixListener::bind(stale.socket()).unwrap());
    let file = Place::new();
    File::create(file.socket()).unwrap();
    for (place, why) in [(missing, "No such file"), (stale, "Connection refused"), (file, "Connection refused")] {
        let sent = place.send(&["--retries", "1"]);
        assert_eq!(sent.exit, Some(3));
        assert!(sent.stderr.contains(&format!(": not reached: {why}")), "{}", sent.stderr);
        assert!(sent.stderr.contains(" (2 tries, "), "{}", sent.stderr);
        assert!(sent.stderr.ends_with(": is the agent running, and is this its socket?\n"), "{}", sent.stderr);
    }
}

#[test]
fn what_another_try_cannot_help_is_not_tried_again() {
    let place = Place::new();
    File::create(place.socket()).unwrap();
    let sent = send(&place.socket().join("socket"), &[]);
    assert_eq!(sent.exit, Some(3));
    assert!(sent.stderr.contains("not reached: Not a directory (os error 20) (1 try, "), "{}", sent.stderr);
}

#[test]
fn a_connection_that_is_closed_without_a_whole_reply_is_tried_again() {
    for beginning in [&b""[..], b"HTTP/1.1 2", &OK[..OK.len() - 1]] {
        let place = Place::new();
        let receiver = place.receiver(move |listener| [beginning, beginning, OK].map(|bytes| reply(&listener, bytes)));
        let sent = place.send(&["--retries", "0"]);
        assert_eq!(sent.exit, Some(3));
        assert!(sent.stderr.contains(": not reached: the connection was closed "), "{}", sent.stderr);
        assert_eq!(place.send(&["--retries", "1"]).exit, Some(0));
        receiver.join().unwrap();
    }
}

#[test]
fn tries_without_end_do_not_blame_a_backlog_that_was_not_full() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("none");
    let mut command = std::process::Command::new(crate::HANOTIFY);
    command.arg("send").arg("--socket").arg(socket).args(["--router-id", super::place::ID, "--state", "primary"]);
    let output = command.args(["--timeout", "600ms", "--retries", "4294967295"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("not reached: No such file or directory"), "{said}");
    // 250 ms, then half of what is left, and so on until that is less than 10 ms.
    let tries: u32 = said.rsplit_once(" (").unwrap().1.split_once(" tries").unwrap().0.parse().unwrap();
    assert!((3..12).contains(&tries), "{said}");
}

/// A terminal that stands still, or a pipe that nobody reads.
#[test]
fn a_standard_error_that_nobody_reads_holds_no_sender_up() {
    let place = Place::new();
    let receiver = place.receiver(|listener| [BUSY, OK].map(|status| reply(&listener, status)));
    for (args, exit) in [(&["--verbose", "--timeout", "1s"][..], 0), (&["--timeout", "1s", "--retries", "0"], 3)] {
        let (_reader, writer) = pipe_with_room_for(0);
        let child = command(&place.socket(), args).stderr(writer).spawn().unwrap();
        let mut sender = Serving { child, folder: tempfile::tempdir().unwrap() };
        assert_eq!(sender.end_within(SLACK).code(), Some(exit), "{args:?}");
    }
    receiver.join().unwrap();
}
