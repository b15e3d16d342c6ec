//! `hanotify serve`: receives notifications and writes them as events.

mod activation;
mod diagnostics;
mod known;
pub(crate) mod manager;
pub(crate) mod metrics;
mod options;
mod sandbox;
mod signals;
pub(crate) mod status_socket;
mod text;
mod until_closed;
mod view;

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal};
use std::iter;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anstream::{AutoStream, ColorChoice};
use clap::builder::{PathBufValueParser, TypedValueParser};
use hanotify::server::{Config, Report, RunError, Server};
use hanotify::sink::{EventSink, JsonLines, States, StatesHandle};
use rustix::io::Errno;

use self::activation::HandedOver;
use self::diagnostics::Stderr;
use self::manager::Manager;
use self::sandbox::Allowed;
use self::signals::Hangup;
use self::until_closed::UntilClosed;
use self::view::View;
use super::outlet::{self, Events};
use super::output::{self, Format};
use super::place::{self, PlaceError};

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
    fn config(&self, handed_over: Option<&PathBuf>) -> Result<Config, PlaceError> {
        let socket = match handed_over.or(self.socket.as_ref()) {
            Some(path) => path.clone(),
            None => place::make(rustix::process::geteuid().as_raw())?,
        };
        let config = self.access.configure(self.messages.configure(Config::new(socket)));
        Ok(self.operation.configure(self.capacity.configure(config)))
    }

    /// Whether a person reads the events.
    fn is_at_terminal(&self) -> bool {
        self.output.is_none() && io::stdout().is_terminal()
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
            // A thread that writes may be what can't be started.
            outlet::forbid_threads();
            diagnostics::complain(format_args!("{}{}", Chain(failure.as_ref()), advice(failure.as_ref())));
            ExitCode::from(super::FAILED)
        }
    }
}

fn serve(args: &Serve) -> Result<(), Box<dyn Error>> {
    let handed_over = activation::handed_over(args.socket.as_ref())?;
    let config = args.config(handed_over.as_ref().map(|handed_over| &handed_over.path))?;
    args.output.as_deref().map_or(Ok(()), |output| outlet::file::keep_clear_of(config.socket(), output))?;
    let events = Events::to(args.output.as_deref())?;
    let rotated = args.output.as_deref().filter(|_| events.is_file());
    metrics::start().map_err(Failed::to("keep count"))?;
    let at_terminal = args.is_at_terminal();
    let format = args.format.unwrap_or(if at_terminal { Format::Text } else { Format::Json });
    let arrivals = signals::take_over(hangup(rotated, at_terminal)).map_err(Failed::to("take note of signals"))?;
    args.capacity.make_room();
    args.access.warn_of_strangers();
    let is_own = handed_over.is_none();
    let shown = config.clone();
    let (mut server, asked_at) = match handed_over {
        Some(HandedOver { socket, status, .. }) => (Server::adopt(socket, config)?, status),
        None => (Server::bind(config)?, None),
    };
    server.stop_on_signals().and_then(|()| signals::let_stop()).map_err(Failed::to("take note of signals"))?;
    let view = View::open(&args.operation, &shown, args.capacity.routers(), asked_at)?;
    announce(server.socket());
    view.iter().for_each(View::announce);
    let manager = Manager::from_env();
    if args.operation.sandbox {
        let of_status = view.as_ref().and_then(View::socket);
        let own_socket = is_own.then(|| server.socket()).or(of_status.as_deref());
        let ha_confs = args.operation.ha_confs.as_deref();
        sandbox::restrict(Allowed { own_socket, output: rotated, ha_confs })?.log();
    }
    // Threads that are started now are in the sandbox too.
    outlet::allow_threads();
    arrivals.heed(server.stopper(), events.clone()).map_err(|cause| no_thread(&cause))?;
    let (states, asked_at) = view.map(View::answer).transpose().map_err(|cause| no_thread(&cause))?.unzip();
    manager.ready();
    let server = manager.hear(server, asked_at.flatten());
    serve_events(args, format, server, events, states)
}

/// What SIGHUP does, by where the events go.
fn hangup(rotated: Option<&Path>, at_terminal: bool) -> Hangup {
    match rotated {
        Some(path) => Hangup::Reopens(path.into()),
        None if at_terminal => Hangup::Stops,
        None => Hangup::Ignored,
    }
}

/// Serves until stopped, and writes the events.
fn serve_events(
    args: &Serve,
    format: Format,
    server: Server,
    events: Events,
    states: Option<StatesHandle>,
) -> Result<(), Box<dyn Error>> {
    let closed = Rc::<Cell<bool>>::default();
    let stopper = server.stopper();
    let report = match format {
        Format::Json => {
            let mut lines = JsonLines::new(events);
            let listening = lines.listening(server.socket(), server.backlog());
            listening.map_err(Failed::to("write the first event, which says where it listens"))?;
            run_with(server, UntilClosed { sink: lines, stopper, closed: Rc::clone(&closed) }, states)?
        }
        Format::Text => {
            let sink = text::TextLines::new(events, args.colours());
            run_with(server, UntilClosed { sink, stopper, closed: Rc::clone(&closed) }, states)?
        }
    };
    tracing::info!(notified = report.notified, refused = report.refused, "stopped");
    if closed.get() { Err("stopped, because nobody reads the events any more".into()) } else { Ok(()) }
}

/// Serves into this sink, and keeps the states of routers where somebody asks for them.
fn run_with(server: Server, sink: impl EventSink, states: Option<StatesHandle>) -> Result<Report, RunError> {
    match states {
        Some(states) => server.run(States::with_handle(states, sink)),
        None => server.run(sink),
    }
}

/// A step of the start that failed.
#[derive(Debug, thiserror::Error)]
#[error("can't {what}")]
struct Failed {
    what: &'static str,
    #[source]
    cause: io::Error,
}

impl Failed {
    fn to(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |cause| Self { what, cause }
    }
}

fn no_thread(cause: &io::Error) -> String {
    format!("can't start a thread: {cause}: raise the limit with `ulimit -u` or systemd's TasksMax=")
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

/// What helps against an error of the kernel's, whatever it was that failed.
fn advice(error: &(dyn Error + 'static)) -> &'static str {
    let causes = iter::successors(Some(error), |&error| error.source());
    let errors = causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).filter_map(io::Error::raw_os_error);
    let remedies = errors.filter_map(|code| match Errno::from_raw_os_error(code) {
        Errno::MFILE => Some(": raise the limit with `ulimit -n` or systemd's LimitNOFILE="),
        Errno::NFILE => Some(": raise the limit of the system with `sysctl fs.file-max`"),
        _ => None,
    });
    remedies.last().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_the_shell() {
        assert_eq!(quoted(Path::new("/run/a-b_c/d.e")), "/run/a-b_c/d.e");
        assert_eq!(quoted(Path::new("/tmp/it's here")), r"'/tmp/it'\''s here'");
        assert_eq!(quoted(Path::new("/tmp/\x1b]0;it's\x07é")), r"$'/tmp/\x1b]0;it\'s\x07\xc3\xa9'");
    }
}
