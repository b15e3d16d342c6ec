//! 4,096 held connections, and the memory of the server that holds them.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::Duration;

use hanotify::{HaState, encode};

use super::Scale;
use super::bars::{below, equal, figure};
use super::client::notification;
use super::serving::{Place, Serving, hanotify};

const HELD: usize = 4_096;

pub(crate) fn step(_: Scale) {
    let place = Place::new();
    let server = Serving::start(&place, hanotify(&place));
    let (idle, descriptors) = ((server.private_kib(), server.resident_kib()), server.descriptors());
    let message = encode(&notification(1, HaState::Primary));
    let half = &message.as_bytes()[..message.as_bytes().len() / 2];
    let mut senders: Vec<UnixStream> = (0..HELD).map(|_| UnixStream::connect(place.socket()).unwrap()).collect();
    // Half a message each, since an empty connection is cheaper than any real one.
    for sender in &mut senders {
        sender.write_all(half).unwrap();
    }
    sleep(Duration::from_secs(1));
    equal("connections held", server.descriptors() - descriptors, HELD);
    // The pages of the program and of libc are the system's to count, and are there before the first connection.
    below("resident memory of the server's own, in KiB", server.private_kib(), 4_000_000 / 1_024);
    figure("before the first connection, in KiB", idle.0);
    figure("with the pages of the program and its libraries, in KiB", server.resident_kib());
    figure("these before the first connection, in KiB", idle.1);
    drop(senders);
    equal("stopped cleanly", server.stop(), true);
}
