//! Bytes of Python's, to be read.

use hanotify::Limits;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PySlice};

/// How many bytes are looked at: no message has more, and what is beyond can't change the verdict.
pub(crate) const fn room(limits: &Limits) -> usize {
    limits.head().saturating_add(limits.body()).saturating_add(1)
}

/// The bytes of a `bytes`, where they are, or a copy of those of a `bytearray` or a `memoryview`, as far as there is
/// room for them. To read them in place would be undefined behaviour where another thread changes them.
pub(crate) fn bytes_of(data: &Bound<'_, PyAny>, room: usize) -> PyResult<PyBackedBytes> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.clone().into());
    }
    if !data.is_instance_of::<PyByteArray>() && !data.is_instance_of::<PyMemoryView>() {
        let name = data.get_type().name()?;
        return Err(PyTypeError::new_err(format!("bytes, a bytearray or a memoryview is needed, and not {name}")));
    }
    let view = PyMemoryView::from(data)?.call_method1("cast", ("B",))?;
    // By Python's own `slice`: `PySlice::new` of PyO3 0.30 leaks its three numbers.
    let part = data.py().get_type::<PySlice>().call1((isize::try_from(room).unwrap_or(isize::MAX),))?;
    let copy = view.get_item(part)?.call_method0("tobytes")?;
    Ok(copy.cast_into::<PyBytes>()?.into())
}
