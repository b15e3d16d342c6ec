//! Short files of folders in which others may write, and the file with the process id.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{CWD, Mode, OFlags, openat};

/// How many digits a process id has at the most.
const DIGITS: u64 = 10;

/// Reads a file of a folder in which others may write, if it is a file: a link leads elsewhere, a FIFO would be waited
/// for, and a device has no end. An error if it is longer than this.
pub(super) fn read_short(path: &Path, longest: u64) -> io::Result<String> {
    read_short_in(CWD, path, longest)
}

/// The same, of a file by its name in this folder.
pub(super) fn read_short_in(folder: impl AsFd, name: &Path, longest: u64) -> io::Result<String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(openat(folder, name, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a regular file"));
    }
    let mut text = String::new();
    match file.take(longest + 1).read_to_string(&mut text)? as u64 {
        length if length > longest => {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("longer than {longest} bytes")))
        }
        _ => Ok(text),
    }
}

/// Opens a folder to find files in it: whatever has its name later, it is this one. A link in its place is not
/// followed.
pub(super) fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // Without a slash at the end of the path, for which the kernel would follow a link.
    Ok(openat(CWD, path.components().as_path(), flags, Mode::empty())?)
}

/// The file with this process's id.
#[derive(Debug)]
pub(super) struct PidFile {
    path: PathBuf,
    file: File,
}

impl PidFile {
    /// Puts it there as a whole.
    pub(super) fn write(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", process::id()));
        let beside = path.with_file_name(name);
        // One that a process of the same number has left.
        let _ = fs::remove_file(&beside);
        let written = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&beside);
        let written = written.and_then(|mut file| write!(file, "{}", process::id()).map(|()| file));
        match written.and_then(|file| fs::rename(&beside, path).map(|()| file)) {
            Ok(file) => Ok(Self { path: path.into(), file }),
            Err(cause) => {
                let _ = fs::remove_file(&beside);
                let what = format!("can't write the process id to {}: {cause}", path.display());
                Err(io::Error::new(cause.kind(), what))
            }
        }
    }

    /// Removes it, unless it is another process's by now: the agent may have started the next monitor. In a folder in
    /// which this process may not write any more, the file is emptied and stays: whoever reads it finds no process.
    pub(super) fn remove(self) {
        let is_own = read_short(&self.path, DIGITS).is_ok_and(|text| text == process::id().to_string());
        // The agent removes it too.
        if is_own && fs::remove_file(&self.path).is_err() {
            // It is the file that was made here, whatever has its name by now.
            let _ = self.file.set_len(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use hanotify_monitor::as_user;

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
    fn where_the_file_can_not_be_removed_any_more_it_is_emptied() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let file = PidFile::write(&path).unwrap();
        as_user(Some((65_534, 65_534)), || file.remove());
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
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
