//! `serve --sandbox`: gives up what a server that listens already has no need of, so that whoever takes it over gains
//! little.
//!
//! Landlock closes the file system, but for making and removing sockets in the socket's directory, for a new file for
//! the events and for reading in the folder of `--ha-confs`, and TCP; seccomp leaves the system calls that serving
//! takes. Both hold for this thread and those that it starts, for good.

mod calls;
#[cfg(test)]
mod tests;

use std::path::Path;

use landlock::AccessFs;

use self::calls::rules;
use crate::outlet::file::folder_of;
#[cfg(test)]
use crate::sandbox::Extent;
use crate::sandbox::{self, Restricted, SandboxError};

/// What can still be done to files.
#[derive(Clone, Copy, Default)]
pub(super) struct Allowed<'a> {
    /// A socket that this process has made: in its directory, files can be removed and sockets made.
    pub(super) own_socket: Option<&'a Path>,
    /// The output that is to be opened again: in its directory, files can be made and appended to.
    pub(super) output: Option<&'a Path>,
    /// The folder of `--ha-confs`: what is in it can be read.
    pub(super) ha_confs: Option<&'a Path>,
}

/// Restricts this thread, and those that it starts, to serving: nothing but this can be done to files. Everything else
/// that is needed must be open.
pub(super) fn restrict(allowed: Allowed<'_>) -> Result<Restricted, SandboxError> {
    let Allowed { own_socket, output, ha_confs } = allowed;
    let sockets = own_socket.map(|socket| (folder_of(socket), AccessFs::RemoveFile | AccessFs::MakeSock));
    let append = output.map(|output| (folder_of(output), AccessFs::WriteFile | AccessFs::MakeReg));
    let read = ha_confs.map(|folder| (folder, AccessFs::ReadFile | AccessFs::ReadDir));
    let files: Vec<_> = [sockets, append, read].into_iter().flatten().collect();
    sandbox::restrict(&files, rules(allowed)?)
}
