//! What the server's agent gets: the JSON lines that the server under test writes.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use serde_json::Value;

use super::scanner::{Scanner, Strays};
use super::watch::Watch;

/// How often a file is looked at for more.
const TAIL: Duration = Duration::from_millis(1);
/// Characters of a value that are kept.
const LONGEST_VALUE: usize = 1_000;
/// Events that are kept until somebody looks at them. The largest burst has 10,000 senders.
const MOST: usize = 16_384;

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
    /// How many had no room since [`dropped`](Self::dropped) was last called.
    dropped: Arc<AtomicU64>,
    watch: Watch,
}

impl Events {
    /// Follows a file from its present end on, or a FIFO, whose writer may come and go. It never waits for one.
    pub(crate) fn open(path: &Path, watch: Watch, strays: &Arc<Strays>) -> io::Result<Self> {
        let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let mut file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
        if file.metadata()?.is_file() {
            file.seek(SeekFrom::End(0))?;
        }
        Self::read(file, true, watch, strays)
    }

    /// Reads a stream; one that grows is read again where it ends.
    pub(crate) fn read(
        stream: impl Read + Send + 'static,
        grows: bool,
        watch: Watch,
        strays: &Arc<Strays>,
    ) -> io::Result<Self> {
        let (sender, arrived) = sync_channel(MOST);
        let dropped = Arc::<AtomicU64>::default();
        let (counter, strays) = (Arc::clone(&dropped), Arc::clone(strays));
        Builder::new().spawn(move || follow(stream, grows, &sender, &counter, &strays))?;
        Ok(Self { arrived, dropped, watch })
    }

    /// The next event, if one comes in time, and before the audit is to end.
    pub(crate) fn next(&self, wait: Duration) -> Option<Event> {
        let deadline = Instant::now() + wait;
        loop {
            match self.arrived.recv_timeout(self.watch.glance(deadline)?) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// The events before the first that `is_last` says yes to, and whether that one came in time.
    pub(crate) fn until(&self, wait: Duration, is_last: impl Fn(&Event) -> bool) -> (Vec<Event>, bool) {
        let deadline = Instant::now() + wait;
        let mut before = Vec::new();
        while let Some(event) = self.next(deadline.saturating_duration_since(Instant::now())) {
            if is_last(&event) {
                return (before, true);
            }
            if before.len() < MOST {
                before.push(event);
            } else {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
        (before, false)
    }

    /// How many events there was no room for since the last call.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.swap(0, Ordering::Relaxed)
    }
}

fn follow(mut stream: impl Read, grows: bool, arrived: &SyncSender<Event>, dropped: &AtomicU64, strays: &Strays) {
    let mut scanner = Scanner::default();
    let mut chunk = vec![0; 64 << 10];
    let mut is_over = false;
    while !is_over {
        match stream.read(&mut chunk) {
            Ok(0) if grows => thread::sleep(TAIL),
            Ok(read @ 1..) => {
                scanner.push(chunk.get(..read).unwrap_or_default(), strays, |value| {
                    match event(&value).map(|event| arrived.try_send(event)) {
                        Some(Err(TrySendError::Full(_))) => {
                            dropped.fetch_add(1, Ordering::Relaxed);
                        }
                        Some(Err(TrySendError::Disconnected(_))) => is_over = true,
                        Some(Ok(())) | None => {}
                    }
                });
            }
            // A FIFO with a writer that has written nothing.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(TAIL),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => is_over = true,
        }
    }
}

/// `{"router_id": …, "state": …}` with whatever else; other objects are none of ours.
fn event(object: &Value) -> Option<Event> {
    let value = |name| match object.get(name)? {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(cut(text.clone()))),
        other => Some(Some(cut(other.to_string()))),
    };
    Some(Event { router_id: value("router_id")?, state: value("state")? })
}

/// As much of a value as is kept: no server is told of a longer id or state.
fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST_VALUE) {
        text.truncate(at);
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn watch() -> Watch {
        Watch::new(Arc::default(), Duration::from_secs(60))
    }

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
        let events = Events::read(lines.as_bytes(), false, watch(), &Arc::default()).unwrap();
        assert_eq!(events.next(SOON), Some(told(Some("a"), Some("b"))));
        assert_eq!(events.next(SOON), Some(told(None, Some("1"))));
        assert_eq!(events.next(SOON), None);
    }

    #[test]
    fn a_file_is_followed_from_its_end() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, r#"{{"router_id":"old","state":"b"}}"#).unwrap();
        let events = Events::open(file.path(), watch(), &Arc::default()).unwrap();
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

    #[test]
    fn a_flood_of_events_takes_bounded_memory_and_is_counted() {
        let line = b"{\"router_id\":\"a\",\"state\":\"b\"}\n";
        let lines = line.repeat(3 * MOST);
        let events = Events::read(io::Cursor::new(lines), false, watch(), &Arc::default()).unwrap();
        thread::sleep(Duration::from_millis(200));
        let (before, came) = events.until(SOON, |_| false);
        let dropped = usize::try_from(events.dropped()).unwrap();
        assert_eq!((before.len().min(MOST), came), (before.len(), false));
        assert_eq!(before.len() + dropped, 3 * MOST);
        assert_eq!(events.dropped(), 0, "counted once");
    }

    #[test]
    fn a_long_value_is_cut() {
        let line = format!("{{\"router_id\":\"{}\",\"state\":1}}\n", "é".repeat(5_000));
        let events = Events::read(io::Cursor::new(line), false, watch(), &Arc::default()).unwrap();
        assert_eq!(events.next(SOON).unwrap().router_id.unwrap().chars().count(), LONGEST_VALUE);
    }

    #[test]
    fn a_fifo_that_nobody_writes_to_is_opened_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        let events = Events::open(&path, watch(), &Arc::default()).unwrap();
        assert_eq!(events.next(Duration::from_millis(50)), None);
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        write!(writer, r#"{{"router_id":"a","#).unwrap();
        assert_eq!(events.next(Duration::from_millis(50)), None);
        writeln!(writer, r#""state":"b"}}"#).unwrap();
        drop(writer);
        assert_eq!(events.next(SOON), Some(told(Some("a"), Some("b"))));
    }

    #[test]
    fn a_stop_ends_the_wait() {
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let (reader, _writer) = io::pipe().unwrap();
        let events = Events::read(reader, false, Watch::new(stop, SOON), &Arc::default()).unwrap();
        let start = Instant::now();
        assert_eq!(events.next(SOON), None);
        assert!(start.elapsed() < SOON / 2);
    }
}
