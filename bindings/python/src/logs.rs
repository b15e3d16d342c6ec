//! Log lines: to Python's `logging` at once, or, where the thread that writes them must not call Python, later by
//! whoever reads there.
//!
//! `logging` is code of others: a handler may raise, and so may that of a signal, which Python calls there.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use super::callable::Owner;
use super::wake::Wake;

/// The name of the logger for what this package itself has to say.
pub(crate) const LOGGER: &str = "hanotify_agent";

/// How many lines wait for the reader at most.
const MOST_LINES: usize = 1_000;

thread_local! {
    /// Where the lines of this thread wait; `None` where Python gets them at once.
    static OF_THIS_THREAD: RefCell<Option<Arc<Lines>>> = const { RefCell::new(None) };
    /// The server that this thread runs.
    static RUNS: RefCell<Option<Owner>> = const { RefCell::new(None) };
}

/// Calls this, which runs a server on this thread: it is ended by what `logging` raises that is for the program.
pub(crate) fn on_behalf_of<T>(owner: Owner, run: impl FnOnce() -> T) -> T {
    let outer = RUNS.replace(Some(owner));
    let done = run();
    RUNS.set(outer);
    done
}

/// What `logging` has raised: an error is shown as one that nobody can take, as the event is none the worse for it.
fn settle(py: Python<'_>, error: PyErr) {
    let owner = RUNS.try_with(|owner| owner.borrow().clone()).ok().flatten();
    match owner {
        Some(owner) if !error.is_instance_of::<PyException>(py) => owner.end_by(error),
        _ => error.write_unraisable(py, None),
    }
}

/// The name of a logger, a level of Python's, and the text.
pub(crate) type Line = (String, u8, String);

/// Lines that wait for a reader.
pub(crate) struct Lines {
    waiting: Mutex<Waiting>,
    wake: Arc<Wake>,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Line>,
    lost: u64,
}

impl Lines {
    pub(crate) fn new(wake: Arc<Wake>) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), wake })
    }

    /// Lets what this thread logs wait here from now on.
    pub(crate) fn collect_from_this_thread(self: &Arc<Self>) {
        OF_THIS_THREAD.set(Some(Arc::clone(self)));
    }

    /// What waits, the oldest first; what there was no room for is a line too.
    pub(crate) fn take(&self) -> Vec<Line> {
        let waiting = mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let lost = (waiting.lost > 0).then(|| {
            ("hanotify".to_owned(), python_level(Level::Warn), format!("{} log lines were lost", waiting.lost))
        });
        waiting.lines.into_iter().chain(lost).collect()
    }

    fn push(&self, record: &Record<'_>) {
        let line = (record.target().replace("::", "."), python_level(record.level()), record.args().to_string());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.lines.len() < MOST_LINES {
            waiting.lines.push_back(line);
        } else {
            waiting.lost += 1;
        }
        drop(waiting);
        self.wake.wake();
    }
}

const fn python_level(level: Level) -> u8 {
    match level {
        Level::Error => 40,
        Level::Warn => 30,
        Level::Info => 20,
        Level::Debug => 10,
        Level::Trace => 5,
    }
}

struct Logger(pyo3_log::Logger);

fn lines_of_this_thread() -> Option<Arc<Lines>> {
    // A thread that ends has none any more.
    OF_THIS_THREAD.try_with(|lines| lines.borrow().clone()).ok().flatten()
}

impl Logger {
    /// Leaves no exception behind, which would be taken for one of whatever is called next.
    fn log_now(&self, py: Python<'_>, record: &Record<'_>) {
        let before = PyErr::take(py);
        self.0.log(record);
        let raised = PyErr::take(py);
        if let Some(error) = before {
            error.restore(py);
        }
        if let Some(error) = raised {
            settle(py, error);
        }
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        lines_of_this_thread().map_or_else(|| self.0.enabled(metadata), |_| metadata.level() <= Level::Debug)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        if let Some(lines) = lines_of_this_thread() {
            lines.push(record);
        } else {
            // An interpreter that is about to end logs nothing.
            let _ = Python::try_attach(|py| self.log_now(py, record));
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Hands log lines to Python. Where the process has a logger of Rust's already, that stays.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    // Levels are asked for each time, because they change while a program runs.
    let logger = Logger(pyo3_log::Logger::new(py, pyo3_log::Caching::Loggers)?);
    if log::set_boxed_logger(Box::new(logger)).is_ok() {
        log::set_max_level(LevelFilter::Debug);
    }
    Ok(())
}
