//! What signals do to an audit: none but SIGKILL and those of faults may end it while a server is there that it has
//! started.
//!
//! All are handled, and none is blocked: the server would inherit that.

use std::fs;
use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{
    SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
};
use signal_hook::flag::{register, register_conditional_default};

use crate::FAILED;

/// Those that end the audit.
const ENDING: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU];
/// Those that would end it without a reason. As to SIGXFSZ, the write that is over the limit is an error then.
const SENSELESS: [i32; 7] = [SIGALRM, SIGIO, SIGPROF, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXFSZ];

/// How long an audit that was told to end may take to say what it has found.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Makes a write an error that a limit on the size of files forbids.
pub(crate) fn survive_the_limit_on_files() {
    // It fails for signals that can't be handled alone.
    let _ = register(SIGXFSZ, Arc::default());
}

/// The signals, taken over for the time of an audit.
pub(crate) struct Signals {
    interrupted: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Signals {
    pub(crate) fn take_over() -> io::Result<Self> {
        let signals = Self { interrupted: Arc::default(), is_over: Arc::default() };
        for signal in ENDING.into_iter().filter(|&signal| signal != SIGHUP || !is_hangup_ignored()) {
            // In this order, and that of `drop`: each signal ends the audit, or is seen when it is over.
            register(signal, Arc::clone(&signals.interrupted))?;
            register_conditional_default(signal, Arc::clone(&signals.is_over))?;
        }
        for signal in SENSELESS.into_iter().chain(real_time()) {
            register(signal, Arc::default())?;
        }
        Ok(signals)
    }

    /// Becomes true when one has come that ends the audit.
    pub(crate) fn interrupted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }
}

impl Drop for Signals {
    /// From now on a signal ends this process at once, as when nobody reads what it writes. Where one has come already,
    /// nobody is waited for long.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if self.interrupted.load(Ordering::SeqCst) {
            // Where no thread can be started, it takes another signal.
            let _ = thread::Builder::new().spawn(|| {
                thread::sleep(LAST_WORDS);
                process::exit(FAILED.into())
            });
        }
    }
}

/// Linux has a few more that are sent by nobody but on purpose, and end a process.
fn real_time() -> impl Iterator<Item = i32> {
    [libc::SIGPWR, libc::SIGSTKFLT].into_iter().chain(libc::SIGRTMIN()..=libc::SIGRTMAX())
}

/// Whether this was started so that it survives its terminal, as by nohup(1): proc(5) has the mask of what is ignored.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
