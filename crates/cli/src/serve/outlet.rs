//! Standard output for events: what can't be written is an error, and a reader that doesn't read holds nobody up for
//! long.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long a reader that has fallen behind is waited for. Meanwhile no sender is answered, and no signal is heeded.
const PATIENCE: Duration = Duration::from_millis(500);

/// Standard output without a buffer. The standard library's own takes it for written when there is nothing open to
/// write to.
pub(super) struct Outlet {
    file: File,
    /// Whether the reader kept up with the last event; one that didn't isn't waited for again.
    kept_up: bool,
}

impl Outlet {
    /// Standard output.
    ///
    /// # Errors
    ///
    /// When there is no descriptor left for it.
    pub(super) fn stdout() -> io::Result<Self> {
        Ok(Self::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }

    const fn new(file: File) -> Self {
        Self { file, kept_up: true }
    }

    /// Waits until a line can be written. A pipe says that it can when there is room for 4,096 bytes, which no event
    /// needs.
    fn wait(&mut self) -> io::Result<()> {
        let patience = if self.kept_up { PATIENCE } else { Duration::ZERO };
        let timeout = Timespec::try_from(patience).map_err(io::Error::other)?;
        self.kept_up = poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&timeout))? > 0;
        if self.kept_up { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_reader_that_does_not_read_is_waited_for_once() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut outlet = Outlet::new(File::from(std::os::fd::OwnedFd::from(writer)));
        let line = [b'x'; 1_000];
        let start = Instant::now();
        let lines = (0..1_000).take_while(|_| outlet.write_all(&line).is_ok()).count();
        assert!((1..1_000).contains(&lines) && start.elapsed() >= PATIENCE);
        let start = Instant::now();
        for _ in 0..100 {
            assert_eq!(outlet.write_all(&line).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
        assert!(start.elapsed() < PATIENCE);
        reader.read_exact(&mut vec![0; lines * line.len()]).unwrap();
        outlet.write_all(&line).unwrap();
    }

    #[test]
    fn what_can_not_be_written_is_an_error() {
        let mut outlet = Outlet::new(File::open("/dev/null").unwrap());
        assert!(outlet.write_all(b"x").is_err());
    }
}
