//! What every subcommand needs in order to say something: the format, complaints, and output that fails.

use std::fmt::{self, Display, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, LineWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anstream::AutoStream;
use clap::ValueEnum;
use humantime::Rfc3339Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::FAILED;
use super::outlet::{self, Outlet};

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line, for programs
    Json,
    /// For people; coloured on a terminal, unless `NO_COLOR` is set
    Text,
}

impl Format {
    /// What suits the reader of standard output: a person at a terminal, or a program.
    pub(crate) fn for_stdout() -> Self {
        if io::stdout().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Says on standard error what went wrong. Its reader is waited for once, and no longer than that of a file is.
pub(crate) fn complain(what: impl Display) {
    static IS_STUCK: AtomicBool = AtomicBool::new(false);
    let patience = if IS_STUCK.load(Ordering::Relaxed) { Duration::ZERO } else { PATIENCE };
    if !Complaints::default().try_complain_until(Instant::now() + patience, what) {
        IS_STUCK.store(true, Ordering::Relaxed);
    }
}

/// Standard error of a command that has a deadline; opened when there is something to say.
#[derive(Default)]
pub(crate) struct Complaints(Option<Outlet>);

impl Complaints {
    /// Says on standard error what went wrong, and waits no longer for whoever reads that.
    pub(crate) fn complain_until(&mut self, deadline: Instant, what: impl Display) {
        // When this fails too, there is nobody left to tell.
        let _ = self.try_complain_until(deadline, what);
    }

    /// As this: whether it was written.
    fn try_complain_until(&mut self, deadline: Instant, what: impl Display) -> bool {
        // Where another user has made the pipe, a thread has to write.
        outlet::allow_threads();
        if self.0.is_none() {
            self.0 = Outlet::stderr().ok();
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let line = format!("hanotify: {what}\n");
        self.0.as_mut().is_some_and(|outlet| outlet.wait(left).write_all(line.as_bytes()).is_ok())
    }
}

/// Standard output, whose reader is waited for also where whoever started this process has made it not wait
/// (`O_NONBLOCK`, which all that have the terminal or the pipe share).
pub(crate) struct Stdout;

/// It, line by line.
pub(crate) fn stdout() -> LineWriter<Stdout> {
    LineWriter::new(Stdout)
}

/// It, with the colours that it can show.
pub(crate) fn coloured_stdout() -> AutoStream<Box<dyn io::Write>> {
    AutoStream::new(Box::new(stdout()), AutoStream::choice(&io::stdout()))
}

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let stdout = io::stdout();
        loop {
            match rustix::io::write(&stdout, bytes) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(errno) => return Err(errno.into()),
                },
                written => return Ok(written?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The exit code when standard output fails.
pub(crate) fn failed(error: &io::Error) -> ExitCode {
    complain_of_stdout(error);
    ExitCode::from(FAILED)
}

/// Says that standard output fails; not where its reader has gone, as `head` does.
pub(crate) fn complain_of_stdout(error: &io::Error) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        complain(format_args!("can't write to standard output: {error}"));
    }
}

/// How long the other end of a FIFO may let whoever reads or writes it as a file wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes a file as a whole. Where the path is a FIFO, an error comes where nobody reads it, or not in time.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fill(&open_to_write(path).map_err(say_of_fifo)?, bytes)
}

/// The error of a FIFO that nobody reads, in words.
pub(crate) fn say_of_fifo(error: io::Error) -> io::Error {
    match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => io::Error::new(error.kind(), "nobody reads this FIFO"),
        _ => error,
    }
}

/// Opens a file that is to be written, and leaves what is in it.
pub(crate) fn open_to_write(path: &Path) -> io::Result<File> {
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    OpenOptions::new().write(true).create(true).truncate(false).custom_flags(nonblocking).open(path)
}

/// Writes these bytes in the place of what is in the file.
pub(crate) fn fill(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    let deadline = Instant::now() + PATIENCE;
    let mut rest = bytes;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait_for(file, PollFlags::OUT, deadline, "its reader has stopped reading")?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a file from start to end, but no more than `most` bytes of it. Where the path is a pipe, an error comes where
/// nobody writes to it in time.
pub(crate) fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let mut rest = (&file).take(most);
    loop {
        // What was read before an error is in the bytes.
        match rest.read_to_end(&mut bytes) {
            Ok(_) => return Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait_for(&file, PollFlags::IN, deadline, "its writer has stopped writing")?;
            }
            Err(error) => return Err(error),
        }
    }
}

fn wait_for(file: &File, what: PollFlags, deadline: Instant, or: &'static str) -> io::Result<()> {
    let left = deadline.saturating_duration_since(Instant::now());
    let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
    match poll(&mut [PollFd::new(file, what)], Some(&timeout)) {
        Ok(0) => Err(io::Error::new(io::ErrorKind::TimedOut, or)),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// The last second that RFC 3339 has a year for.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// A time that can be written: as in the JSON lines, whatever the clock of the host says.
pub(crate) fn datable(time: SystemTime) -> Rfc3339Timestamp {
    humantime::format_rfc3339_millis(time.clamp(UNIX_EPOCH, UNIX_EPOCH + LATEST))
}

/// JSON for a terminal: what is not printable is escaped in its strings, of which JSON itself escapes only a part.
pub(crate) struct PrintableJson;

impl serde_json::ser::Formatter for PrintableJson {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.chars().all(is_printable) {
            return writer.write_all(fragment.as_bytes());
        }
        fragment.chars().try_for_each(|char| {
            if is_printable(char) {
                return write!(writer, "{char}");
            }
            char.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))
        })
    }
}

fn is_printable(char: char) -> bool {
    matches!(char, '"' | '\'' | '\\') || char.escape_debug().len() == 1
}

/// A path for a terminal: what is not printable is escaped, so that a file's name can't steer the terminal.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '"' | '\'' => f.write_char(char),
            _ => write!(f, "{}", char.escape_debug()),
        })
    }
}
