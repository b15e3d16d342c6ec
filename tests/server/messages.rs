//! The server over a real socket: what senders do, and what they get.
use std::io::{ErrorKind as IoErrorKind, Read, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify::server::{Config, Server};
use hanotify::sink::Event;
use hanotify::{ErrorKind, HaState, Limits};
use hanotify_testing::running::{ACCEPTED, ID, Running, Told, message, notification, read_all, reply};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};

const SOON: Duration = Duration::from_secs(10);

fn refused(told: &Told) -> (&'static str, usize) {
    match told {
        Told::Refused(refusal) => (refusal.error.kind.name(), refusal.error.offset),
        Told::Notified { .. } => panic!("accepted: {told:?}"),
    }
}

#[test]
fn every_capture_becomes_an_event() {
    let (server, told) = Running::telling_with(|config| config.with_limits(Limits::DEFAULT.with_legacy_state(true)));
    let mut captures: Vec<_> =
        std::fs::read_dir("corpus/captures").unwrap().map(|entry| entry.unwrap().path()).collect();
    captures.retain(|path| path.extension().is_some_and(|extension| extension == "http"));
    assert!(captures.len() >= 5);
    for (at, path) in captures.iter().enumerate() {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(server.ask(&bytes), ACCEPTED, "{path:?}");
        let Told::Notified { notification, sequence, pid, body } = told.recv_timeout(SOON).unwrap() else {
            panic!("{path:?} was refused")
        };
        assert_eq!(sequence, at as u64 + 1);
        assert_eq!(pid, Some(i32::try_from(std::process::id()).unwrap()));
        assert!(body.is_empty());
        let text = String::from_utf8(bytes).unwrap().to_lowercase();
        assert!(text.contains(&format!("x-neutron-router-id: {}\r\n", notification.router_id)));
        let state = if text.contains("master") { "master" } else { notification.state.as_str() };
        assert!(text.contains(&format!("x-neutron-state: {state}\r\n")));
    }
    let report = server.stop();
    assert_eq!((report.notified, report.refused), (captures.len() as u64, 0));
}

#[test]
fn a_message_split_at_any_byte_is_one_event() {
    let (server, told) = Running::telling();
    let message = message("backup");
    for at in 1..message.len() {
        let mut client = server.connect();
        client.write_all(&message[..at]).unwrap();
        sleep(Duration::from_millis(1));
        client.write_all(&message[at..]).unwrap();
        assert_eq!(read_all(&mut client), ACCEPTED, "split at {at}");
        assert!(matches!(told.recv_timeout(SOON), Ok(Told::Notified { .. })), "split at {at}");
    }
    assert_eq!(server.stop().notified, message.len() as u64 - 1);
}

#[test]
fn a_refusal_gets_its_exact_reply() {
    let (server, told) = Running::telling();
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nX-Neutron-Router-Id: {ID}\r\n");
    let cases: &[(&str, &str, &str, usize)] = &[
        ("400 Bad Request", "request-line", "\r\n", 0),
        ("404 Not Found", "target", "GET /x HTTP/1.1\r\n", 4),
        ("405 Method Not Allowed", "method", "PUT / HTTP/1.1\r\n", 0),
        ("413 Content Too Large", "body-too-long", &format!("{head}Content-Length: 5\r\n\r\nhello"), head.len() + 16),
        ("414 URI Too Long", "request-line-too-long", &format!("GET /{}", "x".repeat(100)), 64),
        ("417 Expectation Failed", "expectation", &format!("{head}Expect: 100-continue\r\n"), head.len()),
        (
            "431 Request Header Fields Too Large",
            "field-too-long",
            &format!("{head}A: {}", "x".repeat(2_000)),
            head.len() + 1_024,
        ),
        ("501 Not Implemented", "transfer-coding", &format!("{head}Transfer-Encoding: chunked\r\n\r\n"), head.len()),
        ("505 HTTP Version Not Supported", "version", "GET / HTTP/1.0\r\n", 6),
    ];
    for (status, name, bytes, offset) in cases {
        assert_eq!(server.ask(bytes.as_bytes()), reply(status), "{name}");
        assert_eq!(refused(&told.recv_timeout(SOON).unwrap()), (*name, *offset));
    }
    assert_eq!(server.stop().refused, cases.len() as u64);
}

