//! The Unix-socket server: one thread, one total order of events, and always an answer.
//!
//! ```no_run
//! use hanotify::server::{Config, Server};
//! use hanotify::sink::Event;
//!
//! let server = Server::bind(Config::new("/run/agent/keepalived-state-change"))?;
//! let stopper = server.stopper();                       // stops it from another thread
//! # let _ = stopper;
//! server.run(|event: Event<'_>| {
//!     println!("{} is {}", event.notification.router_id, event.notification.state);
//!     Ok(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Metrics and logs
//!
//! **Counters** go through the `metrics` facade if the feature `metrics` is on: the server's `hanotify_accepted_total`,
//! `hanotify_notified_total`, `hanotify_refused_total` with the label `error`, and others, and those of each adapter in
//! [`sink`](crate::sink). [The page on operation](crate::manual::operating#what-can-be-seen) has all names, kinds and
//! labels, and which are worth an alarm. Without a recorder they cost next to nothing.
//!
//! Install the recorder first. A server takes its counters from the recorder when it [runs](Server::run), and an
//! adapter when it is made: what is made before counts for nobody. A recorder that panics loses the count, and ends
//! nothing.
//!
//! One of them is a histogram, `hanotify_answer_seconds`. Give your recorder buckets for it from 25 µs, as an answer
//! takes microseconds, to the [total time](Config::with_total_time), 10 s: recorders assume the seconds of web servers,
//! or make a summary. `examples/agent_metrics.rs` does all of this with `metrics-exporter-prometheus`:
//!
//! ```no_run
//! use hanotify::server::{Config, Server};
//! use metrics_exporter_prometheus::PrometheusBuilder;
//!
//! let counters = PrometheusBuilder::new().set_buckets(&[25e-6, 100e-6, 1e-3, 10e-3, 1.0, 10.0])?.install_recorder()?;
//! let server = Server::bind(Config::new("/run/agent/keepalived-state-change"))?;
//! # let _ = (counters, server);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Log lines** go to your `tracing` subscriber if the feature `tracing` is on, a default one. Their targets begin
//! with `hanotify`. An ERROR is an event that a sink did not take, with `router_id`, `state` and `cause`: the text of
//! the error and all that caused it. A WARN is a refusal, with `error`, `offset`, `status`, `pid`, `uid` and `gid`; or
//! a sink that is busy; or a thing that the server can't have and goes on without. No byte of a peer is in a line, and
//! what one user's peers can cause [is limited](Config::with_log_lines). For a line of each event that was taken, put a
#![cfg_attr(feature = "tracing", doc = "[`Traced`](crate::sink::Traced)")]
#![cfg_attr(not(feature = "tracing"), doc = "`Traced`")]
//! in front of your sink.

mod access;
mod bound;
mod config;
mod connection;
mod delivery;
mod directory;
mod drive;
mod error;
mod event_loop;
mod heartbeat;
#[cfg(feature = "__internals")]
pub(crate) mod internals;
mod listener;
mod lock;
mod log;
mod meters;
mod partial;
mod slots;
mod spare;
mod stop;
mod tally;

use std::boxed::Box;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Poll, Waker};

pub use bound::BoundSocket;
pub use config::Config;
pub use error::{BindError, RunError};
pub use heartbeat::Heartbeat;
pub use stop::Stopper;

use self::event_loop::{EventLoop, Source};
use self::heartbeat::Pacemaker;
use self::listener::Listener;
use self::stop::Signals;
use crate::sink::EventSink;
pub use crate::socket_path::MAX_SOCKET_PATH;

/// A server that listens: senders can connect, and wait until it [runs](Self::run). Dropping it removes its socket.
#[derive(Debug)]
pub struct Server {
    config: Config,
    poll: Poll,
    listener: Listener,
    stopper: Stopper,
    signals: Option<Signals>,
    pacemaker: Option<Pacemaker>,
}

