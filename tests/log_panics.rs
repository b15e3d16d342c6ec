//! A log that panics, as `tracing_subscriber::fmt` does where neither its writer nor standard error takes a line: when
//! the disk is full that both are on.
//!
//! The subscriber is that of this whole process.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io;
use std::sync::Once;
use std::sync::mpsc::channel;
use std::time::{Duration, UNIX_EPOCH};

use hanotify::sink::{Event, EventSink, Peer, Queue, QueueOptions, SinkError};
use hanotify::{HaState, Notification, RouterId};
use hanotify_testing::running::{ACCEPTED, Running, message};

struct FullDisk;

impl io::Write for FullDisk {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        // Without the hook, which would print a message each time.
        std::panic::resume_unwind(Box::new("failed printing to stderr"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn log_to_a_full_disk() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let format = tracing_subscriber::fmt().with_writer(|| FullDisk);
        tracing::subscriber::set_global_default(format.finish()).unwrap();
    });
}

fn event(sequence: u64) -> Event<'static> {
    let router_id = RouterId::from_bytes([1; 16]).unwrap();
    let notification = Notification { router_id, state: HaState::Primary };
    Event::new(notification, Peer { pid: None, uid: 0, gid: 0 }, sequence, UNIX_EPOCH)
}

#[test]
fn a_log_that_panics_ends_no_server() {
    log_to_a_full_disk();
    let server = Running::start(|config| config, |_: Event<'_>| Ok(()));
    assert_ne!(server.ask(b"GET /x HTTP/1.1\r\n\r\n"), ACCEPTED);
    assert_eq!(server.ask(&message("backup")), ACCEPTED);
    server.stop();
}

#[test]
fn a_log_that_panics_loses_no_event_of_a_queue() {
    log_to_a_full_disk();
    let (delivered, wait) = channel();
    let mut fails = [true, false, true].into_iter();
    let options = QueueOptions::new(4).with_pause(Duration::from_millis(1));
    let sink = move |event: Event<'_>| {
        if fails.next().unwrap_or_default() {
            return Err(SinkError::Busy);
        }
        delivered.send(event.sequence).map_err(SinkError::failed)
    };
    let mut queue = Queue::with_options(options, sink).unwrap();
    for sequence in 1..=2 {
        queue.notified(event(sequence)).unwrap();
        assert_eq!(wait.recv_timeout(Duration::from_secs(10)), Ok(sequence));
    }
    let counts = queue.close();
    assert_eq!((counts.delivered, counts.failures, counts.lost), (2, 2, 0));
}
