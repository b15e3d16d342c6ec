//! The file that stands for a socket: told from one that has taken its place, and removed by who has made it.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::facade::tracing;

/// What is at the path of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Standing {
    /// The file of the socket.
    There,
    /// Nothing.
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
            (Some(ours), Ok(found)) if identity(&found) == ours => Standing::There,
            (Some(_), Ok(_)) => Standing::Replaced,
            (Some(_), Err(cause)) if is_absence(&cause) => Standing::Gone,
            // Who can't look doesn't know better than before.
            (None, _) | (Some(_), Err(_)) => Standing::There,
        }
    }

    pub(super) fn remove(&mut self) {
        let Some(ours) = self.identity.take().filter(|_| self.is_own) else { return };
        let removed = match fs::symlink_metadata(&self.path) {
            Ok(found) if identity(&found) == ours => fs::remove_file(&self.path),
            // Another server's.
            Ok(_) => Ok(()),
            Err(cause) => Err(cause),
        };
        match removed {
            Err(cause) if !is_absence(&cause) => {
                let socket = &self.path;
                tracing::warn!(?socket, %cause, "can't remove the socket's file: the next server replaces it");
            }
            _ => {}
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn is_absence(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}
