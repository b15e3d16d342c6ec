//! The file of `--output`: which one is taken, and how it is opened.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, makedev, openat};
use rustix::io::Errno;

use super::OutputError;
use super::way::PTMX;

/// How it is opened. A FIFO that nobody reads is not waited for, and a link is not followed: who can put one there
/// could choose the file.
pub(crate) const FLAGS: OFlags = OFlags::WRONLY
    .union(OFlags::APPEND)
    .union(OFlags::CREATE)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Its permissions where it is made, less what the umask takes: as the log files of other services.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR).union(Mode::RGRP);

/// The folder of a file.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens the file, or makes it.
pub(super) fn open(path: &Path) -> Result<File, OutputError> {
    // By `openat`, which the sandbox lets through with these flags.
    let file = File::from(openat(CWD, path, FLAGS, MODE).map_err(|errno| match errno {
        Errno::LOOP => OutputError::Link(path.into()),
        Errno::NXIO => nobody_there(path),
        errno => OutputError::Open(path.into(), errno.into()),
    })?);
    let system = |cause| OutputError::Open(path.into(), cause);
    let (found, folder) = (file.metadata().map_err(system)?, fs::metadata(folder_of(path)).map_err(system)?);
    match FileType::from_raw_mode(found.mode()) {
        FileType::RegularFile | FileType::Fifo if is_shared(&folder) && !is_own(&found) => {
            Err(OutputError::Planted(path.into()))
        }
        // It makes a new terminal, of which nobody has the other end.
        FileType::CharacterDevice if found.rdev() == makedev(PTMX.0, PTMX.1) => Err(OutputError::NotAFile(path.into())),
        FileType::CharacterDevice if is_shared(&folder) => Err(OutputError::Planted(path.into())),
        FileType::RegularFile | FileType::Fifo | FileType::CharacterDevice => Ok(file),
        _ => Err(OutputError::NotAFile(path.into())),
    }
}

/// Why a file that is there can't be opened, as nobody has its other end.
fn nobody_there(path: &Path) -> OutputError {
    match fs::symlink_metadata(path).map(|found| FileType::from_raw_mode(found.mode())) {
        Ok(FileType::Socket) => OutputError::NotAFile(path.into()),
        Ok(FileType::CharacterDevice) => OutputError::NoDevice(path.into()),
        _ => OutputError::NobodyReads(path.into()),
    }
}

/// Refuses an output that is to be made in the place of the server's socket or of its lock file.
pub(crate) fn keep_clear_of(socket: &Path, output: &Path) -> Result<(), OutputError> {
    let [Ok(one), Ok(other)] = [socket, output].map(|path| fs::canonicalize(folder_of(path))) else { return Ok(()) };
    let (Some(socket), Some(name)) = (socket.file_name(), output.file_name()) else { return Ok(()) };
    let mut lock = socket.to_owned();
    lock.push(".lock");
    let mut status = socket.to_owned();
    status.push(".status");
    let mut status_lock = status.clone();
    status_lock.push(".lock");
    if one == other && [socket, &lock, &status, &status_lock].contains(&name) {
        Err(OutputError::OfTheSocket(output.into()))
    } else {
        Ok(())
    }
}

/// Whether others than root and this user can put a file into this folder. On many systems a group can write to
/// /var/log.
fn is_shared(folder: &Metadata) -> bool {
    folder.mode() & 0o022 != 0 || !is_trusted(folder)
}

/// Whether this file can only be from root or this user: nobody else can give it to them, another name of theirs may be
/// planted, and what others may write to is not theirs alone. Which group may write to a file of root's is root's
/// choice.
fn is_own(file: &Metadata) -> bool {
    let others = if file.uid() == 0 { 0o002 } else { 0o022 };
    is_trusted(file) && file.nlink() == 1 && file.mode() & others == 0
}

fn is_trusted(file: &Metadata) -> bool {
    [0, rustix::process::geteuid().as_raw()].contains(&file.uid())
}
