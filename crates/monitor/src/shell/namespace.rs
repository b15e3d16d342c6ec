//! Going into a network namespace for a moment, and seeing when another one has its name.

use std::fs::{File, Metadata, OpenOptions, metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Which namespace it is: the device and the number of its file. A number is not used again while a socket keeps the
/// namespace alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    fn of(found: &Metadata) -> Self {
        Self(found.dev(), found.ino())
    }
}

/// The namespace at this path; `None` where there is none.
pub(super) fn identity(path: &Path) -> Option<Identity> {
    metadata(path).ok().map(|found| Identity::of(&found))
}

/// The namespace that the thread is in, and the way back to it.
#[derive(Debug)]
pub(super) struct Home {
    file: File,
    identity: Identity,
}

impl Home {
    pub(super) fn here() -> io::Result<Self> {
        let file = File::open("/proc/thread-self/ns/net")?;
        let identity = Identity::of(&file.metadata()?);
        Ok(Self { file, identity })
    }

    /// Does this in the namespace at this path, and goes back. No other thread moves. Whoever is there already needs no
    /// right to enter it.
    pub(super) fn within<T>(&self, path: &Path, work: impl FnOnce() -> io::Result<T>) -> io::Result<(T, Identity)> {
        let there = open(path)?;
        let identity = Identity::of(&there.metadata()?);
        if identity == self.identity {
            return work().map(|done| (done, identity));
        }
        enter(&there)?;
        let outcome = work();
        // To stay would keep a namespace alive that somebody deletes.
        enter(&self.file)?;
        outcome.map(|done| (done, identity))
    }
}

/// A file that may be a namespace: the kernel says so when it is entered. A FIFO in its place would be waited for.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn enter(namespace: &File) -> io::Result<()> {
    Ok(move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_namespace_is_not_entered() {
        let home = Home::here().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qrouter");
        let work = || -> io::Result<()> { panic!("done in no namespace") };
        assert_eq!(home.within(&path, work).unwrap_err().kind(), io::ErrorKind::NotFound);
        // So it looks for a moment while `ip netns add` makes one.
        std::fs::write(&path, "").unwrap();
        assert!(home.within(&path, work).is_err());
    }

    #[test]
    fn a_fifo_in_the_place_of_a_namespace_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qrouter");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let work = || -> io::Result<()> { panic!("done in no namespace") };
        assert!(Home::here().unwrap().within(&path, work).is_err());
    }

    #[test]
    fn the_own_namespace_is_entered_without_rights() {
        let home = Home::here().unwrap();
        let path = Path::new("/proc/self/ns/net");
        let (done, found) = home.within(path, || Ok(7)).unwrap();
        assert_eq!((done, Some(found)), (7, identity(path)));
    }

    #[test]
    fn a_name_that_is_given_away_is_another_namespace() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        assert_eq!(identity(&path), None);
        std::fs::write(&path, "").unwrap();
        std::fs::write(&other, "").unwrap();
        let first = identity(&path).unwrap();
        assert_eq!(identity(&path), Some(first));
        std::fs::rename(&other, &path).unwrap();
        assert_ne!(identity(&path), Some(first));
    }
}
