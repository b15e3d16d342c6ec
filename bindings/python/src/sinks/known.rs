//! Routers that the agent manages, apart from others.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use hanotify::RouterId;
use hanotify::sink::{EventSink, Known as Filter};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use super::super::callable::Owner;
use super::super::notification::router_id_of;
use super::check_is_own;

/// Passes on the events of these routers to another sink. Those of others are taken, by 200, and counted: a
/// notification may cross with the deletion of its router.
///
/// It is a set of router ids that any thread can change at any time.
#[pyclass(module = "hanotify_agent", frozen, weakref)]
pub(crate) struct Known {
    ids: Arc<RwLock<HashSet<RouterId>>>,
    sink: Py<PyAny>,
    /// How many are behind one another.
    depth: usize,
    pid: u32,
}

/// So that no thread's stack is too small for them.
const MOST_DEPTH: usize = 100;

impl Known {
    pub(crate) fn attach(&self, py: Python<'_>, owner: &Owner) -> PyResult<Box<dyn EventSink + Send>> {
        let ids = Arc::clone(&self.ids);
        check_is_own(self.pid)?;
        let is_known = move |id| ids.read().unwrap_or_else(PoisonError::into_inner).contains(&id);
        Ok(Box::new(Filter::new(is_known, super::of(self.sink.bind(py), owner)?)))
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashSet<RouterId>) -> T) -> PyResult<()> {
        check_is_own(self.pid)?;
        change(&mut self.ids.write().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn look<T>(&self, look: impl FnOnce(&HashSet<RouterId>) -> T) -> PyResult<T> {
        check_is_own(self.pid)?;
        Ok(look(&self.ids.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn ids_of(ids: &Bound<'_, PyAny>) -> PyResult<HashSet<RouterId>> {
    ids.try_iter()?.map(|id| router_id_of(&id?)).collect()
}

#[pymethods]
impl Known {
    #[new]
    fn new(ids: &Bound<'_, PyAny>, sink: Py<PyAny>) -> PyResult<Self> {
        let depth = 1 + sink.cast_bound::<Self>(ids.py()).map_or(0, |behind| behind.get().depth);
        if depth > MOST_DEPTH {
            return Err(PyValueError::new_err(format!("sink: {MOST_DEPTH} of Known may be behind one another")));
        }
        Ok(Self { ids: Arc::new(RwLock::new(ids_of(ids)?)), sink, depth, pid: std::process::id() })
    }

    /// For the collector of cycles: an agent has its sink, and the sink a method of the agent's.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.sink)
    }

    /// Adds a router.
    fn add(&self, router_id: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = router_id_of(router_id)?;
        self.change(|ids| ids.insert(id))
    }

    /// Removes a router, if it is there.
    fn discard(&self, router_id: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = router_id_of(router_id)?;
        self.change(|ids| ids.remove(&id))
    }

    /// Puts these routers in the place of all others, at once.
    fn replace(&self, ids: &Bound<'_, PyAny>) -> PyResult<()> {
        let new = ids_of(ids)?;
        self.change(|ids| *ids = new)
    }

    fn __contains__(&self, router_id: &Bound<'_, PyAny>) -> PyResult<bool> {
        // Before the look: it calls Python, where another thread may wait for the lock.
        let id = router_id_of(router_id);
        self.look(|ids| id.is_ok_and(|id| ids.contains(&id)))
    }

    fn __len__(&self) -> PyResult<usize> {
        self.look(HashSet::len)
    }

    /// Or it would be false while it is empty.
    #[expect(clippy::unused_self, reason = "Python asks the object")]
    fn __bool__(&self) -> bool {
        true
    }
}
