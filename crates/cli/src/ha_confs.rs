//! What Neutron keeps of its HA routers on a node: a folder for each, with the state that its monitor wrote last
//! (`<state_path>/ha_confs/<router_id>/state`).
//!
//! Other programs make these folders and files. So little is read of each, none is waited for, and no link is followed.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hanotify::{HaState, RouterId};
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, Stat};

/// The most routers that are looked at in the folder.
const MOST_ROUTERS: usize = 65_536;
/// The most names that are read in the folder. Those that are no router's take no router's place, but take time.
const MOST_NAMES: usize = 1 << 20;
/// What to say where there are more of either.
pub(crate) const LEFT_OUT: &str =
    "there are more than 65,536 routers or 1,048,576 names in the folder: those beyond are left out";
/// The longest content of a state file that can be one.
const LONGEST: usize = 64;

/// A folder of routers' folders.
pub(crate) struct HaConfs {
    fd: OwnedFd,
}

/// The routers that have a folder, in their order.
pub(crate) struct Listing {
    pub(crate) ids: Vec<RouterId>,
    /// Whether these are all: there may be too many names.
    pub(crate) is_whole: bool,
}

/// What a state file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) state: HaState,
    /// When the file was written.
    pub(crate) since: SystemTime,
}

/// Why the folder can't be looked at.
#[derive(Debug, thiserror::Error)]
#[error("can't read {path:?}, which should be Neutron's folder ha_confs")]
pub(crate) struct FolderError {
    path: PathBuf,
    #[source]
    cause: io::Error,
}

impl HaConfs {
    /// Opens the folder.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        // Not open(2), which the sandbox lets nobody call.
        let opened = rustix::fs::openat(CWD, path, READ | OFlags::DIRECTORY, Mode::empty());
        let fd = opened.map_err(|cause| FolderError { path: path.into(), cause: cause.into() })?;
        Ok(Self { fd })
    }

    /// The routers that have a folder, or another file of such a name.
    pub(crate) fn list(&self) -> io::Result<Listing> {
        let entries = Dir::read_from(&self.fd)?.map(|entry| entry.map_err(io::Error::from));
        listing(entries.map(|entry| entry.map(|entry| RouterId::parse(entry.file_name().to_bytes()))))
    }

    /// What the router's state file says.
    pub(crate) fn read(&self, router_id: RouterId) -> io::Result<Kept> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(&self.fd, router_id.to_string(), flags, Mode::empty())?;
        // A FIFO lets nobody wait, and gives nothing.
        let file = rustix::fs::openat(&folder, "state", READ | OFlags::NOFOLLOW | OFlags::NONBLOCK, Mode::empty())?;
        let found = rustix::fs::fstat(&file)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is no regular file"));
        }
        let state = parse(&read_start(file.as_fd())?).ok_or(ErrorKind::InvalidData)?;
        Ok(Kept { state, since: written_at(&found) })
    }
}

/// The routers of these names that come first, of which those of no router are `None`.
fn listing(names: impl Iterator<Item = io::Result<Option<RouterId>>>) -> io::Result<Listing> {
    let (mut ids, mut is_whole) = (BTreeSet::new(), true);
    for (read, id) in names.enumerate() {
        if read >= MOST_NAMES {
            is_whole = false;
            break;
        }
        ids.extend(id?);
        if ids.len() > MOST_ROUTERS {
            ids.pop_last();
            is_whole = false;
        }
    }
    Ok(Listing { ids: ids.into_iter().collect(), is_whole })
}

const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC);

/// One byte more than can be a state, if there are so many.
fn read_start(file: impl AsFd) -> io::Result<Vec<u8>> {
    let mut bytes = [0; LONGEST + 1];
    let mut len = 0;
    while let Some(room) = bytes.get_mut(len..).filter(|room| !room.is_empty()) {
        match rustix::io::read(&file, room)? {
            0 => break,
            more => len += more,
        }
    }
    Ok(bytes.get(..len).unwrap_or_default().to_vec())
}

/// The state in a file's content: a word, and white space around it. Older monitors wrote `master`.
fn parse(content: &[u8]) -> Option<HaState> {
    match content.trim_ascii() {
        _ if content.len() > LONGEST => None,
        b"master" => Some(HaState::Primary),
        word => str::from_utf8(word).ok()?.parse().ok(),
    }
}

