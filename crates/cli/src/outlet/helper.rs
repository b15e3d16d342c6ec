//! A thread that writes where a write may block, so that no other has to.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Whether threads may be started: those from before the sandbox would be outside of it.
static MAY_START: AtomicBool = AtomicBool::new(false);

/// From now on, threads may be started.
pub(crate) fn allow_threads() {
    MAY_START.store(true, Ordering::Release);
}

/// From now on, none is started: where there is none, a line is written by whoever has it.
pub(crate) fn forbid_threads() {
    MAY_START.store(false, Ordering::Release);
}

/// How long a line takes at least to be handed over, written and reported.
const TURN: Duration = Duration::from_millis(20);
/// Enough for what the thread does.
const STACK: usize = 64 * 1024;

/// Writes lines to a file, on a thread that is started for the first of them.
pub(super) struct Helper {
    file: File,
    thread: Option<Thread>,
}

struct Thread {
    lines: SyncSender<Vec<u8>>,
    results: Receiver<io::Result<()>>,
    /// Whether a line has been handed over whose result hasn't come.
    is_writing: bool,
}

impl Helper {
    pub(super) const fn new(file: File) -> Self {
        Self { file, thread: None }
    }

    /// Writes a line, and waits so long for that. A line that takes longer is an error, and is written all the same
    /// when there is room; until then, every other is an error at once.
    pub(super) fn write(&mut self, line: &[u8], patience: Duration) -> io::Result<()> {
        if self.thread.is_none() && !MAY_START.load(Ordering::Acquire) {
            return self.write_without_thread(line);
        }
        let thread = match &mut self.thread {
            Some(thread) => thread,
            None => self.thread.insert(Thread::start(self.file.try_clone()?)?),
        };
        thread.write(line, patience.max(TURN))
    }

    /// Writes a line if there is room at least for a part of it. While a server starts, and after its end, nobody
    /// else's lines come here.
    fn write_without_thread(&mut self, line: &[u8]) -> io::Result<()> {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&now))? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            _ => self.file.write_all(line),
        }
    }
}

impl Thread {
    fn start(mut file: File) -> io::Result<Self> {
        let (lines, given) = sync_channel(1);
        let (done, results) = sync_channel(1);
        let write_all = move || {
            let given: Receiver<Vec<u8>> = given;
            while given.recv().is_ok_and(|line| done.send(file.write_all(&line)).is_ok()) {}
        };
        thread::Builder::new().name("writer".into()).stack_size(STACK).spawn(write_all)?;
        Ok(Self { lines, results, is_writing: false })
    }

    fn write(&mut self, line: &[u8], patience: Duration) -> io::Result<()> {
        if self.is_writing {
            match self.results.try_recv() {
                // What became of that line, its sender was told long ago.
                Ok(_) => self.is_writing = false,
                Err(TryRecvError::Empty) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(TryRecvError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
        self.lines.try_send(line.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        match self.results.recv_timeout(patience) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                self.is_writing = true;
                Err(io::ErrorKind::WouldBlock.into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}
