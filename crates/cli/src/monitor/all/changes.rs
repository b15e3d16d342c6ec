//! What changes in the folders, as the kernel tells it.

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

/// An inotify instance.
pub(super) struct Changes(OwnedFd);

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
        Ok(Self(init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?))
    }

    /// Tells of the files that come, go and change in this folder, and of the folder itself. Again for the one that is
    /// watched already, this changes nothing.
    pub(super) fn watch_files(&self, folder: &Path) -> io::Result<()> {
        let files = WatchFlags::CLOSE_WRITE | WatchFlags::MOVE | WatchFlags::DELETE | WatchFlags::ATTRIB;
        add_watch(&self.0, folder, files | OF_ITSELF | WatchFlags::ONLYDIR)?;
        Ok(())
    }

    /// Tells when this folder is gone, or its lock: a number for [`forget`](Self::forget).
    pub(super) fn watch_lock(&self, folder: &Path) -> io::Result<i32> {
        let flags = WatchFlags::DELETE | OF_ITSELF | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW;
        Ok(add_watch(&self.0, folder, flags)?)
    }

    pub(super) fn forget(&self, number: i32) {
        // That of a folder that was removed is gone already.
        let _ = remove_watch(&self.0, number);
    }

    /// Reads what has changed, up to a bound: whoever changes files without an end keeps no router waiting.
    pub(super) fn drain(&self, counts: impl Fn(&[u8]) -> bool) -> Drained {
        let mut buffer = [MaybeUninit::uninit(); 4_096];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let (mut is_news, mut seen) = (false, 0);
        // What was read is looked at to its end: nobody tells of it again.
        while seen < BATCH || !reader.is_buffer_empty() {
            seen += 1;
            match reader.next() {
                Ok(event) => {
                    let of_folder = !event.events().difference(ReadFlags::IGNORED).is_empty();
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
        self.0.as_fd()
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
        fs::rename(&folder, parent.path().join("moved")).unwrap();
        assert_eq!(drain(), NEWS);
    }
}