#[test]
fn an_early_end_is_answered() {
    let (server, told) = Running::telling();
    let message = message("primary");
    for len in [0, 1, 17, message.len() - 1] {
        assert_eq!(server.ask_and_finish(&message[..len]), reply("400 Bad Request"), "after {len} bytes");
        assert_eq!(refused(&told.recv_timeout(SOON).unwrap()), ("truncated", len));
    }
    assert_eq!(server.ask_and_finish(&message), ACCEPTED);
}

#[test]
fn silence_and_a_drip_end_at_the_same_deadline() {
    let total = Duration::from_millis(400);
    let (server, told) = Running::telling_with(|config| config.with_total_time(total));
    let start = Instant::now();
    let mut silent = server.connect();
    let mut dripping = server.connect();
    for byte in &message("primary")[..10] {
        dripping.write_all(&[*byte]).unwrap();
        sleep(Duration::from_millis(30));
    }
    assert!(start.elapsed() < total, "this machine is too slow for this test");
    assert_eq!(read_all(&mut silent), reply("408 Request Timeout"));
    assert!(start.elapsed() >= total);
    assert_eq!(read_all(&mut dripping), reply("408 Request Timeout"));
    assert!(start.elapsed() < total + Duration::from_secs(1));
    let offsets: Vec<_> = [0, 1].map(|_| refused(&told.recv_timeout(SOON).unwrap())).into();
    assert!(offsets.contains(&("deadline", 0)) && offsets.contains(&("deadline", 10)), "{offsets:?}");
}

#[test]
fn what_follows_the_message_is_counted_and_costs_nobody_the_reply() {
    let (server, told) = Running::telling();
    for extra in [1, 100, 60_000] {
        let bytes = [message("fault"), vec![b'G'; extra]].concat();
        assert_eq!(server.ask_and_finish(&bytes), ACCEPTED, "{extra} bytes more");
        assert!(matches!(told.recv_timeout(SOON), Ok(Told::Notified { .. })));
    }
    assert_eq!(server.stop().trailing, 60_101);
}

#[test]
fn a_flood_after_the_message_is_cut_off() {
    let (server, _told) = Running::telling_with(|config| config.with_drain_bytes(1_000));
    let mut client = server.connect();
    client.write_all(&[message("fault"), vec![b'G'; 50]].concat()).unwrap();
    let mut start = [0; ACCEPTED.len()];
    client.read_exact(&mut start).unwrap();
    assert_eq!(start, ACCEPTED);
    let cut = (0..1_000).find_map(|_| {
        sleep(Duration::from_millis(1));
        client.write_all(&[b'G'; 100]).err()
    });
    assert_eq!(cut.map(|error| error.kind()), Some(IoErrorKind::BrokenPipe));
}

#[test]
fn a_body_that_the_limits_let_in_is_borrowed_and_ignored() {
    let (server, told) = Running::telling_with(|config| config.with_limits(Limits::DEFAULT.with_body(5)));
    let head = String::from_utf8(message("backup")).unwrap();
    let message = head.replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(server.ask(message.as_bytes()), ACCEPTED);
    let Told::Notified { body, .. } = told.recv_timeout(SOON).unwrap() else { panic!("refused") };
    assert_eq!(body, b"hello");
}

