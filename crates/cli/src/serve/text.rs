//! Events as text for people: one aligned line each.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use hanotify::HaState;
use hanotify::sink::{Event, EventSink, Omitted, Peer, Refusal, SinkError};

use crate::output::datable;

/// Writes each event as a line, in one go.
pub(super) struct TextLines<W> {
    out: W,
    colours: ColorChoice,
}

const GOOD: Style = AnsiColor::Green.on_default();
const IDLE: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

impl<W: Write> TextLines<W> {
    pub(super) const fn new(out: W, colours: ColorChoice) -> Self {
        Self { out, colours }
    }

    fn line(&mut self, text: impl Display) -> io::Result<()> {
        let mut line = AutoStream::new(Vec::with_capacity(256), self.colours);
        writeln!(line, "{text}")?;
        self.out.write_all(&line.into_inner())?;
        self.out.flush()
    }

    fn notify(&mut self, event: &Event<'_>) -> io::Result<()> {
        let style = match event.notification.state {
            HaState::Primary => GOOD,
            HaState::Backup => IDLE,
            HaState::Fault => BAD,
        };
        let time = datable(event.received_at);
        let (id, state) = (event.notification.router_id, event.notification.state);
        let (sequence, peer) = (event.sequence, Who(Some(event.peer)));
        self.line(format_args!("{DIM}{time}{DIM:#}  {style}{state:<8}{style:#}  {id}  {DIM}#{sequence} {peer}{DIM:#}"))
    }

    fn refuse(&mut self, refusal: &Refusal) -> io::Result<()> {
        let time = datable(refusal.refused_at);
        let (error, peer) = (refusal.error, Who(refusal.peer));
        let (status, name) = (error.status(), error.kind.name());
        self.line(format_args!(
            "{DIM}{time}{DIM:#}  {BAD}refused {BAD:#}  {status} {name}: {error}  {DIM}{peer}{DIM:#}"
        ))
    }
}

impl<W: Write> EventSink for TextLines<W> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        Ok(self.notify(&event)?)
    }

    fn refused(&mut self, refusal: Refusal) {
        count_if_lost(&self.refuse(&refusal));
    }

    fn omitted(&mut self, omitted: Omitted) {
        let time = datable(omitted.omitted_at);
        let (refusals, whose) = (omitted.refusals, omitted.uid.map_or("others".into(), |uid| format!("uid {uid}")));
        let line = format_args!("{DIM}{time}{DIM:#}  {BAD}omitted {BAD:#}  {refusals} refusals  {DIM}{whose}{DIM:#}");
        count_if_lost(&self.line(line));
    }
}

/// Counts a line that nobody waits for, as the JSON lines do. The next event meets the same error, and its sender is
/// told.
fn count_if_lost(written: &io::Result<()>) {
    if written.is_err() {
        metrics::counter!("hanotify_lines_lost_total").increment(1);
    }
}

struct Who(Option<Peer>);

impl Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Peer { pid: Some(pid), uid, gid }) => write!(f, "pid {pid} uid {uid} gid {gid}"),
            Some(Peer { pid: None, uid, gid }) => write!(f, "uid {uid} gid {gid}"),
            None => f.write_str("unknown peer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use hanotify::{ErrorKind, Notification, RouterId};

    use super::*;

    const PEER: Peer = Peer { pid: Some(7), uid: 1, gid: 2 };

    fn lines(colours: ColorChoice) -> String {
        let mut out = Vec::new();
        let mut text = TextLines::new(&mut out, colours);
        for state in HaState::ALL {
            let router_id = RouterId::from_bytes([7; 16]).unwrap();
            text.notified(Event::new(Notification { router_id, state }, PEER, 1, UNIX_EPOCH)).unwrap();
        }
        text.refused(Refusal::new(ErrorKind::Method.at(0), None, UNIX_EPOCH));
        text.omitted(Omitted::new(990, Some(1), UNIX_EPOCH));
        text.omitted(Omitted::new(7, None, UNIX_EPOCH));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_aligned_and_bare_without_colours() {
        let expected = "\
1970-01-01T00:00:00.000Z  primary   07070707-0707-0707-0707-070707070707  #1 pid 7 uid 1 gid 2
1970-01-01T00:00:00.000Z  backup    07070707-0707-0707-0707-070707070707  #1 pid 7 uid 1 gid 2
1970-01-01T00:00:00.000Z  fault     07070707-0707-0707-0707-070707070707  #1 pid 7 uid 1 gid 2
1970-01-01T00:00:00.000Z  refused   405 method: method not allowed: use GET or POST (byte 0)  unknown peer
1970-01-01T00:00:00.000Z  omitted   990 refusals  uid 1
1970-01-01T00:00:00.000Z  omitted   7 refusals  others
";
        assert_eq!(lines(ColorChoice::Never), expected);
    }

    #[test]
    fn a_clock_that_is_wrong_by_any_time_makes_no_panic() {
        let far = Duration::from_secs(1_000_000_000_000);
        for (time, written) in [(UNIX_EPOCH - far, "1970-01-01T00:00:00"), (UNIX_EPOCH + far, "9999-12-31T23:59:59")] {
            let mut out = Vec::new();
            let mut text = TextLines::new(&mut out, ColorChoice::Never);
            text.refused(Refusal::new(ErrorKind::Method.at(0), None, time));
            text.omitted(Omitted::new(1, None, time));
            assert_eq!(String::from_utf8(out).unwrap().matches(written).count(), 2, "{time:?}");
        }
    }

    #[test]
    fn each_state_has_its_colour() {
        let lines = lines(ColorChoice::AlwaysAnsi);
        for coloured in ["\x1b[32mprimary ", "\x1b[36mbackup ", "\x1b[1m\x1b[31mfault ", "\x1b[1m\x1b[31mrefused "] {
            assert!(lines.contains(coloured), "{coloured:?} is not in {lines:?}");
        }
    }
}
