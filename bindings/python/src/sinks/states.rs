//! The state of each router, to be read at any time.

use std::time::SystemTime;

use hanotify::HaState;
use hanotify::sink::{EventSink, RouterState as Kept, StateSource, States as Filter, StatesHandle};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::super::callable::Owner;
use super::super::event::Peer;
use super::super::notification::{Notification, router_id_of, state_of};
use super::super::settings::seconds;
use super::check_is_own;

/// Keeps the state of each router whose event the sink in it has taken, of at most `capacity` routers, for any thread
/// to read. The answers are the sink's.
#[pyclass(module = "hanotify_agent", frozen, weakref)]
pub(crate) struct States {
    handle: StatesHandle,
    sink: Py<PyAny>,
    pid: u32,
}

impl States {
    pub(crate) fn attach(&self, py: Python<'_>, owner: &Owner) -> PyResult<Box<dyn EventSink + Send>> {
        Ok(Box::new(Filter::with_handle(self.own()?.clone(), super::of(self.sink.bind(py), owner)?)))
    }

    fn own(&self) -> PyResult<&StatesHandle> {
        check_is_own(self.pid)?;
        Ok(&self.handle)
    }
}

#[pymethods]
impl States {
    #[new]
    #[pyo3(signature = (sink, *, capacity = 4_096, primary = 2.0, backup = 0.0, fault = 0.0))]
    fn new(sink: Py<PyAny>, capacity: usize, primary: f64, backup: f64, fault: f64) -> PyResult<Self> {
        let handle = StatesHandle::new(capacity)
            .with_window(HaState::Primary, seconds("primary", primary)?)
            .with_window(HaState::Backup, seconds("backup", backup)?)
            .with_window(HaState::Fault, seconds("fault", fault)?);
        Ok(Self { handle, sink, pid: std::process::id() })
    }

    /// The routers as they are now, by their ids.
    fn routers(&self, py: Python<'_>) -> PyResult<Vec<RouterState>> {
        let handle = self.own()?;
        py.detach(|| handle.routers()).into_iter().map(|kept| RouterState::new(py, &kept)).collect()
    }

    /// Takes note of the state that a file says the router has since then, a `datetime` with a zone: `False` if there
    /// is no room for one more router. Nothing changes where an event of the router has come.
    fn note_file(
        &self,
        router_id: &Bound<'_, PyAny>,
        state: &Bound<'_, PyAny>,
        since: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let (router_id, state, since) = (router_id_of(router_id)?, state_of(state)?, time_of(since)?);
        Ok(self.own()?.note_file(router_id, state, since))
    }

    /// Forgets a router, which has been deleted: whether it was known.
    fn forget(&self, router_id: &Bound<'_, PyAny>) -> PyResult<bool> {
        let id = router_id_of(router_id)?;
        Ok(self.own()?.forget(id))
    }

    /// Events whose router found no room.
    #[getter]
    fn dropped(&self) -> PyResult<u64> {
        Ok(self.own()?.counts().dropped)
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(usize::try_from(self.own()?.counts().routers).unwrap_or(usize::MAX))
    }

    /// Or it would be false while it is empty.
    #[expect(clippy::unused_self, reason = "Python asks the object")]
    fn __bool__(&self) -> bool {
        true
    }
}

/// The time that a `datetime` with a zone says.
fn time_of(value: &Bound<'_, PyAny>) -> PyResult<SystemTime> {
    value.extract().map_err(|error: PyErr| {
        // Python's own word is of an operator that the caller has not written.
        if error.is_instance_of::<PyTypeError>(value.py()) {
            PyTypeError::new_err("since: an aware datetime is wanted, such as datetime.now(timezone.utc)")
        } else {
            error
        }
    })
}

/// What is known of one router.
#[pyclass(module = "hanotify_agent", frozen)]
pub(crate) struct RouterState {
    /// The router, and the state it was said to have last.
    notification: Py<Notification>,
    /// The state that it has had for its window, which is the one before until then.
    settled: Option<Py<Notification>>,
    /// When it came into its state, as a `datetime` in UTC.
    #[pyo3(get)]
    since: SystemTime,
    /// How often it was said to have another state than before.
    #[pyo3(get)]
    changes: u64,
    /// How many of these changes were in the last hour, which is rounded down by up to 5 minutes.
    #[pyo3(get)]
    changes_in_hour: u32,
    /// Whether an event has said so, and not a file alone.
    #[pyo3(get)]
    confirmed: bool,
    /// Who sent the last event; `None` where there was none yet.
    #[pyo3(get)]
    peer: Option<Peer>,
}

impl RouterState {
    fn new(py: Python<'_>, kept: &Kept) -> PyResult<Self> {
        let of = |state| {
            let notification = hanotify::Notification { router_id: kept.router_id, state };
            Py::new(py, Notification::from(notification))
        };
        Ok(Self {
            notification: of(kept.state)?,
            settled: kept.settled.map(of).transpose()?,
            since: kept.since,
            changes: kept.changes,
            changes_in_hour: kept.changes_in_hour,
            confirmed: kept.source == StateSource::Event,
            peer: kept.peer.map(Peer::from),
        })
    }
}

#[pymethods]
impl RouterState {
    /// The router, as a `uuid.UUID`.
    #[getter]
    fn router_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.notification.bind(py).getattr("router_id")
    }

    /// The state it was said to have last, as a `State`.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.notification.bind(py).getattr("state")
    }

    /// The state that it has had for its window, as a `State`: the one before until then, and `None` where none has
    /// settled yet.
    #[getter]
    fn settled<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.settled.as_ref().map(|settled| settled.bind(py).getattr("state")).transpose()
    }

    fn __repr__(&self) -> String {
        let notification = self.notification.get().inner();
        format!(
            "RouterState(router_id=UUID('{}'), state='{}', changes={}, confirmed={})",
            notification.router_id,
            notification.state,
            self.changes,
            if self.confirmed { "True" } else { "False" },
        )
    }
}
