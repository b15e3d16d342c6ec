//! `hanotify serve`: receives notifications and writes them as events.

mod activation;
mod diagnostics;
mod manager;
mod metrics;
mod options;
mod outlet;
mod sandbox;
mod signals;
mod text;

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anstream::{AutoStream, ColorChoice};
use clap::builder::{PathBufValueParser, TypedValueParser};
use hanotify::server::{Config, Server, Stopper};
use hanotify::sink::{Event, EventSink, JsonLines, Omitted, Refusal, SinkError};

use self::diagnostics::Stderr;
use self::manager::Manager;
use self::metrics::Readers;
use self::outlet::Events;
use self::signals::Hangup;
use super::output::{self, Format};
use super::place;

#[derive(clap::Args)]
#[command(after_long_help = "\
Events are flushed before their sender is answered: 200 means that the line is written. If the reader of the events \
falls behind, senders get 503 and can try again.

Signals:
  SIGTERM  stops it, within --stop-grace; a second one at once. So do SIGINT, SIGQUIT and SIGXCPU
  SIGHUP   opens the file of --output again; without one, stops it if its events go to a terminal
  SIGUSR1  writes the counters to standard error
  others   do nothing, but for those of faults and of job control

Exit status:
  0  stopped, by a signal
  2  the arguments make no sense, the server can't listen at the socket, or nobody reads the events any more")]
pub(crate) struct Serve {
    /// Where to listen [default: /run/hanotify/keepalived-state-change for root, else under `$XDG_RUNTIME_DIR`, else in
    /// a private folder for temporary files]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// How to write events [default: text on a terminal, json otherwise]
    #[arg(long)]
    format: Option<Format>,
    /// The file to append events to, made if it is not there; SIGHUP opens it again, as after a rotation. A FIFO or a
    /// device will do too [default: standard output]
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(output_file))]
    output: Option<PathBuf>,
    #[command(flatten)]
    access: options::Access,
    #[command(flatten)]
    capacity: options::Capacity,
    #[command(flatten)]
    messages: options::Messages,
    #[command(flatten)]
    operation: options::Operation,
}

/// A file for events; `-` is a name that nobody means.
fn output_file(path: PathBuf) -> Result<PathBuf, &'static str> {
    if path.as_os_str() == "-" { Err("for standard output, leave it out") } else { Ok(path) }
}

impl Serve {
    fn format(&self) -> Format {
        let default = || if self.output.is_some() { Format::Json } else { Format::for_stdout() };
        self.format.unwrap_or_else(default)
    }

    fn colours(&self) -> ColorChoice {
        if self.output.is_some() { ColorChoice::Never } else { AutoStream::choice(&io::stdout()) }
    }
}

/// Serves until stopped.
pub(crate) fn run(args: &Serve) -> ExitCode {
    if let Err(cause) = diagnostics::start() {
        output::complain(format_args!("can't write to standard error: {cause}"));
        return ExitCode::from(super::FAILED);
    }
    tracing_subscriber::fmt()
        .with_max_level(args.operation.log)
        .with_writer(|| Stderr)
        .with_ansi(wants_colour())
        // A macro writes them to standard error as well, and panics when standard error is what doesn't work.
        .log_internal_errors(false)
        .init();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            diagnostics::complain(Chain(failure.as_ref()));
            ExitCode::from(super::FAILED)
        }
    }
}

fn serve(args: &Serve) -> Result<(), Box<dyn Error>> {
    let handed_over = activation::handed_over(args.socket.as_ref())?;
    let socket = match (&handed_over, &args.socket) {
        (Some((_, path)), _) | (None, Some(path)) => path.clone(),
        (None, None) => place::make(rustix::process::geteuid().as_raw())?,
    };
    let config = args.access.configure(args.messages.configure(Config::new(socket)));
    let config = args.operation.configure(args.capacity.configure(config));
    let events = Events::to(args.output.as_deref())?;
    let rotated = args.output.as_deref().filter(|_| events.is_file());
    metrics::start()?;
    let arrivals = signals::take_over(match rotated {
        Some(path) => Hangup::Reopens(path.into()),
        None if args.output.is_none() && io::stdout().is_terminal() => Hangup::Stops,
        None => Hangup::Ignored,
    })?;
    args.capacity.make_room();
    let is_own = handed_over.is_none();
    let mut server = match handed_over {
        Some((socket, _)) => Server::adopt(socket, config)?,
        None => Server::bind(config)?,
    };
    server.stop_on_signals()?;
    announce(server.socket());
    let readers = args
        .operation
        .metrics
        .map(|address| Readers::listen(address).map_err(|cause| format!("can't expose metrics at {address}: {cause}")));
    let readers = readers.transpose()?;
    let manager = Manager::from_env();
    if args.operation.sandbox {
        sandbox::restrict(is_own.then(|| server.socket()), rotated)?.log();
    }
    // Threads that are started now are in the sandbox too.
    outlet::allow_threads();
    arrivals.heed(server.stopper(), events.clone())?;
    readers.map_or(Ok(()), Readers::answer)?;
    manager.ready();
    let server = server.with_heartbeat(manager.every(), move |heartbeat| manager.pass(heartbeat));
    serve_events(args, server, events)
}

