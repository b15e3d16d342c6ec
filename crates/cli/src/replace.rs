//! Files that are replaced as a whole: a reader sees what was there, or all that is new.

use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How often another name is tried for what is beside the file.
const ATTEMPTS: usize = 8;

/// A file that is to be replaced. Nothing is beside it until all that is new is there to be written.
pub(crate) struct Replacement {
    path: PathBuf,
    permissions: Option<Permissions>,
}

impl Replacement {
    /// Finds that this file can be replaced, or made. The file that a link leads to is the one that is replaced.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        let path = target(path)?;
        let metadata = fs::metadata(&path).ok();
        if metadata.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        Beside::create(&path)?;
        Ok(Self { path, permissions: metadata.map(|metadata| metadata.permissions()) })
    }

    /// Puts this in the place of what was there.
    pub(crate) fn finish(self, bytes: &[u8]) -> io::Result<()> {
        let mut beside = Beside::create(&self.path)?;
        if let Some(permissions) = self.permissions {
            beside.file.set_permissions(permissions)?;
        }
        beside.file.write_all(bytes)?;
        beside.file.sync_all()?;
        fs::rename(&beside.path, &self.path)
    }
}

/// The file that a path leads to, which need not be there. A link has to lead to one: made where a link that hangs
/// leads to, the file would be in a place that nobody has looked at.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Ok(path) => Ok(path),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            Err(io::Error::new(io::ErrorKind::NotFound, "it is a link that leads to no file"))
        }
        Err(_) => Ok(path.to_owned()),
    }
}

/// A new file beside another one; removed when dropped, unless it was renamed.
struct Beside {
    path: PathBuf,
    file: File,
}

impl Beside {
    /// Its name is new at each try: a process that was killed may have left one, and process ids come again.
    fn create(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        let mut tried = 0;
        loop {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{:016x}", RandomState::new().hash_one(tried)));
            let beside = path.with_file_name(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&beside) {
                Ok(file) => return Ok(Self { path: beside, file }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tried < ATTEMPTS => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the renaming there is none.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_is_not_finished_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();
        drop(Replacement::begin(&link).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        Replacement::begin(&link).unwrap().finish(b"after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_beside_the_file_until_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let replacement = Replacement::begin(&path).unwrap();
        // So that nothing is left where this process is killed.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        // What another process has left hinders nobody.
        let left = Beside::create(&path).unwrap();
        replacement.finish(b"new").unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap(), left.path.exists()), ("new".to_owned(), true));
    }

    #[test]
    fn a_link_that_leads_to_no_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("none", &link).unwrap();
        assert!(Replacement::begin(&link).err().unwrap().to_string().contains("leads to no file"));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn what_is_no_file_or_in_no_folder_is_not_replaced() {
        assert_eq!(Replacement::begin(Path::new("/dev/null")).err().unwrap().to_string(), "it is not a file");
        assert!(Replacement::begin(Path::new("/nonexistent/a")).is_err());
    }
}
