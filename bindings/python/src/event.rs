//! A notification that has come, and how.

use std::time::SystemTime;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::notification::Notification;

/// The process that sent it, as the kernel noted it when that process connected.
#[pyclass(module = "hanotify_agent", frozen, eq, hash)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Peer {
    /// Its process id; `None` if it lives in a pid namespace that this process can't see. Good for a log, never for
    /// authorisation.
    #[pyo3(get)]
    pid: Option<i32>,
    /// Its effective user id.
    #[pyo3(get)]
    uid: u32,
    /// Its effective group id.
    #[pyo3(get)]
    gid: u32,
}

impl From<hanotify::sink::Peer> for Peer {
    fn from(peer: hanotify::sink::Peer) -> Self {
        Self { pid: peer.pid, uid: peer.uid, gid: peer.gid }
    }
}

#[pymethods]
impl Peer {
    fn __repr__(&self) -> String {
        let pid = self.pid.map_or_else(|| "None".to_owned(), |pid| pid.to_string());
        format!("Peer(pid={pid}, uid={}, gid={})", self.uid, self.gid)
    }
}

/// A notification that has come: its sender waits for the answer.
#[pyclass(module = "hanotify_agent", frozen)]
pub(crate) struct Event {
    /// What it says.
    #[pyo3(get)]
    notification: Py<Notification>,
    /// Who sent it.
    #[pyo3(get)]
    peer: Peer,
    /// Its place in the one order of all events that were taken: 1 for the first since the server started.
    #[pyo3(get)]
    sequence: u64,
    /// When the message was whole, as a `datetime` in UTC.
    #[pyo3(get)]
    received_at: SystemTime,
    body: Py<PyBytes>,
}

impl Event {
    pub(crate) fn new(py: Python<'_>, event: &hanotify::sink::Event<'_>) -> PyResult<Self> {
        Ok(Self {
            notification: Py::new(py, Notification::from(event.notification))?,
            peer: event.peer.into(),
            sequence: event.sequence,
            received_at: event.received_at,
            body: PyBytes::new(py, event.body).unbind(),
        })
    }
}

#[pymethods]
impl Event {
    /// The router, as a `uuid.UUID`.
    #[getter]
    fn router_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.notification.bind(py).getattr("router_id")
    }

    /// Its state, as a `State`.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.notification.bind(py).getattr("state")
    }

    /// The body; empty unless the limits let one in.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.body.bind(py).clone()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let notification = self.notification.bind(py).repr()?;
        Ok(format!("Event({notification}, {}, sequence={})", self.peer.__repr__(), self.sequence))
    }
}
