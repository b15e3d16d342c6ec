//! The third reader: the server, over a real socket.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;
use std::thread::sleep;
use std::time::Duration;

use hanotify::sink::{Event, EventSink, Refusal, SinkError};

use super::{Case, Expand, Given, cases, compare, limits};
use hanotify_testing::running::{Running, Telling, Told};

const SOON: Duration = Duration::from_secs(10);
/// How many connections are open at once, so that one pause does for all of them.
const AT_ONCE: usize = 64;
/// The time that a connection has where a case is about that.
const SHORT: Duration = Duration::from_millis(100);

/// A sink that takes no event, and says that all the same.
struct Refusing {
    telling: Telling,
    busy: bool,
}

impl EventSink for Refusing {
    fn notified(&mut self, _: Event<'_>) -> Result<(), SinkError> {
        if self.busy { Err(SinkError::Busy) } else { Err(SinkError::failed("it always does")) }
    }

    fn refused(&mut self, refusal: Refusal) {
        self.telling.refused(refusal);
    }
}

/// A server under the circumstance of a case, and what it tells.
fn server(case: &Case) -> (Running, Receiver<Told>) {
    let (telling, told) = Telling::new();
    let (with, given) = (limits(case.with), case.given);
    let configure = move |config: hanotify::server::Config| {
        let config = config.with_limits(with);
        match given {
            Some(Given::Deadline) => config.with_total_time(SHORT),
            Some(Given::PeerNotAllowed) => config.with_default_uids(false),
            _ => config,
        }
    };
    let running = match given {
        Some(Given::SinkBusy) => Running::start(configure, Refusing { telling, busy: true }),
        Some(Given::SinkFailed) => Running::start(configure, Refusing { telling, busy: false }),
        _ => Running::start(configure, telling),
    };
    (running, told)
}

/// The pieces in which an input goes to the server: more than one way, where the case says so.
fn ways<'a>(case: &Case, input: &'a [u8]) -> Vec<(&'a [u8], &'a [u8])> {
    match case.expand {
        Some(Expand::Splits) => (1..input.len()).map(|at| input.split_at(at)).collect(),
        _ => vec![(input, &[])],
    }
}

fn send(client: &mut UnixStream, bytes: &[u8]) {
    // The server may have refused what came before, and closed.
    let _ = client.write_all(bytes);
}

fn status(client: &mut UnixStream) -> u16 {
    let mut reply = Vec::new();
    // Behind a reply to a message that went on for long, the connection may be reset.
    let _ = client.read_to_end(&mut reply);
    let text = String::from_utf8(reply).unwrap();
    assert!(text.starts_with("HTTP/1.1 ") && text.ends_with("\r\n\r\n"), "{text:?}");
    text.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_live_server_comes_to_every_verdict() {
    let mut servers = BTreeMap::new();
    // In a file, what follows a message is a fault; on a connection it isn't looked at.
    for case in cases().iter().filter(|case| case.given != Some(Given::ExactlyOne)) {
        let key = format!("{:?} {:?}", case.with, case.given);
        let (server, told) = servers.entry(key).or_insert_with(|| server(case));
        let all: Vec<_> = case.inputs().into_iter().flat_map(|input| ways(case, input)).collect();
        for some in all.chunks(AT_ONCE) {
            judge(case, some, server, told);
        }
    }
}

/// Sends these inputs, each in its two pieces, on connections of their own, and compares the replies and the events.
fn judge(case: &Case, some: &[(&[u8], &[u8])], server: &Running, told: &Receiver<Told>) {
    let mut clients: Vec<_> = some.iter().map(|_| server.connect()).collect();
    for (client, (first, _)) in clients.iter_mut().zip(some) {
        send(client, first);
    }
    if case.expand == Some(Expand::Splits) {
        sleep(Duration::from_millis(5));
    }
    for (client, (first, second)) in clients.iter_mut().zip(some) {
        send(client, second);
        if case.given != Some(Given::Deadline) {
            let _ = client.shutdown(Shutdown::Write);
        }
        let expected = case.expected_of_prefix(first.len() + second.len());
        assert_eq!(status(client), expected.status(), "{}", case.id);
        // An answer comes after its event, so one at a time there is one event for each; in pieces, all have the same
        // verdict.
        let verdict = match told.recv_timeout(SOON).unwrap() {
            Told::Notified { notification, .. } => Ok((notification, None)),
            Told::Refused(refusal) => Err(refusal.error),
        };
        if case.expand != Some(Expand::Truncations) {
            compare(case, &expected, verdict);
        }
    }
    assert!(told.try_recv().is_err(), "{}: more events than messages", case.id);
}