#[test]
fn as_many_senders_as_the_backlog_says_can_wait_before_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Server::bind(Config::new(&path).with_expected_routers(50)).unwrap();
    assert_eq!(server.backlog(), 50);
    let (address, kind) = (SocketAddrUnix::new(&path).unwrap(), SocketType::STREAM);
    let waiting: Vec<_> = (0..60)
        .map(|_| rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::NONBLOCK, None).unwrap())
        .take_while(|socket| rustix::net::connect(socket, &address).is_ok())
        .collect();
    // One more than the backlog, as the kernel counts.
    assert_eq!(waiting.len(), 51);
    for socket in &waiting {
        rustix::net::send(socket, &message("backup"), SendFlags::NOSIGNAL).unwrap();
    }
    // They are all answered, even if the first thing that the server is told is to stop.
    server.stopper().stop().unwrap();
    assert_eq!(server.run(|_: Event<'_>| Ok(())).unwrap().notified, 51);
    for socket in waiting {
        let mut bytes = [0; 100];
        let (len, _) = rustix::net::recv(&socket, &mut bytes, RecvFlags::empty()).unwrap();
        assert_eq!(&bytes[..len], ACCEPTED);
    }
}

#[test]
fn many_senders_at_once_are_all_answered_in_one_order() {
    let (server, told) = Running::telling();
    let senders = 200;
    std::thread::scope(|scope| {
        for _ in 0..senders {
            scope.spawn(|| assert_eq!(server.ask(&message("primary")), ACCEPTED));
        }
    });
    for sequence in 1..=senders {
        let Told::Notified { sequence: told, .. } = told.recv_timeout(SOON).unwrap() else { panic!("refused") };
        assert_eq!(told, sequence);
    }
}

#[test]
fn a_connection_over_the_cap_is_answered_and_a_whole_message_needs_no_place() {
    let (server, told) = Running::telling_with(|config| config.with_connections(2));
    let mut held = [server.connect(), server.connect()];
    for client in &mut held {
        client.write_all(b"P").unwrap();
    }
    let mut over = server.connect();
    assert_eq!(read_all(&mut over), reply("503 Service Unavailable"));
    assert_eq!(refused(&told.recv_timeout(SOON).unwrap()).0, "overloaded");
    for client in &mut held {
        client.write_all(&message("backup")[1..]).unwrap();
        assert_eq!(read_all(client), ACCEPTED);
    }
}

#[test]
fn a_stop_finishes_what_is_in_flight_and_removes_the_socket() {
    let (server, told) = Running::telling();
    let message = message("backup");
    let mut client = server.connect();
    client.write_all(&message[..30]).unwrap();
    sleep(Duration::from_millis(50));
    server.stopper.stop().unwrap();
    let gone = (0..200).any(|_| {
        sleep(Duration::from_millis(5));
        !server.socket.exists()
    });
    assert!(gone, "the socket is still there");
    client.write_all(&message[30..]).unwrap();
    assert_eq!(read_all(&mut client), ACCEPTED);
    let Told::Notified { notification: told, .. } = told.recv_timeout(SOON).unwrap() else { panic!("refused") };
    assert_eq!(told, notification(HaState::Backup));
    assert_eq!(server.stop().notified, 1);
}

#[test]
fn a_stop_waits_for_nobody_longer_than_its_grace() {
    let (server, told) = Running::telling_with(|config| config.with_stop_grace(Duration::from_millis(100)));
    let mut client = server.connect();
    client.write_all(b"POST").unwrap();
    sleep(Duration::from_millis(50));
    let start = Instant::now();
    server.stopper.stop().unwrap();
    assert_eq!(read_all(&mut client), reply("408 Request Timeout"));
    drop(client);
    assert_eq!(server.stop().refused, 1);
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(refused(&told.recv().unwrap()), ("deadline", 4));
}

#[test]
fn a_peer_that_vanishes_disturbs_nobody() {
    let (server, told) = Running::telling();
    for len in [0, 10, message("fault").len()] {
        let mut client = server.connect();
        client.write_all(&message("fault")[..len]).unwrap();
        drop(client);
    }
    let kinds: Vec<_> = (0..3)
        .map(|_| match told.recv_timeout(SOON).unwrap() {
            Told::Refused(refusal) => refusal.error.kind,
            Told::Notified { .. } => ErrorKind::Method,
        })
        .collect();
    assert_eq!(kinds, [ErrorKind::Truncated, ErrorKind::Truncated, ErrorKind::Method]);
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
}
