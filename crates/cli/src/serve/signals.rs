//! What each signal does to the command's server; `docs/operating.md` has all of them in one table.
//!
//! The server itself heeds SIGTERM and SIGINT. A thread heeds the others that have a meaning, so that they do what they
//! are for also while the server waits for whoever reads its events. All that would end the process without a reason,
//! and leave its socket behind, are blocked.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use ::metrics::counter;
use hanotify::server::Stopper;
use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{SIGHUP, SIGQUIT, SIGUSR1, SIGXCPU};
use signal_hook::iterator::Signals;

use super::outlet::Events;
use super::{Chain, metrics};

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
    signals: Signals,
    hangup: Hangup,
}

/// Takes note of signals from now on, and blocks those without a meaning. Before there are other threads, and a socket
/// that an end would leave behind.
pub(super) fn take_over(hangup: Hangup) -> io::Result<Arrivals> {
    let signals = Signals::new([SIGUSR1, SIGQUIT, SIGXCPU])?;
    let mut blocked = SigSet::all();
    for signal in OPEN {
        blocked.remove(signal);
    }
    if hangup != Hangup::Ignored {
        signals.add_signal(SIGHUP)?;
        blocked.remove(Signal::SIGHUP);
    }
    blocked.thread_set_mask()?;
    Ok(Arrivals { signals, hangup })
}

impl Arrivals {
    /// Heeds them from now on, on a thread.
    pub(super) fn heed(self, stopper: Stopper, events: Events) -> io::Result<()> {
        let Self { mut signals, hangup } = self;
        let thread = thread::Builder::new().name("signals".into()).stack_size(metrics::STACK);
        thread.spawn(move || {
            for signal in signals.forever() {
                match (signal, &hangup) {
                    (SIGUSR1, _) => metrics::tell(),
                    (SIGHUP, Hangup::Reopens(path)) => reopen(&events, path),
                    // Where its thread can't be woken up, it stops at its next event.
                    _ => drop(stopper.stop()),
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
