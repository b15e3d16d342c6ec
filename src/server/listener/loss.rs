//! What the log says of a socket's file that is lost, once for each thing.

use std::path::Path;
use std::string::String;

use crate::facade::tracing;

pub(in crate::server) const GONE: &str = "the socket's file is gone: nobody can connect until it is there again";
pub(in crate::server) const REPLACED: &str = "another file is in the place of the socket's, and nobody reaches \
                                              this server: remove it, and this server listens again";
pub(in crate::server) const PAST_HELP: &str = "this process may not do that any more: start the server again";

/// What the log says of a file that is lost; a line at each look would fill a disk.
#[derive(Debug, Default)]
pub(in crate::server) struct Loss(Option<String>);

impl Loss {
    /// Whether the log says that the file is lost.
    pub(in crate::server) fn is_said(&self) -> bool {
        self.0.is_some()
    }

    /// Says what keeps the server from its socket, unless the last line says the same.
    pub(in crate::server) fn complain(&mut self, socket: &Path, complaint: String) {
        if self.0.as_ref() != Some(&complaint) {
            tracing::error!(?socket, "{complaint}");
            self.0 = Some(complaint);
        }
    }

    /// Says that the file is there again: `false` if it was not lost.
    pub(in crate::server) fn end(&mut self, socket: &Path) -> bool {
        let was_lost = self.0.take().is_some();
        if was_lost {
            tracing::warn!(?socket, "the socket's file is there again, and so is the way to this server");
        }
        was_lost
    }
}
