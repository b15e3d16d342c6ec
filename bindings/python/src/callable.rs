//! A callable of Python's that is called with each event, on the server's thread or on an adapter's.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use hanotify::sink::{Event as Taken, EventSink, SinkError};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::event::Event;
use super::logs::LOGGER;
use super::refused::is_busy;
use super::stop::Stop;

/// The server that a callable is called for.
#[derive(Clone)]
pub(crate) struct Owner {
    /// A number that no other server has meanwhile.
    pub(crate) number: usize,
    /// The process of the server.
    pub(crate) pid: u32,
    pub(crate) stop: Stop,
    /// What ends the server, and is raised by `run`.
    pub(crate) raised: Arc<Mutex<Option<PyErr>>>,
}

impl Owner {
    /// Ends the server by what is for whoever has called `run`, such as `KeyboardInterrupt` and `SystemExit`. Of
    /// several, the first is raised.
    pub(crate) fn end_by(&self, error: PyErr) {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        let _ = self.stop.stop();
    }

    /// Ends a child of fork that has returned from Python's code: the server, with its connections, is its parent's.
    pub(crate) fn end_child(&self, py: Python<'_>) {
        if std::process::id() != self.pid {
            let _ = py.import("hanotify_agent._fork").and_then(|fork| fork.call_method0("end_child"));
            std::process::abort();
        }
    }
}

thread_local! {
    /// The number of the server for which this thread calls Python now, or 0.
    static CALLED_FOR: Cell<usize> = const { Cell::new(0) };
}

/// Whether the code that runs on this thread was called for the server of this number, which can't end before that code
/// returns.
pub(crate) fn is_called_for(number: usize) -> bool {
    CALLED_FOR.get() == number
}

/// Where a callable is called, and so what becomes of an event that it does not take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    /// On the server's thread: its sender is told.
    Serving,
    /// On an adapter's, which offers it again.
    Adapting,
}

/// What is called with each event.
pub(crate) struct Callable {
    sink: Py<PyAny>,
    owner: Owner,
    calls: Calls,
    /// Whether it has raised what ends the server.
    has_ended_it: bool,
}

impl Callable {
    /// Refuses what can't be called.
    pub(crate) fn new(sink: &Bound<'_, PyAny>, owner: &Owner, calls: Calls) -> PyResult<Self> {
        if sink.is_callable() {
            return Ok(Self { sink: sink.clone().unbind(), owner: owner.clone(), calls, has_ended_it: false });
        }
        Err(PyTypeError::new_err(format!("{} is no sink: take a callable, or a sink of hanotify_agent", sink.repr()?)))
    }
}

impl EventSink for Callable {
    fn notified(&mut self, event: Taken<'_>) -> Result<(), SinkError> {
        if self.calls == Calls::Adapting && self.has_ended_it {
            let hanotify::Notification { router_id, state } = event.notification;
            let state = state.as_str();
            log::error!(target: LOGGER, "router {router_id} is {state}: lost, as the sink has ended the server");
            return Ok(());
        }
        let called = Python::try_attach(|py| {
            CALLED_FOR.set(self.owner.number);
            let called = Event::new(py, &event).and_then(|event| self.sink.call1(py, (event,)));
            CALLED_FOR.set(0);
            self.owner.end_child(py);
            called.map(drop).map_err(|error| self.failed(py, error))
        });
        // An interpreter that is about to end takes no events.
        called.unwrap_or(Err(SinkError::Busy))
    }
}

impl Callable {
    fn failed(&mut self, py: Python<'_>, error: PyErr) -> SinkError {
        if is_busy(py, &error) {
            return SinkError::Busy;
        }
        let text = error.to_string();
        if error.is_instance_of::<PyException>(py) {
            let log = |error: &PyErr| {
                let arguments = PyDict::new(py);
                // Before Python 3.12, the error's value gets its traceback here only: logging reads it from there.
                arguments.set_item("exc_info", error.clone_ref(py).into_value(py))?;
                let logger = py.import("logging")?.call_method1("getLogger", (LOGGER,))?;
                let text = match self.calls {
                    Calls::Serving => "the sink failed: its sender gets 500",
                    Calls::Adapting => "the sink failed: the event is offered again, unless a newer one replaces it",
                };
                logger.call_method("error", (text,), Some(&arguments))
            };
            match log(&error) {
                // A handler of a signal may raise there too.
                Err(error) if !error.is_instance_of::<PyException>(py) => self.end_by(error),
                Err(error) => error.write_unraisable(py, None),
                Ok(_) => {}
            }
        } else {
            self.end_by(error);
        }
        SinkError::failed(text)
    }

    fn end_by(&mut self, error: PyErr) {
        self.has_ended_it = true;
        self.owner.end_by(error);
    }
}
