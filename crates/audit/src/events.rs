//! What the server's agent gets: the JSON lines that the server under test writes.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How often a file is looked at for more.
const TAIL: Duration = Duration::from_millis(1);
/// A longer line is no event.
const LONGEST: usize = 1 << 20;

/// What the agent was told. A server that has no value to hand on writes null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) router_id: Option<String>,
    pub(crate) state: Option<String>,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| match value {
            Some(text) => format!("\"{}\"", text.escape_debug()),
            None => "null".to_owned(),
        };
        write!(f, "router_id {}, state {}", shown(&self.router_id), shown(&self.state))
    }
}

/// Events as they come, read on a thread of their own.
pub(crate) struct Events {
    arrived: Receiver<Event>,
}

impl Events {
    /// Follows a file from its present end on, or reads a FIFO.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let grows = file.metadata()?.is_file();
        if grows {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self::read(file, grows))
    }

    /// Reads a stream; one that grows is read again where it ends.
    pub(crate) fn read(stream: impl Read + Send + 'static, grows: bool) -> Self {
        let (sender, arrived) = channel();
        thread::spawn(move || follow(BufReader::new(stream), grows, &sender));
        Self { arrived }
    }

    /// The next event, if one comes in time.
    pub(crate) fn next(&self, wait: Duration) -> Option<Event> {
        self.arrived.recv_timeout(wait).ok()
    }

    /// The events before the first that `is_last` says yes to, and whether that one came in time.
    pub(crate) fn until(&self, wait: Duration, is_last: impl Fn(&Event) -> bool) -> (Vec<Event>, bool) {
        let deadline = Instant::now() + wait;
        let mut before = Vec::new();
        while let Some(event) = self.next(deadline.saturating_duration_since(Instant::now())) {
            if is_last(&event) {
                return (before, true);
            }
            before.push(event);
        }
        (before, false)
    }
}

fn follow(mut stream: impl BufRead, grows: bool, arrived: &Sender<Event>) {
    let mut line = Vec::new();
    loop {
        match stream.by_ref().take(64 << 10).read_until(b'\n', &mut line) {
            Ok(0) if grows => thread::sleep(TAIL),
            Ok(1..) if line.last() != Some(&b'\n') => {}
            Ok(1..) => {
                if event(&line).is_some_and(|event| arrived.send(event).is_err()) {
                    return;
                }
                line.clear();
            }
            Ok(0) | Err(_) => return,
        }
        if line.len() > LONGEST {
            line.clear();
        }
    }
}

/// `{"router_id": …, "state": …}` with whatever else; other lines are none of ours.
fn event(line: &[u8]) -> Option<Event> {
    let object: Value = serde_json::from_slice(line).ok()?;
    let value = |name| match object.get(name)? {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text.clone())),
        other => Some(Some(other.to_string())),
    };
    Some(Event { router_id: value("router_id")?, state: value("state")? })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn told(router_id: Option<&str>, state: Option<&str>) -> Event {
        Event { router_id: router_id.map(str::to_owned), state: state.map(str::to_owned) }
    }

    #[test]
    fn only_lines_with_both_members_are_events() {
        let lines = concat!(
            "starting\n",
            "{\"event\":\"listening\",\"socket\":\"a\"}\n",
            "{\"event\":\"refused\",\"error\":\"state\"}\n",
            "[1]\n",
            "{\"event\":\"notified\",\"sequence\":1,\"router_id\":\"a\",\"state\":\"b\"}\n",
            "{\"router_id\":null,\"state\":1}\n",
            "{\"router_id\":\"cut",
        );
        let events = Events::read(lines.as_bytes(), false);
        assert_eq!(events.next(SOON), Some(told(Some("a"), Some("b"))));
        assert_eq!(events.next(SOON), Some(told(None, Some("1"))));
        assert_eq!(events.next(SOON), None);
    }

    #[test]
    fn a_file_is_followed_from_its_end() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, r#"{{"router_id":"old","state":"b"}}"#).unwrap();
        let events = Events::open(file.path()).unwrap();
        write!(file, r#"{{"router_id":"new","#).unwrap();
        file.flush().unwrap();
        assert_eq!(events.next(Duration::from_millis(50)), None);
        writeln!(file, r#""state":"b"}}"#).unwrap();
        file.flush().unwrap();
        let (before, came) = events.until(SOON, |event| event.router_id.as_deref() == Some("new"));
        assert_eq!((before, came), (vec![], true));
    }

    #[test]
    fn an_event_is_shown_in_printable_characters() {
        assert_eq!(told(None, Some("a\x1b\"\n")).to_string(), r#"router_id null, state "a\u{1b}\"\n""#);
    }
}
