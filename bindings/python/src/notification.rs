//! What a message says, with the types that agents have for it: `uuid.UUID`, and an enumeration of strings.

use std::hash::{DefaultHasher, Hash, Hasher};

use hanotify::{HaState, RouterId};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyType};

/// A router, and the state that it has now.
#[pyclass(module = "hanotify_agent", frozen)]
pub(crate) struct Notification {
    id: RouterId,
    state: HaState,
    /// Made when it is asked for first: most of what it costs to read a message would be this.
    uuid: PyOnceLock<Py<PyAny>>,
}

impl From<hanotify::Notification> for Notification {
    fn from(notification: hanotify::Notification) -> Self {
        Self { id: notification.router_id, state: notification.state, uuid: PyOnceLock::new() }
    }
}

impl Notification {
    pub(crate) fn inner(&self) -> hanotify::Notification {
        hanotify::Notification { router_id: self.id, state: self.state }
    }
}

/// The router id that a `UUID` or a text is.
pub(crate) fn router_id_of(value: &Bound<'_, PyAny>) -> PyResult<RouterId> {
    let id: String = value.str()?.extract()?;
    id.parse().map_err(|_| {
        PyValueError::new_err(format!("{id:?} is no router id: a UUID in lower case with dashes, not all zero"))
    })
}

/// The state that a `State` or a text is.
pub(crate) fn state_of(value: &Bound<'_, PyAny>) -> PyResult<HaState> {
    let word: String = value.extract()?;
    let state = HaState::parse(word.as_bytes());
    state.ok_or_else(|| PyValueError::new_err(format!("{word:?} is no state: primary, backup or fault")))
}

#[pymethods]
impl Notification {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("router_id", "state")
    }

    #[new]
    fn new(router_id: &Bound<'_, PyAny>, state: &Bound<'_, PyAny>) -> PyResult<Self> {
        let id = router_id_of(router_id)?;
        Ok(Self { id, state: state_of(state)?, uuid: PyOnceLock::new() })
    }

    /// The router, as a `uuid.UUID`.
    #[getter]
    fn router_id<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        static UUID: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let make = || {
            let arguments = PyDict::new(py);
            arguments.set_item("int", u128::from_be_bytes(self.id.to_bytes()))?;
            UUID.import(py, "uuid", "UUID")?.call((), Some(&arguments)).map(Bound::unbind)
        };
        self.uuid.get_or_try_init(py, make).map(|uuid| uuid.bind(py))
    }

    /// Its state, as a `State`.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static STATES: [PyOnceLock<Py<PyAny>>; 3] = [const { PyOnceLock::new() }; 3];
        let [primary, backup, fault] = &STATES;
        let cell = match self.state {
            HaState::Primary => primary,
            HaState::Backup => backup,
            HaState::Fault => fault,
        };
        let make = || py.import("hanotify_agent._state")?.getattr("State")?.call1((self.state.as_str(),));
        cell.get_or_try_init(py, || make().map(Bound::unbind)).map(|state| state.bind(py).clone())
    }

    /// The router id as text, without a `UUID` in between.
    #[getter]
    fn router_id_text<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, &self.id.to_string())
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().inner() == self.inner())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("Notification(router_id=UUID('{}'), state='{}')", self.id, self.state)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (String, &'static str)) {
        (py.get_type::<Self>(), (self.id.to_string(), self.state.as_str()))
    }
}
