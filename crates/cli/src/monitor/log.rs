//! The log file, in the words of the monitor that this one stands in for.

use std::ffi::OsString;
use std::fmt::Arguments;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::PathBuf;
use std::time::SystemTime;

use hanotify::RouterId;
use hanotify_monitor::Event;
use rustix::fs::OFlags;

use super::Monitor;

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

/// The log. What can't be written is lost: nothing waits for it.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: Option<File>,
    owner: Option<(u32, u32)>,
    router_id: RouterId,
    state_file: PathBuf,
    wording: Wording,
    debug: bool,
}

impl Log {
    pub(super) fn new(args: &Monitor, words: &[OsString]) -> Self {
        let mut log = Self {
            path: args.log_file.clone(),
            file: None,
            owner: args.owner(),
            router_id: args.router_id,
            state_file: args.conf_dir.join("state"),
            wording: Wording::of(words),
            debug: args.debug,
        };
        // Now, as later this process may be another user's.
        log.open();
        log
    }

    /// Opens the file anew where it was rotated. Where that fails, the old one goes on.
    fn open(&mut self) {
        let identity = |found: std::fs::Metadata| (found.dev(), found.ino());
        let there = std::fs::metadata(&self.path).ok().map(identity);
        let opened = self.file.as_ref().and_then(|file| file.metadata().ok()).map(identity);
        if there.is_some() && there == opened {
            return;
        }
        // A FIFO that nobody reads is no log.
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        if let Ok(file) = OpenOptions::new().append(true).create(true).mode(0o644).custom_flags(flags).open(&self.path)
        {
            if let Some((uid, gid)) = self.owner.filter(|_| there.is_none()) {
                // So that it can be opened again. Who may not give it away is its owner.
                let _ = fchown(&file, Some(uid), Some(gid));
            }
            self.file = Some(file);
        }
    }

    /// Writes a line.
    pub(super) fn write(&mut self, level: &str, what: Arguments<'_>) {
        self.open();
        let now = humantime::format_rfc3339_millis(SystemTime::now()).to_string().replace('T', " ");
        let now = now.trim_end_matches('Z');
        let (pid, id) = (std::process::id(), self.router_id);
        let line = match self.wording {
            Wording::Neutron24 => format!("{now} {pid} {level} {} [-] {what}\n", super::NAME),
            Wording::Neutron29 => format!("{now} {level} {pid} {id}: {what}\n"),
        };
        let _ = self.file.as_mut().map(|file| file.write_all(line.as_bytes()));
    }

    /// Writes what has happened.
    pub(super) fn observe(&mut self, event: &Event<'_>) {
        let (id, state_file) = (self.router_id, self.state_file.clone());
        match (self.wording, event) {
            (Wording::Neutron24, Event::Initial(state)) => {
                self.tell(format_args!("Initial status of router {id} is {state}"));
            }
            (Wording::Neutron24, Event::Wrote(state)) => self.tell(format_args!("Wrote router {id} state {state}")),
            (Wording::Neutron24, Event::Notified(state)) => {
                self.tell(format_args!("Notified agent router {id}, state {state}"));
            }
            (_, Event::Initial(state)) => self.tell(format_args!("Initial status of router is {state}")),
            (_, Event::Changed(state)) => self.tell(format_args!("Detected state change to: {state}")),
            (_, Event::Wrote(state)) => self.explain(format_args!("Wrote state {state} to {}", state_file.display())),
            (_, Event::Notified(state)) => self.explain(format_args!("Notified agent of state {state}")),
            (_, Event::Conntrackd(option)) => {
                let config = state_file.with_file_name("conntrackd.conf");
                let config = config.display();
                self.explain(format_args!("Executing \"conntrackd -C {config} {option}\" on router {id}."));
            }
            (_, Event::NamespaceFound) => self.explain(format_args!("Watching the namespace")),
            (_, other) => self.warn(other),
        }
    }

    fn warn(&mut self, event: &Event<'_>) {
        let path = self.state_file.clone();
        match event {
            Event::WriteFailed(error) => {
                self.write("ERROR", format_args!("Can't write {}, and try again: {error}", path.display()));
            }
            Event::NotifyFailed(error) => {
                self.write("WARNING", format_args!("Can't tell the agent, and try again: {error}"));
            }
            Event::NamespaceFailed(error) => {
                self.write("ERROR", format_args!("Can't watch the namespace, and try again: {error}"));
            }
            Event::NamespaceLost => self.write("WARNING", format_args!("The namespace is gone, or made anew")),
            Event::Overrun => self.write("WARNING", format_args!("Events were lost: reading all addresses again")),
            Event::ConntrackdFailed(option, why) => {
                self.write("WARNING", format_args!("conntrackd {option} failed: {why}"));
            }
            _ => {}
        }
    }

    fn tell(&mut self, what: Arguments<'_>) {
        self.write("INFO", what);
    }

    fn explain(&mut self, what: Arguments<'_>) {
        if self.debug {
            self.write("DEBUG", what);
        }
    }
}
