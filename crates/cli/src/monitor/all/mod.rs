//! All routers of a node, which come and go while the monitor runs: those that have a file in a folder of their own,
//! and those that Neutron's agent keeps.

mod changes;
mod entry;
mod found;
mod sources;
mod spec_file;
mod turn;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use hanotify::RouterId;
use hanotify_monitor::{Event, Spec};

use self::changes::Changes;
use self::entry::{Content, Entry, Known};
use self::sources::{Key, Listed, Sources};
use self::spec_file::{FileError, is_spec};
use self::turn::Turn;
use super::board::{Board, count_file_error, count_spec_error};
use super::lock::{self, Lock, Renewal};
use super::log::Log;
use super::options::Monitor;

/// When what can't be read or watched now is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long there is at least between two looks at the folder, whatever happens in it.
const REST: Duration = Duration::from_millis(20);

/// Which file it is, whether it has changed, and what else its router depends on.
type Version = [u64; 8];

/// The folders, and what was found in them.
pub(super) struct Folders<'a> {
    args: &'a Monitor,
    sources: Sources<'a>,
    changes: Changes,
    entries: BTreeMap<Key, Entry>,
    /// Why they can't be read, where that was said.
    complaint: Option<String>,
    /// Which files are left out, as that was said.
    left_out: Vec<String>,
    due: Option<Instant>,
    looked: Instant,
}

/// What they work on.
pub(super) struct Around<'a, O> {
    pub(super) monitor: &'a mut hanotify_monitor::Monitor<O>,
    pub(super) log: &'a RefCell<Log>,
    pub(super) board: Option<&'a Board>,
}

impl<O> Around<'_, O> {
    fn know(&self, spec: &Spec) {
        self.log.borrow_mut().know(spec.id(), spec.folder());
        if let Some(board) = self.board {
            board.know(spec.id());
        }
    }

    fn forget(&self, id: RouterId) {
        self.log.borrow_mut().forget(id);
        if let Some(board) = self.board {
            board.forget(id);
        }
    }
}

impl<'a> Folders<'a> {
    pub(super) fn open(args: &'a Monitor) -> io::Result<Self> {
        Ok(Self {
            args,
            sources: Sources { specs: args.specs(), ha_confs: args.ha_confs.as_deref() },
            changes: Changes::new()?,
            entries: BTreeMap::new(),
            complaint: None,
            left_out: Vec::new(),
            due: None,
            looked: Instant::now(),
        })
    }