impl Server {
    /// Listens at the socket of `config`. A stale socket, at which nobody listens, is replaced.
    ///
    /// # Errors
    ///
    /// [`BindError`] says why the socket can't be had, and what to do.
    pub fn bind(config: Config) -> Result<Self, BindError> {
        let listener = Listener::bind(&config)?;
        Self::watch(config, listener)
    }

    /// Serves at a socket that listens already, as a service manager hands it over. The path of `config` is only what
    /// the socket is called; its file, with its mode and its group, is the manager's, and stays when the server ends.
    /// Those who connect after that wait for the next server.
    ///
    /// # Errors
    ///
    /// [`BindError`] says why the socket can't be used, and what to do.
    pub fn adopt(socket: UnixListener, config: Config) -> Result<Self, BindError> {
        let listener = Listener::adopt(socket, &config)?;
        Self::watch(config, listener)
    }

    fn watch(config: Config, listener: Listener) -> Result<Self, BindError> {
        let system = |cause| BindError::System { action: "watch", path: config.socket().into(), cause };
        let poll = Poll::new().map_err(system)?;
        let fd = listener.fd.as_raw_fd();
        poll.registry().register(&mut SourceFd(&fd), Source::Listener.token(), Interest::READABLE).map_err(system)?;
        let stopper = Stopper::new(Waker::new(poll.registry(), Source::Waker.token()).map_err(system)?);
        Ok(Self { config, poll, listener, stopper, signals: None, pacemaker: None })
    }

    /// The path of the socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.config.socket()
    }

    /// How many connections can wait to be accepted: as many as routers are expected, or less if the kernel allows
    /// less.
    #[must_use]
    pub fn backlog(&self) -> u32 {
        self.listener.backlog()
    }

    /// Stops the server from another thread.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Lets SIGTERM and SIGINT stop the server as its [`Stopper`] does. Another one, 50 ms later or more, ends the
    /// grace for what is in flight. Handlers that the process has for these signals stay in place.
    ///
    /// From then on, and also after the server has ended, the two signals no longer end the process by themselves: a
    /// process that goes on without the server has to end by its own means.
    ///
    /// # Errors
    ///
    /// When the process has no descriptor left for it.
    pub fn stop_on_signals(&mut self) -> io::Result<()> {
        let mut signals = Signals::take_over()?;
        self.poll.registry().register(&mut signals.arrivals, Source::Signals.token(), Interest::READABLE)?;
        self.signals = Some(signals);
        Ok(())
    }

    /// Calls `tell(Heartbeat::Alive)` at least once per `every` while the server runs, and `tell(Heartbeat::Stopping)`
    /// once when it begins to stop. An `every` of `None` switches the first off, and the shortest is 1 ms.
    ///
    /// The calls come from the thread that serves, between events: while that thread is stuck, for instance in the
    /// sink, there are none.
    #[must_use]
    pub fn with_heartbeat(self, every: Option<Duration>, tell: impl FnMut(Heartbeat) + Send + 'static) -> Self {
        Self { pacemaker: Some(Pacemaker::new(every, Box::new(tell))), ..self }
    }

    /// Serves on this thread until it is stopped: it then removes its socket, finishes what is in flight, and tells
    /// what it has done.
    ///
    /// # Errors
    ///
    /// When the kernel refuses what a server can't do without. What a peer or the sink does is never an error here.
    pub fn run(self, sink: impl EventSink) -> Result<Report, RunError> {
        EventLoop::new(self.config, self.poll, self.stopper, self.signals, self.listener, sink)
            .with_pacemaker(self.pacemaker)
            .run()
    }
}

/// What a server has done in its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Number of connections that were accepted.
    pub accepted: u64,
    /// Number of events that the sink took.
    pub notified: u64,
    /// Number of messages that were refused, for whatever reason.
    pub refused: u64,
    /// Number of times that the sink returned an error.
    pub sink_failures: u64,
    /// Number of times that the sink panicked.
    pub sink_panics: u64,
    /// Number of bytes that came after a message and were dropped.
    pub trailing: u64,
}
