//! The fail-over filter, and the thread that calls Python with what has settled.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hanotify::HaState;
use hanotify::sink::{Debounce as Filter, EventSink, Queue, QueueHandle, SinkError};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use super::super::callable::{Callable, Calls, Owner};
use super::super::notification::router_id_of;
use super::super::refused::busy;
use super::super::settings::seconds;
use super::{check_is_own, use_once};

/// Calls `callback`, on a thread of its own, with each router's state when the router has had it for a while: by
/// default 2 seconds for `primary`, and none for others. The last state wins, and the one that was reported last is not
/// reported again.
///
/// 200 means that the event is in the filter. At `capacity` it is full: 503. An event for which `callback` raises is
/// offered again every `retry` seconds, until it is taken or a newer one of its router replaces it. When the server
/// ends, all that waits is reported, settled or not, before `run` returns. What the callback does not take within 5
/// seconds then is lost, and logged.
#[pyclass(module = "hanotify_agent", frozen, weakref)]
pub(crate) struct Debounce {
    callback: Mutex<Option<Py<PyAny>>>,
    windows: [(HaState, Duration); 3],
    retry: Duration,
    capacity: usize,
    handle: Mutex<Option<QueueHandle>>,
    pid: u32,
}

impl Debounce {
    pub(crate) fn attach(&self, py: Python<'_>, owner: &Owner) -> PyResult<Box<dyn EventSink + Send>> {
        check_is_own(self.pid)?;
        let callback = use_once(&self.callback)?;
        let callable = Callable::new(callback.bind(py), owner, Calls::Adapting)?;
        let filter = Filter::new(callable).with_retry(self.retry);
        let filter = self.windows.iter().fold(filter, |filter, &(state, window)| filter.with_window(state, window));
        let queue = Queue::new(self.capacity, filter)?;
        *self.handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(queue.handle());
        Ok(Box::new(queue))
    }

    fn ask(&self, py: Python<'_>, ask: impl FnOnce(&QueueHandle) -> Result<(), SinkError>) -> PyResult<()> {
        check_is_own(self.pid)?;
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let handle = handle.ok_or_else(|| PyRuntimeError::new_err("this sink has no server yet"))?;
        ask(&handle).map_err(|error| match error {
            SinkError::Busy => busy(py),
            _ => PyRuntimeError::new_err("the server of this sink has ended"),
        })
    }
}

#[pymethods]
impl Debounce {
    #[new]
    #[pyo3(signature = (callback, *, primary = 2.0, backup = 0.0, fault = 0.0, retry = 1.0, capacity = 4_096))]
    fn new(callback: Py<PyAny>, primary: f64, backup: f64, fault: f64, retry: f64, capacity: usize) -> PyResult<Self> {
        Ok(Self {
            callback: Mutex::new(Some(callback)),
            windows: [
                (HaState::Primary, seconds("primary", primary)?),
                (HaState::Backup, seconds("backup", backup)?),
                (HaState::Fault, seconds("fault", fault)?),
            ],
            retry: seconds("retry", retry)?,
            capacity,
            handle: Mutex::default(),
            pid: std::process::id(),
        })
    }

    /// For the collector of cycles, as that of `Known`. What is in use now is no garbage.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.callback.try_lock().map_or(Ok(()), |callback| visit.call(&*callback))
    }

    /// Lets the router's state be reported once more when it has settled, although it may not have changed. Raises
    /// `Busy` at `capacity`, and `RuntimeError` without a server that runs.
    fn report_again(&self, py: Python<'_>, router_id: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = router_id_of(router_id)?;
        self.ask(py, |handle| handle.report_again(id))
    }

    /// Forgets a router, which has been deleted, with an event of it that waits. Raises as `report_again`.
    fn forget(&self, py: Python<'_>, router_id: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = router_id_of(router_id)?;
        self.ask(py, |handle| handle.forget(id))
    }
}
