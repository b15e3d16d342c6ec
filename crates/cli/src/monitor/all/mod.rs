//! All routers of a folder: one small file for each, which come and go while the monitor runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hanotify::RouterId;
use hanotify_monitor::{Event, Spec};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use serde::Deserialize;

use super::files::{Lock, read_short};
use super::log::Log;
use super::options::{Monitor, interface, namespace};

/// Bytes that a file may have; one has about 250.
const LONGEST: u64 = 4_096;
/// When a router that can't be watched now is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    router_id: String,
    namespace: String,
    interface: String,
    cidr: String,
    conf_dir: PathBuf,
}

/// Which file it is, and whether it has changed.
type Version = (u64, i64, i64, u64);

/// What is known of a file.
struct Entry {
    version: Version,
    /// Its router, unless the file makes no sense.
    spec: Option<Spec>,
    /// The router's number and lock, while it is watched.
    watched: Option<(usize, Lock)>,
    /// What was said of it, so that it is said once.
    complaint: Option<String>,
}

/// The folder, and what was found in it.
pub(super) struct Folder<'a> {
    path: PathBuf,
    args: &'a Monitor,
    changes: OwnedFd,
    entries: BTreeMap<OsString, Entry>,
    due: Option<Instant>,
}

impl<'a> Folder<'a> {
    pub(super) fn open(path: PathBuf, args: &'a Monitor) -> io::Result<Self> {
        let changes = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Self { path, args, changes, entries: BTreeMap::new(), due: None })
    }

    /// When it is to be read although nothing has changed there.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Watches the routers whose files are there now, and no others. Where the folder can't be read, all stays as it
    /// is.
    pub(super) fn read<O: FnMut(RouterId, Event<'_>)>(
        &mut self,
        monitor: &mut hanotify_monitor::Monitor<O>,
        log: &RefCell<Log>,
    ) {
        self.due = None;
        match self.list() {
            Ok(found) => {
                self.remove_others(&found, monitor);
                for (name, version) in found {
                    self.take(name, version, monitor, log);
                }
            }
            Err(_) => self.due = Some(Instant::now() + PAUSE),
        }
    }

    /// The files that are there. What changes from now on is told.
    fn list(&mut self) -> io::Result<BTreeMap<OsString, Version>> {
        let mut told = [0; 4_096];
        let mut changes = File::from(self.changes.try_clone()?);
        while matches!(changes.read(&mut told), Ok(1..)) {}
        // The folder may be another one of that name by now.
        let flags = WatchFlags::CLOSE_WRITE | WatchFlags::MOVE | WatchFlags::DELETE | WatchFlags::DELETE_SELF;
        add_watch(&self.changes, &self.path, flags | WatchFlags::MOVE_SELF | WatchFlags::ONLYDIR)?;
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let is_spec =
                Path::new(&name).extension() == Some(OsStr::new("json")) && !name.as_encoded_bytes().starts_with(b".");
            // One that is gone again is not there.
            if let Some(there) = fs::metadata(self.path.join(&name)).ok().filter(|there| is_spec && there.is_file()) {
                found.insert(name, version(&there));
            }
        }
        Ok(found)
    }

    fn remove_others<O: FnMut(RouterId, Event<'_>)>(
        &mut self,
        found: &BTreeMap<OsString, Version>,
        monitor: &mut hanotify_monitor::Monitor<O>,
    ) {
        self.entries.retain(|name, entry| {
            let is_same = found.get(name) == Some(&entry.version);
            if let Some((key, _lock)) = entry.watched.take_if(|_| !is_same) {
                monitor.remove(key);
            }
            is_same
        });
    }

    /// Watches the router of a file, unless that is done already.
    fn take<O: FnMut(RouterId, Event<'_>)>(
        &mut self,
        name: OsString,
        version: Version,
        monitor: &mut hanotify_monitor::Monitor<O>,
        log: &RefCell<Log>,
    ) {
        let path = self.path.join(&name);
        let new = || {
            let read = read(&path).map(|spec| self.args.complete(spec));
            let complaint = read.as_ref().err().map(|error| format!("{}: {error}", path.display()));
            if let Some(what) = &complaint {
                log.borrow_mut().write(None, "ERROR", format_args!("{what}"));
            }
            Entry { version, spec: read.ok(), watched: None, complaint }
        };
        let entry = self.entries.entry(name).or_insert_with(new);
        let Some(spec) = entry.spec.as_ref().filter(|_| entry.watched.is_none()) else { return };
        match Lock::try_take(spec.folder()) {
            Ok(lock) => {
                log.borrow_mut().know(spec.id(), spec.folder());
                entry.watched = Some((monitor.add(spec.clone()), lock));
                entry.complaint = None;
            }
            Err(error) => {
                let what = error.to_string();
                if entry.complaint.as_ref() != Some(&what) {
                    log.borrow_mut().write(Some(spec.id()), "WARNING", format_args!("{what}"));
                    entry.complaint = Some(what);
                }
                self.due = Some(Instant::now() + PAUSE);
            }
        }
    }
}

impl AsFd for Folder<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.changes.as_fd()
    }
}

fn version(found: &Metadata) -> Version {
    (found.ino(), found.mtime(), found.mtime_nsec(), found.size())
}

/// Reads a file.
fn read(path: &Path) -> Result<Spec, Box<dyn Error>> {
    parse(&read_short(path, LONGEST)?)
}

fn parse(text: &str) -> Result<Spec, Box<dyn Error>> {
    let Text { router_id, namespace: space, interface: name, cidr, conf_dir } = serde_json::from_str(text)?;
    if !conf_dir.is_absolute() {
        return Err("conf_dir is not an absolute path".into());
    }
    Ok(Spec::new(router_id.parse()?, namespace(space.into())?, interface(&name)?, cidr.parse()?, conf_dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_all_of_a_router_and_nothing_else() {
        let text = r#"{
            "router_id": "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", "namespace": "qrouter-1", "interface": "ha-0",
            "cidr": "169.254.0.7/24", "conf_dir": "/var/lib/neutron/ha_confs/1"
        }"#;
        let spec = parse(text).unwrap();
        assert_eq!(
            (spec.id().to_string(), spec.folder()),
            ("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".to_owned(), Path::new("/var/lib/neutron/ha_confs/1"))
        );
        for (part, other) in [
            ("9b3a", "9B3A"),
            ("qrouter-1", "../x"),
            ("ha-0", ""),
            ("/24", ""),
            ("/var/lib", "var/lib"),
            ("cidr", "CIDR"),
            ("{", "{\"x\": 1,"),
            ("\"namespace\": \"qrouter-1\", ", ""),
        ] {
            assert!(parse(&text.replacen(part, other, 1)).is_err(), "{part} as {other}");
        }
    }
}
