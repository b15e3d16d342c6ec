//! Sinks of the Rust library for Python: each takes events without the interpreter's lock.

mod debounce;
mod known;
mod latest;
mod queue;
mod states;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hanotify::sink::EventSink;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

pub(crate) use self::debounce::Debounce;
pub(crate) use self::known::Known;
pub(crate) use self::latest::Latest;
pub(crate) use self::queue::Queue;
pub(crate) use self::states::{RouterState, States};
use super::callable::{Callable, Calls, Owner};

/// How long a reader on the main thread waits at most before Python handles its signals.
const SIGNALS: Duration = Duration::from_millis(100);

/// The sink that this is: one of those here, or a callable.
pub(crate) fn of(sink: &Bound<'_, PyAny>, owner: &Owner) -> PyResult<Box<dyn EventSink + Send>> {
    if let Ok(known) = sink.cast::<Known>() {
        return known.get().attach(sink.py(), owner);
    }
    if let Ok(states) = sink.cast::<States>() {
        return states.get().attach(sink.py(), owner);
    }
    if let Ok(queue) = sink.cast::<Queue>() {
        return queue.get().attach();
    }
    if let Ok(latest) = sink.cast::<Latest>() {
        return latest.get().attach(sink.py(), owner);
    }
    if let Ok(debounce) = sink.cast::<Debounce>() {
        return debounce.get().attach(sink.py(), owner);
    }
    Ok(Box::new(Callable::new(sink, owner, Calls::Serving)?))
}

/// What is in there, for its one use.
fn use_once<T>(place: &Mutex<Option<T>>) -> PyResult<T> {
    let taken = place.lock().unwrap_or_else(PoisonError::into_inner).take();
    taken.ok_or_else(|| PyRuntimeError::new_err("this sink had its server already: make a new one"))
}

/// Refuses a green thread, which would hold up all others while it waits. Returns how long to wait at once.
fn check_reader(py: Python<'_>) -> PyResult<Duration> {
    let is_main: bool = py.import("hanotify_agent._threads")?.call_method0("check")?.extract()?;
    Ok(if is_main { SIGNALS } else { Duration::from_secs(3_600) })
}

/// Refuses a child of fork: what the sink shares was copied while another thread may have held the lock.
fn check_is_own(pid: u32) -> PyResult<()> {
    if std::process::id() == pid {
        return Ok(());
    }
    Err(PyRuntimeError::new_err("this process was forked from the sink's, which alone may use it: make a new one"))
}
