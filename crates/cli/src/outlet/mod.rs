//! A way out for lines: what can't be written is an error, and a reader that doesn't read holds nobody up for long.

mod events;
pub(crate) mod file;
mod helper;
mod torn;
mod way;

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, makedev};
use rustix::io::Errno;

pub(crate) use self::events::Events;
pub(crate) use self::helper::{allow_threads, forbid_threads};
use self::torn::LastLine;
use self::way::Way;

/// How long a reader of the events that has fallen behind is waited for. Meanwhile no sender is answered, and no signal
/// is heeded.
const PATIENCE: Duration = Duration::from_millis(500);

/// The number of the device /dev/null (null(4)).
const NULL: (u32, u32) = (1, 3);

/// A descriptor without a buffer. The standard library's own standard output takes what it is given for written where
/// there is nothing open to write to.
///
/// What is given to one `write` is written whole, or it is an error. A part of it that was written all the same has
/// a line of its own.
pub(crate) struct Outlet {
    way: Way,
    patience: Duration,
    /// Whether the reader kept up with the last line; one that didn't isn't waited for again.
    kept_up: bool,
    last_line: LastLine,
}

impl Outlet {
    /// Standard output, if this process was given one.
    fn stdout() -> Result<Self, OutputError> {
        let stdout = io::stdout();
        let flags = fcntl_getfl(&stdout).map_err(io::Error::from)?;
        let found = fstat(&stdout).map_err(io::Error::from)?;
        let access = flags & OFlags::ACCMODE;
        match access {
            OFlags::RDONLY => Err(OutputError::NotWritable),
            // So the Rust runtime fills the place of a descriptor that was closed. A shell and systemd open this device
            // for writing alone.
            OFlags::RDWR if found.st_rdev == makedev(NULL.0, NULL.1) => Err(OutputError::Closed),
            _ => {
                let outlet = Self::new(stdout.as_fd(), PATIENCE)?;
                if access == OFlags::RDWR && FileType::from_raw_mode(found.st_mode).is_fifo() {
                    tracing::warn!(
                        "standard output is a FIFO that is open for reading too (`1<>`): when its reader goes, nobody \
                         notices, and senders get 200 until it is full"
                    );
                }
                if flags.contains(OFlags::APPEND) {
                    outlet.last_line.look(&stdout);
                }
                Ok(outlet)
            }
        }
    }

    /// This file, which is made where there is none.
    fn file(path: &Path) -> Result<Self, OutputError> {
        let file = file::open(path)?;
        let last_line = LastLine::of(&file);
        last_line.look(&file);
        Ok(Self { way: Way::of(file)?, patience: PATIENCE, kept_up: true, last_line })
    }

    /// Standard error, whose reader is not waited for.
    pub(crate) fn stderr() -> io::Result<Self> {
        Self::new(io::stderr().as_fd(), Duration::ZERO)
    }

    /// The same, with so long a wait for a reader that has fallen behind.
    pub(crate) fn wait(&mut self, patience: Duration) -> &mut Self {
        self.patience = patience;
        self
    }

    fn new(fd: BorrowedFd<'_>, patience: Duration) -> io::Result<Self> {
        Ok(Self { way: Way::to(fd)?, patience, kept_up: true, last_line: LastLine::of(fd) })
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let patience = if self.kept_up { self.patience } else { Duration::ZERO };
        let mut torn = self.last_line.lock();
        if *torn == Some(true) {
            self.way.write(b"\n", patience).1?;
        }
        let (written, result) = self.way.write(bytes, patience);
        let last = bytes.get(..written).and_then(<[u8]>::last);
        *torn = Some(result.is_err() && last.is_some_and(|last| *last != b'\n'));
        result
    }
}

