//! Events as text for people: one aligned line each.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use hanotify::HaState;
use hanotify::sink::{Event, EventSink, Peer, Refusal, SinkError};

/// Writes each event as a line. `W` decides whether colours come out.
pub(super) struct TextLines<W> {
    out: W,
}

const GOOD: Style = AnsiColor::Green.on_default();
const IDLE: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

impl<W: Write> TextLines<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out }
    }

    fn notify(&mut self, event: &Event<'_>) -> io::Result<()> {
        let style = match event.notification.state {
            HaState::Primary => GOOD,
            HaState::Backup => IDLE,
            HaState::Fault => BAD,
        };
        let time = humantime::format_rfc3339_millis(event.received_at);
        let (id, state) = (event.notification.router_id, event.notification.state);
        let (sequence, peer) = (event.sequence, Who(Some(event.peer)));
        writeln!(self.out, "{DIM}{time}{DIM:#}  {style}{state:<8}{style:#}  {id}  {DIM}#{sequence} {peer}{DIM:#}")?;
        self.out.flush()
    }

    fn refuse(&mut self, refusal: &Refusal) -> io::Result<()> {
        let time = humantime::format_rfc3339_millis(refusal.refused_at);
        let (error, peer) = (refusal.error, Who(refusal.peer));
        let (status, name) = (error.status(), error.kind.name());
        writeln!(self.out, "{DIM}{time}{DIM:#}  {BAD}refused {BAD:#}  {status} {name}: {error}  {DIM}{peer}{DIM:#}")?;
        self.out.flush()
    }
}

impl<W: Write> EventSink for TextLines<W> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        Ok(self.notify(&event)?)
    }

    fn refused(&mut self, refusal: Refusal) {
        // Nobody waits for this line; the next event meets the same error, and its sender is told.
        let _ = self.refuse(&refusal);
    }
}

struct Who(Option<Peer>);

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(Peer { pid: Some(pid), uid, gid }) => write!(f, "pid {pid} uid {uid} gid {gid}"),
            Some(Peer { pid: None, uid, gid }) => write!(f, "uid {uid} gid {gid}"),
            None => f.write_str("unknown peer"),
        }
    }
}
