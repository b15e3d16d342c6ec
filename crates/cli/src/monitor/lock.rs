//! The lock of a router's folder: of two monitors only one has it.

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_monitor::as_user;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

/// Its file in the folder.
pub(super) const NAME: &str = ".monitor.lock";
/// How long the monitor before this one may take to end: the agent starts the next one as soon as it has sent SIGTERM.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(5);
/// How long the file may be gone before it is made again: who removes the folder could not, if there were a new file in
/// it.
const GRACE: Duration = Duration::from_secs(1);

/// Why a router can't be locked.
#[derive(Debug, thiserror::Error)]
pub(super) enum LockError {
    #[error("another monitor watches this router or folder: {0:?} is locked")]
    Held(PathBuf),
    #[error("can't lock {0:?}: {1}")]
    System(PathBuf, #[source] io::Error),
}

/// What [`Lock::renew`] has found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// The lock is that of the folder that is there.
    Current,
    /// There is another folder, and its lock was taken.
    Taken,
    /// There is no folder, or none that can be locked: the old lock holds nobody off.
    Missing,
}

/// The lock. It goes with the process, and its file with the folder.
#[derive(Debug)]
pub(super) struct Lock {
    folder: Arc<Path>,
    /// As whom it is taken, where this process is root's.
    owner: Option<(u32, u32)>,
    file: File,
    missing_since: Option<Instant>,
}

impl Lock {
    /// Takes it at once or not at all, as this user and group would.
    pub(super) fn try_take(folder: impl Into<Arc<Path>>, owner: Option<(u32, u32)>) -> Result<Self, LockError> {
        let folder = folder.into();
        let system = |cause| LockError::System(folder.join(NAME), cause);
        let file = as_user(owner, || open(&folder)).map_err(system)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(folder.join(NAME))),
            Err(TryLockError::Error(cause)) => return Err(system(cause)),
        }
        let lock = Self { folder: Arc::clone(&folder), owner, file, missing_since: None };
        // Another folder may be there by now.
        match lock.look() {
            Place::Own => Ok(lock),
            _ => Err(system(io::ErrorKind::NotFound.into())),
        }
    }

    /// Takes it, and waits for a monitor that is about to end.
    pub(super) fn take(folder: &Path, owner: Option<(u32, u32)>) -> Result<Self, LockError> {
        let end = Instant::now() + PATIENCE;
        loop {
            match Self::try_take(folder, owner) {
                Err(LockError::Held(_)) if Instant::now() < end => sleep(PAUSE),
                outcome => return outcome,
            }
        }
    }

    /// Sees whether it is still the folder's: whoever removes the folder and makes it anew would let a second monitor
    /// in. Fails only where another monitor has the lock of the folder that is there.
    pub(super) fn renew(&mut self) -> Result<Renewal, LockError> {
        let now = Instant::now();
        match self.look() {
            Place::Own => {
                self.missing_since = None;
                return Ok(Renewal::Current);
            }
            Place::Empty if now < *self.missing_since.get_or_insert(now) + GRACE => return Ok(Renewal::Missing),
            Place::Empty | Place::Other => {}
        }
        match Self::try_take(Arc::clone(&self.folder), self.owner) {
            Ok(lock) => {
                *self = lock;
                Ok(Renewal::Taken)
            }
            Err(LockError::System(..)) => Ok(Renewal::Missing),
            Err(held) => Err(held),
        }
    }

    fn look(&self) -> Place {
        let identity = |found: Metadata| (found.dev(), found.ino());
        match fs::symlink_metadata(self.folder.join(NAME)).map(identity) {
            Ok(there) if self.file.metadata().is_ok_and(|own| identity(own) == there) => Place::Own,
            Ok(_) => Place::Other,
            Err(_) => Place::Empty,
        }
    }
}

/// What is in the place of the lock's file.
enum Place {
    Own,
    Other,
    Empty,
}

/// Opens the file, and makes it if it is not there. No link is followed, neither in its place nor in the folder's.
fn open(folder: &Path) -> io::Result<File> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // Without a slash at the end of the path, for which the kernel would follow a link.
    let folder = openat(CWD, folder.components().as_path(), flags, Mode::empty())?;
    // Not to write: who looks for changes in the folder would be told of each try.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    // Others may not even open it: whoever can open a file can lock it.
    match openat(&folder, NAME, flags | OFlags::CREATE | OFlags::EXCL, Mode::RUSR | Mode::WUSR) {
        Ok(file) => {
            give_away(&file, folder);
            Ok(file.into())
        }
        Err(Errno::EXIST) => Ok(openat(&folder, NAME, flags, Mode::empty())?.into()),
        Err(errno) => Err(errno.into()),
    }
}

