//! What stops a monitor, and what has it read its files again.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Signals as bytes, one line for each kind.
pub(super) struct Signals {
    stops: UnixStream,
    hangups: UnixStream,
}

impl Signals {
    /// Takes note of signals from now on: by default, each would end the process.
    pub(super) fn take_over() -> io::Result<Self> {
        Ok(Self { stops: line_of(&[SIGTERM, SIGINT])?, hangups: line_of(&[SIGHUP])? })
    }

    /// Readable when the process is to end.
    pub(super) fn stops(&self) -> BorrowedFd<'_> {
        self.stops.as_fd()
    }

    /// Readable when a SIGHUP has come.
    pub(super) fn hangups(&self) -> BorrowedFd<'_> {
        self.hangups.as_fd()
    }

    pub(super) fn take_stop(&self) -> bool {
        take(&self.stops)
    }

    /// Whether a SIGHUP has come since the last time.
    pub(super) fn take_hangup(&self) -> bool {
        let has_come = take(&self.hangups);
        // However many have come, they ask for one thing.
        while take(&self.hangups) {}
        has_come
    }
}

fn line_of(signals: &[i32]) -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    for signal in signals {
        signal_hook::low_level::pipe::register(*signal, writer.try_clone()?)?;
    }
    Ok(reader)
}

fn take(mut line: &UnixStream) -> bool {
    matches!(line.read(&mut [0; 64]), Ok(1..))
}
