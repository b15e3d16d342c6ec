//! A value that threads share and wait for. In the crate's unit tests its locks and threads are those of the model
//! checker `shuttle`, which runs inside `shuttle::check_…` only.

use std::string::ToString;
use std::sync::PoisonError;
use std::time::Instant;
use std::{fmt, io};

#[cfg(test)]
use shuttle::{
    sync::{Condvar, Mutex},
    thread,
};
#[cfg(not(test))]
use std::{
    sync::{Condvar, Mutex},
    thread,
};

#[cfg(test)]
pub(super) use shuttle::sync::{Arc, MutexGuard};
#[cfg(test)]
pub(super) use shuttle::thread::JoinHandle;
#[cfg(not(test))]
pub(super) use std::sync::{Arc, MutexGuard};
#[cfg(not(test))]
pub(super) use std::thread::JoinHandle;

/// Starts a thread of this name.
pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_string()).spawn(work)
}

/// The thread that this is called on.
pub(super) fn this_thread() -> thread::ThreadId {
    thread::current().id()
}

/// A lock, and a way to wait for a change of what it guards.
pub(super) struct Monitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), changed: Condvar::new() }
    }

    /// The value; whoever holds it calls nothing that could panic half-way, so that a poisoned lock is as good as any.
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all that wait.
    pub(super) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Waits until notified, or until a deadline if there is one; possibly for less.
    pub(super) fn wait<'a>(&'a self, value: MutexGuard<'a, T>, until: Option<Instant>) -> MutexGuard<'a, T> {
        match until {
            None => self.changed.wait(value).unwrap_or_else(PoisonError::into_inner),
            Some(until) => self.wait_until(value, until),
        }
    }

    #[cfg(not(test))]
    fn wait_until<'a>(&'a self, value: MutexGuard<'a, T>, until: Instant) -> MutexGuard<'a, T> {
        let left = until.saturating_duration_since(Instant::now());
        self.changed.wait_timeout(value, left).unwrap_or_else(PoisonError::into_inner).0
    }

    /// The checker has no clock: let others go on, and return early.
    #[cfg(test)]
    fn wait_until<'a>(&'a self, value: MutexGuard<'a, T>, _until: Instant) -> MutexGuard<'a, T> {
        drop(value);
        thread::yield_now();
        self.lock()
    }
}

impl<T> fmt::Debug for Monitor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").finish_non_exhaustive()
    }
}
