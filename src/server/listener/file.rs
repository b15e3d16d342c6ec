//! The file that stands for a socket: told from one that has taken its place, and removed by who has made it.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What is at the path of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Standing {
    /// The file of the socket.
    There,
    /// Nothing that can be looked at.
    Gone,
    /// Another file.
    Replaced,
}

/// The file of a socket. One that this process has made is removed when this is dropped.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode, by which it is told from a file that has taken its place; `None` once it is removed, and for a
    /// socket that was handed over with no file to be seen.
    identity: Option<(u64, u64)>,
    mode: u32,
    is_own: bool,
}

impl SocketFile {
    /// The file that this process has just made.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(path)?;
        Ok(Self { path: path.into(), identity: Some(identity(&found)), mode: found.mode() & 0o777, is_own: true })
    }

    /// The file that whoever hands a socket over has made, and keeps.
    pub(super) fn of_another(path: &Path) -> Self {
        let identity = fs::symlink_metadata(path).ok().map(|found| identity(&found));
        Self { path: path.into(), identity, mode: 0, is_own: false }
    }

    /// The permission bits with which it was made.
    pub(super) fn mode(&self) -> u32 {
        self.mode
    }

    pub(super) fn standing(&self) -> Standing {
        match (self.identity, fs::symlink_metadata(&self.path)) {
            (None, _) => Standing::There,
            (Some(ours), Ok(found)) if identity(&found) == ours => Standing::There,
            (Some(_), Ok(_)) => Standing::Replaced,
            (Some(_), Err(_)) => Standing::Gone,
        }
    }

    pub(super) fn remove(&mut self) {
        if self.is_own && self.identity.is_some() && self.standing() == Standing::There {
            // Where this fails, the next server finds a stale socket and replaces it.
            let _ = fs::remove_file(&self.path);
        }
        self.identity = None;
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}
