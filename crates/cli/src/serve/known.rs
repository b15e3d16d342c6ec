//! The routers of `--ha-confs`: a thread that looks at the folder, gives their states to whoever asks before any event
//! has come, and forgets routers whose folder is gone.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use hanotify::RouterId;
use hanotify::sink::{StateSource, StatesHandle};
use metrics::{Gauge, describe_gauge, gauge};

use super::Chain;
use super::metrics::STACK;
use crate::ha_confs::{self, HaConfs};

/// How long it waits after each look.
const PAUSE: Duration = Duration::from_secs(10);

/// What was found at the last look.
pub(super) struct Watch {
    path: PathBuf,
    states: StatesHandle,
    /// Routers that had no folder. An event may come before the folder is there, so that one look decides nothing.
    missing: HashSet<RouterId>,
    /// What was wrong, so that the log has each thing once.
    wrong: String,
    /// 1 where the last look has left routers out.
    incomplete: Gauge,
}

/// What one look has left out.
struct LeftOut {
    /// Routers without a state that can be read, or without room for it.
    unread: usize,
    /// Whether the folder has more names than are looked at.
    names: bool,
}

impl Watch {
    pub(super) fn new(path: PathBuf, states: StatesHandle) -> Self {
        let name = "hanotify_ha_confs_incomplete";
        describe_gauge!(name, "1 where the last look at the folder of --ha-confs has left routers out, else 0.");
        Self { path, states, missing: HashSet::new(), wrong: String::new(), incomplete: gauge!(name) }
    }

    /// Looks from now on, on a thread.
    pub(super) fn start(mut self) -> io::Result<()> {
        let thread = thread::Builder::new().name("ha-confs".into()).stack_size(STACK);
        thread.spawn(move || {
            loop {
                self.look();
                thread::sleep(PAUSE);
            }
        })?;
        Ok(())
    }

    fn look(&mut self) {
        let found = self.try_look();
        self.incomplete.set(if found.as_ref().is_ok_and(|left_out| !left_out.names) { 0.0 } else { 1.0 });
        let wrong = match found {
            Ok(LeftOut { names: true, .. }) => ha_confs::LEFT_OUT.into(),
            Ok(LeftOut { unread: 0, .. }) => String::new(),
            Ok(LeftOut { unread, .. }) => format!(
                "{unread} routers have no state file there, or one that says no state, or no room among as many as \
                 --expected-routers says"
            ),
            Err(cause) => Chain(cause.as_ref()).to_string(),
        };
        if wrong != self.wrong && !wrong.is_empty() {
            tracing::warn!(path = ?self.path, "--ha-confs: {wrong}");
        }
        self.wrong = wrong;
    }

    fn try_look(&mut self) -> Result<LeftOut, Box<dyn std::error::Error>> {
        let folder = HaConfs::open(&self.path)?;
        let listing = folder.list()?;
        let known = self.states.routers();
        if listing.is_whole {
            let there: HashSet<_> = listing.ids.iter().copied().collect();
            let missing = known.iter().map(|router| router.router_id).filter(|id| !there.contains(id)).collect();
            let before = std::mem::replace(&mut self.missing, missing);
            for router_id in self.missing.intersection(&before) {
                self.states.forget(*router_id);
            }
        }
        let confirmed = known.iter().filter(|router| router.source == StateSource::Event);
        let confirmed: HashSet<_> = confirmed.map(|router| router.router_id).collect();
        let to_read = listing.ids.iter().filter(|id| !confirmed.contains(id));
        let is_noted =
            |id: &RouterId| folder.read(*id).is_ok_and(|kept| self.states.note_file(*id, kept.state, kept.since));
        Ok(LeftOut { unread: to_read.filter(|id| !is_noted(id)).count(), names: !listing.is_whole })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::UNIX_EPOCH;

    use hanotify::sink::{Event, EventSink, Peer, States};
    use hanotify::{HaState, Notification};

    use super::*;

    fn id(n: u8) -> RouterId {
        RouterId::from_bytes([n; 16]).unwrap()
    }

    fn seen(states: &StatesHandle) -> Vec<(RouterId, HaState, StateSource)> {
        states.routers().iter().map(|router| (router.router_id, router.state, router.source)).collect()
    }

    #[test]
    fn a_router_is_known_by_its_file_until_an_event_and_forgotten_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let write = |n, state: &str| {
            fs::create_dir_all(folder.path().join(id(n).to_string())).unwrap();
            fs::write(folder.path().join(id(n).to_string()).join("state"), state).unwrap();
        };
        let mut sink = States::new(3, |_: Event<'_>| Ok(()));
        let states = sink.handle();
        let mut notify = |n, state| {
            let notification = Notification { router_id: id(n), state };
            sink.notified(Event::new(notification, Peer { pid: None, uid: 0, gid: 0 }, 1, UNIX_EPOCH)).unwrap();
        };
        let mut watch = Watch::new(folder.path().into(), states.clone());
        write(1, "primary");
        write(2, "backup");
        watch.look();
        assert_eq!(watch.wrong, "");
        let (file, event) = (StateSource::File, StateSource::Event);
        assert_eq!(seen(&states), [(id(1), HaState::Primary, file), (id(2), HaState::Backup, file)]);
        // The file of 1 counts no more; that of 2 does.
        notify(1, HaState::Fault);
        write(2, "primary");
        write(3, "nonsense");
        watch.look();
        assert_eq!(seen(&states), [(id(1), HaState::Fault, event), (id(2), HaState::Primary, file)]);
        assert!(watch.wrong.starts_with("1 routers "), "{}", watch.wrong);
        // An event may come before its folder, and a folder may be gone.
        notify(4, HaState::Backup);
        fs::remove_dir_all(folder.path().join(id(1).to_string())).unwrap();
        watch.look();
        assert_eq!(states.routers().len(), 3, "one look decides nothing");
        write(4, "backup");
        watch.look();
        assert_eq!(seen(&states), [(id(2), HaState::Primary, file), (id(4), HaState::Backup, event)]);
    }

    #[test]
    fn a_folder_that_can_not_be_read_makes_nothing_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ha_confs");
        let states = StatesHandle::new(9);
        states.note_file(id(1), HaState::Backup, UNIX_EPOCH);
        let mut watch = Watch::new(path, states.clone());
        for _ in 0..3 {
            watch.look();
        }
        assert!(watch.wrong.contains("ha_confs"), "{}", watch.wrong);
        assert_eq!(states.routers().len(), 1);
    }
}
