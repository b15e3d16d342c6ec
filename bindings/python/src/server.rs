//! The server, with a callable of Python's as its event sink.

use std::collections::BTreeMap;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use hanotify::server::{Config, Server as Inner};
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::callable::{self, Owner};
use super::counters::Counters;
use super::logs;
use super::settings::{bind_error, configure, seconds};
use super::sinks;
use super::stop::Stop;

/// How often a server on the main thread lets Python handle its signals: Ctrl-C takes this long at the most.
const SIGNALS: Duration = Duration::from_millis(100);

/// A server that listens from the moment it is made.
#[pyclass(module = "hanotify_agent", frozen, weakref)]
pub(crate) struct Server {
    path: PathBuf,
    backlog: u32,
    stop: Stop,
    counters: Arc<Counters>,
    /// The process that made it: a child of fork has no server.
    pid: u32,
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    /// Senders can connect, and wait.
    Listening(Box<Inner>),
    Running(ThreadId),
    /// The stop came first: there is nothing to run.
    Stopped,
    Ended,
}

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What tells it from others.
    fn number(&self) -> usize {
        Arc::as_ptr(&self.counters).addr()
    }

    fn check_is_own(&self) -> PyResult<()> {
        if std::process::id() == self.pid {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this process was forked from the server's, which alone may answer: make a new one",
        ))
    }

    /// Whether `run` was not called yet. A stop that another thread asks for may come before it as well as after.
    fn is_new(&self) -> bool {
        matches!(&*self.state(), State::Listening(_) | State::Stopped)
    }

    fn does_not_listen(&self) -> PyErr {
        let why = if matches!(&*self.state(), State::Ended) { "has ended" } else { "runs already" };
        PyRuntimeError::new_err(format!("this server {why}: make a new one"))
    }

    /// The server, if it listens and does not run; from then on its state is `next`.
    fn take(&self, next: State) -> Option<Inner> {
        let mut state = self.state();
        match mem::replace(&mut *state, next) {
            State::Listening(server) => Some(*server),
            other => {
                *state = other;
                None
            }
        }
    }

    fn end(&self) {
        *self.state() = State::Ended;
        self.changed.notify_all();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if std::process::id() != self.pid {
            // The socket's file is the parent's, and stays.
            mem::forget(mem::replace(state, State::Ended));
        }
    }
}

#[pymethods]
impl Server {
    #[new]
    #[pyo3(signature = (path, **settings))]
    fn new(py: Python<'_>, path: PathBuf, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let config = configure(Config::new(&path), settings)?;
        let counters = Arc::<Counters>::default();
        let server = py.detach(|| Inner::bind(config)).map_err(|error| bind_error(&error, &path))?;
        py.import("hanotify_agent._fork")?.call_method1("guard", (&path,))?;
        Ok(Self {
            backlog: server.backlog(),
            stop: Stop::new(server.stopper()),
            path,
            counters,
            pid: std::process::id(),
            state: Mutex::new(State::Listening(Box::new(server))),
            changed: Condvar::new(),
        })
    }

    /// The path of the socket.
    #[getter]
    fn path(&self) -> &PathBuf {
        &self.path
    }

    /// How many connections can wait to be accepted.
    #[getter]
    fn backlog(&self) -> u32 {
        self.backlog
    }

