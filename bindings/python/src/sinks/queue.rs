//! A bounded queue of events, which threads of Python's read.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hanotify::sink::{Event as Taken, EventSink, OwnedEvent, SinkError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::super::event::Event;
use super::super::logs::LOGGER;
use super::super::settings::seconds;
use super::{check_is_own, check_reader, use_once};

/// A bounded queue of events, read by iteration: `for event in queue`.
///
/// 200 means that the event is in the queue. A full queue is 503, a closed one 500. The iteration ends when the server
/// has ended and everything was read.
#[pyclass(module = "hanotify_agent", frozen, weakref)]
pub(crate) struct Queue {
    shared: Arc<Shared>,
    /// For the one server.
    end: Mutex<Option<End>>,
    pid: u32,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<OwnedEvent>,
    server_is_gone: bool,
    is_closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where events go in.
struct End(Arc<Shared>);

impl EventSink for End {
    fn notified(&mut self, event: Taken<'_>) -> Result<(), SinkError> {
        let mut state = self.0.lock();
        if state.is_closed {
            return Err(SinkError::failed("the queue is closed"));
        }
        if state.waiting.len() >= self.0.capacity {
            return Err(SinkError::Busy);
        }
        state.waiting.push_back(event.into());
        self.0.changed.notify_one();
        Ok(())
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.0.lock().server_is_gone = true;
        self.0.changed.notify_all();
    }
}

impl Queue {
    pub(crate) fn attach(&self) -> PyResult<Box<dyn EventSink + Send>> {
        Ok(Box::new(use_once(&self.end)?))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if std::process::id() == self.pid {
            let lost = self.shared.lock().waiting.len();
            if lost > 0 {
                log::error!(target: LOGGER, "a queue was dropped with {lost} events that nobody has read");
            }
        }
    }
}

#[pymethods]
impl Queue {
    #[new]
    fn new(capacity: usize) -> PyResult<Self> {
        if capacity == 0 {
            return Err(PyValueError::new_err("capacity: a queue has room for 1 event at least"));
        }
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), capacity });
        let end = Mutex::new(Some(End(Arc::clone(&shared))));
        Ok(Self { shared, end, pid: std::process::id() })
    }

    /// The next event, waited for during `timeout` seconds, or without end; `None` if there is none by then, or never
    /// will be.
    #[pyo3(signature = (timeout = None))]
    fn get(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Event>> {
        check_is_own(self.pid)?;
        let at_once = check_reader(py)?;
        let mut left = timeout.map(|timeout| seconds("timeout", timeout)).transpose()?;
        loop {
            let wait = left.map_or(at_once, |left| left.min(at_once));
            let (event, ended) = py.detach(|| {
                let waits = |state: &mut State| state.waiting.is_empty() && !state.server_is_gone && !state.is_closed;
                let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), wait, waits);
                let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
                (state.waiting.pop_front(), state.server_is_gone || state.is_closed)
            });
            if let Some(event) = event {
                return Event::new(py, &event.as_event()).map(Some);
            }
            left = left.map(|left| left.saturating_sub(wait));
            if ended || left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            py.check_signals()?;
        }
    }

    /// Takes no event any more, and ends those that read. Returns how many events nobody has read: they are dropped.
    fn close(&self) -> PyResult<usize> {
        check_is_own(self.pid)?;
        let mut state = self.shared.lock();
        state.is_closed = true;
        self.shared.changed.notify_all();
        let dropped = std::mem::take(&mut state.waiting);
        Ok(dropped.len())
    }

    fn __len__(&self) -> PyResult<usize> {
        check_is_own(self.pid)?;
        Ok(self.shared.lock().waiting.len())
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
