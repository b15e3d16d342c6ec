//! A server on a thread of its own, which hands each event to a reader in Python and waits for its answer. That thread
//! never calls Python, so that the reader can be a task or a green thread.

use std::collections::BTreeMap;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use hanotify::server::{Config, Server as Inner, Stopper};
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::counters::Counters;
use super::event::Event;
use super::handover::{Answer, Giver, Handover, LastWord};
use super::logs::Line;
use super::settings::{bind_error, configure, seconds};

/// How long a wait is at most before it looks after signals again.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What `hanotify_agent.green` and `hanotify_agent.aio` are made of: no interface for others.
#[pyclass(module = "hanotify_agent", frozen, weakref)]
pub(crate) struct Channel {
    path: PathBuf,
    backlog: u32,
    stopper: Stopper,
    counters: Arc<Counters>,
    handover: Arc<Handover>,
    /// The process that made it: a child of fork has no server.
    pid: u32,
    /// As long as it listens and does not run.
    listening: Mutex<Option<Box<Inner>>>,
}

impl Channel {
    fn listening(&self) -> MutexGuard<'_, Option<Box<Inner>>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No answer of a child of fork counts. Nor does a child look at what is shared: it was copied while the thread
    /// that is not in the child may have held the lock.
    fn answer(&self, number: u64, answer: Answer) -> bool {
        self.is_own() && self.handover.answer(number, answer)
    }

    fn check_is_own(&self) -> PyResult<()> {
        if self.is_own() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this process was forked from the server's, which alone may answer: make a new one",
        ))
    }

    /// Stops the server, which ends by itself then.
    fn end(&self, nobody_answers: bool) -> PyResult<()> {
        if !self.is_own() {
            return Ok(());
        }
        self.handover.stop(nobody_answers);
        let never_ran = self.listening().take();
        if never_ran.is_some() {
            self.handover.end(Ok(()));
        }
        Ok(self.stopper.stop()?)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if self.is_own() {
            let _ = self.end(true);
            return;
        }
        // The socket's file is the parent's, and stays; the descriptor is closed already.
        mem::forget(self.listening().take());
        mem::forget(Arc::clone(&self.handover));
    }
}

#[pymethods]
impl Channel {
    /// Whether this is the process that made it: a child of fork has no server.
    #[getter]
    fn is_own(&self) -> bool {
        std::process::id() == self.pid
    }

    #[new]
    fn new(py: Python<'_>, path: PathBuf, answer_time: f64, settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        let answer_time = seconds("answer_time", answer_time)?;
        let config = configure(Config::new(&path), Some(settings))?;
        let handover = Handover::new(answer_time)
            .map_err(|error| PyOSError::new_err((error.raw_os_error(), format!("no eventfd: {error}"))))?;
        let server = py.detach(|| Inner::bind(config)).map_err(|error| bind_error(&error, &path))?;
        py.import("hanotify_agent._fork")?.call_method1("guard", (&path,))?;
        Ok(Self {
            path,
            backlog: server.backlog(),
            stopper: server.stopper(),
            counters: Arc::default(),
            handover,
            pid: std::process::id(),
            listening: Mutex::new(Some(Box::new(server))),
        })
    }

    #[getter]
    fn path(&self) -> &PathBuf {
        &self.path
    }

    #[getter]
    fn backlog(&self) -> u32 {
        self.backlog
    }

    fn counters(&self) -> PyResult<BTreeMap<String, f64>> {
        // The thread that holds their lock may not be in a child.
        self.check_is_own()?;
        Ok(self.counters.all())
    }

    /// Lets the server run, if it does not already.
    fn start(&self) -> PyResult<()> {
        self.check_is_own()?;
        let Some(server) = self.listening().take() else { return Ok(()) };
        let handover = LastWord(Arc::clone(&self.handover));
        let counters = Arc::clone(&self.counters);
        let serve = move || {
            let LastWord(handover) = &handover;
            handover.lines.collect_from_this_thread();
            let giver = Giver(Arc::clone(handover));
            let done = metrics::with_local_recorder(&*counters, || server.run(giver));
            handover.end(done.map(drop).map_err(|error| error.to_string()));
        };
        thread::Builder::new().name("hanotify".to_owned()).spawn(serve)?;
        Ok(())
    }

    /// The descriptor that is readable when there may be an event, a log line or the end.
    fn fileno(&self) -> i32 {
        self.handover.wake.number()
    }

    /// The event that waits, and its number; `None` if none does.
    fn take(&self, py: Python<'_>) -> PyResult<Option<(u64, Event)>> {
        if !self.is_own() {
            return self.start().map(|()| None);
        }
        let Some((number, event)) = self.handover.take() else { return Ok(None) };
        match Event::new(py, &event.as_event()) {
            Ok(event) => Ok(Some((number, event))),
            Err(error) => {
                self.handover.answer(number, Answer::Failed(error.to_string()));
                Err(error)
            }
        }
    }

    /// Lets the sender of this event get 200. Returns whether it has no answer yet.
    fn taken(&self, number: u64) -> bool {
        self.answer(number, Answer::Taken)
    }

    /// Lets the sender of this event get 503.
    fn busy(&self, number: u64) -> bool {
        self.answer(number, Answer::Busy)
    }

    /// Lets the sender of this event get 500.
    fn failed(&self, number: u64, why: String) -> bool {
        self.answer(number, Answer::Failed(why))
    }

    /// Lets it end. After this has returned, `take` gives no event any more.
    fn request_stop(&self) -> PyResult<()> {
        self.end(false)
    }

    /// The same, if nobody will answer for the event in hand either: its sender gets 503.
    fn abandon(&self) -> PyResult<()> {
        self.end(true)
    }

    /// Ends it, and blocks this thread until it has ended, for `timeout` seconds at the most. Returns whether it has.
    #[pyo3(signature = (timeout = 5.0))]
    fn stop(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        let timeout = seconds("timeout", timeout)?;
        self.end(true)?;
        Ok(!self.is_own() || py.detach(|| self.handover.wait_for_end(timeout)))
    }

    #[getter]
    fn is_ended(&self) -> bool {
        !self.is_own() || self.handover.ended().is_some()
    }

    /// Raises what the server ended of, if it was no stop.
    fn finish(&self) -> PyResult<()> {
        let ended = if self.is_own() { self.handover.ended() } else { None };
        ended.unwrap_or(Ok(())).map_err(PyOSError::new_err)
    }

    /// Blocks this thread until the descriptor is readable, for `timeout` seconds or one at the most.
    fn wait(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        let timeout = seconds("timeout", timeout)?.min(LONGEST_WAIT);
        py.detach(|| self.handover.wake.wait(timeout))
            .map_err(|error| PyOSError::new_err((error.raw_os_error(), error.to_string())))?;
        py.check_signals()
    }

    /// Blocks this native thread for a moment, whatever is patched.
    #[staticmethod]
    fn pause(py: Python<'_>, time: f64) -> PyResult<()> {
        let time = seconds("time", time)?.min(LONGEST_WAIT);
        py.detach(|| thread::sleep(time));
        py.check_signals()
    }

    /// The log lines that wait.
    fn lines(&self) -> Vec<Line> {
        if self.is_own() { self.handover.lines.take() } else { Vec::new() }
    }
}
