//! The newest event of each router: for a reader, or for a callback on a thread of its own.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hanotify::sink::{self, Change, Changes, Event as Taken, EventSink, LatestHandle, SinkError};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use super::super::callable::{Callable, Calls, Owner};
use super::super::event::Event;
use super::super::logs::LOGGER;
use super::super::settings::seconds;
use super::{check_is_own, check_reader, use_once};

/// Keeps the newest event of each router until it is read, by iteration, or taken by `callback` on a thread of its own.
/// States between two that are taken are skipped. The router that has waited longest comes first.
///
/// 200 means that the event is the newest of its router; it is never full. An event for which `callback` raises is
/// offered again after `retry` seconds, unless a newer one of its router has come. When the server ends, all that waits
/// is read or offered first: the iteration ends then, or `run` returns. What the callback does not take then is lost,
/// and logged.
#[pyclass(module = "hanotify_agent", frozen, weakref)]
pub(crate) struct Latest {
    end: Mutex<Option<sink::Latest>>,
    /// Until a thread has them, if there is a callback, and but for the time that a reader waits with them: another one
    /// waits no longer than it wants to.
    changes: Mutex<Option<Changes>>,
    /// A reader has put them back.
    are_back: Condvar,
    handle: LatestHandle,
    callback: Option<Py<PyAny>>,
    retry: Duration,
    pid: u32,
}

impl Latest {
    pub(crate) fn attach(&self, py: Python<'_>, owner: &Owner) -> PyResult<Box<dyn EventSink + Send>> {
        check_is_own(self.pid)?;
        let latest = use_once(&self.end)?;
        let Some(callback) = &self.callback else { return Ok(Box::new(latest)) };
        let callable = Callable::new(callback.bind(py), owner, Calls::Adapting)?;
        let (changes, stage) = (use_once(&self.changes)?, Arc::<Stage>::default());
        let (retry, theirs) = (self.retry, Arc::clone(&stage));
        let work = move || deliver(changes, callable, retry, &theirs);
        let worker = thread::Builder::new().name("hanotify-latest".to_owned()).spawn(work)?;
        Ok(Box::new(Delivering { latest: Some(latest), stage, worker: Some(worker) }))
    }
}

impl Drop for Latest {
    fn drop(&mut self) {
        if std::process::id() != self.pid {
            // Both ends take the lock, whose holder may not be in a child of fork.
            mem::forget(self.end.get_mut().unwrap_or_else(PoisonError::into_inner).take());
            mem::forget(self.changes.get_mut().unwrap_or_else(PoisonError::into_inner).take());
            return;
        }
        let lost = self.handle.counts().waiting;
        // With a callback, its thread has them.
        if lost > 0 && self.callback.is_none() {
            log::error!(target: LOGGER, "a Latest was dropped with the states of {lost} routers that nobody has read");
        }
    }
}

/// Whether the server has ended.
#[derive(Default)]
struct Stage {
    has_ended: Mutex<bool>,
    ended: Condvar,
}

impl Stage {
    /// Waits for the end, for this long at most. Returns whether it is there.
    fn wait(&self, timeout: Duration) -> bool {
        let guard = self.has_ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ended.wait_timeout_while(guard, timeout, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn end(&self) {
        *self.has_ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.notify_all();
    }
}

/// Offers each change until it is taken; at the end, once.
fn deliver(mut changes: Changes, mut callable: Callable, retry: Duration, stage: &Stage) {
    while let Some(event) = changes.next() {
        if callable.notified(event.as_event()).is_ok() {
            continue;
        }
        if stage.wait(retry) {
            let hanotify::Notification { router_id, state } = event.notification;
            let word = state.as_str();
            log::error!(target: LOGGER, "router {router_id} is {word}: lost, as the server has ended");
        } else {
            changes.give_back(event);
        }
    }
}

/// The sink in front of a thread that calls back.
struct Delivering {
    latest: Option<sink::Latest>,
    stage: Arc<Stage>,
    worker: Option<JoinHandle<()>>,
}

impl EventSink for Delivering {
    fn notified(&mut self, event: Taken<'_>) -> Result<(), SinkError> {
        self.latest.as_mut().ok_or(SinkError::Busy)?.notified(event)
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        self.latest = None;
        self.stage.end();
        if let Some(worker) = self.worker.take() {
            // What panics there is a fault of this package, and has said so.
            let _ = worker.join();
        }
    }
}

#[pymethods]
impl Latest {
    #[new]
    #[pyo3(signature = (callback = None, *, retry = 1.0))]
    fn new(callback: Option<Py<PyAny>>, retry: f64) -> PyResult<Self> {
        let (latest, changes) = sink::latest();
        Ok(Self {
            handle: latest.handle(),
            end: Mutex::new(Some(latest)),
            changes: Mutex::new(Some(changes)),
            are_back: Condvar::new(),
            callback,
            retry: seconds("retry", retry)?,
            pid: std::process::id(),
        })
    }

    /// For the collector of cycles, as that of `Known`.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.callback)
    }

    /// The next change, waited for during `timeout` seconds, or without end; `None` if there is none by then, or never
    /// will be.
    #[pyo3(signature = (timeout = None))]
    fn get(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Event>> {
        check_is_own(self.pid)?;
        if self.callback.is_some() {
            return Err(PyRuntimeError::new_err("this sink has a callback, which gets the events"));
        }
        let at_once = check_reader(py)?;
        let mut left = timeout.map(|timeout| seconds("timeout", timeout)).transpose()?;
        loop {
            let wait = left.map_or(at_once, |left| left.min(at_once));
            match py.detach(|| self.next_within(wait)) {
                Change::Newest(event) => return Event::new(py, &event.as_event()).map(Some),
                Change::Ended => return Ok(None),
                Change::NoneYet => {}
            }
            left = left.map(|left| left.saturating_sub(wait));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            py.check_signals()?;
        }
    }

    fn __len__(&self) -> PyResult<usize> {
        check_is_own(self.pid)?;
        Ok(usize::try_from(self.handle.counts().waiting).unwrap_or(usize::MAX))
    }

    /// Or it would be false while it is empty.
    #[expect(clippy::unused_self, reason = "Python asks the object")]
    fn __bool__(&self) -> bool {
        true
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Event>> {
        self.get(py, None)
    }
}

impl Latest {
    fn next_within(&self, wait: Duration) -> Change {
        let until = Instant::now().checked_add(wait);
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.are_back.wait_timeout_while(changes, wait, |changes| changes.is_none());
        let Some(mut changes) = waited.unwrap_or_else(PoisonError::into_inner).0.take() else {
            return Change::NoneYet;
        };
        let left = until.map_or(wait, |until| until.saturating_duration_since(Instant::now()));
        let change = changes.next_within(left);
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner) = Some(changes);
        self.are_back.notify_one();
        change
    }
}