/// Why there is no way for the events.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error(
        "standard output is closed, and the events would go nowhere: give it a file or a pipe, or say --output FILE, \
         if they are not wanted --output /dev/null"
    )]
    Closed,
    #[error("standard output is not open for writing, and the events would go nowhere: give it a file or a pipe")]
    NotWritable,
    #[error("can't write to the output")]
    System(#[from] io::Error),
    #[error("{0:?} is a symbolic link, and what it leads to may change: name the file itself")]
    Link(PathBuf),
    #[error("nobody reads {0:?}: start its reader first")]
    NobodyReads(PathBuf),
    #[error(
        "{0:?} is a device that isn't there, such as the terminal of a process that has none: choose another output"
    )]
    NoDevice(PathBuf),
    #[error("{0:?} is the place of the server's socket or of its lock file: choose another output")]
    OfTheSocket(PathBuf),
    #[error(
        "{0:?} belongs to somebody else, has another name, is a device, or others can write to it, and others can put \
         files into its folder, so that it may be theirs: remove it, or choose another folder"
    )]
    Planted(PathBuf),
    #[error("{0:?} is not a file, a FIFO or a terminal: choose another output")]
    NotAFile(PathBuf),
    #[error("can't open {0:?}")]
    Open(PathBuf, #[source] io::Error),
}

/// The error of an output whose reader has gone, whatever it is: a terminal and a socket have names of their own for
/// that.
fn as_of_a_pipe(error: io::Error) -> io::Error {
    match Errno::from_io_error(&error) {
        Some(Errno::IO | Errno::CONNRESET | Errno::CONNREFUSED | Errno::NOTCONN) => {
            io::Error::new(io::ErrorKind::BrokenPipe, error)
        }
        _ => error,
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let put = self.put(bytes);
        let put = if matches!(self.way, Way::File(_)) { put } else { put.map_err(as_of_a_pipe) };
        self.kept_up = !matches!(&put, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        put.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::time::Instant;

    use super::*;

    fn outlet(fd: impl AsFd) -> Outlet {
        Outlet::new(fd.as_fd(), PATIENCE).unwrap()
    }

    #[test]
    fn a_reader_that_does_not_read_is_waited_for_once() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut outlet = outlet(writer);
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

    /// Events and log lines of one pipe, as with `2>&1`.
    #[test]
    fn what_was_cut_off_by_one_is_ended_by_the_other() {
        let (mut reader, writer) = io::pipe().unwrap();
        let (mut log, mut events) = (Outlet::new(writer.as_fd(), Duration::ZERO).unwrap(), outlet(writer));
        assert!(log.write_all(&vec![b'x'; 1_000_000]).is_err());
        reader.read_exact(&mut vec![0; 65_536]).unwrap();
        events.write_all(b"a\n").unwrap();
        log.write_all(b"b\n").unwrap();
        drop((events, log));
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "\na\nb\n");
    }

    #[test]
    fn what_can_not_be_written_is_an_error() {
        let mut outlet = outlet(File::open(std::env::current_exe().unwrap()).unwrap());
        assert!(outlet.write_all(b"x").is_err());
    }

    /// More than a pipe holds, so that a part of it is written.
    #[test]
    fn what_was_cut_off_has_a_line_of_its_own() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut outlet = outlet(writer);
        let long = vec![b'x'; 1_000_000];
        assert_eq!(outlet.write_all(&long).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let mut first = vec![0; 65_536];
        reader.read_exact(&mut first).unwrap();
        outlet.write_all(b"a\n").unwrap();
        outlet.write_all(b"b\n").unwrap();
        drop(outlet);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "\na\nb\n");
    }

    /// A reader that takes a byte now and then makes no line last longer than its time.
    #[test]
    fn a_drip_ends_in_time() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut outlet = outlet(writer);
        let dripping = std::thread::spawn(move || {
            let mut page = [0; 4_096];
            while reader.read_exact(&mut page).is_ok() {
                std::thread::sleep(PATIENCE / 5);
            }
        });
        let start = Instant::now();
        assert!(outlet.write_all(&vec![b'x'; 1_000_000]).is_err());
        assert!(start.elapsed() < PATIENCE * 2, "{:?}", start.elapsed());
        drop(outlet);
        dripping.join().unwrap();
    }
}
