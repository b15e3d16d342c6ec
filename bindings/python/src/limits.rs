//! The limits of a message.

use pyo3::prelude::*;

/// How long a message and its parts may be, in bytes; how many fields it may have; and whether `master` means
/// `primary`. What is not given is as in the Rust library.
#[pyclass(module = "hanotify_agent", frozen, eq, hash)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Limits(pub(crate) hanotify::Limits);

#[pymethods]
impl Limits {
    #[new]
    #[pyo3(signature = (
        *, request_line = None, fields = None, field_line = None, head = None, body = None, legacy_state = false
    ))]
    fn new(
        request_line: Option<usize>,
        fields: Option<usize>,
        field_line: Option<usize>,
        head: Option<usize>,
        body: Option<usize>,
        legacy_state: bool,
    ) -> Self {
        let default = hanotify::Limits::DEFAULT;
        Self(
            default
                .with_request_line(request_line.unwrap_or(default.request_line()))
                .with_fields(fields.unwrap_or(default.fields()))
                .with_field_line(field_line.unwrap_or(default.field_line()))
                .with_head(head.unwrap_or(default.head()))
                .with_body(body.unwrap_or(default.body()))
                .with_legacy_state(legacy_state),
        )
    }

    #[getter]
    fn request_line(&self) -> usize {
        self.0.request_line()
    }

    #[getter]
    fn fields(&self) -> usize {
        self.0.fields()
    }

    #[getter]
    fn field_line(&self) -> usize {
        self.0.field_line()
    }

    #[getter]
    fn head(&self) -> usize {
        self.0.head()
    }

    #[getter]
    fn body(&self) -> usize {
        self.0.body()
    }

    #[getter]
    fn legacy_state(&self) -> bool {
        self.0.legacy_state()
    }

    fn __repr__(&self) -> String {
        let legacy = if self.0.legacy_state() { "True" } else { "False" };
        format!(
            "Limits(request_line={}, fields={}, field_line={}, head={}, body={}, legacy_state={legacy})",
            self.0.request_line(),
            self.0.fields(),
            self.0.field_line(),
            self.0.head(),
            self.0.body(),
        )
    }
}
