//! All routers of a folder: one small file for each, which come and go while the monitor runs.

mod changes;
mod entry;
mod spec_file;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hanotify::RouterId;
use hanotify_monitor::Event;

use self::changes::Changes;
use self::entry::{Content, Entry, Known};
use self::spec_file::FileError;
use super::lock::{self, Lock, Renewal};
use super::log::Log;
use super::options::Monitor;

/// When what can't be read or watched now is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long there is at least between two looks at the folder, whatever happens in it.
const REST: Duration = Duration::from_millis(20);
/// The most files that are looked at.
const MOST_FILES: usize = 16_384;

/// Which file it is, and whether it has changed.
type Version = [u64; 7];

/// The folder, and what was found in it.
pub(super) struct Folder<'a> {
    path: PathBuf,
    args: &'a Monitor,
    changes: Changes,
    entries: BTreeMap<OsString, Entry>,
    /// Why the folder can't be read, where that was said.
    complaint: Option<io::ErrorKind>,
    due: Option<Instant>,
    looked: Instant,
}

/// What the folder works on.
pub(super) struct Around<'a, O> {
    pub(super) monitor: &'a mut hanotify_monitor::Monitor<O>,
    pub(super) log: &'a RefCell<Log>,
}

impl<'a> Folder<'a> {
    pub(super) fn open(path: PathBuf, args: &'a Monitor) -> io::Result<Self> {
        let (changes, entries) = (Changes::new()?, BTreeMap::new());
        Ok(Self { path, args, changes, entries, complaint: None, due: None, looked: Instant::now() })
    }

    /// When it is to be read although nothing has changed there.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Takes note of what has changed: the folder is due then.
    pub(super) fn heed(&mut self) {
        let drained = self.changes.drain(|name| is_spec(name) || name == lock::NAME.as_bytes());
        if drained.is_news || drained.is_cut_off {
            self.be_due(self.looked + REST);
        }
    }

    fn be_due(&mut self, at: Instant) {
        self.due = self.due.into_iter().chain([at]).min();
    }

    fn try_again(&mut self) {
        self.be_due(Instant::now() + PAUSE);
    }

    /// Watches the routers whose files are there now, and no others. Where the folder can't be read, all stays as it
    /// is.
    pub(super) fn read<O: FnMut(RouterId, Event<'_>)>(&mut self, around: &mut Around<'_, O>) {
        (self.due, self.looked) = (None, Instant::now());
        match self.list() {
            Ok(found) => {
                if self.complaint.take().is_some() {
                    let what = format_args!("{} can be read again", self.path.display());
                    around.log.borrow_mut().write(None, "INFO", what);
                }
                self.remove_others(&found, around);
                for (name, version) in found {
                    self.take(name, version, around);
                }
            }
            Err(error) => {
                if self.complaint.replace(error.kind()) != Some(error.kind()) {
                    let what = format_args!("can't read {}, and try again: {error}", self.path.display());
                    around.log.borrow_mut().write(None, "ERROR", what);
                }
                self.try_again();
            }
        }
        self.keep_watching(around);
    }

    /// The files that are there. What changes from now on is told.
    fn list(&self) -> io::Result<BTreeMap<OsString, Version>> {
        // The folder may be another one of that name by now.
        self.changes.watch_files(&self.path)?;
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            if !is_spec(name.as_encoded_bytes()) {
                continue;
            }
            match fs::symlink_metadata(self.path.join(&name)) {
                _ if found.len() >= MOST_FILES => {
                    return Err(io::Error::other(format!("there are more than {MOST_FILES} files")));
                }
                Ok(there) => drop(found.insert(name, version(&there))),
                // One that is gone again is not there.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn remove_others<O: FnMut(RouterId, Event<'_>)>(
        &mut self,
        found: &BTreeMap<OsString, Version>,
        around: &mut Around<'_, O>,
    ) {
        let changes = &self.changes;
        self.entries.retain(|name, entry| {
            let is_there = found.contains_key(name);
            if !is_there {
                entry.leave(changes, around);
            }
            is_there
        });
    }

    /// Reads a file, unless that is done already.
    fn take<O: FnMut(RouterId, Event<'_>)>(&mut self, name: OsString, version: Version, around: &mut Around<'_, O>) {
        let before = self.entries.get(&name);
        if before.is_some_and(|entry| entry.version == version && !matches!(entry.content, Content::Unread(_))) {
            return;
        }
        let path = self.path.join(&name);
        let read = spec_file::read(&path).map(|spec| self.args.complete(spec));
        let entry = self.entries.entry(name).or_insert(Entry { version, content: Content::Unread(None) });
        match read {
            // The router stays as it is.
            Ok(spec) if entry.known().is_some_and(|known| known.spec == spec) => entry.version = version,
            Ok(spec) => {
                entry.leave(&self.changes, around);
                *entry = Entry { version, content: Content::Router(Box::new(Known::new(spec))) };
            }
            Err(error @ FileError::Senseless(_)) => {
                entry.leave(&self.changes, around);
                *entry = Entry { version, content: Content::Senseless };
                around.log.borrow_mut().write(None, "ERROR", format_args!("{}: {error}", path.display()));
            }
            Err(FileError::Passing(error)) => {
                if entry.note_unread(error.kind()) {
                    let what = format_args!("can't read {}, and try again: {error}", path.display());
                    around.log.borrow_mut().write(None, "ERROR", what);
                }
                self.try_again();
            }
        }
    }

    /// Watches each router that has a file, as long as no other monitor does.
    fn keep_watching<O: FnMut(RouterId, Event<'_>)>(&mut self, around: &mut Around<'_, O>) {
        let mut is_all_well = true;
        for known in self.entries.values_mut().filter_map(Entry::known_mut) {
            is_all_well &= match known.watch.take() {
                Some(watch) => known.go_on(watch, &self.changes, around),
                None => known.begin(&self.changes, around),
            };
        }
        if !is_all_well {
            self.try_again();
        }
    }
}

impl AsFd for Folder<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.changes.as_fd()
    }
}

/// Whether a file of this name is that of a router.
fn is_spec(name: &[u8]) -> bool {
    name.ends_with(b".json") && !name.starts_with(b".")
}

fn version(found: &Metadata) -> Version {
    let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()].map(i64::cast_unsigned);
    let [mtime, mtime_nsec, ctime, ctime_nsec] = times;
    [found.dev(), found.ino(), found.size(), mtime, mtime_nsec, ctime, ctime_nsec]
}
