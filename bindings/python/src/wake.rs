//! A descriptor that is readable when there is something to look after.

use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

/// How long a wait is for which the kernel had no memory.
const SOON: Duration = Duration::from_millis(10);

/// An eventfd(2): it never fills up, whether anybody reads or not.
pub(crate) struct Wake(OwnedFd);

impl Wake {
    pub(crate) fn new() -> rustix::io::Result<Self> {
        eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map(Self)
    }

    pub(crate) fn wake(&self) {
        // It can only fail where it is readable anyway.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Makes it unreadable until the next [`wake`](Self::wake).
    pub(crate) fn rest(&self) {
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }

    /// Waits until it is readable, for this long at most. A signal ends the wait.
    pub(crate) fn wait(&self, timeout: Duration) -> rustix::io::Result<()> {
        let timeout = Timespec::try_from(timeout).ok();
        match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            // The kernel may have memory again soon; whoever waits looks again anyway.
            Err(Errno::NOMEM) => {
                thread::sleep(SOON);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn number(&self) -> i32 {
        self.0.as_raw_fd()
    }
}
