//! 4,095 senders that drip one byte a second, and one in a hurry.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use hanotify::{ErrorKind as Refusal, HaState, encode, reply};
use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};

use super::Scale;
use super::bars::{at_least, below, equal, figure};
use super::client::{notification, send};
use super::serving::{Place, Serving, hanotify};

const DRIPPERS: usize = 4_095;
/// The server's default for the whole message, and what a reply may take on top.
const DEADLINE: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(1);

pub(crate) fn step(_: Scale) {
    let place = Place::new();
    let server = Serving::start(&place, hanotify(&place));
    let socket = place.socket();
    let dripping = AtomicBool::new(true);
    thread::scope(|scope| {
        let drippers = scope.spawn(|| drip(&socket, &dripping));
        sleep(Duration::from_secs(3));
        let mut took: Vec<Duration> = (0..50).map(|number| hurry(&socket, number)).collect();
        figure("still dripping when the last of 50 is answered", dripping.load(Ordering::Relaxed));
        took.sort_unstable();
        below("median of 50 valid senders", took[25], Duration::from_millis(100));
        figure("slowest of 50", format_args!("{:?}", took[49]));
        let ends = drippers.join().unwrap();
        equal("drippers answered with exactly 408", ends.len(), DRIPPERS);
        let last = ends.iter().max().copied().unwrap_or(Duration::MAX);
        below("slowest 408 from its connect", last, DEADLINE + GRACE);
        let first = ends.iter().min().copied().unwrap_or_default();
        at_least("soonest 408 from its connect", first, DEADLINE);
    });
    equal("events", (place.count("notified"), place.count("refused")), (50, DRIPPERS));
    equal("stopped cleanly", server.stop(), true);
}

fn hurry(socket: &Path, number: u64) -> Duration {
    let start = Instant::now();
    assert!(send(socket, &notification(number, HaState::Primary)).unwrap(), "number {number} was refused");
    start.elapsed()
}

/// Drips until everyone is answered: how long after its connect each that got 408 did.
fn drip(socket: &Path, dripping: &AtomicBool) -> Vec<Duration> {
    let mut poll = Poll::new().unwrap();
    let mut drippers: Vec<(UnixStream, Instant, Vec<u8>)> = Vec::new();
    for at in 0..DRIPPERS {
        let since = Instant::now();
        let stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
        stream.set_nonblocking(true).unwrap();
        let mut stream = UnixStream::from_std(stream);
        poll.registry().register(&mut stream, Token(at), Interest::READABLE).unwrap();
        drippers.push((stream, since, Vec::new()));
    }
    let message = encode(&notification(0, HaState::Backup));
    let mut bytes = message.as_bytes().iter();
    let mut ends = Vec::new();
    let mut events = Events::with_capacity(DRIPPERS);
    let (start, mut next) = (Instant::now(), Instant::now());
    let mut over = 0;
    while over < DRIPPERS && start.elapsed() < DEADLINE * 2 {
        if Instant::now() >= next {
            next += Duration::from_secs(1);
            let byte = *bytes.next().unwrap();
            // Those that are over by now can't take it.
            for (stream, ..) in &mut drippers {
                let _ = stream.write(&[byte]);
            }
        }
        poll.poll(&mut events, Some(next.saturating_duration_since(Instant::now()))).unwrap();
        for event in &events {
            let (stream, since, answer) = &mut drippers[event.token().0];
            match stream.read_to_end(answer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                _ => over += 1,
            }
            dripping.store(false, Ordering::Relaxed);
            ends.extend((*answer == reply::refused(Refusal::Deadline)).then(|| since.elapsed()));
            poll.registry().deregister(stream).unwrap();
        }
    }
    ends
}
