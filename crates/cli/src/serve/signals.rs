//! What each signal does to the command's server; `docs/operating.md` has all of them in one table.
//!
//! The server itself heeds SIGTERM and SIGINT. A thread heeds the others that have a meaning, so that they do what they
//! are for also while the server waits for whoever reads its events. All that would end the process without a reason,
//! and leave its socket behind, are blocked.

use std::ffi::c_int;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ::metrics::counter;
use hanotify::server::Stopper;
use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{SIGHUP, SIGQUIT, SIGUSR1, SIGXCPU};

use super::{Chain, metrics};
use crate::outlet::Events;

/// Signals that have a meaning, or whose default is what is wanted: a fault of the program's has to end it, and job
/// control to stop it.
const OPEN: [Signal; 16] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGXCPU,
    Signal::SIGUSR1,
    Signal::SIGILL,
    Signal::SIGTRAP,
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGSEGV,
    Signal::SIGSYS,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// What stops a server. Until it heeds them, they wait: there is a socket already, which their default would leave.
const STOPPING: [Signal; 2] = [Signal::SIGTERM, Signal::SIGINT];

/// How long the thread rests after an error.
const PAUSE: Duration = Duration::from_millis(100);

/// What SIGHUP does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hangup {
    /// Nothing.
    Ignored,
    /// It stops the server, whose terminal has gone.
    Stops,
    /// The events go on in the file that has this name then.
    Reopens(PathBuf),
}

/// The signals that have come and were not heeded yet.
pub(super) struct Arrivals {
    /// A byte for each, without its number.
    bytes: UnixStream,
    /// Whether this one has come.
    flags: Vec<(c_int, Arc<AtomicBool>)>,
    hangup: Hangup,
}

/// Takes note of signals from now on, blocks those without a meaning, and has those wait that stop a server. Before
/// there are other threads, and a socket that an end would leave behind.
pub(super) fn take_over(hangup: Hangup) -> io::Result<Arrivals> {
    let mut heeded = vec![SIGUSR1, SIGQUIT, SIGXCPU];
    let mut blocked = SigSet::all();
    for signal in OPEN {
        blocked.remove(signal);
    }
    blocked.extend(STOPPING);
    if hangup != Hangup::Ignored {
        heeded.push(SIGHUP);
        blocked.remove(Signal::SIGHUP);
    }
    let (bytes, waker) = UnixStream::pair()?;
    let mut flags = Vec::new();
    for signal in heeded {
        let flag = Arc::<AtomicBool>::default();
        // First, so that whoever reads the byte finds it.
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
        signal_hook::low_level::pipe::register(signal, waker.try_clone()?)?;
        flags.push((signal, flag));
    }
    blocked.thread_set_mask()?;
    Ok(Arrivals { bytes, flags, hangup })
}

/// Lets those come that stop a server, which heeds them by now.
pub(super) fn let_stop() -> io::Result<()> {
    Ok(SigSet::from_iter(STOPPING).thread_unblock()?)
}

impl Arrivals {
    /// Heeds them from now on, on a thread.
    pub(super) fn heed(self, stopper: Stopper, events: Events) -> io::Result<()> {
        let Self { mut bytes, flags, hangup } = self;
        let thread = thread::Builder::new().name("signals".into()).stack_size(metrics::STACK);
        thread.spawn(move || {
            loop {
                // A stream of this process's own gives no error; if it does, the thread neither ends nor spins.
                if !matches!(bytes.read(&mut [0; 16]), Ok(1..)) {
                    thread::sleep(PAUSE);
                }
                for (signal, _) in flags.iter().filter(|(_, flag)| flag.swap(false, Ordering::AcqRel)) {
                    match (*signal, &hangup) {
                        (SIGUSR1, _) => metrics::tell(),
                        (SIGHUP, Hangup::Reopens(path)) => reopen(&events, path),
                        // Where its thread can't be woken up, it stops at its next event.
                        _ => drop(stopper.stop()),
                    }
                }
            }
        })?;
        Ok(())
    }
}

fn reopen(events: &Events, path: &Path) {
    let outcome = match events.reopen(path) {
        Ok(()) => {
            tracing::info!(?path, "opened the output file again");
            "done"
        }
        Err(cause) => {
            let cause = Chain(&cause).to_string();
            tracing::error!(cause, "can't open the output file again: events go on to the old one");
            "failed"
        }
    };
    counter!("hanotify_output_reopens_total", "outcome" => outcome).increment(1);
}
