//! What [`Traced`] records: typed values, and no byte of a peer's.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use hanotify::sink::{Event, EventSink, Omitted, Peer, Refusal, SinkError, Traced};
use hanotify::{ErrorKind, HaState, Notification, RouterId};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_outcome_is_recorded_without_a_byte_of_the_peers() {
    let lines = Lines::default();
    let theirs = lines.clone();
    let format = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(move || theirs.clone());
    let notification = Notification { router_id: RouterId::from_bytes([7; 16]).unwrap(), state: HaState::Backup };
    let peer = Peer { pid: None, uid: 42, gid: 43 };
    let event = Event::new(notification, peer, 3, UNIX_EPOCH).with_body(b"\x1b[2J");
    tracing::subscriber::with_default(format.finish(), || {
        let mut answers = [Ok(()), Err(SinkError::Busy)].into_iter();
        let mut sink = Traced::new(|_: Event<'_>| answers.next().unwrap());
        sink.notified(event).unwrap();
        assert!(sink.notified(event).is_err());
        sink.unknown(event);
        sink.refused(Refusal::new(ErrorKind::State.at(110), Some(peer), UNIX_EPOCH));
        sink.refused(Refusal::new(ErrorKind::Truncated.at(0), None, UNIX_EPOCH));
        sink.omitted(Omitted::new(990, Some(42), UNIX_EPOCH));
    });
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = lines.lines().map(str::trim).collect();
    let id = notification.router_id.to_string();
    let who = format!("router_id={id} state=\"backup\" sequence=3 uid=42 gid=43");
    assert_eq!(
        lines,
        [
            format!("INFO hanotify::sink: notified {who} body_len=4"),
            format!("WARN hanotify::sink: not taken {who} error=\"overloaded\""),
            format!("INFO hanotify::sink: unknown router {who}"),
            "WARN hanotify::sink: refused error=\"state\" offset=110 status=400 uid=42 gid=43".to_string(),
            "WARN hanotify::sink: refused error=\"truncated\" offset=0 status=400".to_string(),
            "WARN hanotify::sink: omitted refusals=990 uid=42".to_string(),
        ]
    );
}
