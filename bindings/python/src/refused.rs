//! Exceptions of the package's own: they are classes of Python's, because Python before 3.12 lets no stable interface
//! make a subclass of `ValueError`.

use hanotify::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The class of this name in `hanotify_agent._errors`.
fn class<'py>(py: Python<'py>, cell: &'static PyOnceLock<Py<PyType>>, name: &str) -> PyResult<Bound<'py, PyType>> {
    cell.import(py, "hanotify_agent._errors", name).cloned()
}

/// `Refused`, of this message.
pub(crate) fn refused(py: Python<'_>, error: Error, message: &[u8]) -> PyErr {
    static REFUSED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match class(py, &REFUSED, "Refused") {
        Ok(class) => {
            let arguments =
                (error.kind.name(), error.offset, error.status(), error.kind.to_string(), error.advice(message));
            PyErr::from_type(class, arguments)
        }
        Err(error) => error,
    }
}

static BUSY: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// `Busy`, to be raised.
pub(crate) fn busy(py: Python<'_>) -> PyErr {
    class(py, &BUSY, "Busy").map_or_else(|error| error, |class| PyErr::from_type(class, ()))
}

/// Whether it is `Busy`.
pub(crate) fn is_busy(py: Python<'_>, error: &PyErr) -> bool {
    class(py, &BUSY, "Busy").is_ok_and(|busy| error.is_instance(py, &busy))
}
