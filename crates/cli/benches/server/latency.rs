//! How long 64 clients wait that come at once, and 64 that never stop.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::burst::{is_accepted, prepared};
use super::roles::connect;
use super::running::Running;

pub(crate) const CLIENTS: usize = 64;

/// Nanoseconds.
pub(crate) type Times = Histogram<u64>;

pub(crate) fn times() -> Times {
    Histogram::new(3).unwrap()
}

/// The clients have all sent when the server turns to them: when does each have its reply? They look without pause, so
/// that no wake-up of theirs is part of it.
pub(crate) fn at_once(server: &Running, message: &[u8], times: &mut Times) {
    let mut clients = prepared(server, message, CLIENTS);
    for client in &clients {
        client.set_nonblocking(true).unwrap();
    }
    let start = Instant::now();
    server.go();
    for client in &mut clients {
        assert!(is_accepted(&spun(client)));
        times.record(nanos(start.elapsed())).unwrap();
    }
}

fn spun(client: &mut UnixStream) -> Vec<u8> {
    let mut reply = vec![0; 256];
    loop {
        if let Ok(len) = client.read(&mut reply) {
            reply.truncate(len);
            return reply;
        }
    }
}

/// Each client is a thread that sends one notification after the other: the times, and how many were answered in a
/// second. All of them share a processor, so that they are what limits this.
pub(crate) fn without_pause(server: &Running, message: &[u8], time: Duration) -> (Times, f64) {
    let socket = server.socket();
    let start = Instant::now();
    let mut all = times();
    thread::scope(|scope| {
        let client = || {
            let mut times = times();
            while start.elapsed() < time {
                let begin = Instant::now();
                let mut stream = connect(&socket);
                stream.write_all(message).unwrap();
                let mut reply = Vec::with_capacity(256);
                stream.read_to_end(&mut reply).unwrap();
                assert!(is_accepted(&reply));
                times.record(nanos(begin.elapsed())).unwrap();
            }
            times
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        for client in clients {
            all.add(client.join().unwrap()).unwrap();
        }
    });
    let rate = all.len() as f64 / start.elapsed().as_secs_f64();
    (all, rate)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}
