//! How far something is, on a terminal.
//!
//! A thread of its own draws it: a terminal that stands still, as after Ctrl-S, holds up nothing else.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it is drawn.
const REDRAW: Duration = Duration::from_millis(100);
/// How long the terminal may take to clear it.
const LAST: Duration = Duration::from_millis(500);

/// A bar on standard error where that is a terminal, and nothing elsewhere. It is cleared when it is dropped.
pub(crate) struct Bar {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    position: AtomicU64,
    said: Mutex<Said>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default)]
struct Said {
    message: &'static str,
    is_over: bool,
}

impl Bar {
    /// A bar that is never drawn.
    pub(crate) fn hidden() -> Self {
        Self { state: Arc::default(), thread: None }
    }

    /// A bar of this length.
    pub(crate) fn start(length: u64, template: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self::hidden();
        }
        let state = Arc::<State>::default();
        let theirs = Arc::clone(&state);
        // Where no thread can be started, there is no bar.
        let thread = thread::Builder::new().name("progress".into()).spawn(move || draw(&theirs, length, template));
        Self { state, thread: thread.ok() }
    }

    pub(crate) fn set_position(&self, position: u64) {
        self.state.position.store(position, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self) {
        self.state.position.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_message(&self, message: &'static str) {
        self.state.said.lock().unwrap_or_else(PoisonError::into_inner).message = message;
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.state.said.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
        self.state.changed.notify_all();
        let deadline = Instant::now() + LAST;
        while !thread.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Draws until it is over, without a lock while it writes.
fn draw(state: &State, length: u64, template: &str) {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    loop {
        let said = state.said.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = |said: &mut Said| !said.is_over;
        let waited = state.changed.wait_timeout_while(said, REDRAW, goes_on);
        let said = *waited.unwrap_or_else(PoisonError::into_inner).0;
        if said.is_over {
            return bar.finish_and_clear();
        }
        bar.set_message(said.message);
        bar.set_position(state.position.load(Ordering::Relaxed));
    }
}
