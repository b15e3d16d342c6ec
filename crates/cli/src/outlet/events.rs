//! The way of the events, which another thread can replace while they are written.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Outlet, OutputError, Way};

/// An outlet for two threads: one that writes, and one that opens its file again.
#[derive(Clone)]
pub(crate) struct Events(Arc<Mutex<Outlet>>);

impl Events {
    /// Standard output, or this file.
    pub(crate) fn to(file: Option<&Path>) -> Result<Self, OutputError> {
        Ok(Self(Arc::new(Mutex::new(file.map_or_else(Outlet::stdout, Outlet::file)?))))
    }

    /// Whether there is a file, which can be rotated.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.lock().way, Way::File(_))
    }

    /// Goes on in the file that has this name now. Where that can't be opened, nothing changes.
    pub(crate) fn reopen(&self, path: &Path) -> Result<(), OutputError> {
        // Nobody waits for this: it may take its time.
        let new = Outlet::file(path)?;
        let mut outlet = self.lock();
        let same = |one: &Outlet, other: &Outlet| Some(one.identity()? == other.identity()?);
        // Of the same file, the outlet knows whether its last line was cut off.
        if same(&outlet, &new) != Some(true) {
            *outlet = new;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Outlet> {
        // A panic leaves an outlet behind that can be written to.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet {
    /// What tells a file from others.
    fn identity(&self) -> Option<(u64, u64)> {
        let Way::File(file) = &self.way else { return None };
        file.metadata().ok().map(|found| (found.dev(), found.ino()))
    }
}

impl Write for Events {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