fn written_at(found: &Stat) -> SystemTime {
    let (seconds, nanos) = (found.st_mtime, u32::try_from(found.st_mtime_nsec).unwrap_or_default());
    // A time before 1970 is none that a monitor wrote.
    UNIX_EPOCH + Duration::new(u64::try_from(seconds).unwrap_or_default(), nanos.min(999_999_999))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use rustix::fs::mkfifoat;

    use super::*;

    const A: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";

    /// A folder with one router whose state file `make` makes; what is read of it.
    fn read(make: impl FnOnce(&Path)) -> io::Result<Kept> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(A)).unwrap();
        make(&folder.path().join(A).join("state"));
        HaConfs::open(folder.path()).unwrap().read(A.parse().unwrap())
    }

    fn with(content: &str) -> Option<HaState> {
        read(|file| fs::write(file, content).unwrap()).ok().map(|kept| kept.state)
    }

    #[test]
    fn the_words_of_monitors_old_and_new_are_states() {
        for (content, state) in [
            ("primary", HaState::Primary),
            ("master\n", HaState::Primary),
            (" backup\n", HaState::Backup),
            ("fault\r\n", HaState::Fault),
        ] {
            assert_eq!(with(content), Some(state), "{content:?}");
        }
        let before = SystemTime::now() - Duration::from_secs(5);
        let kept = read(|file| fs::write(file, "backup").unwrap()).unwrap();
        assert!(kept.since > before && kept.since < before + Duration::from_secs(20));
    }

    #[test]
    fn any_other_content_is_no_state() {
        let padded = |len: usize| format!("{}backup", " ".repeat(len - 6));
        assert_eq!(with(&padded(LONGEST)), Some(HaState::Backup));
        assert_eq!(with(&padded(LONGEST + 1)), None);
        for content in ["", "\n", "Primary", "primary backup", "primary\0", "\u{fffd}", &"primary\n".repeat(1 << 20)] {
            assert_eq!(with(content), None, "{:?}", content.get(..9));
        }
    }

    #[test]
    fn what_is_no_file_is_not_read_nor_waited_for_nor_followed() {
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("state");
        fs::write(&target, "primary").unwrap();
        assert!(read(|file| symlink(&target, file).unwrap()).is_err());
        assert!(read(|file| fs::create_dir(file).unwrap()).is_err());
        assert!(read(|file| mkfifoat(CWD, file, Mode::RWXU).unwrap()).is_err());
        assert!(read(|file| drop(std::os::unix::net::UnixListener::bind(file).unwrap())).is_err());
        assert!(read(|_| ()).is_err());
        let folder = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), folder.path().join(A)).unwrap();
        assert!(
            HaConfs::open(folder.path()).unwrap().read(A.parse().unwrap()).is_err(),
            "a folder's link was followed"
        );
    }

    #[test]
    fn only_names_that_are_ids_are_routers() {
        let folder = tempfile::tempdir().unwrap();
        let upper = A.to_uppercase();
        for name in [A, &format!("{A}.pid"), &upper, "..x", "state", "00000000-0000-0000-0000-000000000000"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let listing = HaConfs::open(folder.path()).unwrap().list().unwrap();
        assert_eq!((listing.ids, listing.is_whole), (vec![A.parse().unwrap()], true));
        assert!(HaConfs::open(&folder.path().join("none")).is_err());
        assert!(HaConfs::open(Path::new("/dev/null")).is_err());
    }
    #[test]
    fn names_of_no_router_take_the_place_of_none_and_the_rest_is_left_out_of_too_many() {
        let id = |n: usize| RouterId::from_bytes((n as u128 + 1).to_be_bytes()).unwrap();
        let of = |junk: usize, routers: usize| {
            let names = std::iter::repeat_n(None, junk).chain((0..routers).rev().map(|n| Some(id(n))));
            let Listing { ids, is_whole } = listing(names.map(Ok)).unwrap();
            assert_eq!(ids.last(), ids.len().checked_sub(1).map(id).as_ref());
            (ids.len(), is_whole)
        };
        assert_eq!(of(MOST_ROUTERS, 3), (3, true));
        assert_eq!(of(9, MOST_ROUTERS), (MOST_ROUTERS, true));
        assert_eq!(of(0, MOST_ROUTERS + 1), (MOST_ROUTERS, false));
        assert_eq!(of(MOST_NAMES - 3, 3), (3, true));
        assert_eq!(of(MOST_NAMES, 3), (0, false));
    }
}
