//! The file in which the agent looks up the state of a router: one word, whole at every moment.

use std::fs::{File, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, fchown};
use std::path::Path;
use std::sync::Arc;

use hanotify::HaState;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

use crate::as_user;

/// Read by everybody, written by its owner.
const MODE: u32 = 0o644;
/// How often another name is tried for what is beside the file.
const ATTEMPTS: usize = 8;

/// The state file of one router, `state` in its folder.
///
/// It has the state's word and nothing else: the agent compares it as it is. A reader sees the old word or the new one,
/// because the file is made beside the old one, and renamed. It is not synchronised with the disk, which can take
/// seconds: after the host has crashed, the monitor writes it anew.
///
/// A link is followed neither in the place of the file nor in that of the folder: a monitor may run as root, and the
/// folder is the agent's. The folders above it are those of whoever has given the path.
#[derive(Clone, Debug)]
pub struct StateFile {
    folder: Arc<Path>,
    owner: Option<(u32, u32)>,
}

impl StateFile {
    /// The file in this folder, Neutron's `conf_dir`. The folder need not be there yet, or any more.
    #[must_use]
    pub fn new(folder: impl Into<Arc<Path>>) -> Self {
        Self { folder: folder.into(), owner: None }
    }

    /// Writes as this user and group, by their numbers, where the process is root's: the agent writes the file too, and
    /// could not write one of root's. Where this user could write none, none is written. By default the file is the
    /// monitor's own.
    #[must_use]
    pub const fn with_owner(mut self, uid: u32, gid: u32) -> Self {
        self.owner = Some((uid, gid));
        self
    }

    /// Puts this word in the place of what was there.
    ///
    /// # Errors
    ///
    /// As the system has it: the folder is gone or a link, the disk is full, the owner may not be set, and so on. What
    /// was there stays then, and nothing is left beside it.
    pub fn write(&self, state: HaState) -> io::Result<()> {
        as_user(self.owner, || self.write_as_it_is(state))
    }

    fn write_as_it_is(&self, state: HaState) -> io::Result<()> {
        let folder = self.open_folder()?;
        let (file, beside) = create(&folder)?;
        let outcome = self.fill(file, state).and_then(|()| Ok(renameat(&folder, beside.as_str(), &folder, "state")?));
        if outcome.is_err() {
            // Somebody may have removed it.
            let _ = unlinkat(&folder, beside.as_str(), AtFlags::empty());
        }
        outcome
    }

    /// The folder of one write: whatever has its name later, the file goes into this one.
    fn open_folder(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Without a slash at the end of the path, for which the kernel would follow a link.
        Ok(openat(CWD, self.folder.components().as_path(), flags, Mode::empty())?)
    }

    fn fill(&self, mut file: File, state: HaState) -> io::Result<()> {
        file.write_all(state.as_str().as_bytes())?;
        // The mask of the process may have taken something away.
        file.set_permissions(Permissions::from_mode(MODE))?;
        self.owner.map_or(Ok(()), |(uid, gid)| fchown(&file, Some(uid), Some(gid)))
    }
}

