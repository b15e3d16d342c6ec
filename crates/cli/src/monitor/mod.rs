//! `hanotify monitor`: watches routers, in the place of Neutron's `neutron-keepalived-state-change`.

mod all;
mod detach;
mod files;
mod lock;
mod log;
mod options;
mod privileges;

use std::cell::RefCell;
use std::error::Error;
use std::io::{self, Read};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use hanotify::RouterId;
use hanotify::server::Heartbeat;
use hanotify_monitor::Event;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use self::all::{Around, Folders};
use self::files::PidFile;
use self::lock::Lock;
use self::log::Log;
pub(crate) use self::options::{Monitor, is_name, read};
use crate::audit::survive_the_limit_on_files;
use crate::serve::manager::Manager;
use crate::{FAILED, descriptors, output};

/// The numbers of the descriptors that wake it up besides those of the routers.
const SIGNALS: usize = 0;
const FOLDERS: usize = 1;

/// How many descriptors the routers of a folder may take, if the limit on them can be raised so far: one for each, and
/// two more while it tells the agent or calls conntrackd.
const DESCRIPTORS: u32 = 16_384;

pub(crate) fn run(monitor: &Monitor) -> ExitCode {
    survive_the_limit_on_files();
    if monitor.is_for_all() && monitor.locked().is_none() {
        output::complain("--all needs a folder, or --ha-confs");
        return ExitCode::from(FAILED);
    }
    let words: Vec<_> = std::env::args_os().collect();
    if monitor.is_daemon(&words) && !monitor.detached {
        return detach::start(&words);
    }
    let log = Rc::new(RefCell::new(Log::new(monitor, &words)));
    match prepare(monitor, &log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log.borrow_mut().write(None, "ERROR", format_args!("{error}"));
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Keeps others out, and leaves what is not needed, before it watches.
fn prepare(args: &Monitor, log: &Rc<RefCell<Log>>) -> Result<(), Box<dyn Error>> {
    let signals = signals()?;
    let mut lock = args.locked().map(Lock::take).transpose()?;
    if args.detached {
        detach::leave_session()?;
    }
    let pid_file = args.pid_file.as_deref().map(PidFile::write).transpose()?;
    let outcome = watch(args, log, &signals, lock.as_mut());
    pid_file.into_iter().for_each(PidFile::remove);
    outcome
}

/// Watches until a signal comes.
fn watch(
    args: &Monitor,
    log: &Rc<RefCell<Log>>,
    signals: &UnixStream,
    mut lock: Option<&mut Lock>,
) -> Result<(), Box<dyn Error>> {
    if !args.conntrackd {
        privileges::drop_to(args.owner())?;
    }
    let observer = Rc::clone(log);
    let observe = move |id: RouterId, event: Event<'_>| observer.borrow_mut().observe(id, &event);
    let mut monitor = hanotify_monitor::Monitor::new(&args.agent, observe)?;
    monitor.watch(signals.as_fd(), SIGNALS)?;
    if let Some(spec) = args.spec() {
        log.borrow_mut().know(spec.id(), spec.folder());
        monitor.add(spec);
    }
    let mut folders = open_folders(args, &mut monitor, log)?;
    if args.detached {
        detach::report()?;
    }
    let manager = Manager::from_env();
    manager.ready();
    loop {
        let sign = manager.every().map(|every| Instant::now() + every);
        log.borrow_mut().flush();
        let ready = monitor.wait(folders.as_ref().and_then(Folders::due).into_iter().chain(sign).min())?;
        if is_stopped(signals) {
            manager.pass(Heartbeat::Stopping);
            return Ok(());
        }
        // Before anything is written or told: another monitor may have the router by now.
        lock.as_mut().map(|lock| lock.renew()).transpose()?;
        if let Some(folders) = &mut folders {
            if ready.contains(&FOLDERS) {
                folders.heed();
            }
            if folders.is_due() {
                folders.read(&mut Around { monitor: &mut monitor, log });
            }
        }
        monitor.work();
        manager.pass(Heartbeat::Alive);
    }
}

/// The folders of --all, where that is given: their routers are watched from now on.
fn open_folders<'a, O: FnMut(RouterId, Event<'_>)>(
    args: &'a Monitor,
    monitor: &mut hanotify_monitor::Monitor<O>,
    log: &RefCell<Log>,
) -> Result<Option<Folders<'a>>, Box<dyn Error>> {
    if !args.is_for_all() {
        return Ok(None);
    }
    descriptors::room_for(DESCRIPTORS);
    let mut folders = Folders::open(args)?;
    monitor.watch(folders.as_fd(), FOLDERS)?;
    folders.read(&mut Around { monitor, log });
    Ok(Some(folders))
}

/// Signals as bytes: a line that ends at those which stop it. SIGHUP, which a terminal or a tool for rotation may send,
/// would end the process.
fn signals() -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    for signal in [SIGTERM, SIGINT] {
        signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
    }
    let (ignored, other) = UnixStream::pair()?;
    ignored.shutdown(Shutdown::Both)?;
    signal_hook::low_level::pipe::register(SIGHUP, other)?;
    Ok(reader)
}

fn is_stopped(mut signals: &UnixStream) -> bool {
    matches!(signals.read(&mut [0; 16]), Ok(1..))
}
