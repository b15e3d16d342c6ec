//! What each line has, and what becomes of one that is cut off.

use std::vec;

use super::*;
use crate::error::ErrorKind;
use crate::notification::{HaState, Notification, RouterId};

const PEER: Peer = Peer { pid: None, uid: 42, gid: 43 };

fn event() -> Event<'static> {
    let router_id = RouterId::from_bytes([7; 16]).unwrap();
    Event::new(Notification { router_id, state: HaState::Backup }, PEER, 3, UNIX_EPOCH)
}

/// Takes this many bytes, then reports a full disk until it is given more room.
struct Disk {
    written: Vec<u8>,
    room: usize,
}

impl Write for &mut Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        self.written.extend(&bytes[..taken]);
        if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_that_a_full_disk_cut_off_spoils_no_other() {
    let mut disk = Disk { written: vec![], room: 20 };
    let mut sink = JsonLines::new(&mut disk);
    assert!(matches!(sink.notified(event()), Err(SinkError::Busy)));
    sink.out.room = 1_000;
    sink.notified(event()).unwrap();
    let lines = String::from_utf8(disk.written).unwrap();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].len(), 20);
    assert!(serde_json::from_str::<serde_json::Value>(lines[1]).is_ok(), "{}", lines[1]);
}

#[test]
fn a_line_of_which_nothing_was_written_leaves_none_behind() {
    let mut disk = Disk { written: vec![], room: 0 };
    let mut sink = JsonLines::new(&mut disk);
    for _ in 0..2 {
        assert!(matches!(sink.notified(event()), Err(SinkError::Busy)));
    }
    sink.out.room = 1_000;
    sink.notified(event()).unwrap();
    assert!(disk.written.starts_with(b"{"), "{}", disk.written.escape_ascii());
}

#[test]
fn a_sockets_path_steers_no_terminal() {
    let path = "é\u{202e}\u{9b}31m\u{7f}\u{e0001}\u{1b}";
    let mut lines = Vec::new();
    JsonLines::new(&mut lines).listening(Path::new(path), 7).unwrap();
    let line = String::from_utf8(lines).unwrap();
    assert!(line.contains(r#""é\u202e\u009b31m\u007f\udb40\udc01\u001b""#), "{line}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["socket"], path);
}

/// The end of a line that was cut off fits, and nothing after that.
#[test]
fn a_line_that_was_cut_off_is_ended_once() {
    let mut disk = Disk { written: vec![], room: 20 };
    let mut sink = JsonLines::new(&mut disk);
    assert!(sink.notified(event()).is_err());
    sink.out.room = 1;
    assert!(sink.notified(event()).is_err());
    sink.out.room = 1_000;
    sink.notified(event()).unwrap();
    let lines = String::from_utf8(disk.written).unwrap();
    assert_eq!(lines.lines().map(|line| line.len().min(21)).collect::<Vec<_>>(), [20, 21], "{lines}");
}

#[test]
fn an_event_of_an_unknown_router_has_a_name_of_its_own() {
    let (mut known, mut unknown) = (vec![], vec![]);
    JsonLines::new(&mut known).notified(event()).unwrap();
    JsonLines::new(&mut unknown).unknown(event());
    let known = String::from_utf8(known).unwrap();
    assert!(known.starts_with(r#"{"event":"notified","sequence":3,"#), "{known}");
    assert_eq!(String::from_utf8(unknown).unwrap(), known.replace("notified", "unknown"));
}

/// Counts how often it is flushed.
#[derive(Default)]
struct Flushed(usize);

impl Write for &mut Flushed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

#[test]
fn every_line_is_flushed() {
    let mut out = Flushed::default();
    let mut sink = JsonLines::new(&mut out);
    sink.notified(event()).unwrap();
    sink.refused(Refusal::new(ErrorKind::Method.at(0), None, UNIX_EPOCH));
    assert_eq!(out.0, 2);
}

#[test]
fn what_may_pass_is_busy_and_all_else_has_failed() {
    use io::ErrorKind::{BrokenPipe, FileTooLarge, OutOfMemory, PermissionDenied, QuotaExceeded, StorageFull};
    use io::ErrorKind::{TimedOut, WouldBlock};
    for kind in [StorageFull, QuotaExceeded, FileTooLarge, OutOfMemory, WouldBlock, TimedOut] {
        assert_eq!(SinkError::from(io::Error::from(kind)).kind(), ErrorKind::Overloaded, "{kind}");
    }
    for kind in [BrokenPipe, PermissionDenied] {
        assert_eq!(SinkError::from(io::Error::from(kind)).kind(), ErrorKind::SinkFailed, "{kind}");
    }
}

#[test]
fn a_clock_that_is_wrong_by_any_time_makes_no_panic_and_a_valid_time() {
    let day = Duration::from_secs(24 * 3_600);
    for (time, written) in [
        (UNIX_EPOCH - Duration::from_micros(1), "1970-01-01T00:00:00.000000Z"),
        (UNIX_EPOCH - 1_000_000 * day, "1970-01-01T00:00:00.000000Z"),
        (UNIX_EPOCH + 2_932_896 * day, "9999-12-31T00:00:00.000000Z"),
        (UNIX_EPOCH + 2_932_897 * day, "9999-12-31T23:59:59.000000Z"),
        (UNIX_EPOCH + 1_000_000_000 * day, "9999-12-31T23:59:59.000000Z"),
    ] {
        let mut out = vec![];
        let mut sink = JsonLines::new(&mut out);
        sink.notified(Event { received_at: time, ..event() }).unwrap();
        sink.refused(Refusal::new(ErrorKind::Method.at(0), None, time));
        sink.omitted(Omitted::new(1, None, time));
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.matches(written).count(), 3, "{time:?}: {out}");
    }
}

#[test]
fn omitted_refusals_are_a_number_of_a_user() {
    let mut out = vec![];
    JsonLines::new(&mut out).omitted(Omitted::new(990, Some(42), UNIX_EPOCH));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\"event\":\"omitted\",\"refusals\":990,\"uid\":42,\"omitted_at\":\"1970-01-01T00:00:00.000000Z\"}\n"
    );
}

#[test]
fn a_refusal_tells_what_where_and_who() {
    let mut out = vec![];
    let error = ErrorKind::DuplicateField { field: FieldName::State }.at(123);
    JsonLines::new(&mut out).refused(Refusal::new(error, Some(PEER), UNIX_EPOCH));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            r#"{"event":"refused","error":"duplicate-field","field":"X-Neutron-State","offset":123,"status":400,"#,
            r#""peer":{"pid":null,"uid":42,"gid":43},"refused_at":"1970-01-01T00:00:00.000000Z"}"#,
            "\n",
        )
    );
}
