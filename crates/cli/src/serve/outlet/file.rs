//! The file of `--output`: which one is taken, and how it is opened.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, openat};
use rustix::io::Errno;

use super::OutputError;

/// How it is opened. A FIFO that nobody reads is not waited for, and a link is not followed: who can put one there
/// could choose the file.
pub(in crate::serve) const FLAGS: OFlags = OFlags::WRONLY
    .union(OFlags::APPEND)
    .union(OFlags::CREATE)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Its permissions where it is made, less what the umask takes: as the log files of other services.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR).union(Mode::RGRP);

/// The folder of a file.
pub(in crate::serve) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens the file, or makes it.
pub(super) fn open(path: &Path) -> Result<File, OutputError> {
    // By `openat`, which the sandbox lets through with these flags.
    let file = File::from(openat(CWD, path, FLAGS, MODE).map_err(|errno| match errno {
        Errno::LOOP => OutputError::Link(path.into()),
        Errno::NXIO => OutputError::NobodyReads(path.into()),
        errno => OutputError::Open(path.into(), errno.into()),
    })?);
    let system = |cause| OutputError::Open(path.into(), cause);
    let (found, folder) = (file.metadata().map_err(system)?, fs::metadata(folder_of(path)).map_err(system)?);
    let is_own = found.uid() == rustix::process::geteuid().as_raw() && found.nlink() == 1;
    match FileType::from_raw_mode(found.mode()) {
        FileType::RegularFile | FileType::Fifo if folder.mode() & 0o002 != 0 && !is_own => {
            Err(OutputError::Planted(path.into()))
        }
        FileType::RegularFile | FileType::Fifo | FileType::CharacterDevice => Ok(file),
        _ => Err(OutputError::NotAFile(path.into())),
    }
}

/// Whether the last line has no end. Where the file can't be read, as from the sandbox, it is taken to have one.
pub(super) fn is_torn(file: &File) -> bool {
    let last = || {
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
        let mut last = [0];
        let reader = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
        reader.read_exact_at(&mut last, length.checked_sub(1)?).ok()?;
        Some(last)
    };
    last().is_some_and(|last| last != *b"\n")
}
