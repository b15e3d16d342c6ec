//! Whether the last line of a file was cut off: known to every outlet that leads there.
//!
//! With `>>log 2>&1`, events and log lines go to one file, and each of them has to end a line of the other's.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fs::{FileType, Stat, fstat, makedev};

/// Whether the last line is cut off. `None` where nobody has looked.
type State = Mutex<Option<bool>>;

/// The state of each file that an outlet leads to.
static KNOWN: Mutex<Vec<(Identity, Weak<State>)>> = Mutex::new(Vec::new());

/// What is known of the last line of a file, shared by the outlets that lead there.
pub(super) struct LastLine(Arc<State>);

impl LastLine {
    /// That of this file.
    pub(super) fn of(file: impl AsFd) -> Self {
        let Some(identity) = fstat(file).ok().map(Identity::of) else { return Self(Arc::default()) };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, state)| state.strong_count() > 0);
        let shared = known.iter().filter(|(other, _)| *other == identity).find_map(|(_, state)| state.upgrade());
        Self(shared.unwrap_or_else(|| {
            let state = Arc::default();
            known.push((identity, Arc::downgrade(&state)));
            state
        }))
    }

    /// Looks at the file, unless its state is known.
    pub(super) fn look(&self, file: impl AsFd) {
        self.lock().get_or_insert_with(|| is_torn(file));
    }

    /// What is known. Nobody else writes to the file meanwhile.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What tells a file from others, by whatever name it was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identity {
    /// The numbers of its file system and its own.
    File(u64, u64),
    /// The number of a device.
    Device(u64),
}

/// The number of the device /dev/tty, which is another one's second name (tty(4)).
const TTY: (u32, u32) = (5, 0);

impl Identity {
    fn of(found: Stat) -> Self {
        match FileType::from_raw_mode(found.st_mode) {
            FileType::CharacterDevice if found.st_rdev == makedev(TTY.0, TTY.1) => {
                Self::Device(controlling_terminal().unwrap_or(found.st_rdev))
            }
            FileType::CharacterDevice => Self::Device(found.st_rdev),
            _ => Self::File(found.st_dev, found.st_ino),
        }
    }
}

/// The number of this process's terminal: the seventh field of `/proc/self/stat` (proc(5)).
fn controlling_terminal() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let number: i32 = fields.split_ascii_whitespace().nth(4)?.parse().ok()?;
    let number = number.cast_unsigned();
    (number != 0).then(|| makedev(number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00))
}

/// Whether the last line has no end. Where the file can't be read, as from the sandbox, it is taken to have none: an
/// empty line is no event, and one that is glued to another is lost.
fn is_torn(file: impl AsFd) -> bool {
    let Ok(found) = fstat(&file) else { return false };
    if !FileType::from_raw_mode(found.st_mode).is_file() {
        return false;
    }
    let Some(last) = u64::try_from(found.st_size).ok().and_then(|length| length.checked_sub(1)) else { return false };
    let mut byte = [0];
    let reader = File::open(format!("/proc/self/fd/{}", file.as_fd().as_raw_fd()));
    let read = reader.and_then(|reader| reader.read_exact_at(&mut byte, last));
    read.is_err() || byte != *b"\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_file_is_known_by_each_of_its_names_and_as_long_as_somebody_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        fs::write(&one, "cut").unwrap();
        fs::hard_link(&one, &other).unwrap();
        let open = |path| File::options().append(true).open(path).unwrap();
        let first = LastLine::of(open(&one));
        first.look(open(&one));
        assert_eq!(*LastLine::of(open(&other)).lock(), Some(true));
        assert_eq!(*LastLine::of(File::open(folder.path()).unwrap()).lock(), None);
        drop(first);
        assert_eq!(*LastLine::of(open(&other)).lock(), None);
    }
}