    /// When they are to be read although nothing has changed there.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Takes note of what has changed: they are due then.
    pub(super) fn heed(&mut self) {
        let names = [lock::NAME, found::CONFIG].map(str::as_bytes);
        let is_of_router = |name: &[u8]| RouterId::parse(name).is_some() || found::is_snat(name);
        let counts = |name: &[u8]| is_spec(name) || names.contains(&name) || is_of_router(name);
        let drained = self.changes.drain(counts);
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

    /// Reads every file again, also those that made no sense, and says again what is wrong.
    pub(super) fn read_anew<O: FnMut(RouterId, Event<'_>)>(&mut self, around: &mut Around<'_, O>) {
        self.complaint = None;
        self.left_out.clear();
        self.entries.values_mut().for_each(Entry::doubt);
        self.read(around);
    }

    /// Watches the routers whose files are there now, and no others. Where a folder can't be read, all stays as it is.
    pub(super) fn read<O: FnMut(RouterId, Event<'_>)>(&mut self, around: &mut Around<'_, O>) {
        (self.due, self.looked) = (None, Instant::now());
        match self.sources.list(&self.changes) {
            Ok(Listed { files, left_out }) => {
                if self.complaint.take().is_some() {
                    around.log.borrow_mut().write(None, "INFO", format_args!("all folders can be read again"));
                }
                self.note_left_out(left_out, around);
                self.remove_others(&files, around);
                let mut turn = Turn::default();
                for (key, version) in files {
                    if turn.is_over() {
                        self.be_due(self.looked);
                        break;
                    }
                    let ([_, _, size, ..], longest) = (version, key.longest());
                    if self.take(key, version, around) {
                        turn.count(size, longest);
                    }
                }
            }
            Err(what) => {
                if self.complaint.as_ref() != Some(&what) {
                    around.log.borrow_mut().write(None, "ERROR", format_args!("{what}"));
                    count_file_error("folder");
                    self.complaint = Some(what);
                }
                self.try_again();
            }
        }
        self.keep_watching(around);
    }

    fn note_left_out<O>(&mut self, left_out: Vec<String>, around: &Around<'_, O>) {
        for what in left_out.iter().filter(|what| !self.left_out.contains(what)) {
            around.log.borrow_mut().write(None, "WARNING", format_args!("{what}"));
        }
        self.left_out = left_out;
    }

    fn remove_others<O: FnMut(RouterId, Event<'_>)>(
        &mut self,
        found: &BTreeMap<Key, Version>,
        around: &mut Around<'_, O>,
    ) {
        let changes = &self.changes;
        self.entries.retain(|key, entry| {
            let is_there = found.contains_key(key);
            if !is_there {
                entry.leave(changes, around);
            }
            is_there
        });
    }

    /// Reads a file, unless that is done already: whether it could.
    fn take<O: FnMut(RouterId, Event<'_>)>(&mut self, key: Key, version: Version, around: &mut Around<'_, O>) -> bool {
        let before = self.entries.get_mut(&key).filter(|entry| entry.version == version);
        if let Some(entry) = before.filter(|entry| !matches!(entry.content, Content::Unread(_))) {
            // Its folder may not have been readable for a while.
            entry.confirm(version);
            return false;
        }
        let (path, read) = self.sources.read(&key);
        let read = read.map(|spec| self.args.complete(spec));
        let entry = self.entries.entry(key).or_insert(Entry { version, content: Content::Unread(None) });
        match read {
            // The router stays as it is.
            Ok(spec) if entry.known().is_some_and(|known| known.spec == spec) => entry.confirm(version),
            Ok(spec) => {
                entry.leave(&self.changes, around);
                *entry = Entry { version, content: Content::Router(Box::new(Known::new(spec))) };
            }
            Err(error @ FileError::Senseless(_)) => {
                entry.leave(&self.changes, around);
                *entry = Entry { version, content: Content::Senseless };
                around.log.borrow_mut().write(None, "ERROR", format_args!("{}: {error}", path.display()));
                count_spec_error();
            }
            Err(FileError::Passing(error)) => {
                if entry.note_unread(error.kind()) {
                    let what = format_args!("can't read {}, and try again: {error}", path.display());
                    around.log.borrow_mut().write(None, "ERROR", what);
                    count_file_error("spec");
                }
                self.try_again();
                return false;
            }
        }
        true
    }

    /// Watches each router that has a file, once, and as long as no other monitor does.
    fn keep_watching<O: FnMut(RouterId, Event<'_>)>(&mut self, around: &mut Around<'_, O>) {
        let (mut taken, mut is_all_well) = (BTreeSet::new(), true);
        for (key, entry) in &mut self.entries {
            let Some(id) = entry.known().map(|known| known.spec.id()) else { continue };
            let is_first = taken.insert(id);
            if !is_first {
                entry.leave(&self.changes, around);
            }
            let is_odd = !is_first && matches!(key, Key::Spec(_));
            entry.known_mut().into_iter().for_each(|known| known.note_place(is_first, is_odd, around));
        }
        for known in self.entries.values_mut().filter_map(Entry::known_mut).filter(|known| known.is_first) {
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

impl AsFd for Folders<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.changes.as_fd()
    }
}

fn version(found: &Metadata, has_snat: bool) -> Version {
    let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()].map(i64::cast_unsigned);
    let [mtime, mtime_nsec, ctime, ctime_nsec] = times;
    [found.dev(), found.ino(), found.size(), mtime, mtime_nsec, ctime, ctime_nsec, u64::from(has_snat)]
}
