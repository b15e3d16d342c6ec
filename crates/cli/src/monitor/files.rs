//! The lock of a router and the file with the process id.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

/// How long the monitor before this one may take to end: the agent starts the next one as soon as it has sent SIGTERM.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(5);
/// How many digits a process id has at the most.
const DIGITS: u64 = 10;

/// Reads a file of a folder in which others may write, if it is a file: a link leads elsewhere, a FIFO would be waited
/// for, and a device has no end. An error if it is longer than this.
pub(super) fn read_short(path: &Path, longest: u64) -> io::Result<String> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut text = String::new();
    match file.take(longest + 1).read_to_string(&mut text)? as u64 {
        length if length > longest => Err(io::Error::other(format!("longer than {longest} bytes"))),
        _ => Ok(text),
    }
}

/// Why a router can't be locked.
#[derive(Debug, thiserror::Error)]
pub(super) enum LockError {
    #[error("another monitor watches this router: {0:?} is locked")]
    Held(PathBuf),
    #[error("can't lock {0:?}: {1}")]
    System(PathBuf, #[source] io::Error),
}

/// The lock of a router's folder: of two monitors only one has it. It goes with the process, and its file with the
/// folder.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it at once or not at all.
    pub(super) fn try_take(folder: &Path) -> Result<Self, LockError> {
        Self::take_within(folder, Duration::ZERO)
    }

    /// Takes it, and waits for a monitor that is about to end.
    pub(super) fn take(folder: &Path) -> Result<Self, LockError> {
        Self::take_within(folder, PATIENCE)
    }

    fn take_within(folder: &Path, patience: Duration) -> Result<Self, LockError> {
        let path = folder.join(".monitor.lock");
        // Others may not even open it: whoever can open a file can lock it.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let opened =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(&path);
        let file = opened.map_err(|cause| LockError::System(path.clone(), cause))?;
        let end = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < end => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(LockError::Held(path)),
                Err(TryLockError::Error(cause)) => return Err(LockError::System(path, cause)),
            }
        }
    }
}

/// The file with this process's id.
#[derive(Debug)]
pub(super) struct PidFile(PathBuf);

impl PidFile {
    /// Puts it there as a whole.
    pub(super) fn write(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", process::id()));
        let beside = path.with_file_name(name);
        // One that a process of the same number has left.
        let _ = fs::remove_file(&beside);
        let written = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&beside);
        let written = written.and_then(|mut file| write!(file, "{}", process::id()));
        if let Err(cause) = written.and_then(|()| fs::rename(&beside, path)) {
            let _ = fs::remove_file(&beside);
            let what = format!("can't write the process id to {}: {cause}", path.display());
            return Err(io::Error::new(cause.kind(), what));
        }
        Ok(Self(path.into()))
    }

    /// Removes it, unless it is another process's by now: the agent may have started the next monitor.
    pub(super) fn remove(self) {
        if read_short(&self.0, DIGITS).is_ok_and(|text| text == process::id().to_string()) {
            // The agent removes it too.
            let _ = fs::remove_file(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_lock_of_a_folder_is_refused_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert!(matches!(Lock::take(folder.path()), Err(LockError::Held(_))));
        drop(first);
        Lock::take(folder.path()).unwrap();
        let other = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/null", other.path().join(".monitor.lock")).unwrap();
        assert!(matches!(Lock::take(other.path()), Err(LockError::System(..))));
    }

    #[test]
    fn a_lock_that_is_about_to_be_released_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                sleep(Duration::from_millis(100));
                drop(first);
            });
            Lock::take(folder.path()).unwrap();
        });
    }

    #[test]
    fn what_is_planted_in_place_of_a_file_is_not_read_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        let own = folder.path().join("own");
        fs::write(&own, process::id().to_string()).unwrap();
        for target in [Path::new("/dev/zero"), &own] {
            let file = PidFile::write(&path).unwrap();
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink(target, &path).unwrap();
            file.remove();
            assert!(read_short(&path, 100).is_err() && fs::symlink_metadata(&path).is_ok());
            fs::remove_file(&path).unwrap();
        }
        let file = PidFile::write(&path).unwrap();
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        file.remove();
        assert!(read_short(&path, 100).unwrap_err().to_string().contains("regular"));
        assert!(read_short(Path::new("/dev/zero"), 100).is_err());
        fs::write(folder.path().join("long"), "12345").unwrap();
        assert!(read_short(&folder.path().join("long"), 4).is_err());
        assert_eq!(read_short(&folder.path().join("long"), 5).unwrap(), "12345");
    }

    #[test]
    fn only_the_own_process_id_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        let file = PidFile::write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), process::id().to_string());
        file.remove();
        assert!(!path.exists());
        let file = PidFile::write(&path).unwrap();
        fs::write(&path, "1").unwrap();
        file.remove();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
