//! `hanotify monitor`: watches routers, in the place of Neutron's `neutron-keepalived-state-change`.

mod all;
mod board;
mod detach;
mod files;
mod list;
mod lock;
mod log;
mod options;
mod privileges;
mod sandbox;
mod shown;
mod signals;
mod watch;

use std::cell::RefCell;
use std::error::Error;
use std::process::ExitCode;
use std::rc::Rc;

use self::files::PidFile;
use self::lock::Lock;
use self::log::Log;
pub(crate) use self::options::{Monitor, is_name, read};
use self::signals::Signals;
use crate::audit::survive_the_limit_on_files;
use crate::{FAILED, output};

pub(crate) fn run(monitor: &Monitor) -> ExitCode {
    if monitor.list {
        return list::run(monitor);
    }
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
    let signals = Signals::take_over()?;
    let mut lock = args.locked().map(Lock::take).transpose()?;
    if args.detached {
        detach::leave_session()?;
    }
    let pid_file = args.pid_file.as_deref().map(PidFile::write).transpose()?;
    let outcome = watch::watch(args, log, &signals, lock.as_mut());
    pid_file.into_iter().for_each(PidFile::remove);
    outcome
}
