//! How a server is told to stop: by a stopper, or by a signal.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::vec::Vec;

use signal_hook::consts::{SIGINT, SIGTERM};

/// Stops a server from another thread. Clones stop the same server.
#[derive(Clone, Debug)]
pub struct Stopper {
    waker: Arc<mio::Waker>,
    stopped: Arc<AtomicBool>,
}

impl Stopper {
    pub(super) fn new(waker: mio::Waker) -> Self {
        Self { waker: Arc::new(waker), stopped: Arc::new(AtomicBool::new(false)) }
    }

    /// Asks the server to stop: it removes its socket, finishes what is in flight within the grace of its
    /// configuration, and returns.
    ///
    /// # Errors
    ///
    /// When the server's thread can't be woken up; it then stops at its next event.
    pub fn stop(&self) -> io::Result<()> {
        self.stopped.store(true, Ordering::Release);
        self.waker.wake()
    }

    pub(super) fn is_stop_requested(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

/// The signals that stop a server, as something to poll.
#[derive(Debug)]
pub(super) struct Signals {
    pub(super) arrivals: mio::net::UnixStream,
    /// Whether one has come: where the kernel has no memory for the byte that says so, the server sees this at its next
    /// event, of which a signal is one, and a look after its socket another.
    has_come: Arc<AtomicBool>,
    ids: Vec<signal_hook::SigId>,
}

impl Signals {
    /// Takes over SIGTERM and SIGINT.
    pub(super) fn take_over() -> io::Result<Self> {
        let (arrivals, sender) = UnixStream::pair()?;
        arrivals.set_nonblocking(true)?;
        let arrivals = mio::net::UnixStream::from_std(arrivals);
        let mut signals = Self { arrivals, has_come: Arc::default(), ids: Vec::new() };
        for signal in [SIGTERM, SIGINT] {
            // First, so that whoever reads the byte finds it.
            signals.ids.push(signal_hook::flag::register(signal, Arc::clone(&signals.has_come))?);
            signals.ids.push(signal_hook::low_level::pipe::register(signal, sender.try_clone()?)?);
        }
        Ok(signals)
    }

    /// Takes the signals that have come: whether there were any.
    pub(super) fn take(&mut self) -> bool {
        let mut bytes = [0; 16];
        while matches!(self.arrivals.read(&mut bytes), Ok(1..)) {}
        self.has_come.swap(false, Ordering::AcqRel)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for &id in &self.ids {
            signal_hook::low_level::unregister(id);
        }
    }
}
