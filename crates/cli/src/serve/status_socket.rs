//! The socket at which `hanotify status` asks, or `hanotify monitor --list`: beside that of the notifications, open to
//! the same users, and looked after in the same way.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hanotify::server::{BindError, BoundSocket, Config};

/// How many may wait to be accepted.
const BACKLOG: u32 = 16;

/// Why `hanotify status` can't ask.
#[derive(Debug, thiserror::Error)]
#[error("--status: no socket to ask at")]
pub(crate) struct StatusSocketError(#[from] BindError);

/// The socket, which its thread looks after, and whoever ends the server closes.
#[derive(Clone)]
pub(crate) struct StatusSocket(Arc<Mutex<BoundSocket>>);

impl StatusSocket {
    /// Listens at this path, with the mode and the group of this configuration's socket.
    pub(crate) fn bind(path: PathBuf, config: &Config) -> Result<Self, StatusSocketError> {
        let own = Config::new(path).with_mode(config.mode());
        let own = own.with_group(config.group()).with_expected_routers(BACKLOG);
        Ok(Self(Arc::new(Mutex::new(BoundSocket::bind(own)?))))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.lock().path().into()
    }

    /// Another descriptor of it.
    pub(crate) fn descriptor(&self) -> io::Result<OwnedFd> {
        self.lock().as_fd().try_clone_to_owned()
    }

    /// Makes the socket again where its file is gone: gives a descriptor of what there is since.
    pub(crate) fn look_after(&self) -> Option<OwnedFd> {
        let mut socket = self.lock();
        if socket.look_after() { socket.as_fd().try_clone_to_owned().ok() } else { None }
    }

    /// Leaves the path to the next server.
    pub(crate) fn close(&self) {
        self.lock().close();
    }

    fn lock(&self) -> MutexGuard<'_, BoundSocket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
