//! What the receiver says, and what the sender makes of it.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use super::place::{BUSY, ID, OK, Place, accept, reply};

#[test]
fn an_accepted_notification_is_the_encoders_and_makes_no_noise() {
    let place = Place::new();
    let receiver = place.receiver(|listener| {
        let (mut stream, message) = accept(&listener);
        // Like curl, it keeps its side of the connection open until it has the reply.
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let half_closed = stream.read(&mut [0]).map_err(|error| error.kind());
        stream.write_all(OK).unwrap();
        (message, half_closed)
    });
    let sent = place.send(&[]);
    assert_eq!((sent.exit, sent.stderr.as_str()), (Some(0), ""));
    let (message, half_closed) = receiver.join().unwrap();
    let notification = hanotify::Notification { router_id: ID.parse().unwrap(), state: hanotify::HaState::Backup };
    assert_eq!(message, hanotify::encode(&notification).as_bytes());
    assert_eq!(half_closed, Err(io::ErrorKind::WouldBlock));
}

#[test]
fn verbose_says_what_happened() {
    let place = Place::new();
    let receiver = place.receiver(|listener| [BUSY, OK].map(|status| reply(&listener, status)));
    let sent = place.send(&["-v"]);
    receiver.join().unwrap();
    let socket = place.socket().display().to_string();
    let lines: Vec<_> = sent.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], format!("hanotify: {socket}: refused with status 503; trying again in 250.0ms"));
    assert!(lines[1].starts_with(&format!("hanotify: {socket}: accepted (2 tries, ")), "{lines:?}");
}

#[test]
fn every_refusal_is_final_and_said() {
    for status in [201, 204, 301, 400, 403, 404, 405, 408, 413, 414, 417, 431, 500, 501, 502, 504, 505] {
        let place = Place::new();
        let receiver = place
            .receiver(move |listener| reply(&listener, format!("HTTP/1.1 {status} No\r\nA: b\r\n\r\n").as_bytes()));
        let sent = place.send(&[]);
        receiver.join().unwrap();
        assert_eq!(sent.exit, Some(1), "{status}");
        assert!(sent.stderr.contains(&format!(": refused with status {status} (1 try, ")), "{}", sent.stderr);
    }
}

#[test]
fn a_malformed_reply_is_not_reached_and_escaped() {
    for (garbage, why) in [
        (&b"SSH-2.0-OpenSSH\r\n"[..], "expected a status line such as `HTTP/1.1 200 OK` and CRLF (byte 0)"),
        (b"HTTP/1.0 200 OK\r\n\r\n", "expected a status line such as `HTTP/1.1 200 OK` and CRLF (byte 0)"),
        (b"HTTP/1.1 200 OK\n\n", "expected a status line such as `HTTP/1.1 200 OK` and CRLF (byte 15)"),
        (
            b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
            "malformed field name: expected a token with a colon right after it (byte 18)",
        ),
        (b"\x1b[31m", "expected a status line such as `HTTP/1.1 200 OK` and CRLF (byte 0)"),
    ] {
        let place = Place::new();
        let receiver = place.receiver(|listener| reply(&listener, garbage));
        let sent = place.send(&[]);
        receiver.join().unwrap();
        assert_eq!(sent.exit, Some(3), "{}", sent.stderr);
        assert!(sent.stderr.contains(&format!(": not reached: malformed reply: {why} (1 try, ")), "{}", sent.stderr);
        assert!(!sent.stderr.contains('\x1b'));
    }
}

#[test]
fn an_endless_reply_ends_at_its_limit() {
    let place = Place::new();
    let receiver = place.receiver(|listener| {
        let (mut stream, _) = accept(&listener);
        stream.write_all(b"HTTP/1.1 200 ").unwrap();
        while stream.write_all(&[b'a'; 1_024]).is_ok() {}
    });
    let sent = place.send(&["--timeout", "60s"]);
    receiver.join().unwrap();
    assert_eq!(sent.exit, Some(3));
    assert!(sent.stderr.contains("malformed reply: over 8192 bytes"), "{}", sent.stderr);
}

#[test]
fn a_reply_may_come_in_pieces_and_with_something_behind_it() {
    let place = Place::new();
    let receiver = place.receiver(|listener| {
        let (mut stream, _) = accept(&listener);
        for byte in OK {
            thread::sleep(Duration::from_millis(2));
            stream.write_all(&[*byte]).unwrap();
        }
        drop(stream);
        reply(&listener, &[OK, BUSY].concat());
    });
    assert_eq!(place.send(&["--retries", "0"]).exit, Some(0));
    assert_eq!(place.send(&["--retries", "0"]).exit, Some(0));
    receiver.join().unwrap();
}

#[test]
fn a_receiver_that_does_not_read_is_believed_all_the_same() {
    let place = Place::new();
    let receiver = place.receiver(|listener| {
        for _ in 0..20 {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap();
        }
        for _ in 0..20 {
            drop(listener.accept().unwrap());
        }
    });
    for _ in 0..20 {
        let sent = place.send(&["--retries", "0"]);
        assert_eq!(sent.exit, Some(1), "{}", sent.stderr);
    }
    for _ in 0..20 {
        let sent = place.send(&["--retries", "0"]);
        assert_eq!(sent.exit, Some(3), "{}", sent.stderr);
    }
    receiver.join().unwrap();
}
