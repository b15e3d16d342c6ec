//! Events as JSON, one object a line.

use std::io::{self, Write};
use std::path::Path;
use std::string::{String, ToString};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::vec::Vec;

use serde::Serialize;

use super::{Event, EventSink, Omitted, Peer, Refusal, SinkError};
use crate::field_name::FieldName;

/// Writes each event, each refusal, the number of those that were omitted and each event of an unknown router as one
/// JSON object on one line, and flushes it before the sender is answered. What follows a line that could be written
/// only in part begins on a new line.
///
/// ```
/// use hanotify::sink::{Event, EventSink, JsonLines, Peer};
/// # use hanotify::{HaState, Notification};
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let notification = Notification { router_id, state: HaState::Primary };
///
/// let mut lines = Vec::new();
/// let peer = Peer { pid: Some(7), uid: 0, gid: 0 };
/// JsonLines::new(&mut lines).notified(Event::new(notification, peer, 1, std::time::UNIX_EPOCH))?;
/// assert_eq!(
///     String::from_utf8(lines)?,
///     concat!(
///         r#"{"event":"notified","sequence":1,"router_id":"9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10","state":"primary","#,
///         r#""peer":{"pid":7,"uid":0,"gid":0},"received_at":"1970-01-01T00:00:00.000000Z"}"#,
///         "\n",
///     )
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    /// Whether the last line was cut off by an error.
    torn: bool,
}

impl<W: Write> JsonLines<W> {
    /// A sink that writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, torn: false }
    }

    /// Writes that a server listens at `socket`, where up to `backlog` connections can wait to be accepted.
    ///
    /// # Errors
    ///
    /// What writing or flushing gives.
    pub fn listening(&mut self, socket: &Path, backlog: u32) -> io::Result<()> {
        let line = Line::Listening { socket: &socket.to_string_lossy(), backlog, pid: std::process::id() };
        // The only line with a text from elsewhere.
        self.write_line(plain(&serde_json::to_string(&line)?).into_bytes())
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(256);
        serde_json::to_writer(&mut bytes, line)?;
        self.write_line(bytes)
    }

    fn write_line(&mut self, mut bytes: Vec<u8>) -> io::Result<()> {
        if self.torn {
            bytes.insert(0, b'\n');
        }
        bytes.push(b'\n');
        self.write(&bytes)?;
        self.torn = true;
        self.out.flush()?;
        self.torn = false;
        Ok(())
    }

    /// As `write_all`, which doesn't tell whether it has written a part.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    let (done, left) = rest.split_at_checked(written).unwrap_or((rest, &[]));
                    self.torn = !done.ends_with(b"\n");
                    rest = left;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<W: Write> EventSink for JsonLines<W> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        Ok(self.line(&Line::Notified(event.into()))?)
    }

    fn refused(&mut self, refusal: Refusal) {
        let line = Line::Refused {
            error: refusal.error.kind.name(),
            field: refusal.error.kind.field().map(FieldName::as_str),
            offset: refusal.error.offset,
            status: refusal.error.status(),
            peer: refusal.peer.map(PeerObject::from),
            refused_at: rfc3339(refusal.refused_at),
        };
        // Nobody waits for this line; the next event meets the same error, and its sender is told.
        let _ = self.line(&line);
    }

    fn omitted(&mut self, omitted: Omitted) {
        let Omitted { refusals, uid, omitted_at } = omitted;
        // As above.
        let _ = self.line(&Line::Omitted { refusals, uid, omitted_at: rfc3339(omitted_at) });
    }

    fn unknown(&mut self, event: Event<'_>) {
        // As above.
        let _ = self.line(&Line::Unknown(event.into()));
    }
}

/// The same JSON value, in which what would steer a terminal, or change the order of what it shows, is escaped.
fn plain(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for char in json.chars() {
        if matches!(char, ' '..='~') || (!char.is_ascii() && char.escape_debug().len() == 1) {
            plain.push(char);
        } else {
            let units = char.encode_utf16(&mut [0; 2]).to_vec();
            plain.extend(units.iter().map(|unit| std::format!("\\u{unit:04x}")));
        }
    }
    plain
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line<'a> {
    Listening {
        socket: &'a str,
        backlog: u32,
        pid: u32,
    },
    Notified(EventObject),
    Unknown(EventObject),
    Refused {
        error: &'static str,
        field: Option<&'static str>,
        offset: usize,
        status: u16,
        peer: Option<PeerObject>,
        refused_at: String,
    },
    Omitted {
        refusals: u64,
        uid: Option<u32>,
        omitted_at: String,
    },
}

#[derive(Serialize)]
struct EventObject {
    sequence: u64,
    router_id: String,
    state: &'static str,
    peer: PeerObject,
    received_at: String,
}

impl From<Event<'_>> for EventObject {
    fn from(event: Event<'_>) -> Self {
        Self {
            sequence: event.sequence,
            router_id: event.notification.router_id.to_string(),
            state: event.notification.state.as_str(),
            peer: event.peer.into(),
            received_at: rfc3339(event.received_at),
        }
    }
}

#[derive(Serialize)]
struct PeerObject {
    pid: Option<i32>,
    uid: u32,
    gid: u32,
}

impl From<Peer> for PeerObject {
    fn from(Peer { pid, uid, gid }: Peer) -> Self {
        Self { pid, uid, gid }
    }
}

/// The last second that RFC 3339 has a year for.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// RFC 3339, in UTC, to the microsecond. The clock of a host may say anything, and what is written panics before 1970
/// and after 9999: these are the ends.
fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_micros(time.clamp(UNIX_EPOCH, UNIX_EPOCH + LATEST)).to_string()
}

#[cfg(test)]
mod tests {
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
        use io::ErrorKind::{
            BrokenPipe, FileTooLarge, PermissionDenied, QuotaExceeded, StorageFull, TimedOut, WouldBlock,
        };
        for kind in [StorageFull, QuotaExceeded, FileTooLarge, WouldBlock, TimedOut] {
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
}