    /// Serves on this thread until it is stopped, and calls `sink` with each `Event`, one after the other. Its sender
    /// gets 200 when `sink` has returned, 503 if it raises `Busy`, and 500 if it raises anything else. `sink` may be a
    /// `Queue`, `Latest`, `Debounce`, `Known` or `States` instead of a callable. Returns at once after a stop.
    fn run(slf: &Bound<'_, Self>, sink: &Bound<'_, PyAny>) -> PyResult<()> {
        let (this, py) = (slf.get(), slf.py());
        this.check_is_own()?;
        let on_main: bool = py.import("hanotify_agent._threads")?.call_method0("check")?.extract()?;
        py.import("hanotify_agent._exit")?.call_method1("stop_at_exit", (slf,))?;
        let raised = Arc::<Mutex<Option<PyErr>>>::default();
        let (number, stop) = (this.number(), this.stop.clone());
        let owner = Owner { number, pid: this.pid, stop, raised: Arc::clone(&raised) };
        if !this.is_new() {
            return Err(this.does_not_listen());
        }
        // What it is made of may have threads, but calls nothing before there are events. Its readers see its end, also
        // where the stop came first.
        let sink = metrics::with_local_recorder(&*this.counters, || sinks::of(sink, &owner))?;
        let server = match this.take(State::Running(thread::current().id())) {
            Some(server) => server,
            None if this.is_new() => return Ok(()),
            None => return Err(this.does_not_listen()),
        };
        let server = if on_main { heeding_signals(server, owner.clone()) } else { server };
        let serve = || metrics::with_local_recorder(&*this.counters, || server.run(this.stop.before(sink)));
        let done = py.detach(|| logs::on_behalf_of(owner, serve));
        this.end();
        if let Some(error) = raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        done.map(drop).map_err(|error| PyOSError::new_err(error.to_string()))
    }

    /// Stops it: no new sender gets in, and those that are there are answered. Waits until `run` has ended, unless it
    /// is called from the thread that runs it, and for `timeout` seconds at the most. Returns whether it has ended.
    #[pyo3(signature = (timeout = 5.0))]
    fn stop(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        let timeout = seconds("timeout", timeout)?;
        if self.check_is_own().is_err() {
            // In a child of fork nothing runs, and nothing here is its own to remove.
            return Ok(true);
        }
        if self.take(State::Stopped).is_some() {
            // It is dropped, which removes its socket.
            return Ok(true);
        }
        self.stop.stop()?;
        if matches!(&*self.state(), State::Running(thread) if *thread == thread::current().id())
            || callable::is_called_for(self.number())
        {
            return Ok(false);
        }
        in_slices(py, timeout, |slice| {
            let waits = |state: &mut State| !matches!(state, State::Stopped | State::Ended);
            let waited = self.changed.wait_timeout_while(self.state(), slice, waits);
            !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
        })
    }

    /// What it has counted, by the names of the page on operation.
    fn counters(&self) -> PyResult<BTreeMap<String, f64>> {
        // The thread that holds their lock may not be in a child.
        self.check_is_own()?;
        Ok(self.counters.all())
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_raised))]
    fn __exit__(&self, py: Python<'_>, _raised: &Bound<'_, PyAny>) -> PyResult<()> {
        self.stop(py, 5.0).map(drop)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let state = match &*self.state() {
            State::Listening(_) => "listening",
            State::Running(_) => "running",
            State::Stopped | State::Ended => "ended",
        };
        let path = (&self.path).into_pyobject(py)?.repr()?;
        Ok(format!("<hanotify_agent.Server at {path}, {state}>"))
    }
}

/// Waits for this long at most, and lets Python handle its signals meanwhile. `wait` says whether there is nothing to
/// wait for any more.
fn in_slices(py: Python<'_>, timeout: Duration, wait: impl Fn(Duration) -> bool + Sync) -> PyResult<bool> {
    let mut left = timeout;
    loop {
        let slice = left.min(SIGNALS);
        if py.detach(|| wait(slice)) {
            return Ok(true);
        }
        left -= slice;
        if left.is_zero() {
            return Ok(false);
        }
        py.check_signals()?;
    }
}

/// Lets Python handle its signals now and then. What a handler raises ends the server.
fn heeding_signals(server: Inner, owner: Owner) -> Inner {
    server.with_heartbeat(Some(SIGNALS), move |_| {
        let heeded = Python::try_attach(|py| {
            let heeded = py.check_signals();
            owner.end_child(py);
            heeded
        });
        if let Some(Err(error)) = heeded {
            owner.end_by(error);
        }
    })
}