/// Gives a file that root has made to the owner of its folder: the next monitor may be this user's, and could not open
/// one of root's. One that was there before may be anybody's, by another name, and stays as it is.
fn give_away(file: &OwnedFd, folder: OwnedFd) {
    if rustix::process::geteuid().is_root()
        && let Ok(found) = File::from(folder).metadata()
    {
        // Where that is refused, the file stays root's, and locks all the same.
        let _ = fchown(file, Some(found.uid()), Some(found.gid()));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;
    use hanotify_monitor::as_user;

    #[test]
    fn the_second_lock_of_a_folder_is_refused_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path(), None).unwrap();
        assert!(matches!(Lock::take(folder.path(), None), Err(LockError::Held(_))));
        drop(first);
        Lock::take(folder.path(), None).unwrap();
        let other = tempfile::tempdir().unwrap();
        symlink("/dev/null", other.path().join(NAME)).unwrap();
        assert!(matches!(Lock::take(other.path(), None), Err(LockError::System(..))));
        let (link, aim) = (other.path().join("router"), other.path().join("aim"));
        fs::create_dir(&aim).unwrap();
        symlink(&aim, &link).unwrap();
        for path in [&link, &link.join("")] {
            assert!(matches!(Lock::try_take(path.as_path(), None), Err(LockError::System(..))));
        }
        assert_eq!(fs::read_dir(&aim).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_that_is_about_to_be_released_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path(), None).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                sleep(Duration::from_millis(100));
                drop(first);
            });
            Lock::take(folder.path(), None).unwrap();
        });
    }

    #[test]
    fn a_folder_that_is_made_anew_is_locked_anew_or_lost_to_who_was_there_first() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("router");
        fs::create_dir(&folder).unwrap();
        let mut lock = Lock::take(&folder, None).unwrap();
        assert_eq!(lock.renew().unwrap(), Renewal::Current);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(lock.renew().unwrap(), Renewal::Missing);
        fs::create_dir(&folder).unwrap();
        sleep(GRACE);
        assert_eq!(lock.renew().unwrap(), Renewal::Taken);
        assert_eq!(lock.renew().unwrap(), Renewal::Current);
        assert!(matches!(Lock::try_take(folder.as_path(), None), Err(LockError::Held(_))));
        fs::rename(&folder, parent.path().join("moved")).unwrap();
        fs::create_dir(&folder).unwrap();
        let _other = Lock::try_take(folder.as_path(), None).unwrap();
        assert!(matches!(lock.renew(), Err(LockError::Held(_))));
    }

    #[test]
    fn a_folder_that_is_being_removed_gets_no_new_file() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("router");
        fs::create_dir(&folder).unwrap();
        let mut lock = Lock::take(&folder, None).unwrap();
        fs::remove_file(folder.join(NAME)).unwrap();
        assert_eq!(lock.renew().unwrap(), Renewal::Missing);
        fs::remove_dir(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        // Another monitor's lock is seen at once.
        let _other = Lock::try_take(folder.as_path(), None).unwrap();
        assert!(matches!(lock.renew(), Err(LockError::Held(_))));
    }

    #[test]
    fn a_lock_that_root_has_made_is_the_folders_owners_and_one_that_was_planted_stays_as_it_is() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let (parent, agent) = (tempfile::tempdir().unwrap(), Some((65_534, 65_533)));
        fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let (folder, mine) = (parent.path().join("router"), parent.path().join("mine"));
        fs::create_dir(&folder).unwrap();
        chown(&folder, Some(65_534), Some(65_533)).unwrap();
        drop(Lock::take(&folder, None).unwrap());
        let found = fs::metadata(folder.join(NAME)).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (65_534, 65_533, 0o600));
        as_user(agent, || Lock::try_take(folder.as_path(), None)).unwrap();
        fs::remove_file(folder.join(NAME)).unwrap();
        fs::write(&mine, "").unwrap();
        fs::hard_link(&mine, folder.join(NAME)).unwrap();
        drop(Lock::take(&folder, None).unwrap());
        assert_eq!(fs::metadata(&mine).unwrap().uid(), 0);
        // For that user, root locks nothing that this user could not.
        let of_root = parent.path().join("of root");
        fs::create_dir(&of_root).unwrap();
        assert!(matches!(Lock::take(&of_root, agent), Err(LockError::System(..))));
        assert_eq!(fs::read_dir(&of_root).unwrap().count(), 0);
    }
}
