//! The private folder of a spawned server's socket: locked while its audit goes on, and removed with all that is in it.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, ResolveFlags, openat, openat2, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::spawn::mark;

/// What the names of the folders begin with.
const PREFIX: &str = "hanotify-audit-";
/// How often another folder is made, where somebody takes one for stale right when it is made.
const ATTEMPTS: usize = 8;
/// How deep folders may be nested in one that is removed.
const DEEPEST: usize = 64;

/// A folder that only this user can enter, for a socket; removed when dropped.
pub(crate) struct PrivateFolder {
    path: PathBuf,
    /// Held while the audit goes on: a process id says nothing in another pid namespace.
    _lock: File,
}

impl PrivateFolder {
    /// A new one. Those of this user's audits that were killed are removed.
    pub(crate) fn new() -> io::Result<Self> {
        let parent = temporary(std::env::var_os("TMPDIR").map(PathBuf::from));
        remove_stale(&parent);
        for _ in 0..ATTEMPTS {
            let path = parent.join(format!("{PREFIX}{}", mark()));
            DirBuilder::new().mode(0o700).create(&path)?;
            match lock(&path) {
                Ok(Some(lock)) => return Ok(Self { path, _lock: lock }),
                // Another audit found it before it was locked, and removes it too.
                Ok(None) => drop(fs::remove_dir(&path)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let _ = fs::remove_dir(&path);
                    return Err(error);
                }
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// Where the socket goes.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path.join("socket")
    }

    /// Removes it: its path, if it is still there.
    pub(crate) fn remove(&self) -> Option<PathBuf> {
        // What fails for the moment only is tried again.
        let is_left = (0..2).all(|_| remove_tree(&self.path).is_err() && self.path.exists());
        is_left.then(|| self.path.clone())
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // After `remove` there is nothing left, or nothing to be done.
        let _ = remove_tree(&self.path);
    }
}

/// The directory for temporary files. A relative one would mean another one to the server, which may change its
/// current directory.
fn temporary(variable: Option<PathBuf>) -> PathBuf {
    variable.filter(|path| path.is_absolute()).unwrap_or_else(|| "/tmp".into())
}

/// The lock on a folder; `None` where another process holds it, or has removed the folder.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let folder = File::options().read(true).custom_flags(flags).open(path)?;
    match folder.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(None),
        Err(fs::TryLockError::Error(error)) => return Err(error),
    }
    let (held, there) = (folder.metadata()?, fs::symlink_metadata(path)?);
    Ok(((held.dev(), held.ino()) == (there.dev(), there.ino())).then_some(folder))
}

/// Removes the folders of this user whose audit is over. Another user's are left alone, and so is what a link leads to.
fn remove_stale(parent: &Path) {
    let own = geteuid().as_raw();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_own = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == own);
        if !is_own || !entry.file_name().to_str().is_some_and(is_name) {
            continue;
        }
        // Held until the folder is gone, so that no two audits remove it at once.
        if let Ok(Some(_lock)) = lock(&entry.path()) {
            let _ = remove_tree(&entry.path());
        }
    }
}

/// Whether a folder of an audit is named so: its process id, and a number.
fn is_name(name: &str) -> bool {
    let parts = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(pid, _)| pid.parse::<u32>().is_ok())
}

/// How a folder is opened, and not what a link leads to.
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Removes a folder with all that is in it, but nothing that is mounted there.
fn remove_tree(path: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let parent = File::open(parent)?;
    let folder = match open_unmounted(&parent, Path::new(name)) {
        // Linux before 5.6 doesn't know the call: the socket is removed there, and folders beside it if they are empty.
        Err(Errno::NOSYS | Errno::PERM) => openat(&parent, name, FOLDER, Mode::empty()),
        opened => opened,
    }?;
    remove_entries(&folder, DEEPEST)?;
    Ok(unlinkat(&parent, name, AtFlags::REMOVEDIR)?)
}

/// Opens a folder; an error where something is mounted on it.
fn open_unmounted(parent: &impl AsFd, name: &Path) -> rustix::io::Result<OwnedFd> {
    openat2(parent, name, FOLDER, Mode::empty(), ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS)
}

fn remove_folder(parent: &impl AsFd, name: &Path, depth: usize) -> io::Result<()> {
    let depth = depth.checked_sub(1).ok_or(io::ErrorKind::QuotaExceeded)?;
    if let Ok(folder) = open_unmounted(parent, name) {
        remove_entries(&folder, depth)?;
    }
    Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
}

fn remove_entries(folder: &impl AsFd, depth: usize) -> io::Result<()> {
    let mut failed = None;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        // The rest is removed where one thing can't be.
        let removed = match unlinkat(folder, name, AtFlags::empty()) {
            Err(Errno::ISDIR) => remove_folder(folder, Path::new(OsStr::from_bytes(name.to_bytes())), depth),
            removed => removed.map_err(io::Error::from),
        };
        failed = failed.or(removed.err());
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_relative_directory_for_temporary_files_is_ignored() {
        for variable in [None, Some(""), Some("."), Some("a/b")] {
            assert_eq!(temporary(variable.map(PathBuf::from)), Path::new("/tmp"), "{variable:?}");
        }
        assert_eq!(temporary(Some("/somewhere".into())), Path::new("/somewhere"));
    }

    #[test]
    fn a_folder_is_removed_with_what_is_in_it_but_not_what_a_link_leads_to() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("file"), "precious").unwrap();
        let within = tempfile::tempdir().unwrap();
        let folder = within.path().join("folder");
        fs::create_dir_all(folder.join("a/b/c")).unwrap();
        for name in ["1", "a/2", "a/b/3", "a/b/c/4"] {
            fs::write(folder.join(name), "").unwrap();
        }
        symlink(outside.path(), folder.join("a/link")).unwrap();
        symlink("nowhere", folder.join("dangling")).unwrap();
        remove_tree(&folder).unwrap();
        assert!(!folder.exists() && outside.path().join("file").exists());
        symlink(outside.path(), &folder).unwrap();
        assert!(remove_tree(&folder).is_err());
        assert!(outside.path().join("file").exists());
    }

    #[test]
    fn a_folder_that_is_nested_too_deep_is_left() {
        let within = tempfile::tempdir().unwrap();
        for (depth, is_removed) in [(DEEPEST, true), (DEEPEST + 1, false)] {
            let folder = within.path().join("folder");
            fs::create_dir_all(folder.join("a/".repeat(depth))).unwrap();
            assert_eq!(remove_tree(&folder).is_ok(), is_removed, "{depth}");
        }
    }

    #[test]
    fn a_folder_has_one_holder() {
        let within = tempfile::tempdir().unwrap();
        let held = lock(within.path()).unwrap();
        assert!(held.is_some() && lock(within.path()).unwrap().is_none());
        drop(held);
        assert!(lock(within.path()).unwrap().is_some());
        assert!(lock(&within.path().join("none")).is_err());
    }
}
