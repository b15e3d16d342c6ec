//! hanotify for Python: the extension module below the package `hanotify_agent`.
//!
//! Python code of the package says what this is for its users; here is what takes Rust.

mod callable;
mod channel;
mod counters;
mod data;
mod event;
mod handover;
mod limits;
mod logs;
mod notification;
mod refused;
mod server;
mod settings;
mod sinks;
mod stop;
mod wake;

use hanotify::{Decoder as Growing, Status};
use pyo3::prelude::*;

use self::limits::Limits;
use self::notification::Notification;
use self::refused::refused;

/// Reads one notification from the start of `data`. Bytes are read where they are; those of a `bytearray` or a
/// `memoryview` are copied first, as another thread could change them meanwhile: no more of them than a message can
/// have.
///
/// Returns `None` where it isn't whole yet.
#[pyfunction]
#[pyo3(signature = (data, limits = None))]
fn decode(py: Python<'_>, data: &Bound<'_, PyAny>, limits: Option<&Limits>) -> PyResult<Option<Notification>> {
    let limits = limits.map_or(&hanotify::Limits::DEFAULT, |limits| &limits.0);
    let data = data::bytes_of(data, data::room(limits))?;
    match hanotify::decode(&data, limits) {
        Ok(Status::Complete { notification, .. }) => Ok(Some(Notification::from(notification))),
        Ok(Status::Incomplete) => Ok(None),
        Err(error) => Err(refused(py, error, &data)),
    }
}

/// The bytes of a notification, as the shell sender writes them.
#[pyfunction]
fn encode(notification: &Notification) -> Vec<u8> {
    hanotify::encode(&notification.inner()).as_bytes().to_vec()
}

/// One notification that arrives in pieces.
#[pyclass(module = "hanotify_agent")]
struct Decoder {
    growing: Growing,
    buffer: Vec<u8>,
    room: usize,
    /// What was found: the length of the message, and where its body begins.
    found: Option<(usize, usize)>,
}

#[pymethods]
impl Decoder {
    #[new]
    #[pyo3(signature = (limits = None))]
    fn new(limits: Option<&Limits>) -> Self {
        let limits = limits.map_or(hanotify::Limits::DEFAULT, |limits| limits.0);
        Self { growing: Growing::new(limits), buffer: Vec::new(), room: data::room(&limits), found: None }
    }

    /// Takes the next bytes, and tells the notification once it is whole; `None` before that.
    fn feed(&mut self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Option<Notification>> {
        if self.found.is_some() {
            return Err(pyo3::exceptions::PyRuntimeError::new_err("the message is whole: take a new Decoder"));
        }
        let room = self.room.saturating_sub(self.buffer.len());
        let data = data::bytes_of(data, room)?;
        self.buffer.extend_from_slice(data.get(..room).unwrap_or(&data));
        match self.growing.decode(&self.buffer) {
            Ok(Status::Complete { notification, consumed, body }) => {
                self.found = Some((consumed, consumed - body.len()));
                Ok(Some(Notification::from(notification)))
            }
            Ok(Status::Incomplete) => Ok(None),
            Err(error) => Err(refused(py, error, &self.buffer)),
        }
    }

    /// The length of the message in bytes, once it is whole.
    #[getter]
    fn consumed(&self) -> Option<usize> {
        self.found.map(|(consumed, _)| consumed)
    }

    /// The body of the message, once it is whole.
    #[getter]
    fn body(&self) -> Option<&[u8]> {
        self.found.and_then(|(consumed, start)| self.buffer.get(start..consumed))
    }
}

/// What `hanotify_agent` is made of. A free-threaded Python turns its lock on when it imports this: nothing here was
/// tried without.
#[pymodule(gil_used = true)]
mod _native {
    #[pymodule_export]
    use super::channel::Channel;
    #[pymodule_export]
    use super::event::{Event, Peer};
    #[pymodule_export]
    use super::limits::Limits;
    #[pymodule_export]
    use super::notification::Notification;
    #[pymodule_export]
    use super::server::Server;
    #[pymodule_export]
    use super::sinks::{Debounce, Known, Latest, Queue, RouterState, States};
    #[pymodule_export]
    use super::{Decoder, decode, encode};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        super::logs::install(module.py())
    }
}