/// Serves until stopped, and writes the events.
fn serve_events(args: &Serve, server: Server, events: Events) -> Result<(), Box<dyn Error>> {
    let closed = Rc::<Cell<bool>>::default();
    let stopper = server.stopper();
    let report = match args.format() {
        Format::Json => {
            let mut lines = JsonLines::new(events);
            lines.listening(server.socket(), server.backlog())?;
            server.run(UntilClosed { sink: lines, stopper, closed: Rc::clone(&closed) })?
        }
        Format::Text => server.run(UntilClosed {
            sink: text::TextLines::new(events, args.colours()),
            stopper,
            closed: Rc::clone(&closed),
        })?,
    };
    tracing::info!(notified = report.notified, refused = report.refused, "stopped");
    if closed.get() { Err("stopped, because nobody reads the events any more".into()) } else { Ok(()) }
}

/// An error, and what caused it.
struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

fn wants_colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Says where the server listens, and how to try it.
fn announce(socket: &Path) {
    let socket = quoted(socket);
    diagnostics::say(format_args!(
        "listening at {socket}\ntry it: curl -i -X POST --unix-socket {socket} \
         -H 'X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10' -H 'X-Neutron-State: primary' http://127.0.0.1/"
    ));
}

/// The path as a word for the shell; where it has bytes that a terminal may take for commands, with these escaped.
fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let is_plain = |&byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let is_printable = |&byte: &u8| matches!(byte, b' '..=b'~');
    match String::from_utf8_lossy(bytes) {
        text if bytes.iter().all(is_plain) => text.into_owned(),
        text if bytes.iter().all(is_printable) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => format!("$'{}'", bytes.escape_ascii()),
    }
}

/// Stops the server when nobody reads the events any more: from then on every sender would get 500.
struct UntilClosed<S> {
    sink: S,
    stopper: Stopper,
    closed: Rc<Cell<bool>>,
}

impl<S: EventSink> EventSink for UntilClosed<S> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let taken = self.sink.notified(event);
        if let Err(SinkError::Failed(cause)) = &taken
            && cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
        {
            self.closed.set(true);
            // Without the wake-up it stops all the same, at its next event.
            let _ = self.stopper.stop();
        }
        taken
    }

    fn refused(&mut self, refusal: Refusal) {
        self.sink.refused(refusal);
    }

    fn omitted(&mut self, omitted: Omitted) {
        self.sink.omitted(omitted);
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.sink.unknown(event);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::UNIX_EPOCH;

    use hanotify::sink::Peer;
    use hanotify::{ErrorKind, HaState, Notification, RouterId};

    use super::*;

    /// Notes each call.
    #[derive(Clone, Default)]
    struct Probe(Rc<RefCell<Vec<&'static str>>>);

    #[deny(clippy::missing_trait_methods, reason = "a method that the trait gets is to be tested here too")]
    impl EventSink for Probe {
        fn notified(&mut self, _: Event<'_>) -> Result<(), SinkError> {
            self.0.borrow_mut().push("notified");
            Ok(())
        }

        fn refused(&mut self, _: Refusal) {
            self.0.borrow_mut().push("refused");
        }

        fn omitted(&mut self, _: Omitted) {
            self.0.borrow_mut().push("omitted");
        }

        fn unknown(&mut self, _: Event<'_>) {
            self.0.borrow_mut().push("unknown");
        }
    }

    /// A method of the trait has a default that does nothing, so that an adapter which forgets one compiles.
    #[test]
    fn every_method_of_a_sink_gets_through_the_adapter() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::bind(Config::new(folder.path().join("socket"))).unwrap();
        let probe = Probe::default();
        let mut adapter = UntilClosed { sink: probe.clone(), stopper: server.stopper(), closed: Rc::default() };
        let notification = Notification { router_id: RouterId::from_bytes([7; 16]).unwrap(), state: HaState::Backup };
        let event = Event::new(notification, Peer { pid: None, uid: 0, gid: 0 }, 1, UNIX_EPOCH);
        adapter.notified(event).unwrap();
        adapter.refused(Refusal::new(ErrorKind::State.at(0), None, UNIX_EPOCH));
        adapter.omitted(Omitted::new(1, None, UNIX_EPOCH));
        adapter.unknown(event);
        assert_eq!(*probe.0.borrow(), ["notified", "refused", "omitted", "unknown"]);
    }

    #[test]
    fn a_path_is_one_word_for_the_shell() {
        assert_eq!(quoted(Path::new("/run/a-b_c/d.e")), "/run/a-b_c/d.e");
        assert_eq!(quoted(Path::new("/tmp/it's here")), r"'/tmp/it'\''s here'");
        assert_eq!(quoted(Path::new("/tmp/\x1b]0;it's\x07é")), r"$'/tmp/\x1b]0;it\'s\x07\xc3\xa9'");
    }
}
