//! The loop of a monitor: it waits, looks at its lock, its folders and its signals, and has the routers do their work.

use std::cell::RefCell;
use std::error::Error;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hanotify::RouterId;
use hanotify::server::Heartbeat;
use hanotify_monitor::{Event, Spec};

use super::all::{Around, Folders};
use super::board::Board;
use super::lock::{Lock, Renewal};
use super::log::Log;
use super::options::Monitor;
use super::shown::{self, Doors};
use super::signals::Signals;
use super::{detach, privileges, sandbox};
use crate::descriptors;
use crate::serve::manager::Manager;
use crate::serve::status_socket::StatusSocket;

/// The numbers of the descriptors that wake it up besides those of the routers.
const STOPS: usize = 0;
const HANGUPS: usize = 1;
const FOLDERS: usize = 2;

/// How many descriptors the routers of a folder may take, if the limit on them can be raised so far: one for each, and
/// two more while it tells the agent or calls conntrackd.
const DESCRIPTORS: u32 = 16_384;

/// When a folder that has no lock is looked at again.
const PAUSE: Duration = Duration::from_secs(1);

/// Watches until a signal comes.
pub(super) fn watch(
    args: &Monitor,
    log: &Rc<RefCell<Log>>,
    signals: &Signals,
    lock: Option<&mut Lock>,
) -> Result<(), Box<dyn Error>> {
    if !args.conntrackd {
        privileges::drop_to(args.owner())?;
    }
    let board = args.is_shown().then(Board::default);
    let doors = board.as_ref().map(|board| shown::open(args, board)).transpose()?;
    let Doors { places, socket, readers } = doors.unwrap_or_default();
    for place in places {
        log.borrow_mut().write(None, "INFO", format_args!("{place}"));
    }
    let mut monitor = hanotify_monitor::Monitor::new(&args.agent, observer(log, board.clone()))?;
    monitor.watch(signals.stops(), STOPS)?;
    monitor.watch(signals.hangups(), HANGUPS)?;
    if let Some(spec) = args.spec() {
        introduce(args, &spec, log);
        monitor.add(spec);
    }
    let folders = open_folders(args, &mut Around { monitor: &mut monitor, log, board: board.as_ref() })?;
    if args.detached {
        detach::report()?;
    }
    let manager = Manager::from_env();
    restrict(args, log)?;
    // The thread that answers is in the sandbox too.
    readers.answer()?;
    manager.ready();
    let outcome = Watching { monitor, log, board, lock, folders, manager, described: None }.run(signals);
    socket.iter().for_each(StatusSocket::close);
    outcome
}

/// What happens to a router goes to the log, and onto the board where there is one.
fn observer(log: &Rc<RefCell<Log>>, board: Option<Board>) -> impl FnMut(RouterId, Event<'_>) + use<> {
    let log = Rc::clone(log);
    move |id, event| {
        if let Some(board) = &board {
            board.observe(id, &event);
        }
        log.borrow_mut().observe(id, &event);
    }
}

/// Has the log know the one router, and says where its address can't be read.
fn introduce(args: &Monitor, spec: &Spec, log: &RefCell<Log>) {
    let mut log = log.borrow_mut();
    log.know(spec.id(), spec.folder());
    if args.is_unreadable {
        // In the words of Neutron 24, which waits in vain then.
        let what = format_args!("Timeout reading the initial status of router {}: no such address", spec.id());
        log.write(None, "ERROR", what);
    }
}

/// Goes into the sandbox, where that is asked for, and says how far.
fn restrict(args: &Monitor, log: &RefCell<Log>) -> Result<(), Box<dyn Error>> {
    if args.sandbox {
        let restricted = sandbox::restrict(args)?;
        let level = if restricted.is_full() { "INFO" } else { "WARNING" };
        log.borrow_mut().write(None, level, format_args!("{restricted}"));
    }
    Ok(())
}

/// The folders of --all, where that is given: their routers are watched from now on.
fn open_folders<'a, O: FnMut(RouterId, Event<'_>)>(
    args: &'a Monitor,
    around: &mut Around<'_, O>,
) -> Result<Option<Folders<'a>>, Box<dyn Error>> {
    if !args.is_for_all() {
        return Ok(None);
    }
    descriptors::room_for(DESCRIPTORS);
    let mut folders = Folders::open(args)?;
    around.monitor.watch(folders.as_fd(), FOLDERS)?;
    // All that can be read now, before it is ready.
    folders.read(around);
    while folders.is_due() {
        folders.read(around);
    }
    Ok(Some(folders))
}

/// A monitor that watches, with all that it looks at besides.
struct Watching<'a, O> {
    monitor: hanotify_monitor::Monitor<O>,
    log: &'a RefCell<Log>,
    board: Option<Board>,
    lock: Option<&'a mut Lock>,
    folders: Option<Folders<'a>>,
    manager: Manager,
    /// How many routers the service manager was told of.
    described: Option<usize>,
}

impl<O: FnMut(RouterId, Event<'_>)> Watching<'_, O> {
    fn run(&mut self, signals: &Signals) -> Result<(), Box<dyn Error>> {
        let mut is_missing = false;
        loop {
            self.describe();
            let now = Instant::now();
            let sign = self.manager.every().map(|every| now + every);
            let due = self.folders.as_ref().and_then(Folders::due);
            let look = is_missing.then(|| now + PAUSE);
            self.log.borrow_mut().flush();
            let ready = self.monitor.wait(due.into_iter().chain(sign).chain(look).min())?;
            if signals.take_stop() {
                self.manager.pass(Heartbeat::Stopping);
                return Ok(());
            }
            // Before anything is written or told: another monitor may have the router by now.
            let renewal = self.lock.as_mut().map(|lock| lock.renew()).transpose()?;
            is_missing = renewal == Some(Renewal::Missing);
            if renewal == Some(Renewal::Taken) && self.folders.is_none() {
                self.rewrite();
            }
            if ready.contains(&HANGUPS) && signals.take_hangup() {
                self.reload();
            }
            self.look_at_folders(ready.contains(&FOLDERS));
            self.monitor.work();
            self.manager.pass(Heartbeat::Alive);
        }
    }

    /// Writes the state file again: it was in the folder of before.
    fn rewrite(&mut self) {
        let keys: Vec<_> = self.monitor.routers().map(|(key, ..)| key).collect();
        for key in keys {
            self.monitor.rewrite(key);
        }
    }

    fn look_at_folders(&mut self, has_changed: bool) {
        let Some(folders) = &mut self.folders else { return };
        if has_changed {
            folders.heed();
        }
        if folders.is_due() {
            folders.read(&mut Around { monitor: &mut self.monitor, log: self.log, board: self.board.as_ref() });
        }
    }

    /// Opens the log anew, and reads all folders again.
    fn reload(&mut self) {
        self.manager.reloading();
        self.log.borrow_mut().write(None, "INFO", format_args!("SIGHUP: opened the log, and read the folders again"));
        if let Some(folders) = &mut self.folders {
            folders.read_anew(&mut Around { monitor: &mut self.monitor, log: self.log, board: self.board.as_ref() });
        }
        self.manager.ready();
    }

    fn describe(&mut self) {
        let routers = self.monitor.routers().count();
        if self.described.replace(routers) != Some(routers) {
            self.manager.describe(&format!("watches {routers} routers"));
        }
    }
}
