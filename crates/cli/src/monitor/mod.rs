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
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;
use std::rc::Rc;

use self::files::PidFile;
use self::lock::Lock;
use self::log::Log;
pub(crate) use self::options::{Monitor, is_name, read};
use self::signals::Signals;
use crate::audit::survive_the_limit_on_files;
use crate::status::chain;
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
            let what = chain(&*error);
            log.borrow_mut().write(None, "ERROR", format_args!("{what}"));
            output::complain(&what);
            ExitCode::FAILURE
        }
    }
}

/// Keeps others out, and leaves what is not needed, before it watches.
fn prepare(args: &Monitor, log: &Rc<RefCell<Log>>) -> Result<(), Box<dyn Error>> {
    let signals = Signals::take_over()?;
    if args.is_for_all() {
        check_folders(args)?;
    }
    // A folder with all routers need not be the agent's user's.
    let owner = args.owner().filter(|_| !args.is_for_all());
    let mut lock = args.locked().map(|folder| Lock::take(folder, owner)).transpose()?;
    if args.detached {
        detach::leave_session()?;
    }
    let pid_file = args.pid_file.as_deref().map(PidFile::write).transpose()?;
    let outcome = watch::watch(args, log, &signals, lock.as_mut());
    pid_file.into_iter().for_each(PidFile::remove);
    outcome
}

/// Sees that the folders of `--all` are there, and that root, unless it acts as another user, takes no other one's word
/// for where it writes.
fn check_folders(args: &Monitor) -> Result<(), Box<dyn Error>> {
    let trusts_all = args.owner().is_some() || !rustix::process::geteuid().is_root();
    for folder in args.specs().into_iter().chain(args.ha_confs.as_deref()) {
        let found = fs::metadata(folder).map_err(|error| format!("can't watch {}: {error}", folder.display()))?;
        if !trusts_all && found.uid() != 0 {
            let what = "whoever it belongs to would choose where root writes: give --user and --group";
            return Err(format!("{} is not root's: {what}", folder.display()).into());
        }
    }
    Ok(())
}