/// A new file beside the old one. Its name is new at each try: a process that was killed may have left one. It is none
/// that was there before, and so no link that the folder's owner has laid.
fn create(folder: &OwnedFd) -> io::Result<(File, String)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut tried = 0;
    loop {
        let beside = format!(".state.{:016x}", RandomState::new().hash_one(tried));
        match openat(folder, beside.as_str(), flags, Mode::from_raw_mode(MODE)) {
            Ok(file) => return Ok((file.into(), beside)),
            Err(Errno::EXIST) if tried < ATTEMPTS => tried += 1,
            Err(errno) => return Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, chown, symlink};
    use std::path::{Path, PathBuf};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    /// What is in the folder, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_file_has_the_word_alone_and_all_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path());
        for state in [HaState::Primary, HaState::Backup] {
            file.write(state).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join("state")).unwrap(), state.as_str());
        }
        assert_eq!(fs::metadata(folder.path().join("state")).unwrap().mode() & 0o7777, 0o644);
        assert_eq!(names(folder.path()), ["state"]);
    }

    #[test]
    fn a_reader_sees_a_whole_word_at_every_moment() {
        let folder = tempfile::tempdir().unwrap();
        let (file, path) = (StateFile::new(folder.path()), folder.path().join("state"));
        file.write(HaState::Fault).unwrap();
        let (is_over, both) = (AtomicBool::new(false), Barrier::new(2));
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                both.wait();
                while !is_over.load(Ordering::Relaxed) {
                    let word = fs::read(&path).unwrap();
                    assert!(HaState::parse(&word).is_some(), "{}", word.escape_ascii());
                }
            });
            both.wait();
            for round in 0..300 {
                file.write(if round % 2 == 0 { HaState::Primary } else { HaState::Backup }).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
            reader.join().unwrap();
        });
    }

    #[test]
    fn whoever_has_opened_the_old_file_reads_the_old_word_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path());
        file.write(HaState::Primary).unwrap();
        let opened = File::open(folder.path().join("state")).unwrap();
        file.write(HaState::Backup).unwrap();
        assert_eq!(io::read_to_string(opened).unwrap(), "primary");
    }

    #[test]
    fn the_file_is_its_owner_s_and_none_is_made_where_the_owner_could_make_none() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let of = |folder: PathBuf| StateFile::new(folder).with_owner(12_345, 23_456);
        fs::set_permissions(parent.path(), Permissions::from_mode(0o755)).unwrap();
        for name in ["root", "agent"] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("state"), "fault").unwrap();
        }
        // Only root may give a file away.
        if chown(at("agent"), Some(12_345), Some(23_456)).is_err() {
            assert!(of(at("agent")).write(HaState::Primary).is_err());
            assert_eq!(fs::read(at("agent").join("state")).unwrap(), b"fault");
            return;
        }
        of(at("agent")).write(HaState::Primary).unwrap();
        let found = fs::metadata(at("agent").join("state")).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (12_345, 23_456, 0o644));
        assert_eq!(fs::read(at("agent").join("state")).unwrap(), b"primary");
        // A folder of root's that the agent's user has named, such as that of cron's tables.
        let error = of(at("root")).write(HaState::Primary).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read(at("root").join("state")).unwrap(), b"fault");
        assert_eq!((names(&at("root")), names(&at("agent"))), (vec!["state".into()], vec!["state".into()]));
        // As root again.
        fs::write(at("root").join("mine"), "").unwrap();
        assert_eq!(fs::metadata(at("root").join("mine")).unwrap().uid(), 0);
    }

    #[test]
    fn a_folder_that_vanishes_is_an_error_until_it_is_back() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("router");
        let file = StateFile::new(folder.as_path());
        assert_eq!(file.write(HaState::Primary).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::create_dir(&folder).unwrap();
        file.write(HaState::Primary).unwrap();
        assert_eq!(names(&folder), ["state"]);
    }

    #[test]
    fn what_can_not_be_replaced_stays_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        assert!(StateFile::new(folder.path()).write(HaState::Primary).is_err());
        assert_eq!(names(folder.path()), ["state"]);
    }

    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (link, aim) = (folder.path().join("state"), folder.path().join("aim"));
        fs::write(&aim, "untouched").unwrap();
        symlink(&aim, &link).unwrap();
        StateFile::new(folder.path()).write(HaState::Backup).unwrap();
        assert_eq!((fs::read(&link).unwrap(), fs::read(&aim).unwrap()), (b"backup".to_vec(), b"untouched".to_vec()));
        assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
    }
    #[test]
    fn a_link_in_the_place_of_the_folder_is_not_followed() {
        let parent = tempfile::tempdir().unwrap();
        let (folder, elsewhere) = (parent.path().join("router"), parent.path().join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &folder).unwrap();
        for path in [folder.clone(), folder.join("")] {
            assert!(StateFile::new(path).write(HaState::Primary).is_err());
        }
        assert!(names(&elsewhere).is_empty());
        fs::remove_file(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        StateFile::new(folder.join("")).write(HaState::Primary).unwrap();
        assert_eq!(names(&folder), ["state"]);
    }
}
