//! What changes in the folders, as the kernel tells it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch};
use rustix::io::Errno;

/// How many changes are looked at before the routers have their turn.
const BATCH: usize = 1_024;
/// That a folder is gone, or another one has its name.
const OF_ITSELF: WatchFlags = WatchFlags::DELETE_SELF.union(WatchFlags::MOVE_SELF);

/// That files come, go and change in a folder.
const OF_FILES: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::ATTRIB)
    .union(OF_ITSELF);

/// An inotify instance.
pub(super) struct Changes {
    fd: OwnedFd,
    /// The folders whose files are watched, by their numbers.
    folders: RefCell<BTreeSet<i32>>,
}

/// What [`Changes::drain`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drained {
    /// Whether something has changed that counts.
    pub(super) is_news: bool,
    /// Whether there may be more.
    pub(super) is_cut_off: bool,
}

impl Changes {
    pub(super) fn new() -> io::Result<Self> {
        let fd = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Self { fd, folders: RefCell::default() })
    }

    /// Tells of the files that come, go and change in this folder, and of the folder itself. Again for the one that is
    /// watched already, this changes nothing.
    pub(super) fn watch_files(&self, folder: &Path) -> io::Result<()> {
        let number = add_watch(&self.fd, folder, OF_FILES | WatchFlags::ONLYDIR)?;
        self.folders.borrow_mut().insert(number);
        Ok(())
    }

    /// The same, and tells of folders that are made in it.
    pub(super) fn watch_folders(&self, folder: &Path) -> io::Result<()> {
        let number = add_watch(&self.fd, folder, OF_FILES | WatchFlags::CREATE | WatchFlags::ONLYDIR)?;
        self.folders.borrow_mut().insert(number);
        Ok(())
    }

    /// The same as of files, of a folder in which others may write: a link in its place is not followed.
    pub(super) fn watch_router(&self, folder: &Path) -> io::Result<()> {
        let number = add_watch(&self.fd, folder, OF_FILES | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW)?;
        self.folders.borrow_mut().insert(number);
        Ok(())
    }

    /// Tells of the names that come and go in this folder, which is watched for nothing else.
    pub(super) fn watch_names(&self, folder: &Path) -> io::Result<()> {
        let flags = WatchFlags::CREATE | WatchFlags::MOVE | WatchFlags::DELETE | WatchFlags::ONLYDIR;
        add_watch(&self.fd, folder, flags)?;
        Ok(())
    }

    /// Tells when this folder is gone, or its lock: a number for [`forget`](Self::forget).
    pub(super) fn watch_lock(&self, folder: &Path) -> io::Result<i32> {
        let flags = WatchFlags::DELETE | WatchFlags::MOVE | OF_ITSELF | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW;
        // Its files may be watched already.
        Ok(add_watch(&self.fd, folder, flags | WatchFlags::MASK_ADD)?)
    }

    pub(super) fn forget(&self, number: i32) {
        if !self.folders.borrow().contains(&number) {
            // That of a folder that was removed is gone already.
            let _ = remove_watch(&self.fd, number);
        }
    }

    /// Reads what has changed, up to a bound: whoever changes files without an end keeps no router waiting.
    pub(super) fn drain(&self, counts: impl Fn(&[u8]) -> bool) -> Drained {
        let mut buffer = [MaybeUninit::uninit(); 4_096];
        let mut reader = Reader::new(&self.fd, &mut buffer);
        let (mut is_news, mut seen) = (false, 0);
        // What was read is looked at to its end: nobody tells of it again.
        while seen < BATCH || !reader.is_buffer_empty() {
            seen += 1;
            match reader.next() {
                Ok(event) => {
                    let of_folder = !event.events().difference(ReadFlags::IGNORED).is_empty();
                    if event.events().contains(ReadFlags::IGNORED) {
                        self.folders.borrow_mut().remove(&event.wd());
                    } else if event.events().contains(ReadFlags::MOVE_SELF) {
                        // It has another name: whatever has the old one is watched anew.
                        let _ = remove_watch(&self.fd, event.wd());
                    }
                    is_news |= event.file_name().map_or(of_folder, |name| counts(name.to_bytes()));
                }
                Err(Errno::INTR) => {}
                Err(_) => return Drained { is_news, is_cut_off: false },
            }
        }
        Drained { is_news, is_cut_off: true }
    }
}

impl AsFd for Changes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NONE: Drained = Drained { is_news: false, is_cut_off: false };
    const NEWS: Drained = Drained { is_news: true, is_cut_off: false };

    #[test]
    fn what_counts_is_news_and_a_flood_is_read_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let changes = Changes::new().unwrap();
        changes.watch_files(folder.path()).unwrap();
        let drain = || changes.drain(|name| name == b"a");
        assert_eq!(drain(), NONE);
        fs::write(folder.path().join("b"), "").unwrap();
        assert_eq!(drain(), NONE);
        fs::write(folder.path().join("a"), "").unwrap();
        assert_eq!((drain(), drain()), (NEWS, NONE));
        // The access is mended, as by chmod.
        fs::set_permissions(folder.path().join("a"), fs::metadata(folder.path()).unwrap().permissions()).unwrap();
        assert_eq!((drain(), drain()), (NEWS, NONE));
        for number in 0..=BATCH {
            fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        assert_eq!((drain(), drain()), (Drained { is_news: false, is_cut_off: true }, NONE));
        fs::remove_dir_all(folder.path()).unwrap();
        while drain() != NEWS {}
    }

    #[test]
    fn a_folder_whose_files_are_watched_stays_so_and_one_that_is_moved_away_does_not() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("router");
        let changes = Changes::new().unwrap();
        let drain = || changes.drain(|name| name == b"router" || name == b"keepalived.conf");
        changes.watch_folders(parent.path()).unwrap();
        fs::create_dir(&folder).unwrap();
        assert_eq!(drain(), NEWS);
        changes.watch_files(&folder).unwrap();
        changes.forget(changes.watch_lock(&folder).unwrap());
        fs::write(folder.join("keepalived.conf"), "").unwrap();
        assert_eq!((drain(), drain()), (NEWS, NONE));
        fs::rename(&folder, parent.path().join("moved")).unwrap();
        assert_eq!((drain(), drain()), (NEWS, NONE));
        fs::write(parent.path().join("moved/keepalived.conf"), "").unwrap();
        assert_eq!((drain(), changes.folders.borrow().len()), (NONE, 1));
    }

    #[test]
    fn a_folder_that_is_locked_tells_of_its_end_and_not_of_the_files_that_are_replaced_there() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("router");
        fs::create_dir(&folder).unwrap();
        let changes = Changes::new().unwrap();
        let number = changes.watch_lock(&folder).unwrap();
        let drain = || changes.drain(|name| name == b".monitor.lock");
        fs::write(folder.join(".state"), "").unwrap();
        fs::rename(folder.join(".state"), folder.join("state")).unwrap();
        assert_eq!(drain(), NONE);
        changes.forget(number);
        assert_eq!(drain(), NONE);
        changes.watch_lock(&folder).unwrap();
        fs::write(folder.join(".monitor.lock"), "").unwrap();
        for (name, other) in [(".monitor.lock", "old"), ("old", ".monitor.lock")] {
            assert_eq!(drain(), NONE);
            fs::rename(folder.join(name), folder.join(other)).unwrap();
            assert_eq!(drain(), NEWS);
        }
        fs::rename(&folder, parent.path().join("moved")).unwrap();
        assert_eq!(drain(), NEWS);
    }
}
