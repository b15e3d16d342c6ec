//! The log file, in the words of the monitor that this one stands in for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Arguments;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use hanotify::RouterId;
use hanotify_monitor::{Event, as_user};
use rustix::fs::OFlags;

use super::options::{Monitor, NAME};
use crate::output::Printable;

/// Which release's lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wording {
    Neutron24,
    Neutron29,
}

impl Wording {
    /// Neutron 24 writes `--option=value`, and 29 `--option value`.
    pub(super) fn of(words: &[OsString]) -> Self {
        let is_joined = words.iter().any(|word| word.as_encoded_bytes().starts_with(b"--router_id="));
        if is_joined { Self::Neutron24 } else { Self::Neutron29 }
    }
}

/// The file that is at this path, unless it is the one that is open.
fn open(path: &Path, file: Option<&File>) -> Option<File> {
    let identity = |found: Metadata| (found.dev(), found.ino());
    let there = fs::metadata(path).ok().map(identity);
    let opened = file.and_then(|file| file.metadata().ok()).map(identity);
    if there.is_some() && there == opened {
        return None;
    }
    // A FIFO that nobody reads is no log.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    OpenOptions::new().append(true).create(true).mode(0o644).custom_flags(flags).open(path).ok()
}

/// How many bytes wait for `flush` at most.
const ROOM: usize = 65_536;

/// The log. What can't be written is lost: nothing waits for it.
///
/// Lines are kept until `flush`, so that the agent is told of a change first.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: Option<File>,
    lines: Vec<u8>,
    owner: Option<(u32, u32)>,
    /// The folders of the routers, with their state files.
    folders: BTreeMap<RouterId, Arc<Path>>,
    wording: Wording,
    debug: bool,
}

impl Log {
    pub(super) fn new(args: &Monitor, words: &[OsString]) -> Self {
        let mut log = Self {
            path: args.log_file.clone(),
            file: None,
            lines: Vec::new(),
            owner: args.owner(),
            folders: BTreeMap::new(),
            wording: Wording::of(words),
            debug: args.debug,
        };
        // Now, as later this process may be another user's.
        log.open();
        log
    }

    /// Takes note of a router, whose state file is in this folder.
    pub(super) fn know(&mut self, id: RouterId, folder: &Arc<Path>) {
        self.folders.insert(id, Arc::clone(folder));
    }

    /// Forgets a router that is watched no more.
    pub(super) fn forget(&mut self, id: RouterId) {
        self.folders.remove(&id);
    }

    /// Opens the file anew where it was rotated. Where that fails, the old one goes on.
    fn open(&mut self) {
        let (owner, path, file) = (self.owner, &self.path, self.file.as_ref());
        if let Some(file) = as_user(owner, || open(path, file)) {
            self.file = Some(file);
        }
    }

    /// Writes the lines that are kept.
    pub(super) fn flush(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        self.open();
        let _ = self.file.as_mut().map(|file| file.write_all(&self.lines));
        self.lines.clear();
    }

    /// Adds a line, about a router or about the monitor itself.
    pub(super) fn write(&mut self, id: Option<RouterId>, level: &str, what: Arguments<'_>) {
        let now = humantime::format_rfc3339_millis(SystemTime::now()).to_string().replace('T', " ");
        let now = now.trim_end_matches('Z');
        let pid = std::process::id();
        // A file's name, or a text from one, must not begin a line of its own.
        let what = what.to_string();
        let what = Printable(&what);
        let line = match (self.wording, id) {
            (Wording::Neutron24, _) => format!("{now} {pid} {level} {NAME} [-] {what}\n"),
            (Wording::Neutron29, Some(id)) => format!("{now} {level} {pid} {id}: {what}\n"),
            (Wording::Neutron29, None) => format!("{now} {level} {pid} {what}\n"),
        };
        self.lines.extend_from_slice(line.as_bytes());
        if self.lines.len() > ROOM {
            self.flush();
        }
    }

    /// Writes what has happened to a router.
    pub(super) fn observe(&mut self, id: RouterId, event: &Event<'_>) {
        let file = self.folders.get(&id).map(|folder| folder.join("state")).unwrap_or_default();
        let path = file.display();
        let of_24 = self.wording == Wording::Neutron24;
        let mut tell = |level, what: Arguments<'_>| self.write(Some(id), level, what);
        match event {
            Event::Initial(state) if of_24 => tell("INFO", format_args!("Initial status of router {id} is {state}")),
            Event::Wrote(state) if of_24 => tell("INFO", format_args!("Wrote router {id} state {state}")),
            Event::Notified(state) if of_24 => tell("INFO", format_args!("Notified agent router {id}, state {state}")),
            Event::Initial(state) => tell("INFO", format_args!("Initial status of router is {state}")),
            Event::Changed(state) => tell("INFO", format_args!("Detected state change to: {state}")),
            Event::WriteFailed(error) => tell("ERROR", format_args!("Can't write {path}, and try again: {error}")),
            Event::NotifyFailed(error) => tell("WARNING", format_args!("Can't tell the agent, and try again: {error}")),
            Event::NamespaceFailed(error) => {
                tell("ERROR", format_args!("Can't watch the namespace, and try again: {error}"));
            }
            Event::NamespaceLost => tell("WARNING", format_args!("The namespace is gone, or made anew")),
            Event::Overrun => tell("WARNING", format_args!("Events were lost: reading all addresses again")),
            Event::ConntrackdFailed(option, why) => tell("WARNING", format_args!("conntrackd {option} failed: {why}")),
            other if self.debug => self.explain(id, &file, other),
            _ => {}
        }
    }

    /// Writes what only --debug asks for.
    fn explain(&mut self, id: RouterId, file: &Path, event: &Event<'_>) {
        let mut tell = |what: Arguments<'_>| self.write(Some(id), "DEBUG", what);
        match event {
            Event::Wrote(state) => tell(format_args!("Wrote state {state} to {}", file.display())),
            Event::Notified(state) => tell(format_args!("Notified agent of state {state}")),
            Event::Conntrackd(option) => {
                let config = file.with_file_name("conntrackd.conf");
                tell(format_args!("Executing \"conntrackd -C {} {option}\" on router {id}.", config.display()));
            }
            Event::NamespaceFound => tell(format_args!("Watching the namespace")),
            _ => {}
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use super::*;

    #[test]
    fn a_log_is_the_agent_s_and_a_link_in_its_folder_leads_nowhere_that_it_could_not_go() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let (folder, agent) = (tempfile::tempdir().unwrap(), Some((65_534, 65_534)));
        let at = |name: &str| folder.path().join(name);
        chown(folder.path(), Some(65_534), Some(65_534)).unwrap();
        fs::create_dir(at("of root")).unwrap();
        symlink("of root/planted", at("link")).unwrap();
        assert!(as_user(agent, || open(&at("link"), None)).is_none() && !at("of root/planted").exists());
        fs::write(at("of root/there"), "").unwrap();
        symlink("of root/there", at("other")).unwrap();
        assert!(as_user(agent, || open(&at("other"), None)).is_none());
        let log = as_user(agent, || open(&at("log"), None)).unwrap();
        assert_eq!((log.metadata().unwrap().uid(), log.metadata().unwrap().gid()), agent.unwrap());
        // As root again.
        fs::write(at("of root/mine"), "").unwrap();
        assert_eq!(fs::metadata(at("of root/mine")).unwrap().uid(), 0);
    }
}
