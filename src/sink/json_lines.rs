//! Events as JSON, one object a line.

use std::io::{self, Write};
use std::path::Path;
use std::string::{String, ToString};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::vec::Vec;

use serde::Serialize;

use super::meters::described_counter;
use super::{Event, EventSink, Omitted, Peer, Refusal, SinkError};
use crate::field_name::FieldName;

/// Writes each event, each refusal, the number of those that were omitted and each event of an unknown router as one
/// JSON object on one line, and flushes it before the sender is answered. What follows a line that could be written
/// only in part begins on a new line. A sender waits for the line of its event alone: of the others, those that could
/// not be written are counted (`hanotify_lines_lost_total`).
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

    /// Writes a line that nobody waits for. The next event meets the same error, and its sender is told.
    fn line_or_count(&mut self, line: &Line<'_>) {
        if self.line(line).is_err() {
            let lost = described_counter!(
                "hanotify_lines_lost_total",
                "Lines for which no sender waits, those of refusals among them, that could not be written."
            );
            lost.increment(1);
        }
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
        self.line_or_count(&line);
    }

    fn omitted(&mut self, omitted: Omitted) {
        let Omitted { refusals, uid, omitted_at } = omitted;
        self.line_or_count(&Line::Omitted { refusals, uid, omitted_at: rfc3339(omitted_at) });
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.line_or_count(&Line::Unknown(event.into()));
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
mod tests;
