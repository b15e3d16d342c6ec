//! What is known of one file, and of its router.

use std::io;
use std::sync::Arc;

use hanotify::RouterId;
use hanotify_monitor::{Event, Spec};

use super::changes::Changes;
use super::{Around, Lock, Renewal, Version};

/// A file.
pub(super) struct Entry {
    pub(super) version: Version,
    pub(super) content: Content,
}

/// What is in it. Of a file that is none of a router's, little is kept: there may be many.
pub(super) enum Content {
    /// It could not be read yet: why not, where that was said.
    Unread(Option<io::ErrorKind>),
    /// It makes no sense, which was said.
    Senseless,
    Router(Box<Known>),
}

/// The router of a file.
pub(super) struct Known {
    pub(super) spec: Spec,
    /// Whether no other file before this one has the router.
    pub(super) is_first: bool,
    /// While it is watched.
    pub(super) watch: Option<Watch>,
    /// Why the file can't be read any more, where that was said.
    unread: Option<io::ErrorKind>,
    /// Why it is not watched, where that was said.
    complaint: Option<String>,
}

/// A router that is watched.
pub(super) struct Watch {
    /// The router's number in the monitor.
    key: usize,
    lock: Lock,
    /// The number of its folder in the changes; `None` where the kernel doesn't tell of that one.
    folder: Option<i32>,
}

impl Entry {
    pub(super) fn known(&self) -> Option<&Known> {
        match &self.content {
            Content::Router(known) => Some(known),
            _ => None,
        }
    }

    pub(super) fn known_mut(&mut self) -> Option<&mut Known> {
        match &mut self.content {
            Content::Router(known) => Some(known),
            _ => None,
        }
    }

    /// Takes note that the file can't be read now: whether that is to be said. A router of it stays.
    pub(super) fn note_unread(&mut self, why: io::ErrorKind) -> bool {
        let said = match &mut self.content {
            Content::Router(known) => &mut known.unread,
            Content::Unread(said) => said,
            Content::Senseless => {
                self.content = Content::Unread(Some(why));
                return true;
            }
        };
        said.replace(why) != Some(why)
    }

    /// Takes note that this version of the file says the same.
    pub(super) fn confirm(&mut self, version: Version) {
        self.version = version;
        self.known_mut().into_iter().for_each(|known| known.unread = None);
    }

    /// Has it read again, as if it had changed. A router of it stays until then.
    pub(super) fn doubt(&mut self) {
        match &mut self.content {
            Content::Router(known) => {
                self.version = Version::default();
                (known.unread, known.complaint) = (None, None);
            }
            other => *other = Content::Unread(None),
        }
    }

    /// Watches its router no more.
    pub(super) fn leave<O: FnMut(RouterId, Event<'_>)>(&mut self, changes: &Changes, around: &mut Around<'_, O>) {
        if let Some(known) = self.known_mut()
            && let Some(watch) = known.watch.take()
        {
            known.end(&watch, changes, around);
        }
    }
}

impl Known {
    pub(super) const fn new(spec: Spec) -> Self {
        Self { spec, is_first: true, watch: None, unread: None, complaint: None }
    }

    /// Takes note whether this file is the first with its router, and says that it is not, where that is odd.
    pub(super) fn note_place<O>(&mut self, is_first: bool, is_odd: bool, around: &Around<'_, O>) {
        self.is_first = is_first;
        if is_odd {
            self.complain("another file has this router, and counts".into(), around);
        }
    }

    /// Begins to watch the router; `false` if it is to be looked at again.
    pub(super) fn begin<O: FnMut(RouterId, Event<'_>)>(
        &mut self,
        changes: &Changes,
        around: &mut Around<'_, O>,
    ) -> bool {
        match Lock::try_take(Arc::clone(self.spec.folder()), self.spec.owner()) {
            Ok(lock) => {
                around.know(&self.spec);
                self.complaint = None;
                let key = around.monitor.add(self.spec.clone());
                self.go_on(Watch { key, lock, folder: None }, changes, around)
            }
            Err(error) => {
                self.complain(error.to_string(), around);
                false
            }
        }
    }

    /// Goes on watching it, if no other monitor does by now; `false` if it is to be looked at again.
    pub(super) fn go_on<O: FnMut(RouterId, Event<'_>)>(
        &mut self,
        mut watch: Watch,
        changes: &Changes,
        around: &mut Around<'_, O>,
    ) -> bool {
        let is_well = match watch.lock.renew() {
            Ok(renewal @ (Renewal::Current | Renewal::Taken)) => {
                if renewal == Renewal::Taken {
                    around.monitor.rewrite(watch.key);
                }
                // Each time: one that had another name for a while is watched no more.
                let now = changes.watch_lock(self.spec.folder()).ok();
                let before = std::mem::replace(&mut watch.folder, now);
                before.filter(|_| before != now).into_iter().for_each(|number| changes.forget(number));
                // It may be yet another folder that is watched.
                now.is_some() && (before == now || matches!(watch.lock.renew(), Ok(Renewal::Current)))
            }
            Ok(Renewal::Missing) => false,
            Err(error) => {
                self.complain(error.to_string(), around);
                self.end(&watch, changes, around);
                return false;
            }
        };
        self.watch = Some(watch);
        is_well
    }

    fn end<O: FnMut(RouterId, Event<'_>)>(&self, watch: &Watch, changes: &Changes, around: &mut Around<'_, O>) {
        around.monitor.remove(watch.key);
        around.forget(self.spec.id());
        watch.folder.iter().for_each(|number| changes.forget(*number));
    }

    fn complain<O>(&mut self, what: String, around: &Around<'_, O>) {
        if self.complaint.as_ref() != Some(&what) {
            around.log.borrow_mut().write(Some(self.spec.id()), "WARNING", format_args!("{what}"));
            self.complaint = Some(what);
        }
    }
}
